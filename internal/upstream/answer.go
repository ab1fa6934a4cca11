package upstream

import (
	"bufio"
	"crypto/sha1"
	"encoding/base64"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// answer is the ResponseWriter that ReverseProxy writes to. It keeps the upstream's
// fields apart from those that guards have set, until the head is final.
type answer struct {
	out      http.ResponseWriter
	proto    int         // the client's major version
	early    bool        // the client understands 103
	body     *clientBody // nil when the request has none
	header   http.Header // the upstream's
	started  bool
	overtook bool  // began before the request's body was over
	length   int64 // announced, or -1
	written  int64
	broken   error // what ended the upstream's body too soon
}

func (a *answer) start(w http.ResponseWriter, r *http.Request) {
	a.out, a.proto = w, r.ProtoMajor
	a.early = r.ProtoAtLeast(1, 1) // RFC 9110, section 15.2
	a.header = make(http.Header)
	a.length = -1
}

// Header implements http.ResponseWriter. What is set after WriteHeader is dropped: there
// are no trailers.
func (a *answer) Header() http.Header { return a.header }

// WriteHeader implements http.ResponseWriter.
func (a *answer) WriteHeader(status int) {
	if a.started {
		return
	}
	if status < 200 {
		if status == http.StatusEarlyHints && a.early {
			a.writeEarlyHints()
		}
		return
	}
	a.started = true
	h := a.out.Header()
	for name, values := range a.header {
		switch name {
		case "Set-Cookie", "Vary", "Link", "Server-Timing":
			h[name] = append(h[name], values...)
		default:
			if len(h[name]) == 0 { // what a guard has set stays
				h[name] = values
			}
		}
	}
	if _, found := h["Content-Type"]; !found {
		h["Content-Type"] = nil // or net/http would guess, and may make HTML of a text
	}
	if a.overtakesBody() {
		h["Connection"] = []string{"close"}
	}
	a.out.WriteHeader(status)
}

// overtakesBody reports whether the answer begins before the body of an HTTP/1 request
// is over, and lets it. What follows on such a connection is the rest of the body: the
// caller must have it closed. (When it is not, net/http can panic with "invalid
// concurrent Body.Read call".)
func (a *answer) overtakesBody() bool {
	if a.proto != 1 || a.body == nil || a.body.over.Load() {
		return false
	}
	http.NewResponseController(a.out).EnableFullDuplex() // where it cannot, the answer waits
	a.overtook = true
	return true
}

// The rest of a body that was overtaken is read and thrown away within these bounds,
// then the connection is closed; closed at once, the client might lose the answer.
// net/http's own draining has no deadline.
const (
	drainTime = time.Second
	drainSize = 256 << 10
)

// finish reads what is left of the request, within bounds.
func (a *answer) finish(rest io.Reader) {
	if a.overtook && !a.body.over.Load() {
		http.NewResponseController(a.out).SetReadDeadline(time.Now().Add(drainTime))
		a.body.drain(rest)
	}
}

// writeEarlyHints sends a 103 with the upstream's Link fields, and only those: the
// guards' fields are for the final answer and stay for it.
func (a *answer) writeEarlyHints() {
	links := a.header["Link"]
	if len(links) == 0 || !validHeader(a.header) {
		return
	}
	h := a.out.Header()
	saved := make(http.Header, len(h))
	for name, values := range h {
		saved[name] = values
	}
	clear(h)
	h["Link"] = slices.Clone(links)
	a.out.WriteHeader(http.StatusEarlyHints)
	clear(h)
	for name, values := range saved {
		h[name] = values
	}
}

// Write implements http.ResponseWriter.
func (a *answer) Write(p []byte) (int, error) {
	if !a.started {
		a.WriteHeader(http.StatusOK)
	}
	n, err := a.out.Write(p)
	a.written += int64(n)
	return n, err
}

// FlushError is called by ReverseProxy after the head and after each write. Where the
// length is known, the flushes of a head alone and of the last part are left out: the
// server flushes then by itself, in one system call.
func (a *answer) FlushError() error {
	if a.length >= 0 && (a.written == 0 || a.written >= a.length) {
		return nil
	}
	return http.NewResponseController(a.out).Flush()
}

// Hijack implements http.Hijacker, for WebSockets.
func (a *answer) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, buf, err := http.NewResponseController(a.out).Hijack()
	if err == nil {
		a.started = true
	}
	return conn, buf, err
}

