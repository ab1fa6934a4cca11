package upstream

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"

	fumehood "github.com/fumehood/fumehood"
)

var (
	errBadAnswer = errors.New("the upstream's answer is not valid")
	errTimeout   = errors.New("the upstream took too long")
	errClosed    = errors.New("the server is stopping")
)

// statusClientGone is nginx's; the client does not see it, the log does.
const statusClientGone = 499

// fail is ReverseProxy's ErrorHandler.
func (u *Upstream) fail(_ http.ResponseWriter, out *http.Request, err error) {
	x := exchangeOf(out.Context())
	if x.answer.started { // a WebSocket that failed after its 101
		return
	}
	refusal := *fumehood.AsRefusal(u.refusal(x, out.Context(), err))
	if x.answer.overtakesBody() {
		refusal.CloseConn = true
	}
	fumehood.Refuse(x.answer.out, x.in, &refusal)
}

// refusal says what went wrong, most certain cause first.
func (u *Upstream) refusal(x *exchange, ctx context.Context, err error) error {
	if cause := x.answer.body.failure(); cause != nil {
		return bodyRefusal(cause)
	}
	if x.in.Context().Err() != nil {
		return &fumehood.Refusal{
			Status: statusClientGone, Code: "upstream.client-gone", CloseConn: true,
			Public: "The client went away.", Err: x.in.Context().Err(),
		}
	}
	var netErr net.Error
	if errors.Is(context.Cause(ctx), errTimeout) || errors.As(err, &netErr) && netErr.Timeout() {
		return &fumehood.Refusal{
			Status: http.StatusGatewayTimeout, Code: "upstream.timeout",
			Public: "The application took too long to answer.",
			Err:    fmt.Errorf("upstream %s: %w after %v: %v", u.target, errTimeout, x.watch.timeout, err),
		}
	}
	var untrusted *tls.CertificateVerificationError
	if errors.As(err, &untrusted) {
		return &fumehood.Refusal{
			Status: http.StatusBadGateway, Code: "upstream.untrusted",
			Public: "The application cannot be reached.",
			Err:    fmt.Errorf("upstream %s: %w", u.target, err),
		}
	}
	var opErr *net.OpError
	if errors.As(err, &opErr) && opErr.Op == "dial" {
		return &fumehood.Refusal{
			Status: http.StatusBadGateway, Code: "upstream.unreachable",
			Public: "The application cannot be reached.",
			Err:    fmt.Errorf("upstream %s: %w", u.target, err),
		}
	}
	return &fumehood.Refusal{
		Status: http.StatusBadGateway, Code: "upstream.bad-answer",
		Public: "The application gave no valid answer.",
		Err:    fmt.Errorf("upstream %s: %w", u.target, err),
	}
}

// bodyRefusal is for a request body that could not be read. A guard's refusal is in the
// error that its reader returned.
func bodyRefusal(cause error) error {
	var refusal *fumehood.Refusal
	if errors.As(cause, &refusal) {
		return refusal
	}
	var tooLarge *http.MaxBytesError
	if errors.As(cause, &tooLarge) {
		return &fumehood.Refusal{
			Status: http.StatusRequestEntityTooLarge, Code: "upstream.body-too-large", CloseConn: true,
			Public: "The request is too large.", Err: cause,
		}
	}
	return &fumehood.Refusal{
		Status: http.StatusBadRequest, Code: "upstream.body-broken", CloseConn: true,
		Public: "The body of the request did not arrive whole.", Err: cause,
	}
}

// finish runs when ReverseProxy is done, also when it panics. An answer that broke off
// ends the connection: the client must not take it for whole.
func (u *Upstream) finish(x *exchange) {
	x.answer.finish(x.in.Body)
	if x.answer.broken == nil {
		return
	}
	if x.in.Context().Err() == nil {
		u.log.WarnContext(x.in.Context(), "the upstream broke off its answer",
			"request", fumehood.RequestID(x.in), "error", x.answer.broken)
	}
	panic(http.ErrAbortHandler)
}

// watch cancels a request that the upstream makes no progress with.
type watch struct {
	timeout time.Duration
	mu      sync.Mutex
	timer   *time.Timer
	stopped bool
}

func newWatch(timeout time.Duration, cancel context.CancelCauseFunc) *watch {
	w := &watch{timeout: timeout, stopped: timeout <= 0}
	if timeout > 0 {
		w.timer = time.AfterFunc(timeout, func() { cancel(errTimeout) })
	}
	return w
}

// pause stops the clock until resume.
func (w *watch) pause() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.stopped {
		w.timer.Stop()
	}
}

// resume starts the clock anew, unless the watch was stopped.
func (w *watch) resume() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.stopped {
		w.timer.Reset(w.timeout)
	}
}

// stop ends the watch for good.
func (w *watch) stop() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.stopped {
		w.stopped = true
		w.timer.Stop()
	}
}
