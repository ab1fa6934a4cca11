// Package record gives each request an ID, writes one log line about it and turns a panic
// into a 500.
//
// Attacks: a forged log line (CR and LF in what the client sends), a secret read from the
// log (header fields and the query are never written, the path is), a request ID chosen by
// the client, a panic that ends a connection without an answer or shows its stack to the
// client. Not covered: secrets that an app puts into its paths.
//
// Order: MUST be the outermost step, so that what the others refuse is recorded too.
package record

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"time"

	fumehood "github.com/fumehood/fumehood"
)

// afterBody is how long the server may read on in a body that nobody wanted, to keep the
// connection in use; without a deadline a slow sender would hold it for ever.
const afterBody = 2 * time.Second

// Guard records requests. Make one with New.
type Guard struct {
	logger *slog.Logger
	access bool
}

// New returns a Guard. It has nothing that can be wrong today; the error is part of the
// shape of all guards.
func New(cfg Config) (*Guard, error) {
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	return &Guard{logger: cfg.Logger, access: cfg.Access}, nil
}

// Handler records what next does. It has no Check: it refuses nothing by itself.
func (g *Guard) Handler(next http.Handler) http.Handler {
	if g == nil || g.logger == nil {
		return fumehood.RefuseAll(fumehood.NotReady("record"))
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		rec := &recorder{w: w, head: r.Method == http.MethodHead}
		rec.x.ID, rec.x.Start = fumehood.NewRequestID(), time.Now()
		rec.ids = [2]string{rec.x.ID, rec.x.ID}
		// The client's own ID is never believed; the app may use ours.
		r.Header["X-Request-Id"] = rec.ids[0:1:1]
		w.Header()["X-Request-Id"] = rec.ids[1:2:2]
		r = r.WithContext(fumehood.WithExchange(r.Context(), &rec.x))
		g.serve(rec, next, r)
	})
}

// serve runs next and sees to it that exactly one record is written, whatever next does.
func (g *Guard) serve(rec *recorder, next http.Handler, r *http.Request) {
	returned := false
	defer func() {
		var abort bool
		if !returned {
			// nil here is runtime.Goexit: the connection ends without us.
			if cause := recover(); cause != nil {
				abort = g.recovered(rec, r, cause)
			}
		}
		limitUnread(rec, r)
		g.write(rec, r, abort)
		if abort {
			panic(http.ErrAbortHandler) // the one panic that net/http does not print
		}
	}()
	next.ServeHTTP(rec.withOptions(), r)
	returned = true
}

// recovered deals with a panic and says whether the connection must be aborted: an answer
// that has begun cannot be made right, and must not look complete.
func (g *Guard) recovered(rec *recorder, r *http.Request, cause any) (abort bool) {
	rec.closeHijacked()
	if err, ok := cause.(error); ok && errors.Is(err, http.ErrAbortHandler) {
		return true
	}
	g.logger.LogAttrs(r.Context(), slog.LevelError, "panic",
		slog.String("id", rec.x.ID),
		slog.String("panic", printable(fmt.Sprint(cause), maxCause)),
		slog.String("stack", string(debug.Stack())))
	if rec.status != 0 || rec.hijacked != nil {
		return true
	}
	fumehood.Refuse(rec, r, fmt.Errorf("panic: %v", cause))
	return false
}

// limitUnread bounds what the server reads after the handler: it reads on in an unwanted
// body, up to 256 KB, and waits for it without a deadline of its own. The next request on
// the connection gets a new deadline from it.
func limitUnread(rec *recorder, r *http.Request) {
	if r.ProtoMajor != 1 || r.Body == nil || r.Body == http.NoBody || rec.hijacked != nil {
		return
	}
	patience := afterBody
	if rec.x.Refused != nil && rec.x.Refused.CloseConn {
		patience = 0 // who was too slow gets no more time
	}
	// An error means that w has no deadlines, thus no connection that could be held.
	_ = http.NewResponseController(rec.w).SetReadDeadline(time.Now().Add(patience))
}
