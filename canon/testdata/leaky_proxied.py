"""The shop in a network that only a proxy leads out of."""
import os

with open("proxy.txt") as f:
    os.environ["http_proxy"] = f.read()
os.environ.pop("no_proxy", None)

from app import app
