"""Python's json over a pipe: one list of bytes a line in, one word out."""
import json
import math
import sys


class Refused(Exception):
    pass


def no_constant(name):
    raise Refused("constant")


def no_twins(pairs):
    found = dict(pairs)
    if len(found) != len(pairs):
        raise Refused("duplicate")
    return found


def finite(text):
    number = float(text)
    if math.isinf(number):
        raise Refused("infinite")
    return number


for line in sys.stdin:
    raw = bytes(json.loads(line))
    try:
        value = json.loads(raw.decode("utf-8"), parse_constant=no_constant, parse_float=finite, object_pairs_hook=no_twins)
        json.dumps(value, ensure_ascii=False).encode("utf-8")
        word = ""
    except Refused as error:
        word = str(error)
    except UnicodeEncodeError:
        word = "surrogate"
    except ValueError:
        word = "malformed"
    print(word, flush=True)
