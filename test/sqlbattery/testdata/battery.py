"""Sends every payload in every context through one driver, guarded by the shim.

Standard input: {"source", "driver", "folder", "socket", "user", "database", "tables", "payloads",
"sent": for each payload what the front would send of it, "benign": {kind: [...]}, "benignSent"}.
Standard output: {"refused": {context: [bool for each payload]}, "wrong": benign
values that were refused, "benign": how many were not, "watched", "seconds"}.
"""
import json
import sys
import time

from drivers import DRIVERS
from guarded import Shim
from views import BOUND, CONTEXTS, escaped

# Where an app may put a value of each kind as it is.
SPLICED = {"number": ["numeric", "IN"], "ids": ["IN"], "sort": ["ORDER BY"], "count": ["LIMIT"],
           "text": ["quoted", "LIKE"]}


def attacks(ask, shim, driver):
    refused = {}
    for name, (view, _) in CONTEXTS.items():
        refused[name] = []
        for payload, sent in zip(ask["payloads"], ask["sent"]):
            with shim.request(sent):
                try:
                    view(driver.run, payload)
                    stopped = False
                except shim.Refused:
                    stopped = True
                except Exception:  # the database's own: it was asked
                    stopped = False
            refused[name].append(stopped)
    return refused


def uses(kind, value, driver):
    """The ways in which an app may put a benign value into a statement. Fragments of these very
    statements are only bound: put in by hand, they are what an attack is."""
    for view in BOUND:
        yield view, (driver.run, driver.mark, value)
    if kind == "fragments":
        return
    if "\\" not in value:
        yield escaped, (driver.run, driver.mark, value)
    for name in SPLICED.get(kind, ()):
        if kind != "text" or "'" not in value and "\\" not in value:
            yield CONTEXTS[name][0], (driver.run, value)


def harmless(ask, shim, driver):
    """How many statements with benign values ran, and those that were refused."""
    ran, wrong = 0, []
    for kind, values in ask["benign"].items():
        for value, sent in zip(values, ask["benignSent"][kind]):
            for view, args in uses(kind, value, driver):
                with shim.request(sent):
                    try:
                        view(*args)
                        ran += 1
                    except shim.Refused as refused:
                        wrong.append([kind, value, view.__name__, str(refused)])
    return ran, wrong


def main():
    ask = json.load(sys.stdin)
    shim = Shim(ask["source"])
    driver = DRIVERS[ask["driver"]](ask)
    begun = time.monotonic()
    refused = attacks(ask, shim, driver)
    ran, wrong = harmless(ask, shim, driver)
    json.dump({"refused": refused, "benign": ran, "wrong": wrong, "watched": shim.watched(),
               "seconds": time.monotonic() - begun}, sys.stdout)


if __name__ == "__main__":
    main()
