"""A site for files as people write it after a short tutorial: it believes whatever the
browser says of a file."""
import hashlib
import os

from flask import Flask, jsonify, request, send_from_directory

HERE = os.path.dirname(os.path.abspath(__file__))
UPLOADS = os.path.join(HERE, "uploads")
os.makedirs(UPLOADS, exist_ok=True)

app = Flask(__name__)
app.config["MAX_CONTENT_LENGTH"] = None
app.config["MAX_FORM_PARTS"] = None


@app.get("/")
def index():
    return """<!doctype html><meta charset="utf-8"><title>files</title>
<form method="post" action="/upload" enctype="multipart/form-data">
<input name="text" value="caf\u00e9 &quot;x&quot;"><textarea name="story">one
two</textarea>
<input type="file" name="file" multiple id="file"><input type="file" name="none" id="none">
<button id="send">send</button></form>"""


@app.post("/upload")
def upload():
    """Saves each file under the name that came with it."""
    saved = []
    for field, file in request.files.items(multi=True):
        entry = {"field": field, "filename": file.filename, "type": file.mimetype,
                 "original": file.headers.get("X-Original-Filename")}
        saved.append(entry)
        if not file.filename:
            continue
        path = os.path.join(UPLOADS, file.filename)
        file.save(path)
        entry["path"] = os.path.relpath(path, HERE)
        with open(path, "rb") as f:
            entry["sha256"] = hashlib.file_digest(f, "sha256").hexdigest()
        entry["size"] = os.path.getsize(path)
    return jsonify(files=saved, fields=[list(item) for item in request.form.items(multi=True)])


@app.put("/raw/<path:name>")
def raw(name):
    """Saves a body that is the file itself."""
    data = request.get_data()
    with open(os.path.join(UPLOADS, name), "wb") as f:
        f.write(data)
    return jsonify(size=len(data), type=request.mimetype, sha256=hashlib.sha256(data).hexdigest())


@app.get("/uploads/<path:name>")
def uploads(name):
    return send_from_directory(UPLOADS, name)
