// Package shim holds the Python side of the worker protocol, embedded in the binary.
//
// It stops no attack: it calls the app and nothing else. What a request is, and whether
// it may reach the app, was decided in Go before it.
package shim

import _ "embed"

var (
	//go:embed exchange.py
	exchange string
	//go:embed worker.py
	worker string
	//go:embed finding.py
	finding string
	//go:embed about.py
	about string

	//go:embed sinks.py
	sinks string
	//go:embed sql.py
	sql string
	//go:embed sqlite.py
	sqlite string
	//go:embed drivers.py
	drivers string
	//go:embed hooks.py
	hooks string
)

// Source is the program that a worker runs: the files one after the other, in one scope.
func Source() string {
	return exchange + worker + finding + about + sinks + sql + sqlite + drivers + hooks
}

// Filename is the name that Source has in tracebacks.
const Filename = "<fumehood>"

// Bootstrap is the argument of "python -c": it reads Source and the set-up from
// descriptor 3, so that nothing is written to disk and nothing shows in a process list.
//
// The app's folder must not be searched for the shim's own imports: main puts it back.
const Bootstrap = `import sys
if sys.path[:1] == [""]: del sys.path[0]
import json, socket
c = socket.socket(fileno=3)
def take(n):
    b = b""
    while len(b) < n:
        p = c.recv(n - len(b))
        if not p: raise SystemExit(0)
        b += p
    return b
n = int.from_bytes(take(4), "little"); source = take(n).decode()
n = int.from_bytes(take(4), "little"); setup = json.loads(take(n))
scope = {"__name__": "fumehood", "__shim__": "<fumehood>"}
exec(compile(source, "<fumehood>", "exec"), scope)
scope["main"](c, setup)
`
