package csrf

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"mime"
	"mime/multipart"
	"net/http"
	"strconv"
	"strings"

	fumehood "github.com/fumehood/fumehood"
	"github.com/fumehood/fumehood/internal/wholebody"
)

// maxLook is how much of a body is looked into, where it is not in memory (bytes).
const maxLook = 64 << 10

// kind is the shape of a form's body.
type kind uint8

const (
	noForm kind = iota
	unclear
	urlencoded
	multiparted
	plainText
)

// formKind reads a Content-Type.
func formKind(contentType string) kind {
	essence, _, _ := strings.Cut(contentType, ";")
	essence = strings.Trim(essence, " \t")
	for i, form := range [...]string{"application/x-www-form-urlencoded", "multipart/form-data", "text/plain"} {
		if len(essence) >= len(form) && equalFold(essence[:len(form)], form) {
			if len(essence) > len(form) {
				return unclear // "text/plain,text/html", "text/plain x": who knows what the app reads
			}
			return urlencoded + kind(i)
		}
	}
	if slash := strings.IndexByte(essence, '/'); slash <= 0 || slash == len(essence)-1 {
		return unclear
	}
	return noForm
}

// bodyKind is the kind of form that r brings, or noForm where it brings no form or no body.
func bodyKind(r *http.Request) kind {
	types := r.Header["Content-Type"]
	if len(types) != 1 || r.Body == nil || r.Body == http.NoBody || r.ContentLength == 0 {
		return noForm
	}
	if k := formKind(types[0]); k != unclear {
		return k
	}
	return noForm
}

// mayCarryToken says whether there can be a token in r.
func mayCarryToken(r *http.Request) bool {
	return len(r.Header["X-Fumehood-Csrf"]) > 0 || len(r.Header["X-Csrf-Token"]) > 0 || bodyKind(r) != noForm
}

// overrides refuses a request that names another method in its head.
func overrides(r *http.Request) error {
	for _, name := range [...]string{"X-Http-Method-Override", "X-Http-Method", "X-Method-Override"} {
		if values, found := r.Header[name]; found {
			return methodOverride(name, strings.Join(values, ", "))
		}
	}
	if r.URL == nil || r.URL.RawQuery == "" {
		return nil
	}
	for query := r.URL.RawQuery; query != ""; {
		pair := query
		if i := strings.IndexAny(query, "&;"); i >= 0 {
			pair, query = query[:i], query[i+1:]
		} else {
			query = ""
		}
		if key, value, _ := strings.Cut(pair, "="); isKey(key, "_method") {
			return methodOverride("_method in the query", value)
		}
	}
	return nil
}

func methodOverride(where, value string) error {
	return &fumehood.Refusal{
		Status: http.StatusForbidden, Code: "csrf.method-override",
		Public: "This request names another method than its own.",
		Err:    fmt.Errorf("%s is %.100q; csrf.dangerously_allow_method_override would let it through", where, value),
	}
}

// isKey says whether key, percent-encoded or not, is want.
func isKey[T string | []byte](key T, want string) bool {
	n := 0
	for i := 0; i < len(key); i++ {
		c := key[i]
		if c == '%' && i+2 < len(key) {
			if v, err := strconv.ParseUint(string(key[i+1:i+3]), 16, 8); err == nil {
				c = byte(v)
				i += 2
			}
		}
		if n == len(want) || c != want[n] {
			return false
		}
		n++
	}
	return n == len(want)
}

// wholeBody is a body that has arrived, of which a part can be taken.
type wholeBody interface {
	wholebody.Whole
	After(n int64) io.ReadCloser   // without the first n bytes
	With(mem []byte) io.ReadCloser // other bytes instead
}

// edit is a request that may be changed: what came from outside is copied before.
type edit struct {
	r      *http.Request
	copied bool
}

func (e *edit) request() *http.Request {
	if !e.copied {
		c := *e.r
		c.Header = maps.Clone(e.r.Header)
		e.r, e.copied = &c, true
	}
	return e.r
}

// setBody puts body, which is shorter by cut bytes, in the place of the request's.
func (e *edit) setBody(body io.ReadCloser, cut int64) {
	r := e.request()
	r.Body = body
	if cut == 0 || r.ContentLength < 0 {
		return
	}
	if r.ContentLength -= cut; r.ContentLength == 0 {
		r.Body = http.NoBody
	}
	if r.Header["Content-Length"] != nil {
		r.Header["Content-Length"] = []string{strconv.FormatInt(r.ContentLength, 10)}
	}
}

// takeField looks into the form that the request brings, takes the token out of it and
// returns it. The error is a refusal: the form names another method.
func (g *Guard) takeField(e *edit, k kind) (token string, err error) {
	if whole, ok := e.r.Body.(wholeBody); ok {
		return g.takeFromWhole(e, k, whole)
	}
	head, rest, complete := peek(e.r)
	found := look(k, e.r.Header["Content-Type"][0], head, complete)
	cut := len(head) - len(found.rest)
	e.setBody(restored{io.MultiReader(bytes.NewReader(found.rest), rest), e.r.Body}, int64(cut))
	return found.token, g.judgeForm(found)
}

