package wsgi

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/textproto"
	"strconv"
	"strings"

	fumehood "github.com/fumehood/fumehood"
	"github.com/fumehood/fumehood/internal/frame"
	"github.com/fumehood/fumehood/internal/pool"
)

// answer carries one app's answer to the client.
type answer struct {
	app  *App
	w    http.ResponseWriter
	r    *http.Request
	call *pool.Call

	begun  bool
	noBody bool  // HEAD, 204, 304
	left   int64 // bytes of the declared Content-Length still to come, -1 when none
	hits   int   // what sinks have said
}

// run copies the answer until it is over. After the first byte there is one way to say
// that something went wrong: to end the connection without ending the body.
func (a *answer) run() {
	ctx := a.r.Context()
	for {
		events, err := a.call.Wait(ctx)
		if err != nil {
			a.fail(err)
			return
		}
		for i := range events {
			e := &events[i]
			if err := a.take(e); err != nil {
				closeFiles(events[i+1:])
				a.fail(err)
				return
			}
			if e.End || a.begun && a.noBody { // of what follows nothing would be sent
				closeFiles(events[i+1:])
				return
			}
		}
		if a.begun && !a.call.Pending() {
			http.NewResponseController(a.w).Flush()
		}
	}
}

// closeFiles closes what no one will send any more.
func closeFiles(events []pool.Event) {
	for _, e := range events {
		if e.File != nil {
			e.File.Close()
		}
	}
}

// errAppRaised says that the app ended with an exception.
var errAppRaised = errors.New("the app raised an exception")

var errTwoHeads = errors.New("a second head in one answer")

func (a *answer) take(e *pool.Event) error {
	switch e.Kind {
	case frame.Hints:
		return a.hints(e.Payload)
	case frame.Answer:
		if a.begun {
			return errTwoHeads
		}
		body, err := a.head(e.Payload, e.End)
		if err != nil {
			return err
		}
		return a.body(body, e.End)
	case frame.Piece:
		if !a.begun {
			return badAnswer("a body without a head")
		}
		err := a.body(e.Payload, e.End)
		a.call.Consumed(len(e.Payload))
		return err
	case frame.File:
		defer e.File.Close()
		if a.begun {
			return errTwoHeads
		}
		return a.file(e)
	case frame.Hit:
		return a.hit(e)
	case frame.Error:
		a.app.log.Error("app raised", "request", fumehood.RequestID(a.r),
			"method", a.r.Method, "path", a.r.URL.Path, "traceback", string(e.Payload))
		return errAppRaised
	}
	return fmt.Errorf("unexpected frame kind %d", e.Kind)
}

// fail ends the exchange: with a refusal while that is possible, else by ending the
// connection.
func (a *answer) fail(err error) {
	if a.begun {
		if !errors.Is(err, context.Canceled) && !errors.Is(err, errAppRaised) {
			a.app.log.Warn("answer broke off", "request", fumehood.RequestID(a.r), "cause", err)
		}
		// What there was goes out first: with nothing at all, a client may ask again.
		http.NewResponseController(a.w).Flush()
		panic(http.ErrAbortHandler)
	}
	if a.r.Context().Err() != nil { // the client is gone: nothing is left to say
		panic(http.ErrAbortHandler)
	}
	if errors.Is(err, errAppRaised) {
		err = &fumehood.Refusal{Status: http.StatusInternalServerError, Code: "app.error",
			Public: "Something went wrong on the site.", Err: err}
	}
	fumehood.Refuse(a.w, a.r, refusalFor(err))
}

// badAnswer refuses an answer that breaks HTTP.
func badAnswer(format string, args ...any) error {
	return &fumehood.Refusal{Status: http.StatusInternalServerError, Code: "app.bad-answer",
		Public: "The site gave an answer that cannot be sent.", Err: fmt.Errorf(format, args...)}
}

