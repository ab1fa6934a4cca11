package validate

import (
	"encoding/json"
	"errors"
	"html"
	"net/http"
	"strings"

	fumehood "github.com/fumehood/fumehood"
	"github.com/fumehood/fumehood/internal/answer"
)

// page puts the faults into the answer that a refusal makes.
type page struct{ faults []Fault }

// Kind implements answer.Hook.
func (page) Kind() string { return "validate" }

// Head implements answer.Hook.
func (p page) Head(h *answer.Head) {
	if h.Refused == nil || h.Refused.Code != "validate.fields" {
		return
	}
	id := fumehood.RequestID(h.Request)
	if strings.HasPrefix(h.Header.Get("Content-Type"), "text/html") {
		h.Replace("text/html; charset=utf-8", p.html(h.Refused, id))
		return
	}
	body, err := json.Marshal(struct {
		Type    string  `json:"type"`
		Title   string  `json:"title"`
		Status  int     `json:"status"`
		Code    string  `json:"code"`
		Request string  `json:"request,omitempty"`
		Faults  []Fault `json:"faults"`
	}{"about:blank", h.Refused.Public, h.Status, h.Refused.Code, id, p.faults})
	if err == nil { // strings always marshal
		h.Replace("application/problem+json", append(body, '\n'))
	}
}

func (p page) html(refused *fumehood.Refusal, id string) []byte {
	var b strings.Builder
	b.WriteString(`<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Please check what you entered</title>
<style>
body{font:18px/1.5 system-ui,sans-serif;color-scheme:light dark;max-width:34rem;margin:15vh auto;padding:0 1.5rem}
h1{font-size:1.4rem}small{opacity:.7}code{font-size:1rem}
</style>
<h1>` + html.EscapeString(refused.Public) + "</h1>\n<ul>\n")
	for _, f := range p.faults {
		name := f.Field
		if name == "" {
			name = "The request"
		}
		b.WriteString("<li><strong>" + html.EscapeString(name) + "</strong> " + html.EscapeString(f.Detail) + "</li>\n")
	}
	b.WriteString("</ul>\n<p>Go back, change it and send it again.</p>\n")
	if id != "" {
		b.WriteString("<p><small>Request <code>" + html.EscapeString(id) + "</code></small></p>\n")
	}
	b.WriteString("</html>\n")
	return []byte(b.String())
}

// refuses carries out the mode for a verdict and says whether the request ends here.
func (g *Guard) refuses(w http.ResponseWriter, r *http.Request, verdict error) (stop bool) {
	var list *FaultsError
	if g.mode != fumehood.Enforce || !errors.As(verdict, &list) {
		return fumehood.Decide(w, r, g.mode, verdict)
	}
	answer.Serve(w, r, page{list.Faults}, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fumehood.Refuse(w, r, verdict)
	}))
	return true
}
