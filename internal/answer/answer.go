// Package answer shows each answer to the guards that change answers, just before its
// head leaves, through one http.ResponseWriter for all of them.
//
// It stops no attack by itself. A guard calls [Serve] in its Handler; the first one on the
// way in makes the writer, those inside it join. The hooks then run from the innermost to
// the outermost: what a hook sees is what the guards inside its own have made of it, and
// nobody but a guard further out can weaken what it sets. Informational answers (1xx) and
// hijacked connections pass without a hook.
package answer

import (
	"net/http"

	fumehood "github.com/fumehood/fumehood"
)

// Hook is the part of a guard that changes answers. Its methods are called by the
// goroutine that writes the answer.
type Hook interface {
	// Kind names the guard. A hook takes the place of one further out that has its kind:
	// what is set for a route stands in for what is set in general.
	Kind() string

	// Head is called once, before the head of the final answer leaves.
	Head(h *Head)
}

// Looker is a Hook that must see the beginning of the body before it can decide.
type Looker interface {
	Hook

	// Look returns how many bytes of the body Head must be shown, 0 for none. It is called
	// when the app has given the head. Head sees fewer when the app gives fewer or flushes.
	Look(h *Head) int
}

// Head is the head of an answer that is about to leave.
type Head struct {
	Status  int               // may be changed
	Header  http.Header       // may be changed
	Request *http.Request     // as the hook's guard has passed it on
	Refused *fumehood.Refusal // not nil: Fumehood answers here, not the app

	Body  []byte // the beginning of the body where a hook asked for it; only to be read
	Whole bool   // Body is all of it

	// Hold is set by a Look that must see its bytes even where the app flushes before them.
	Hold bool

	filters  []func(Sink) Sink
	instead  []byte
	replaced bool
}

// HasBody says whether an answer like this one carries a body (RFC 9110 section 6.4.1).
func (h *Head) HasBody() bool {
	return h.Request.Method != http.MethodHead && h.Status != http.StatusNoContent &&
		h.Status != http.StatusNotModified && h.Status >= 200
}

// Sink takes the body of an answer, piece by piece. A piece is valid during the call only.
type Sink interface {
	Write(p []byte) (int, error)
	Flush() error
	Close() error // the body is complete; not called when the answer breaks off
}

// Filter has the body pass through the Sink that f makes, which writes to next what is to
// go on. What the app said about the bytes no longer holds: length, validators, ranges.
func (h *Head) Filter(f func(next Sink) Sink) {
	h.bytesChange()
	if h.HasBody() {
		h.filters = append(h.filters, f)
	}
}

// Replace puts body in the place of what the app gives; the fields about the app's bytes
// go, Content-Length is set to the new one.
func (h *Head) Replace(contentType string, body []byte) {
	h.bytesChange()
	for _, name := range []string{"Content-Encoding", "Content-Language", "Content-Disposition", "Content-Range"} {
		delete(h.Header, name)
	}
	h.Header["Content-Type"] = []string{contentType}
	h.instead, h.replaced = body, true
	h.Body, h.Whole = body, true
}

// Refuse puts a refusal in the place of what the app said: nothing of that stays. advice is
// told to visitors with a browser; empty means the usual one.
func (h *Head) Refuse(refusal *fumehood.Refusal, advice string) {
	contentType, body := fumehood.ErrorPage(h.Request, refusal, advice)
	for name := range h.Header {
		if name != "X-Request-Id" && name != "Strict-Transport-Security" {
			delete(h.Header, name)
		}
	}
	h.Replace(contentType, body)
	h.Status, h.Refused = refusal.Status, refusal
	h.Header["Cache-Control"] = []string{"no-store"}
	h.Header["X-Content-Type-Options"] = []string{"nosniff"}
	h.Header["Content-Security-Policy"] = []string{fumehood.PagePolicy}
	h.Header["Vary"] = []string{"Accept"}
	if x := fumehood.ExchangeOf(h.Request.Context()); x != nil {
		x.Refused = refusal
	}
}

// bytesChange removes the fields that are only true of the app's own bytes.
func (h *Head) bytesChange() {
	for _, name := range []string{"Content-Length", "Accept-Ranges", "Etag", "Last-Modified",
		"Content-Md5", "Digest", "Content-Digest", "Repr-Digest"} {
		delete(h.Header, name)
	}
}

// Serve calls next with a ResponseWriter that shows the answer to hook.
func Serve(w http.ResponseWriter, r *http.Request, hook Hook, next http.Handler) {
	if outer, ok := w.(interface{ answerWriter() *Writer }); ok {
		if outer.answerWriter().join(hook, r) {
			next.ServeHTTP(w, r)
			return
		}
	}
	aw := &Writer{w: w, r: r}
	aw.join(hook, r)
	next.ServeHTTP(aw.withOptions(), r)
	aw.finish()
}
