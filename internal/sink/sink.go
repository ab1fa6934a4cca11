// Package sink has what a guard inside a worker says when it has stopped a value of a
// request: at a statement, a template, a command, a path, a pickle or an outgoing request.
//
// It stops no attack by itself: wsgi/shim does, guard/sinks says in which mode, and
// guard/injection refuses the same at the edge for a while.
package sink

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	fumehood "github.com/fumehood/fumehood"
	"github.com/fumehood/fumehood/internal/inputs"
)

// Hit is what a guard in a worker has stopped, or would have in report mode. It is the
// private cause of a refusal, and never has the value of a password.
type Hit struct {
	Sink      string `json:"sink"`      // a key of the table below: "sql"
	Statement string `json:"statement"` // what the app was about to do, at most 4 KB
	Place     string `json:"place"`     // where the value stood: one of the Places of fumehood.Input, "" where nobody knows
	Name      string `json:"name"`      // of its field
	Value     string `json:"value"`     // as the app got it
	Where     string `json:"where"`     // in the app's code: "app.py:52 in login"
	Why       string `json:"why"`       // in a few words
	Route     string `json:"route"`     // the app's rule for the request, else its path
}

// refusals is what is answered, for each sink.
var refusals = map[string]struct {
	status       int
	code, public string
}{
	"sql":      {http.StatusForbidden, "sinks.sql", "The request was refused: part of it would have been run as a database command."},
	"template": {http.StatusForbidden, "sinks.template", "The request was refused: part of it would have been run as a page template."},
	"command":  {http.StatusForbidden, "sinks.command", "The request was refused: part of it would have been run as a command."},
	"file":     {http.StatusForbidden, "sinks.file", "The request was refused: it asks for a file outside of its folder."},
	"pickle":   {http.StatusForbidden, "sinks.pickle", "The request was refused: it brings data that would have been run as a program."},
	"request":  {http.StatusForbidden, "sinks.request", "The request was refused: it would have made the site call an address inside its own network."},
}

// Parse reads what a worker says.
func Parse(payload []byte) (*Hit, error) {
	var h Hit
	if err := json.Unmarshal(payload, &h); err != nil {
		return nil, err
	}
	if refusals[h.Sink].code == "" {
		return nil, fmt.Errorf("there is no sink %.40q", h.Sink)
	}
	if inputs.Password(h.Name) && h.Value != "" {
		h.Statement = strings.ReplaceAll(h.Statement, h.Value, redacted)
		h.Value = redacted
	}
	return &h, nil
}

const redacted = "[redacted]"

// Refusal is the "no" for the visitor, with h as its private cause.
func (h *Hit) Refusal() *fumehood.Refusal {
	row := refusals[h.Sink]
	return &fumehood.Refusal{Status: row.status, Code: row.code, Public: row.public, Err: h}
}

// shown is how much of a statement a log line has.
const shown = 400

// Error implements error.
func (h *Hit) Error() string {
	var b strings.Builder
	b.WriteString(h.Why)
	if h.Name != "" || h.Place != "" {
		fmt.Fprintf(&b, "; %s %q is %.200q", h.Place, h.Name, h.Value)
	}
	if h.Statement != "" {
		fmt.Fprintf(&b, " in %.*q", shown, h.Statement)
	}
	if h.Where != "" {
		fmt.Fprintf(&b, " at %s", h.Where)
	}
	return b.String()
}
