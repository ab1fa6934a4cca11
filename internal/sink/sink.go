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

// publics is what a visitor is told, for each sink.
var publics = map[string]string{
	"sql":      "The request was refused: part of it would have been run as a database command.",
	"template": "The request was refused: part of it would have been run as a page template.",
	"command":  "The request was refused: part of it would have been run as a command.",
	"file":     "The request was refused: it asks for a file outside of its folder.",
	"pickle":   "The request was refused: it brings data that would have been run as a program.",
	"request":  "The request was refused: it would have made the site call an address inside its own network.",
}

// Parse reads what a worker says.
func Parse(payload []byte) (*Hit, error) {
	var h Hit
	if err := json.Unmarshal(payload, &h); err != nil {
		return nil, err
	}
	if publics[h.Sink] == "" {
		return nil, fmt.Errorf("there is no sink %.40q", h.Sink)
	}
	if Secret(h.Name) && h.Value != "" {
		h.Statement = strings.ReplaceAll(h.Statement, h.Value, redacted)
		h.Value = redacted
	}
	return &h, nil
}

const redacted = "[redacted]"

// Secret says whether a field with this name holds what must not be logged.
func Secret(name string) bool {
	name = strings.ToLower(name)
	for _, part := range []string{"pass", "pwd", "secret", "token", "apikey", "api_key", "pin", "otp"} {
		if strings.Contains(name, part) {
			return true
		}
	}
	return false
}

// Refusal is the "no" for the visitor, with h as its private cause.
func (h *Hit) Refusal() *fumehood.Refusal {
	return &fumehood.Refusal{
		Status: http.StatusForbidden, Code: "sinks." + h.Sink, Public: publics[h.Sink], Err: h,
	}
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
