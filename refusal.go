package fumehood

import (
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Refusal is a "no" with two audiences. The client gets Status, Code, Public and the
// request ID; the owner's log gets Err. Err is never sent.
type Refusal struct {
	Status     int           // HTTP status, 4xx or 5xx
	Code       string        // stable, "guard.reason", listed in docs/reference/refusals.md
	Public     string        // one sentence for whoever sent the request
	Err        error         // the cause, for the owner
	RetryAfter time.Duration // when not zero, sent as Retry-After in whole seconds
	Header     http.Header   // more fields of the answer, such as Allow
	CloseConn  bool          // end the connection: what follows on it cannot be trusted
}

// Error implements error, with the private cause.
func (r *Refusal) Error() string {
	if r.Err == nil {
		return r.Code
	}
	return r.Code + ": " + r.Err.Error()
}

// Unwrap returns the private cause.
func (r *Refusal) Unwrap() error { return r.Err }

// AsRefusal returns the Refusal in err's chain. Any other error becomes a 500 with the
// code "internal" and no detail for the client.
func AsRefusal(err error) *Refusal {
	var refusal *Refusal
	if errors.As(err, &refusal) && refusal != nil {
		return refusal
	}
	return &Refusal{
		Status: http.StatusInternalServerError,
		Code:   "internal",
		Public: "Something went wrong on the server.",
		Err:    err,
	}
}

// NotReady is the refusal of a guard that is nil or was not made by its New. Such a guard
// must never let a request through.
func NotReady(guard string) *Refusal {
	return &Refusal{
		Status: http.StatusInternalServerError,
		Code:   guard + ".not-ready",
		Public: "Something went wrong on the server.",
		Err:    fmt.Errorf("the %s guard was not made by %s.New", guard, guard),
	}
}

// RefuseAll returns a handler that refuses every request with err: what a guard does that is
// not ready.
func RefuseAll(err error) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { Refuse(w, r, err) })
}

// Refuse answers the request with the refusal in err: a short page for a browser,
// problem+json (RFC 9457) for everything else. It is the only function that writes one.
// It must be called before anything else of the answer was written.
func Refuse(w http.ResponseWriter, r *http.Request, err error) {
	refusal := AsRefusal(err)
	id := RequestID(r)
	if x := ExchangeOf(r.Context()); x != nil {
		x.Refused = refusal
	}
	announce(w, refusal)
	h := w.Header()
	for name := range h { // nothing the app had begun to say may ride along
		if name != "X-Request-Id" && !strings.HasPrefix(name, "Strict-Transport") {
			delete(h, name)
		}
	}
	for name, values := range refusal.Header {
		h[name] = slices.Clone(values) // the refusal may be shared between requests
	}
	if refusal.RetryAfter > 0 {
		seconds := int64((refusal.RetryAfter + time.Second - 1) / time.Second)
		h.Set("Retry-After", strconv.FormatInt(seconds, 10))
	}
	if refusal.CloseConn && r.ProtoMajor == 1 {
		h.Set("Connection", "close")
	}
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Add("Vary", "Accept")

	var body []byte
	if wantsHTML(r) {
		h.Set("Content-Type", "text/html; charset=utf-8")
		h.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'")
		body = refusalHTML(refusal, id, "")
	} else {
		h.Set("Content-Type", "application/problem+json")
		h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
		body = refusalJSON(refusal, id)
	}
	h.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(refusal.status())
	if r.Method != http.MethodHead {
		w.Write(body)
	}
}

// announce tells the writers that show answers to guards that this one is a refusal.
func announce(w http.ResponseWriter, refusal *Refusal) {
	for {
		if v, ok := w.(interface{ Refusing(*Refusal) }); ok {
			v.Refusing(refusal)
		}
		below, ok := w.(interface{ Unwrap() http.ResponseWriter })
		if !ok {
			return
		}
		w = below.Unwrap()
	}
}

// status is Status, or 500 where that is no status of a refusal.
func (r *Refusal) status() int {
	if r.Status < 400 || r.Status > 599 {
		return http.StatusInternalServerError
	}
	return r.Status
}

// Decide carries out mode for a guard's verdict and says whether the request ends here.
// In report mode the refusal is noted for the access record and the request goes on.
func Decide(w http.ResponseWriter, r *http.Request, mode Mode, verdict error) (stop bool) {
	if verdict == nil || mode == Off {
		return false
	}
	if mode == Report {
		Note(r, verdict)
		return false
	}
	Refuse(w, r, verdict)
	return true
}

// Note notes a verdict that was not carried out, or that changed an answer without
// refusing it, for the access record.
func Note(r *http.Request, verdict error) {
	if x := ExchangeOf(r.Context()); x != nil && verdict != nil {
		x.Reported = append(x.Reported, AsRefusal(verdict))
	}
}

// wantsHTML tells a browser's navigation from an API client: only the former lists
// text/html in Accept.
func wantsHTML(r *http.Request) bool {
	for _, accept := range r.Header["Accept"] {
		if strings.Contains(accept, "text/html") {
			return true
		}
	}
	return false
}

type problem struct {
	Type    string `json:"type"`
	Title   string `json:"title"`
	Status  int    `json:"status"`
	Code    string `json:"code"`
	Request string `json:"request,omitempty"`
}

func refusalJSON(refusal *Refusal, id string) []byte {
	body, err := json.Marshal(problem{
		Type: "about:blank", Title: refusal.Public, Status: refusal.status(),
		Code: refusal.Code, Request: id,
	})
	if err != nil { // five plain fields always marshal
		panic(err)
	}
	return append(body, '\n')
}

// The page, around what it says. It is put together by hand, because a flood of requests
// that are refused must be cheap, and html/template takes 8 us.
const (
	pageHead = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>`
	pageStyle = `</title>
<style>
body{font:18px/1.5 system-ui,sans-serif;color-scheme:light dark;max-width:34rem;margin:15vh auto;padding:0 1.5rem}
h1{font-size:1.4rem}small{opacity:.7}code{font-size:1rem}
</style>
<h1>`
	pageTail = `</small></p>
</html>
`
)

const usualAdvice = "If you think this is a mistake, tell the owner of this site, with the request number below."

// span is a time as people say it.
func span(d time.Duration) string {
	switch minutes := (d + time.Minute - 1) / time.Minute; {
	case d <= 10*time.Second:
		return "a moment"
	case minutes == 1:
		return "a minute"
	case minutes < 100:
		return strconv.Itoa(int(minutes)) + " minutes"
	default:
		return strconv.Itoa(int((d+time.Hour-1)/time.Hour)) + " hours"
	}
}

// refusalHTML is the page for a browser; an empty advice is the usual one.
func refusalHTML(refusal *Refusal, id, advice string) []byte {
	switch {
	case advice != "":
	case refusal.RetryAfter > 0 && !strings.Contains(refusal.Public, "again"):
		advice = "Please try again in " + span(refusal.RetryAfter) + "."
	default:
		advice = usualAdvice
	}
	status := strconv.Itoa(refusal.status()) + " " + html.EscapeString(http.StatusText(refusal.status()))
	number := ""
	if id != "" {
		number = " &middot; request <code>" + html.EscapeString(id) + "</code>"
	}
	return []byte(pageHead + status + pageStyle + html.EscapeString(refusal.Public) + "</h1>\n<p>" +
		html.EscapeString(advice) + "</p>\n<p><small>" + status + number + pageTail)
}
