// Package sink has what a guard inside a worker says when it has stopped a value of a
// request: at a statement, a template, a command, a path, a pickle or an outgoing request.
//
// It stops no attack by itself: wsgi/shim does, guard/sinks says in which mode, and
// guard/injection refuses the same at the edge for a while. What a Hit has is fit for a log: of
// the statement only the value that was stopped and what the app wrote around it.
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
// private cause of a refusal, and has no secret of the request.
type Hit struct {
	Sink      string `json:"sink"`      // a key of the table below: "sql"
	Statement string `json:"statement"` // what the app was about to do, as a log may have it
	Place     string `json:"place"`     // where the value stood: one of the Places of fumehood.Input, "" where nobody knows
	Name      string `json:"name"`      // of its field
	Value     string `json:"value"`     // as a log may have it; Of knows what it was
	Where     string `json:"where"`     // in the app's code: "app.py:52 in login"
	Why       string `json:"why"`       // in a few words
	Route     string `json:"route"`     // the app's rule for the request, else its path

	given string // the value as the app got it
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

// shown is how much of a statement, a value or a cause a log has (bytes).
const shown = 400

// Parse reads what a worker says about a request, which is nil where nobody knows it. What it
// returns has neither the literals of the statement nor the secrets of the request.
func Parse(payload []byte, r *http.Request) (*Hit, error) {
	var h Hit
	if err := json.Unmarshal(payload, &h); err != nil {
		return nil, err
	}
	if refusals[h.Sink].code == "" {
		return nil, fmt.Errorf("there is no sink %.40q", h.Sink)
	}
	h.given = h.Value
	k := about(r, &h)
	h.Statement = k.statement(h.Sink, h.Statement)
	h.Why = inputs.Loggable(h.Why, k.secrets, shown)
	h.Name = inputs.Loggable(h.Name, k.secrets, 200)
	if inputs.Hidden(h.Place, h.Name) && h.Value != "" {
		h.Value = inputs.Redacted
	} else {
		h.Value = inputs.Loggable(h.Value, k.secrets, shown)
	}
	return &h, nil
}

// about gathers what of the request may stand in a statement.
func about(r *http.Request, h *Hit) *known {
	k := &known{hidden: inputs.Hidden(h.Place, h.Name), placed: h.Value != "", culprit: []string{h.Value}}
	if r != nil {
		var values []fumehood.Input
		if x := fumehood.ExchangeOf(r.Context()); x != nil {
			values = x.Values
			for i := range x.Risky {
				if in := &x.Risky[i]; in.Place == h.Place && in.Name == h.Name && in.Value == h.Value {
					k.culprit = append(k.culprit, in.Decoded...)
				}
			}
		}
		k.secrets = inputs.Secrets(values, r.Header)
		for i := range values {
			if v := values[i].Value; v != h.Value && len(k.others) < mostOthers {
				k.others = append(k.others, v)
			}
		}
	}
	if k.hidden && len(h.Value) >= shortestFound {
		k.secrets = append(k.secrets, k.culprit...)
	}
	k.hidden = k.hidden || inputs.Loggable(h.Value, nil, len(h.Value)) != h.Value // it has names and passwords in it
	return k
}

// Of says whether the value that was stopped is this one.
func (h *Hit) Of(value string) bool {
	return h.Value == value || h.given != "" && h.given == value
}

// Refusal is the "no" for the visitor, with h as its private cause.
func (h *Hit) Refusal() *fumehood.Refusal {
	row := refusals[h.Sink]
	return &fumehood.Refusal{Status: row.status, Code: row.code, Public: row.public, Err: h}
}

// Error implements error. It is short: the value and the statement are in the line of the log
// that package wsgi writes for the same request.
func (h *Hit) Error() string {
	var b strings.Builder
	b.WriteString(h.Why)
	if h.Name != "" || h.Place != "" {
		fmt.Fprintf(&b, "; %s %q", h.Place, h.Name)
	}
	if h.Where != "" {
		fmt.Fprintf(&b, " at %s", h.Where)
	}
	b.WriteString(`; see "attack stopped"`)
	return b.String()
}