func (g *Guard) takeFromWhole(e *edit, k kind, whole wholeBody) (token string, err error) {
	head, complete := whole.Bytes(), true
	if file := whole.File(); file != nil {
		head = make([]byte, min(maxLook, whole.Size()))
		n, _ := file.ReadAt(head, 0) // what cannot be read has no token in it
		head, complete = head[:n], int64(n) == whole.Size()
	}
	found := look(k, e.r.Header["Content-Type"][0], head, complete)
	switch cut := len(head) - len(found.rest); {
	case cut == 0:
	case whole.File() == nil:
		e.setBody(whole.With(found.rest), int64(cut))
	case found.first:
		e.setBody(whole.After(int64(cut)), int64(cut))
	}
	return found.token, g.judgeForm(found)
}

func (g *Guard) judgeForm(found found) error {
	if found.method && !g.allowOverride {
		return methodOverride("_method in the form", "a field")
	}
	return nil
}

// restored is a body of which some has been read.
type restored struct {
	io.Reader
	io.Closer
}

// peek reads the first bytes of the body. rest gives what follows, or the error that came.
func peek(r *http.Request) (head []byte, rest io.Reader, complete bool) {
	size := int64(maxLook)
	if r.ContentLength > 0 {
		size = min(size, r.ContentLength)
	}
	head = make([]byte, size)
	n, err := io.ReadFull(r.Body, head)
	switch {
	case err == nil:
		return head, r.Body, int64(n) == r.ContentLength
	case errors.Is(err, io.EOF) || err == io.ErrUnexpectedEOF && r.ContentLength < 0:
		return head[:n], failing{io.EOF}, true
	}
	return head[:n], failing{err}, false
}

// failing is a reader that has come to its end.
type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

// found is what look finds.
type found struct {
	token  string
	rest   []byte // the bytes without the token's field
	first  bool   // the field came first: the rest is a tail of the bytes
	method bool   // there is a field _method
}

// look finds the token in the first bytes of a form. complete says that there are no more.
func look(k kind, contentType string, head []byte, complete bool) found {
	switch k {
	case urlencoded:
		return lookInPairs(head, complete)
	case multiparted:
		return lookInParts(contentType, head)
	}
	f := found{rest: head}
	if value, ok := bytes.CutPrefix(head, []byte(Field+"=")); ok { // text/plain: lines
		if line, rest, ok := bytes.Cut(value, []byte("\r\n")); ok {
			f.token, f.rest, f.first = string(line), rest, true
		}
	}
	return f
}

// lookInPairs looks into application/x-www-form-urlencoded. All fields with the token's
// name are taken out; the first one counts.
func lookInPairs(head []byte, complete bool) (f found) {
	f.rest = head
	var kept []byte
	copied, last := false, false // a token has been left out; it was the last field
	for from := 0; from < len(head); {
		end, next := len(head), len(head)
		if i := bytes.IndexByte(head[from:], '&'); i >= 0 {
			end, next = from+i, from+i+1
		} else if !complete {
			kept = append(kept, head[from:]...)
			break
		}
		key, value, _ := bytes.Cut(head[from:end], []byte("="))
		if isKey(key, Field) {
			if last = end == next; !copied {
				copied, kept, f.first = true, append(kept, head[:from]...), from == 0
				f.token = string(value)
			} else {
				f.first = false
			}
		} else {
			f.method = f.method || isKey(key, "_method")
			if copied {
				kept = append(kept, head[from:next]...)
			}
		}
		from = next
	}
	if copied {
		f.rest = kept
	}
	if last {
		f.rest = bytes.TrimSuffix(kept, []byte("&"))
	}
	return f
}

// lookInParts looks into multipart/form-data (RFC 7578). The token's field is taken out
// where it comes first, as in a form that the guard has put it into.
func lookInParts(contentType string, head []byte) (f found) {
	f.rest = head
	if !bytes.Contains(head, []byte(Field)) && !bytes.Contains(head, []byte("_method")) && !bytes.Contains(head, []byte("name*")) {
		return f
	}
	_, params, err := mime.ParseMediaType(contentType)
	if err != nil || params["boundary"] == "" {
		return f
	}
	first := true
	for parts := multipart.NewReader(bytes.NewReader(head), params["boundary"]); ; first = false {
		part, err := parts.NextRawPart()
		if err != nil { // the end, or what was cut off
			return f
		}
		switch part.FormName() {
		case "_method":
			f.method = true
		case Field:
			if f.token != "" {
				continue
			}
			value, err := io.ReadAll(io.LimitReader(part, 2*tokenLength))
			if err != nil {
				return f
			}
			f.token = string(value)
			if delimiter := []byte("\r\n--" + params["boundary"]); first && bytes.HasPrefix(head, delimiter[2:]) {
				if i := bytes.Index(head[len(delimiter):], delimiter); i >= 0 {
					f.rest, f.first = head[len(delimiter)+i+2:], true
				}
			}
		}
	}
}