// modifyResponse refuses an answer that cannot be passed on and prepares the rest.
func modifyResponse(res *http.Response) error {
	x := exchangeOf(res.Request.Context())
	x.watch.stop()
	if !validHeader(res.Header) {
		return fmt.Errorf("%w: a field that is not valid", errBadAnswer)
	}
	if res.StatusCode == http.StatusSwitchingProtocols {
		return checkSwitch(x, res)
	}
	if res.StatusCode < 200 || res.StatusCode > 599 {
		return fmt.Errorf("%w: status %d", errBadAnswer, res.StatusCode)
	}
	x.answer.length = res.ContentLength
	res.Body = &upstreamBody{res.Body, &x.answer}
	res.Trailer = nil
	return nil
}

// checkSwitch accepts a 101 only as the answer to the WebSocket handshake that was
// forwarded. Otherwise an app that can be made to answer 101 (by fetching a URL for the
// attacker, say) would open a tunnel around the guards.
func checkSwitch(x *exchange, res *http.Response) error {
	if !x.webSocket {
		return fmt.Errorf("%w: 101, which nobody asked for", errBadAnswer)
	}
	const guid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11" // RFC 6455, section 1.3
	sum := sha1.Sum([]byte(x.in.Header.Get("Sec-Websocket-Key") + guid))
	if res.Header.Get("Sec-Websocket-Accept") != base64.StdEncoding.EncodeToString(sum[:]) {
		return fmt.Errorf("%w: 101 with a wrong Sec-WebSocket-Accept", errBadAnswer)
	}
	return nil
}

// validHeader reports whether all fields can be written as they are (RFC 9110, section
// 5.5). net/http reads some that it would write otherwise.
func validHeader(h http.Header) bool {
	for name, values := range h {
		for i := range len(name) {
			c := name[i]
			if c <= ' ' || c >= 0x7f || strings.IndexByte("\"(),/:;<=>?@[\\]{}", c) >= 0 {
				return false
			}
		}
		for _, value := range values {
			for i := range len(value) {
				if c := value[i]; c < ' ' && c != '\t' || c == 0x7f {
					return false
				}
			}
		}
	}
	return true
}

// upstreamBody notes an answer that breaks off. ReverseProxy aborts the client's
// connection then, but only under net/http's own server, not under HTTP/3.
type upstreamBody struct {
	io.ReadCloser
	answer *answer
}

func (b *upstreamBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if err != nil && err != io.EOF {
		b.answer.broken = err
	}
	return n, err
}

// clientBody is the request's body on its way up. It tells errors of the client from
// those of the upstream, and keeps the watch while the upstream takes it.
type clientBody struct {
	io.ReadCloser
	watch *watch
	over  atomic.Bool // Transport reads in a goroutine of its own
	err   atomic.Pointer[error]
	mu    sync.Mutex // one reader at a time: Transport\'s last Read can outlive it
}

func (b *clientBody) Read(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.watch.pause() // waiting for the client is not the upstream's fault
	n, err := b.ReadCloser.Read(p)
	b.watch.resume()
	if err == io.EOF {
		b.over.Store(true)
	} else if err != nil {
		b.err.Store(&err)
	}
	return n, err
}

// drain throws away what is left in rest, which is what b reads from.
func (b *clientBody) drain(rest io.Reader) {
	b.mu.Lock()
	defer b.mu.Unlock()
	io.CopyN(io.Discard, rest, drainSize)
}

// failure is why the client's body could not be read, or nil.
func (b *clientBody) failure() error {
	if b == nil {
		return nil
	}
	if err := b.err.Load(); err != nil {
		return *err
	}
	return nil
}
