"""Every way in which an app can send a statement through a driver, with an attack in it.

Standard input: {"source", "driver", "folder", "socket", "user", "database", "tables", "attacks":
{"number", "text", "bare", "name"}}. Standard output: {way: [does the attack work without a guard?, is it
refused?, what else was said]}. The attacks are given, so that no code of an app holds them.
"""
import importlib
import json
import logging
import sys

from guarded import Shim


def main():
    ask = json.load(sys.stdin)
    logging.disable()
    shim = Shim(ask["source"])
    ways = importlib.import_module("ways_" + ask["driver"])
    database = ways.Database(ask)
    answer = {}
    for name, way in vars(ways).items():
        field = getattr(way, "attack", None)
        if field is None:
            continue
        database.clean()
        said = ""
        with shim.request([["query", "q", ask["attacks"][field]]], modes={"sql": "off"}):
            try:
                works = bool(way(database, ask["attacks"][field]))
            except Exception as error:
                works, said = False, repr(error)
        database.clean()
        with shim.request([["query", "q", ask["attacks"][field]]]):
            try:
                way(database, ask["attacks"][field])
                refused = False
            except shim.Refused:
                refused = True
            except Exception as error:
                refused, said = False, said + repr(error)
        answer[name] = [works, refused, said]
    answer["watched"] = shim.watched()
    json.dump(answer, sys.stdout)


if __name__ == "__main__":
    main()
