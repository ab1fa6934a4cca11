package http1

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"golang.org/x/net/http/httpguts"

	"github.com/fumehood/fumehood/internal/strict"
)

const sniffLength = 512 // bytes that http.DetectContentType looks at

// fields is what the head of an answer says about itself.
type fields struct {
	connection []string
	coding     string // Transfer-Encoding
	sniff      bool   // no Content-Type, and no Content-Encoding that would hide what it is
	dated      bool
	trailers   []string // announced
	prefixed   bool     // fields with http.TrailerPrefix
}

// begin writes the status line and the fields that the handler has set, as they are now.
// What frames the body is left for commit.
func (w *response) begin() {
	w.pooled = outs.Get().(*[]byte)
	w.out = appendStatus((*w.pooled)[:0], w.status, w.http10)
	f := &w.fields
	f.sniff = true
	for name, values := range w.header {
		switch framing(name) {
		case "Content-Length":
			w.declare(values)
			continue
		case "Connection":
			f.connection = values
			continue
		case "Transfer-Encoding":
			if len(values) > 0 {
				f.coding = values[0]
			}
			continue
		case "Content-Type":
			f.sniff = false
			if w.status == http.StatusNotModified || w.status == http.StatusNoContent && len(values) == 0 {
				continue
			}
		case "Content-Encoding":
			if len(values) > 0 && values[0] != "" {
				f.sniff = false
			}
		case "Date":
			f.dated = true // nil, too: net/http documents it as the way to send none
		case "Trailer":
			for _, list := range values {
				w.announce(list)
			}
		}
		if len(name) > len(http.TrailerPrefix) && strings.HasPrefix(name, http.TrailerPrefix) {
			f.prefixed = true
			continue
		}
		w.out = appendField(w.out, name, values)
	}
}

// framing returns the usual form of the names that frame an answer, and others as they are.
// A handler can set a field as it likes, past http.Header.Set, and clients do not care: a
// second length would let them see two answers in one.
func framing(name string) string {
	switch len(name) {
	case len("Connection"), len("Content-Length"), len("Transfer-Encoding"):
		if name != "Content-Length" { // nearly all are
			return http.CanonicalHeaderKey(name)
		}
	}
	return name
}

// declare takes the Content-Length that the handler has set.
func (w *response) declare(values []string) {
	if len(values) == 0 {
		return
	}
	n, err := strconv.ParseUint(values[0], 10, 63)
	if err != nil {
		w.complain("Content-Length is no length and is left out")
		return
	}
	w.length = int64(n)
}

// announce notes the trailers that a handler has named (RFC 9110, section 6.6.2).
func (w *response) announce(list string) {
	for name := range strings.SplitSeq(list, ",") {
		name = http.CanonicalHeaderKey(strings.Trim(name, " \t"))
		if httpguts.ValidTrailerHeader(name) {
			w.fields.trailers = append(w.fields.trailers, name)
		}
	}
}

// commit completes the head. first is the beginning of the body, done says that it is all
// of it.
func (w *response) commit(first []byte, done bool) {
	w.committed = true
	w.c.now = time.Now()
	f, allowed := &w.fields, w.bodyAllowed()
	trailers := f.prefixed || len(f.trailers) > 0
	if done && !trailers && f.coding == "" && allowed && w.length < 0 && (!w.isHead || len(first) > 0) {
		w.length = int64(len(first))
	}
	w.frame(allowed)
	w.settle()
	if f.sniff && allowed && f.coding == "" && len(first) > 0 {
		w.out = append(w.out, "Content-Type: "...)
		w.out = append(w.out, http.DetectContentType(first)...)
		w.out = append(w.out, "\r\n"...)
	}
	if !f.dated {
		w.out = append(w.out, "Date: "...)
		w.out = append(w.out, w.c.srv.dateOf(w.c.now)...)
		w.out = append(w.out, "\r\n"...)
	}
	if w.chunked {
		w.out = append(w.out, "Transfer-Encoding: chunked\r\n"...)
	} else if w.length >= 0 && allowed { // RFC 9110, section 8.6
		w.out = append(w.out, "Content-Length: "...)
		w.out = strconv.AppendInt(w.out, w.length, 10)
		w.out = append(w.out, "\r\n"...)
	}
	w.connection()
	w.out = append(w.out, "\r\n"...)
}

