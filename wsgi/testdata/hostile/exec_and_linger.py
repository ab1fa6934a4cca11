"""Starts a program that lives on."""
import subprocess

from ordinary import answer


def app(environ, start_response):
    if environ["PATH_INFO"] != "/fault":
        return answer(environ, start_response)
    subprocess.Popen(["sleep", "2"], close_fds=False)
    start_response("200 OK", [])
    return [b"body"]