// hopByHop are the fields that belong to one connection (RFC 9110 7.6.1); PEP 3333
// forbids them to apps.
var hopByHop = map[string]bool{
	"Connection": true, "Keep-Alive": true, "Proxy-Connection": true,
	"Proxy-Authenticate": true, "Te": true, "Trailer": true, "Trailers": true,
	"Transfer-Encoding": true, "Upgrade": true,
}

// head sets status and fields and returns the body bytes that came along. whole says that
// they are all there is.
func (a *answer) head(payload []byte, whole bool) (body []byte, err error) {
	fields, body, err := splitHead(payload)
	if err != nil {
		return nil, err
	}
	return body, a.writeHead(fields, int64(len(body)), whole)
}

// splitHead takes a head apart: u32 length, u32 count, fields split by NUL.
func splitHead(payload []byte) (fields []string, rest []byte, err error) {
	if len(payload) < 8 {
		return nil, nil, badAnswer("a head of %d bytes", len(payload))
	}
	size := uint64(binary.LittleEndian.Uint32(payload))
	count := binary.LittleEndian.Uint32(payload[4:])
	if size > uint64(len(payload)-8) || count%2 != 1 {
		return nil, nil, badAnswer("a head of %d fields in %d bytes", count, len(payload))
	}
	text := string(payload[8 : 8+size])
	if n := strings.Count(text, "\x00") + 1; n != int(count) {
		return nil, nil, badAnswer("a status or header field holds a NUL")
	}
	fields = make([]string, 0, count)
	for range count - 1 {
		field, after, _ := strings.Cut(text, "\x00")
		fields, text = append(fields, field), after
	}
	return append(fields, text), payload[8+size:], nil
}

func (a *answer) writeHead(fields []string, size int64, whole bool) error {
	status, err := parseStatus(fields[0])
	if err != nil {
		return err
	}
	h := a.w.Header()
	if err := setFields(h, fields[1:]); err != nil {
		return err
	}
	a.noteTemplates(fields[1:])
	if err := a.setLength(h, status, size, whole); err != nil {
		return err
	}
	if _, typed := h["Content-Type"]; !typed {
		h["Content-Type"] = nil // keeps net/http from guessing one
	}
	a.begun = true
	a.w.WriteHeader(status)
	return nil
}

// templatesField is what the worker adds to a head: no app can, for it is no field name.
const templatesField = ":templates"

// noteTemplates keeps the names of the templates that the answer was made from.
func (a *answer) noteTemplates(fields []string) {
	if n := len(fields); n >= 2 && fields[n-2] == templatesField {
		if x := fumehood.ExchangeOf(a.r.Context()); x != nil {
			x.Templates = strings.Split(fields[n-1], "\n")
		}
	}
}

// setLength settles the Content-Length of the answer and what may follow it.
func (a *answer) setLength(h http.Header, status int, size int64, whole bool) error {
	declared := h["Content-Length"]
	switch {
	case status == http.StatusNoContent:
		delete(h, "Content-Length") // RFC 9110 8.6
		a.noBody = true
		return nil
	case len(declared) > 1:
		return badAnswer("%d Content-Length fields", len(declared))
	case len(declared) == 1:
		n, err := strconv.ParseInt(declared[0], 10, 64)
		if err != nil || n < 0 || declared[0][0] == '+' {
			return badAnswer("Content-Length is %.40q", declared[0])
		}
		a.left = n
	case whole && status != http.StatusNotModified && (size > 0 || a.r.Method != http.MethodHead):
		h["Content-Length"] = []string{strconv.FormatInt(size, 10)}
		a.left = size
	}
	a.noBody = a.r.Method == http.MethodHead || status == http.StatusNotModified
	return nil
}

// parseStatus reads "404 Not Found". The reason is not sent on: HTTP/2 has none.
func parseStatus(s string) (int, error) {
	code, _, _ := strings.Cut(s, " ")
	n, err := strconv.Atoi(code)
	if err != nil || len(code) != 3 || n < 200 || n > 599 {
		return 0, badAnswer("the status is %.40q", s)
	}
	if !validValue(s) {
		return 0, badAnswer("a control character in the status %.40q", s)
	}
	return n, nil
}

