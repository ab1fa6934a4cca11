"""Pickles, wherever they come from."""
import base64
import bz2
import datetime
import gzip
import io
import marshal
import os
import pickle
import zlib

from judging import case, sinks


class Evil:
    def __reduce__(self):
        return os.system, ("true",)


class Mine:
    pass


def pickles():
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        data = pickle.dumps(Evil(), protocol)
        case("os.system, wherever it comes from", True, None, lambda: pickle.loads(data))
        case("in Python", True, None, lambda: pickle._loads(data))
        mine = pickle.dumps(Mine(), protocol)
        for name, environ in brought(mine).items():
            case("own class, protocol %d, %s" % (protocol, name), True, None, lambda: pickle.loads(mine), environ)
        agent = {"HTTP_USER_AGENT": "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36", "HTTP_COOKIE": "a=abcdefghijkl",
                 "QUERY_STRING": "next=/cart/items&q=gAteway", "wsgi.input": io.BytesIO(b"name=Ann&text=clear\nskies\n")}
        case("own class of the app itself, protocol %d" % protocol, False, None, lambda: pickle.loads(mine), agent)
        plain = pickle.dumps({"a": [1, datetime.datetime.now(), {1}, 1j, b"x", ValueError("x")]}, protocol)
        case("plain data, protocol %d" % protocol, False, None, lambda: pickle.loads(plain), brought(plain)["cookie"])
    sinks["pickle_allow"] = ["judge_pickles.Mine"]
    case("allowed", False, None, lambda: pickle.loads(pickle.dumps(Mine())), brought(pickle.dumps(Mine()))["cookie"])
    sinks["pickle_allow"] = []
    data = marshal.dumps(compile("1", "x", "eval"))
    case("marshal", True, None, lambda: marshal.loads(data), brought(data)["cookie"])
    case("marshal of the app", False, None, lambda: marshal.loads(data), {"HTTP_COOKIE": "a=abc"})
    case("import", False, None, lambda: __import__("sched"), {"wsgi.input": io.BytesIO(data)})


def brought(data):
    part = b"--b\r\nContent-Disposition: form-data; name=f; filename=x\r\n\r\n" + data + b"\r\n--b--\r\n"
    text = base64.b64encode(data).decode()
    return {
        "cookie": {"HTTP_COOKIE": "a=b; c=" + text},
        "header": {"HTTP_X_STATE": text},
        "hex": {"QUERY_STRING": "s=" + data.hex()},
        "zlib": {"QUERY_STRING": "s=" + base64.urlsafe_b64encode(zlib.compress(data)).decode()},
        "in the path": {"PATH_INFO": "/load/" + base64.urlsafe_b64encode(data).decode()},
        "body": {"wsgi.input": io.BytesIO(data)},
        "upload": {"wsgi.input": io.BytesIO(part), "CONTENT_TYPE": "multipart/form-data; boundary=b"},
        "form": {"wsgi.input": io.BytesIO(b"s=" + text.replace("+", "%2B").encode()),
                 "CONTENT_TYPE": "application/x-www-form-urlencoded"},
        "gzip": {"wsgi.input": io.BytesIO(gzip.compress(data))},
        "bzip2": {"wsgi.input": io.BytesIO(bz2.compress(data))},
        "a body that is not known": {"wsgi.input": io.BufferedReader(io.BytesIO(b""))},
    }
