"""A page that takes several files at once, and large ones."""
import hashlib

from flask import jsonify, request

from app import app


@app.route("/share", methods=["POST"])
def share():
    files = []
    for file in request.files.getlist("file"):
        digest, size = hashlib.sha256(), 0
        while piece := file.stream.read(1 << 20):
            digest.update(piece)
            size += len(piece)
        files.append({"name": file.filename, "type": file.mimetype, "size": size, "sha256": digest.hexdigest()})
    return jsonify(files=files, fields=request.form.to_dict(flat=False))
