"""A page that takes several files at once, and large ones. Hashes are cheap here, so that
many people can come in a short time.
"""
import functools
import hashlib

from flask import jsonify, request
from werkzeug.security import generate_password_hash

import app as notes
from app import app

notes.generate_password_hash = functools.partial(generate_password_hash, method="pbkdf2:sha256:1")


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
