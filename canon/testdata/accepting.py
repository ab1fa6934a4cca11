"""The notes app as it is. The policy beside it takes any file and any text: what the browser is
told about files has to hold also where somebody has let them in.
"""
from app import app
