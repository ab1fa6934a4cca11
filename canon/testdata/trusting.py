"""What is uploaded is used as it comes: its name, its type, its size."""
import io
import os
import stat
import struct
import urllib.parse
import zipfile
import zlib

from flask import jsonify, request, send_file

from app import app

UPLOADS = os.path.join(app.instance_path, "uploads")
os.makedirs(UPLOADS, exist_ok=True)
app.config.update(MAX_FORM_PARTS=None, MAX_FORM_MEMORY_SIZE=None)  # a long form was refused once


@app.route("/attach/<how>", methods=["POST"])
def attach(how):
    names = []
    for file in request.files.getlist("file"):
        name = file.filename
        if how == "decoded":
            name = urllib.parse.unquote(name)
        elif how == "slashes":
            name = name.replace("\\", "/")
        path = os.path.join(app.root_path if how == "here" else UPLOADS, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        file.save(path)
        names.append(name)
    return jsonify(names=names)


@app.route("/attached/<name>")
def attached(name):
    return send_file(os.path.join(UPLOADS, name))


@app.route("/unpack/<how>", methods=["POST"])
def unpack(how):
    total = 0
    archive = zipfile.ZipFile(request.files["file"])
    for info in archive.infolist():
        content = archive.read(info)
        total += len(content)
        if how == "extract":
            path = os.path.join(UPLOADS, info.filename)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            if stat.S_ISLNK(info.external_attr >> 16):
                os.symlink(content, path)
            else:
                with open(path, "wb") as f:
                    f.write(content)
    return jsonify(total=total)


@app.route("/picture", methods=["POST"])
def picture():
    data = request.files["file"].read()
    width, height = struct.unpack(">II", data[16:24])
    pixels = io.BytesIO(zlib.decompress(data[data.index(b"IDAT") + 4:-16]))
    canvas = bytearray(width * height)
    return jsonify(pixels=len(canvas), bytes=len(pixels.getvalue()))


@app.route("/form", methods=["POST"])
def form():
    return jsonify(fields=len(request.form), files=len(request.files.getlist("file")))


@app.route("/raw", methods=["POST"])
def raw():
    return jsonify(bytes=len(request.get_data()))