// frame decides where the body ends (RFC 9112, section 6).
func (w *response) frame(allowed bool) {
	switch coding := w.fields.coding; {
	case w.length >= 0 && (coding == "" || coding == "identity"):
	case !allowed || w.isHead: // none comes
		w.length = -1
	case w.http10 || coding == "identity": // it ends with the connection
		w.length, w.closing = -1, true
	default:
		w.length, w.chunked = -1, true
	}
	if w.status != http.StatusSwitchingProtocols && httpguts.HeaderValuesContainsToken(w.fields.connection, "close") {
		w.closing = true
	}
}

// settle reads what is left of the request's body before the answer begins, if another
// request can come: clients there are that send all of it before they read, and would wait
// for ever. The handler must not take a body that was skipped for an empty one.
func (w *response) settle() {
	if w.body == nil || w.closing || w.fullDuplex || w.body.ended.Load() {
		return
	}
	if w.body.left.Load() <= mostUnread {
		w.timeReads()
		if w.body.skip() {
			w.body.Close()
			return
		}
		w.untimeReads()
	}
	w.closing = true // the handler may read on
}

// connection writes the field Connection (RFC 9112, section 9.6).
func (w *response) connection() {
	given := w.fields.connection
	if w.status == http.StatusSwitchingProtocols {
		w.out = appendField(w.out, "Connection", given)
		return
	}
	if w.c.srv.closing.Load() {
		w.closing = true
	}
	switch {
	case w.closing && !w.http10:
		w.out = append(w.out, "Connection: close\r\n"...)
	case w.closing:
	case w.http10:
		w.out = append(w.out, "Connection: keep-alive\r\n"...)
	case given != nil:
		w.out = appendField(w.out, "Connection", given)
	}
}

// inform sends an informational answer at once (RFC 9110, section 15.2).
func (w *response) inform(status int) {
	if w.http10 {
		return // it would not know what to make of one
	}
	if status == http.StatusContinue {
		if w.expects {
			w.sendContinue()
		}
		return
	}
	line := appendStatus(nil, status, false)
	for name, values := range w.header {
		switch framing(name) {
		case "Content-Length", "Transfer-Encoding", "Connection":
		default:
			line = appendField(line, name, values)
		}
	}
	w.waiting.Lock()
	defer w.waiting.Unlock()
	w.write(append(line, "\r\n"...))
}

// endChunks writes the last chunk and the trailers.
func (w *response) endChunks() {
	w.out = append(w.out, "0\r\n"...)
	for _, name := range w.fields.trailers {
		w.out = appendField(w.out, name, w.header[name])
	}
	for name, values := range w.header {
		if name, ok := strings.CutPrefix(name, http.TrailerPrefix); ok {
			w.out = appendField(w.out, name, values)
		}
	}
	w.out = append(w.out, "\r\n"...)
}

func appendStatus(b []byte, status int, http10 bool) []byte {
	if status == http.StatusOK && !http10 {
		return append(b, "HTTP/1.1 200 OK\r\n"...)
	}
	if http10 {
		b = append(b, "HTTP/1.0 "...)
	} else {
		b = append(b, "HTTP/1.1 "...)
	}
	b = strconv.AppendInt(b, int64(status), 10)
	b = append(b, ' ')
	if text := http.StatusText(status); text != "" {
		b = append(b, text...)
	} else {
		b = append(b, "status code "...)
		b = strconv.AppendInt(b, int64(status), 10)
	}
	return append(b, "\r\n"...)
}

// appendField appends one line for each value. A name that is none is left out; CR, LF
// and NUL, which would end the line or hide its end, become spaces.
func appendField(b []byte, name string, values []string) []byte {
	if !httpguts.ValidHeaderFieldName(name) {
		return b
	}
	for _, v := range values {
		b = append(b, name...)
		b = append(b, ": "...)
		from := len(b)
		b = append(b, v...)
		if added := b[from:]; !plain(added) {
			b = append(b[:from], strings.Trim(breaks.Replace(v), " \t")...)
		}
		b = append(b, "\r\n"...)
	}
	return b
}

// breaks takes out of a value what no value may hold (RFC 9110, section 5.5).
var breaks = strings.NewReplacer("\r", " ", "\n", " ", "\x00", " ")

// plain says that a value can be sent as it is.
func plain(v []byte) bool {
	if len(v) == 0 {
		return true
	}
	first, last := v[0], v[len(v)-1]
	return first > ' ' && last > ' ' && strict.BadValueByte(v) < 0
}

func appendChunkSize(b []byte, n int) []byte {
	b = strconv.AppendInt(b, int64(n), 16)
	return append(b, "\r\n"...)
}
