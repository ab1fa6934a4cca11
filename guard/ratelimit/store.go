package ratelimit

import (
	"context"
	"time"
)

// Key names who is counted: 128 bits of a keyed hash, so that a store holds neither
// addresses nor sessions, and nobody can look for two that are counted as one.
type Key [16]byte

// Decision is what a store says of one request.
type Decision struct {
	OK        bool          // it is within the limit, and counted
	Remaining int64         // how many more may come at once
	Wait      time.Duration // until one more may come: when OK than Remaining, else than none
}

// Store counts. Its methods may be called by many goroutines. Package storetest has the
// tests that every Store must pass.
type Store interface {
	// Take counts cost requests of key, when limit lets them through at this moment; those
	// over the limit are not counted. A cost of 0 counts nothing and says whether one
	// request would be let through; who looks first and counts later lets all those through
	// that come in between. A key must always come with the same limit.
	//
	// The error is ErrLimit when limit can never let cost requests through. Any other says
	// that the store is away; Take must then return at once, or nearly so.
	Take(ctx context.Context, key Key, limit Limit, cost int) (Decision, error)
}
