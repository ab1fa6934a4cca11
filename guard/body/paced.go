package body

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"sync"
	"time"

	fumehood "github.com/fumehood/fumehood"
)

// paced is a body as it arrives, under the deadlines of a Config. Only the time in which
// the server waits for the client counts: a slow reader is not the client's fault.
type paced struct {
	src      io.Reader
	cfg      *Config
	major    int           // of the protocol
	socket   bool          // the request came over a connection
	declared int64         // Content-Length, -1 for unknown
	received int64         // bytes
	waited   time.Duration // in Read
	err      error

	mu      sync.Mutex // guards what follows: a proxy reads in a goroutine of its own
	control *http.ResponseController
	stopped bool
}

func newPaced(cfg *Config, w http.ResponseWriter, r *http.Request) *paced {
	return &paced{
		src: r.Body, cfg: cfg, major: r.ProtoMajor, declared: r.ContentLength,
		socket:  r.Context().Value(http.LocalAddrContextKey) != nil,
		control: http.NewResponseController(w),
	}
}

// Read returns what came from the client, or a *fumehood.Refusal.
func (p *paced) Read(b []byte) (int, error) {
	if p.err != nil {
		return 0, p.err
	}
	began := time.Now()
	patience, slow := p.patience()
	if patience <= 0 {
		p.err = p.tooSlow(slow)
		return 0, p.err
	}
	if p.err = p.setDeadline(began.Add(patience)); p.err != nil {
		return 0, p.err
	}
	n, err := p.src.Read(b)
	p.waited += time.Since(began)
	p.received += int64(n)
	if err != nil {
		p.err = p.explain(err, slow)
	}
	return n, p.err
}

// patience returns how long the next read may take, and whether it is the rate that says so.
func (p *paced) patience() (wait time.Duration, slow bool) {
	earned := time.Duration(float64(p.received) / float64(p.cfg.MinRate) * float64(time.Second))
	if left := max(p.cfg.Grace, earned) - p.waited; left < p.cfg.Idle {
		return left, true
	}
	return p.cfg.Idle, false
}

// setDeadline sets the read deadline of the connection (HTTP/1) or the stream.
func (p *paced) setDeadline(at time.Time) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.stopped {
		return http.ErrBodyReadAfterClose
	}
	if p.control == nil {
		return nil
	}
	err := p.control.SetReadDeadline(at)
	switch {
	case err == nil:
		return nil
	case !p.socket && errors.Is(err, http.ErrNotSupported):
		p.control = nil // made by Go code: nobody can be slow
		return nil
	case errors.Is(err, http.ErrNotSupported):
		return &fumehood.Refusal{
			Status: http.StatusInternalServerError, Code: "body.no-deadline",
			Public: "Something went wrong on the server.",
			Err:    errors.New("no deadline can be set: a middleware outside wraps the http.ResponseWriter without a method Unwrap"),
		}
	}
	return truncated(err)
}

// stop ends all dealings with the connection. It must be called before the handler returns:
// net/http then uses the deadline itself, and HTTP/2's writer is gone (php/frankenphp#2535).
func (p *paced) stop() {
	p.mu.Lock()
	p.stopped = true
	p.mu.Unlock()
}

// explain turns the error of a read into the one that the app or the client gets.
func (p *paced) explain(err error, slow bool) error {
	var refusal *fumehood.Refusal
	var tooLarge *http.MaxBytesError
	var netErr net.Error
	switch {
	case err == io.EOF:
		// net/http waits for the next request now, and would take an old deadline for
		// the client's end.
		if p.setDeadline(time.Time{}); p.declared >= 0 && p.received != p.declared {
			return truncated(fmt.Errorf("%d bytes of %d", p.received, p.declared))
		}
		return io.EOF
	case errors.As(err, &refusal):
		return refusal
	case errors.As(err, &tooLarge):
		return &fumehood.Refusal{
			Status: http.StatusRequestEntityTooLarge, Code: "body.too-large",
			Public: "The body of this request is too large.", Err: err, CloseConn: true,
		}
	case errors.Is(err, os.ErrDeadlineExceeded), errors.As(err, &netErr) && netErr.Timeout():
		return p.tooSlow(slow)
	case p.major == 1 && !errors.Is(err, io.ErrUnexpectedEOF) && !errors.As(err, &netErr):
		return &fumehood.Refusal{ // what is left of net/http's errors is about chunks
			Status: http.StatusBadRequest, Code: "body.malformed",
			Public: "The body of this request is not well-formed.", Err: err, CloseConn: true,
		}
	}
	return truncated(err)
}

func (p *paced) tooSlow(slow bool) error {
	refusal := &fumehood.Refusal{
		Status: http.StatusRequestTimeout, Code: "body.idle", CloseConn: true,
		Public: "The body of this request did not arrive in time.",
		Err:    fmt.Errorf("nothing came for %v after %d bytes", p.cfg.Idle, p.received),
	}
	if slow {
		refusal.Code = "body.slow"
		refusal.Err = fmt.Errorf("%d bytes in %v, less than %d a second", p.received, p.waited.Round(time.Millisecond), p.cfg.MinRate)
	}
	return refusal
}

func truncated(cause error) error {
	return &fumehood.Refusal{
		Status: http.StatusBadRequest, Code: "body.truncated", CloseConn: true,
		Public: "The body of this request ended early.", Err: cause,
	}
}

// streaming returns p as the body of a request whose app reads it as it arrives.
func (p *paced) streaming(r *http.Request) *streamed {
	if p.major == 1 {
		// Without a first read there would be no deadline when net/http reads the rest.
		p.setDeadline(time.Now().Add(p.cfg.Idle))
	}
	return &streamed{p}
}

// streamed is a paced body for an app.
type streamed struct{ p *paced }

func (s *streamed) Read(b []byte) (int, error) {
	n, err := s.p.Read(b)
	if err == nil && s.p.major > 1 {
		// The deadline of a stream ends it for good, also when nobody is reading.
		s.p.setDeadline(time.Time{})
	}
	return n, err
}

// Close leaves the rest to net/http, which closes the body after the handler. Its Close
// reads on and would block the caller.
func (s *streamed) Close() error {
	s.p.stop()
	return nil
}
