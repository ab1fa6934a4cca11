package paths

import (
	"fmt"
	"net/http"
	"time"

	fumehood "github.com/fumehood/fumehood"
)

// The sentences for visitors say no more than that there is nothing: a scanner must not
// learn what would have been there.
const (
	notSuch  = "There is no such page here."
	notClear = "The address of this page can be read in more than one way."
)

func malformed(cause error) *fumehood.Refusal {
	return &fumehood.Refusal{Status: http.StatusBadRequest, Code: "paths.malformed", Public: notClear, Err: cause}
}

func control(path string) *fumehood.Refusal {
	return &fumehood.Refusal{Status: http.StatusBadRequest, Code: "paths.control", Public: notClear,
		Err: fmt.Errorf("a control character in %.200q", path)}
}

func backslash(path string) *fumehood.Refusal {
	return &fumehood.Refusal{Status: http.StatusBadRequest, Code: "paths.backslash", Public: notClear,
		Err: fmt.Errorf("a backslash, which browsers and Windows read as a slash, in %.200q", path)}
}

func encodedSlash(raw string) *fumehood.Refusal {
	return &fumehood.Refusal{Status: http.StatusBadRequest, Code: "paths.encoded-slash", Public: notClear,
		Err: fmt.Errorf("%%2F in %.200q; a route that needs it: paths = { encoded_slash = \"allow\" }", raw)}
}

func doubleEncoding(path, what string) *fumehood.Refusal {
	return &fumehood.Refusal{Status: http.StatusBadRequest, Code: "paths.double-encoding", Public: notClear,
		Err: fmt.Errorf("%s, encoded twice or more, in %.200q", what, path)}
}

func badEncoding(path string) *fumehood.Refusal {
	return &fumehood.Refusal{Status: http.StatusBadRequest, Code: "paths.encoding", Public: notClear,
		Err: fmt.Errorf("bytes that are no UTF-8 in %.200q", path)}
}

func semicolon(path string) *fumehood.Refusal {
	return &fumehood.Refusal{Status: http.StatusBadRequest, Code: "paths.semicolon", Public: notClear,
		Err: fmt.Errorf("a semicolon, with paths.semicolons = \"refuse\", in %.200q", path)}
}

func traversal(path string) *fumehood.Refusal {
	return &fumehood.Refusal{Status: http.StatusBadRequest, Code: "paths.traversal", Public: notClear,
		Err: fmt.Errorf("a segment that leads out of its folder in %.200q", path)}
}

// private refuses a name that no route of an app has.
func private(path string, e entry) *fumehood.Refusal {
	return &fumehood.Refusal{Status: http.StatusNotFound, Code: "paths.private", Public: notSuch,
		Err: fmt.Errorf("%.200q names %s; if the site has it: paths.allow", path, e.kind)}
}

// noRoute is what a client over the limit gets for guessing.
func noRoute() *fumehood.Refusal {
	return &fumehood.Refusal{Status: http.StatusNotFound, Code: "paths.guess", Public: notSuch,
		Err: fmt.Errorf("no route, from a client that was refused too many paths")}
}

// slowDown takes the place of refusal. The connection ends, too: each further try costs the
// client a new one.
func slowDown(wait time.Duration, refusal *fumehood.Refusal) *fumehood.Refusal {
	return &fumehood.Refusal{Status: http.StatusTooManyRequests, Code: "paths.probes",
		Public: "Too many requests for pages that do not exist.", Err: refusal, RetryAfter: wait, CloseConn: true}
}

// privateFile refuses an answer.
func privateFile(name string, k kind) *fumehood.Refusal {
	return &fumehood.Refusal{Status: http.StatusNotFound, Code: "paths.file", Public: notSuch,
		Err: fmt.Errorf("the app would have sent %s, %.200q; if it is meant to: paths.allow", k, name)}
}

// readByQuery refuses an answer that a ".." in the query has asked for.
func readByQuery(query, what string) *fumehood.Refusal {
	return &fumehood.Refusal{Status: http.StatusNotFound, Code: "paths.query", Public: notSuch,
		Err: fmt.Errorf("the query leads out of a folder, and the app would have sent %s: %.200q", what, query)}
}