func setFields(h http.Header, fields []string) error {
	values := make([]string, len(fields)/2) // one array for all the one-value slices
	for i := 0; i < len(fields); i += 2 {
		name, value := fields[i], fields[i+1]
		if name == templatesField {
			continue
		}
		if !validName(name) {
			return badAnswer("the header name %.60q", name)
		}
		if !validValue(value) {
			return badAnswer("a control character in the header %s: %.60q", name, value)
		}
		key := textproto.CanonicalMIMEHeaderKey(name)
		if hopByHop[key] {
			continue
		}
		value = strings.Trim(value, " \t")
		if old, more := h[key]; more {
			h[key] = append(old, value)
			continue
		}
		values[0] = value
		h[key] = values[:1:1]
		values = values[1:]
	}
	return nil
}

// validName: a token (RFC 9110 5.6.2).
func validName(s string) bool {
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c <= ' ' || c >= 0x7f || strings.IndexByte(`"(),/:;<=>?@[\]{}`, c) >= 0 {
			return false
		}
	}
	return s != ""
}

// validValue: no control characters but the tab (RFC 9110 5.5).
func validValue(s string) bool {
	for i := 0; i < len(s); i++ {
		if c := s[i]; c < ' ' && c != '\t' || c == 0x7f {
			return false
		}
	}
	return true
}

// body writes b, clipped to the declared length, and checks at the end that it was all.
func (a *answer) body(b []byte, end bool) error {
	if a.noBody {
		return nil
	}
	if a.left >= 0 {
		if int64(len(b)) > a.left {
			a.app.log.Warn("the app sent more than its Content-Length",
				"request", fumehood.RequestID(a.r), "path", a.r.URL.Path)
			b = b[:a.left]
		}
		a.left -= int64(len(b))
	}
	if len(b) > 0 {
		if _, err := a.w.Write(b); err != nil {
			return err
		}
	}
	if end && a.left > 0 {
		return fmt.Errorf("the app ended %d bytes short of its Content-Length", a.left)
	}
	return nil
}

// file sends a part of a file. On a plain connection the kernel copies it.
func (a *answer) file(e *pool.Event) error {
	if len(e.Payload) < 16 {
		return badAnswer("a file without a head")
	}
	offset := int64(binary.LittleEndian.Uint64(e.Payload))
	length := binary.LittleEndian.Uint64(e.Payload[8:])
	info, err := e.File.Stat()
	if err != nil || !info.Mode().IsRegular() || offset < 0 {
		return badAnswer("the file that the app sends is not a regular file (%v)", err)
	}
	size := max(info.Size()-offset, 0)
	if length < uint64(size) {
		size = int64(length)
	}
	fields, _, err := splitHead(e.Payload[16:])
	if err != nil {
		return err
	}
	if err := a.writeHead(fields, size, true); err != nil {
		return err
	}
	if a.noBody {
		return nil
	}
	if a.left >= 0 && a.left < size {
		size = a.left
	}
	source, done, err := openPart(e.File, offset, size)
	if err != nil {
		return err
	}
	defer done()
	sent, err := io.Copy(a.w, source)
	if a.left -= sent; err == nil && a.left > 0 {
		err = fmt.Errorf("the file ended %d bytes short of the Content-Length", a.left)
	}
	return err
}

// hints sends a 103 (RFC 8297) with the fields that the app gave.
func (a *answer) hints(payload []byte) error {
	if a.begun || a.r.ProtoMajor == 1 && a.r.ProtoMinor == 0 || len(payload) < 4 {
		return nil
	}
	count := int(binary.LittleEndian.Uint32(payload))
	fields := strings.Split(string(payload[4:]), "\x00")
	if count == 0 || count%2 != 0 || len(fields) != count {
		return badAnswer("early hints of %d fields", count)
	}
	h := a.w.Header()
	before := h.Clone()
	if err := setFields(h, fields); err != nil {
		return err
	}
	a.w.WriteHeader(http.StatusEarlyHints)
	clear(h)
	for name, values := range before {
		h[name] = values
	}
	return nil
}
