// Package redisstore counts the requests of guard/ratelimit in a Redis or Valkey server,
// which several servers share.
//
// Attack: a client that spreads its requests over all servers of a site has as many limits
// as there are servers. Not covered: somebody who can reach the store; give it a password,
// and rediss:// where others can read the wire.
//
// One request is one round trip: a script (EVALSHA) that reads, decides and writes. The
// clock is the store's, for those of several servers differ, and one that is ahead by more
// than a limit's window would have all clients of the others refused.
//
// A store that does not answer within the timeout, or with an error, is away: Take then
// fails at once, without waiting, until a probe in the background has been answered. That
// it went and that it came back is logged once each.
package redisstore

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/tls"
	_ "embed"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"

	fumehood "github.com/fumehood/fumehood"
	"github.com/fumehood/fumehood/guard/ratelimit"
	"github.com/fumehood/fumehood/internal/hint"
)

//go:embed gcra.lua
var script string

// Config names the server.
type Config struct {
	// URL is as ratelimit.Config.Store has it.
	URL fumehood.Secret

	// Timeout is how long one request may wait for the store; 0 means 50 ms.
	Timeout time.Duration

	// TLS is for rediss://; nil means the authorities that this machine trusts.
	TLS *tls.Config

	Logger *slog.Logger // nil: slog.Default()
}

// ErrAway is the error of Take while the server is known not to answer.
var ErrAway = errors.New("redisstore: the store is away")

// Store is a ratelimit.Store. Make one with Open, and Close it.
type Store struct {
	client  *redis.Client
	script  *redis.Script
	timeout time.Duration
	key     []byte
	log     *slog.Logger
	address string

	state atomic.Uint64 // counts the changes; odd: away

	// Of the one goroutine that probes: state orders one after the other.
	pause    time.Duration // until the next probe
	cameBack time.Time

	mu     sync.Mutex // guards closed, and that nothing is started after it
	closed bool
	done   chan struct{}
	work   sync.WaitGroup
}

const (
	defaultTimeout = 50 * time.Millisecond
	prefix         = "fumehood:ratelimit:"
)

// Open returns the Store of the server that cfg names. It does not wait for it: one that
// is not there yet is away, which is logged.
func Open(cfg Config) (*Store, error) {
	at, err := ratelimit.ParseStore(cfg.URL)
	if err != nil {
		return nil, fmt.Errorf("ratelimit.store: %w", err)
	}
	if cfg.Timeout < 0 {
		return nil, hint.With(errors.New("the timeout of the store is below zero"), "leave it 0 for 50 ms")
	}
	s := &Store{
		script: redis.NewScript(script), timeout: cfg.Timeout, key: keyFrom(at.Password),
		log: cfg.Logger, address: at.Address, done: make(chan struct{}),
	}
	if s.timeout == 0 {
		s.timeout = defaultTimeout
	}
	if s.log == nil {
		s.log = slog.Default()
	}
	s.client = redis.NewClient(s.options(at, cfg.TLS))
	s.spawn(func() { // a wrong password is to be heard of before the first visitor comes
		if err := s.probe(); err != nil {
			s.lost(0, err)
		}
	})
	return s, nil
}

// options has no retries and no timeout longer than the store's own: a second try is the
// probe's.
func (s *Store) options(at ratelimit.StoreURL, config *tls.Config) *redis.Options {
	if at.TLS {
		if config == nil {
			config = &tls.Config{MinVersion: tls.VersionTLS12}
		}
		config = config.Clone()
		if config.ServerName == "" {
			config.ServerName = at.Host
		}
	}
	dial := func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := (&net.Dialer{Timeout: s.timeout}).DialContext(ctx, network, address)
		if err != nil {
			// The library would write about it to standard error each time, past the logger.
			return unreachable(err), nil
		}
		if at.TLS {
			return tls.Client(conn, config), nil
		}
		return conn, nil
	}
	return &redis.Options{
		Network: at.Network, Addr: at.Address, Username: at.User, Password: string(at.Password), DB: at.DB,
		Dialer: dial, Protocol: 2, DisableIdentity: true, MaxRetries: -1, DialerRetries: 1,
		DialTimeout: s.timeout, ReadTimeout: s.timeout, WriteTimeout: s.timeout, PoolTimeout: s.timeout,
		ContextTimeoutEnabled:    true,
		MaintNotificationsConfig: &maintnotifications.Config{Mode: maintnotifications.ModeDisabled},
	}
}

// broken is a connection that fails with the error that there was instead of one.
type broken struct {
	net.Conn // an end of a pipe that is closed
	err      error
}

func (b broken) Read([]byte) (int, error)         { return 0, b.err }
func (b broken) Write([]byte) (int, error)        { return 0, b.err }
func (b broken) SetDeadline(time.Time) error      { return nil }
func (b broken) SetReadDeadline(time.Time) error  { return nil }
func (b broken) SetWriteDeadline(time.Time) error { return nil }

func unreachable(err error) net.Conn {
	end, _ := net.Pipe()
	end.Close()
	return broken{end, err}
}

// keyFrom makes the key of the counters' names from what all who share the store know.
// Without a password it is a known one: the names then tell nobody's address to those who
// only look, but to those who try out all addresses.
func keyFrom(password fumehood.Secret) []byte {
	mac := hmac.New(sha256.New, []byte(password))
	mac.Write([]byte("fumehood rate limits: names of counters"))
	return mac.Sum(nil)
}

// Key is for the Key of ratelimit.Site: the same for all who share this store.
func (s *Store) Key() []byte { return s.key }

// Take implements ratelimit.Store. It does not end when ctx does: a client that hangs up
// has been counted all the same.
func (s *Store) Take(ctx context.Context, key ratelimit.Key, limit ratelimit.Limit, cost int) (ratelimit.Decision, error) {
	if !limit.Takes(cost) {
		return ratelimit.Decision{}, ratelimit.ErrLimit
	}
	state := s.state.Load()
	if state%2 == 1 {
		return ratelimit.Decision{}, ErrAway
	}
	d, err := s.take(context.WithoutCancel(ctx), prefix+hex.EncodeToString(key[:]), limit, cost)
	if err != nil {
		s.lost(state, err)
		return ratelimit.Decision{}, fmt.Errorf("%w: %w", ErrAway, err)
	}
	return d, nil
}

func (s *Store) take(ctx context.Context, name string, limit ratelimit.Limit, cost int) (d ratelimit.Decision, err error) {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	interval := (limit.Interval() + time.Microsecond - 1) / time.Microsecond // up: never more than the rate
	said, err := s.script.Run(ctx, s.client, []string{name}, int64(interval), limit.Burst(), cost).Int64Slice()
	if err != nil {
		return d, err
	}
	if len(said) != 3 {
		return d, fmt.Errorf("the script answered with %d values", len(said))
	}
	return ratelimit.Decision{OK: said[0] == 1, Remaining: said[1], Wait: time.Duration(said[2]) * time.Microsecond}, nil
}

// Close ends the probes and the connections.
func (s *Store) Close() error {
	s.mu.Lock()
	if !s.closed {
		s.closed = true
		close(s.done)
	}
	s.mu.Unlock()
	s.work.Wait()
	return s.client.Close()
}
