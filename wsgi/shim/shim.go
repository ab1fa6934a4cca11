// Package shim holds the Python side of the worker protocol, embedded in the binary.
//
// It calls the app, and watches the sinks: whether a value that Go has found risky is more
// than data in what the app is about to do (sinks.py and what follows it). What a request
// is, and whether it may reach the app, was decided in Go before it.
package shim

import (
	"embed"
	"strings"
)

//go:embed *.py
var files embed.FS

// parts are the files of the program, in their order.
func parts() []string {
	return []string{
		"exchange.py", "worker.py", "finding.py", "about.py", // an app and its requests
		"sinks.py", "sql.py", "shapes.py", "sqlite.py", "drivers.py",
		"hooks.py", "known.py", "templates.py", "commands.py", "shell.py", "files.py", "pickles.py", "outbound.py",
	}
}

// Parts are the texts of the program that a worker runs: one after the other, in one scope.
func Parts() []string {
	var texts []string
	for _, name := range parts() {
		text, err := files.ReadFile(name)
		if err != nil { // it was there when this program was built
			panic(err)
		}
		texts = append(texts, string(text))
	}
	return texts
}

// Source is the whole program.
func Source() string { return strings.Join(Parts(), "") }

// Filename is the name that Source has in tracebacks.
const Filename = "<fumehood>"

// Bootstrap is the argument of "python -c": it reads the Parts and the set-up from
// descriptor 3, so that nothing is written to disk and nothing shows in a process list. To
// compile the parts one by one takes 11 MB less than to compile them as one.
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
def number(): return int.from_bytes(take(4), "little")
scope = {"__name__": "fumehood", "__shim__": "<fumehood>"}
for _ in range(number()): exec(compile(take(number()), "<fumehood>", "exec"), scope)
setup = json.loads(take(number()))
scope["main"](c, setup)
`
