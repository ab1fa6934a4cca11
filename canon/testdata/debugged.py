"""Debug mode, and the debugger around the app, as it was while the app was written."""
import os

os.environ["WERKZEUG_DEBUG_PIN"] = "off"

from werkzeug.debug import DebuggedApplication

from app import app as notes

notes.debug = True
app = DebuggedApplication(notes, evalex=True)
