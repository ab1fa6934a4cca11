"""Runs the judges of the shim outside of a worker; TestJudges gives it the shim."""
from judge_code import code, templates
from judge_commands import commands, shells
from judge_files import files
from judge_pickles import pickles
from judge_requests import requests
from judging import run

run((commands, shells, code, templates, files, pickles, requests))
