// Package hint attaches to an error the line that tells its reader what to do next: a
// corrected command, an option, a file to change. The command line prints it as "hint:".
//
// It stops no attack; it is used by everything that can fail before the first request.
package hint

import "errors"

type hinted struct {
	err  error
	hint string
}

func (h *hinted) Error() string { return h.err.Error() }
func (h *hinted) Unwrap() error { return h.err }

// With returns err with a hint; nil stays nil. The outermost hint of a chain wins.
func With(err error, hint string) error {
	if err == nil {
		return nil
	}
	return &hinted{err, hint}
}

// Of returns the hint of err, or "".
func Of(err error) string {
	var h *hinted
	if errors.As(err, &h) {
		return h.hint
	}
	return ""
}
