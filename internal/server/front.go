package server

import (
	"net/http"
	"strconv"
	"time"
)

// front is the outermost handler: what belongs to connections rather than to requests.
func (s *Server) front(next http.Handler) http.Handler {
	f := &front{next: next, patience: s.cfg.Server.WriteTimeout}
	if port := s.http3Port(); port != 0 {
		f.altSvc = []string{`h3=":` + strconv.Itoa(port) + `"; ma=86400`}
	}
	return f
}

type front struct {
	next     http.Handler
	altSvc   []string // the field of RFC 7838 that offers HTTP/3; nil without
	patience time.Duration
}

func (f *front) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if f.altSvc != nil && r.ProtoMajor < 3 {
		w.Header()["Alt-Svc"] = f.altSvc
	}
	if r.ProtoMajor < 2 {
		f.next.ServeHTTP(w, r)
		return
	}
	if r.ProtoMajor == 3 {
		liftHeadDeadline(w)
	}
	p := &patientWriter{ResponseWriter: w, patience: f.patience}
	f.next.ServeHTTP(p, r)
	p.finish()
}

// patientWriter ends a stream of HTTP/2 or HTTP/3 whose client takes nothing for the time
// patience. A client can hold one stream by never widening its window while the
// connection looks well, so the deadline that conn has is not enough. One timer is armed
// only while a write blocks: the app may be silent as long as it likes.
type patientWriter struct {
	http.ResponseWriter
	patience time.Duration
	timer    *time.Timer
}

func (p *patientWriter) arm() {
	if p.timer == nil {
		p.timer = time.AfterFunc(p.patience, p.expire)
	} else {
		p.timer.Reset(p.patience)
	}
}

// expire runs while a write blocks, so the writer below is still in use.
func (p *patientWriter) expire() { p.setDeadline(time.Now()) }

func (p *patientWriter) setDeadline(t time.Time) {
	if d, ok := p.ResponseWriter.(interface{ SetWriteDeadline(time.Time) error }); ok {
		d.SetWriteDeadline(t)
	}
}

func (p *patientWriter) Write(b []byte) (n int, err error) {
	for {
		part := b[n:min(n+stride, len(b))]
		p.arm()
		m, err := p.ResponseWriter.Write(part)
		p.timer.Stop()
		n += m
		if err != nil || n == len(b) {
			return n, err
		}
	}
}

// FlushError implements what http.ResponseController looks for.
func (p *patientWriter) FlushError() error {
	p.arm()
	defer p.timer.Stop()
	return http.NewResponseController(p.ResponseWriter).Flush()
}

// Flush implements http.Flusher.
func (p *patientWriter) Flush() { p.FlushError() }

// Unwrap is for http.ResponseController.
func (p *patientWriter) Unwrap() http.ResponseWriter { return p.ResponseWriter }

// finish covers what is still buffered when the handler returns.
func (p *patientWriter) finish() {
	if p.timer != nil {
		p.setDeadline(time.Now().Add(p.patience))
	}
}
