"""The same app inside Werkzeug's interactive debugger, as people leave it on."""

from werkzeug.debug import DebuggedApplication

from leaks import app as leaks

leaks.debug = True
leaks.config["PROPAGATE_EXCEPTIONS"] = True
app = DebuggedApplication(leaks, evalex=True, pin_security=False)
