package ratelimit

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"

	fumehood "github.com/fumehood/fumehood"
	"github.com/fumehood/fumehood/internal/hint"
)

// Config says how many requests a client may send.
type Config struct {
	// Mode says what happens to a request over the limit: enforce (429), report or off.
	Mode fumehood.Mode `toml:"mode" default:"enforce"`

	// Rate is how many requests are let through, such as "5/minute": 5 at once, and one more
	// every 12 seconds. The units are second, minute, hour and day. How many may come at
	// once can be another number: "50/second burst 300".
	Rate string `toml:"rate" default:"50/second burst 300"`

	// By says what is counted, each with this rate: "client", an IPv4 address or the /64
	// network of an IPv6 address; "session", a value of the session cookie, whatever
	// addresses send it; "route", all clients together, so that one can use it up for the
	// others. A request must be within all that are named. Empty means the client.
	By []string `toml:"by"`

	// Except are the networks and addresses that are not counted, such as "192.0.2.0/24".
	Except []string `toml:"except"`

	// Store is where the counts are: "memory", or the URL of a Redis or Valkey server that
	// several servers share, such as "redis://:password@cache.example:6379/0"; rediss:// is
	// over TLS, unix:///run/redis.sock a socket.
	Store fumehood.Secret `toml:"store" default:"memory"`

	// WhenAway says what holds while that server does not answer: open (each server goes by
	// its own count alone) or closed (requests are refused).
	WhenAway string `toml:"when_away" default:"open" enum:"open,closed"`
}

// The values of Config.By and Config.WhenAway.
const (
	byClient, bySession, byRoute = "client", "session", "route"
	awayOpen, awayClosed         = "open", "closed"
)

// A browser asks for the 60 pictures of a page at once, and an office of many people has one
// address: five of them may load such a page in the same moment, and 50 more each minute. A
// flood from there ends at 50 requests a second all the same.
//
// The burst is a part of the rate, not a setting of its own, for a route that sets a rate of
// 5 a minute would inherit a burst of 300.
const defaultRate = "50/second burst 300"

const (
	memoryStore  = "memory"
	storeExample = `write "memory", or "redis://host:6379/0"`
)

// settings is a Config that was understood.
type settings struct {
	mode                   fumehood.Mode
	limit                  Limit
	client, session, route bool
	except                 []netip.Prefix
	closed                 bool // while the store is away
	shared                 bool // the store is one that others count in, too
}

// Validate returns every mistake in c. New does so too, but needs the store that c names.
func (c Config) Validate() error {
	_, mistakes := c.read()
	return errors.Join(mistakes...)
}

// Shared says whether c names a store that several servers share.
func (c Config) Shared() bool { return c.Store != "" && c.Store != memoryStore }

func (c Config) read() (s settings, mistakes []error) {
	s.mode, mistakes = hint.Mode("ratelimit.mode", c.Mode)
	var err error
	if c.Rate == "" {
		c.Rate = defaultRate
	}
	if s.limit, err = ParseLimit(c.Rate); err != nil {
		mistakes = append(mistakes, fmt.Errorf("ratelimit.rate: %w", err))
	}
	mistakes = append(mistakes, s.readBy(c.By)...)
	for _, entry := range c.Except {
		network, err := parseNetwork(entry)
		if err != nil {
			mistakes = append(mistakes, fmt.Errorf("ratelimit.except: %w", err))
		}
		s.except = append(s.except, network)
	}
	switch c.WhenAway {
	case awayOpen, "":
	case awayClosed:
		s.closed = true
	default:
		mistakes = append(mistakes, hint.With(fmt.Errorf("ratelimit.when_away: %q is not known", c.WhenAway), "write open or closed"))
	}
	if s.shared = c.Shared(); s.shared {
		if _, err := ParseStore(c.Store); err != nil {
			mistakes = append(mistakes, fmt.Errorf("ratelimit.store: %w", err))
		}
	}
	return s, mistakes
}

func (s *settings) readBy(by []string) (mistakes []error) {
	if len(by) == 0 {
		by = []string{byClient}
	}
	for _, who := range by {
		switch who {
		case byClient:
			s.client = true
		case bySession:
			s.session = true
		case byRoute:
			s.route = true
		default:
			mistakes = append(mistakes, hint.With(
				fmt.Errorf("ratelimit.by: %q is not known", who), `write "client", "session" or "route"`))
		}
	}
	// Nobody here can tell a session from one that was made up: each would begin anew.
	if s.session && !s.client && !s.route {
		mistakes = append(mistakes, hint.With(
			errors.New(`ratelimit.by: "session" alone limits nobody who makes up a cookie for each request`),
			`write by = ["client", "session"]`))
	}
	return mistakes
}

// parseNetwork reads an entry of Config.Except.
func parseNetwork(entry string) (netip.Prefix, error) {
	if ip, err := netip.ParseAddr(entry); err == nil && ip.Zone() == "" {
		ip = ip.Unmap()
		return netip.PrefixFrom(ip, ip.BitLen()), nil
	}
	network, err := netip.ParsePrefix(entry)
	switch {
	case err != nil:
		return network, hint.With(fmt.Errorf("%q is no network", entry), `write one such as "192.0.2.0/24" or "2001:db8::/32"`)
	case network.Addr().Is4In6():
		return network, hint.With(fmt.Errorf("%q is an IPv4 network written as IPv6", entry), `write it as IPv4, such as "192.0.2.0/24"`)
	case network.Bits() == 0:
		return network, hint.With(fmt.Errorf("%q is everybody", entry), `to limit nobody, write mode = "off"`)
	case network != network.Masked():
		return network, hint.With(fmt.Errorf("%q is an address and a network in one", entry), fmt.Sprintf("write %q", network.Masked()))
	}
	return network, nil
}

// StoreURL is what Config.Store says of a server.
type StoreURL struct {
	Network  string // "tcp" or "unix"
	Address  string // host:port, or the path of the socket
	TLS      bool
	Host     string // the name that its certificate must have
	User     string
	Password fumehood.Secret
	DB       int
}

// ParseStore reads the URL of a Redis or Valkey server. Its errors never show a password.
func ParseStore(text fumehood.Secret) (StoreURL, error) {
	u, err := url.Parse(string(text))
	if err != nil { // net/url's error has the whole text in it
		return StoreURL{}, hint.With(errors.New("this is no URL"), storeExample)
	}
	s := StoreURL{Network: "tcp", Host: u.Hostname(), User: u.User.Username(), TLS: u.Scheme == "rediss"}
	password, _ := u.User.Password()
	s.Password = fumehood.Secret(password)
	db := strings.TrimPrefix(u.Path, "/")
	switch {
	case !slices.Contains([]string{"redis", "rediss", "unix"}, u.Scheme):
		return s, hint.With(errors.New("this is no URL of a Redis or Valkey server"), storeExample)
	case u.Fragment != "" || u.Opaque != "" || u.RawQuery != "" && u.Scheme != "unix":
		return s, hint.With(errors.New("there is more in this URL than is understood"), storeExample)
	case u.Scheme == "unix":
		s.Network, s.Address, s.Host = "unix", u.Path, ""
		if db = strings.TrimPrefix(u.RawQuery, "db="); u.Host != "" || u.Path == "" || u.RawQuery != "" && db == u.RawQuery {
			return s, hint.With(errors.New("this is no socket"), `write "unix:///run/redis.sock", or with "?db=1"`)
		}
	case s.Host == "":
		return s, hint.With(errors.New("there is no host in this URL"), storeExample)
	default:
		port := u.Port()
		if port == "" {
			port = "6379"
		}
		s.Address = net.JoinHostPort(s.Host, port)
	}
	if db != "" {
		if s.DB, err = strconv.Atoi(db); err != nil || s.DB < 0 || s.DB > 1<<20 {
			return s, hint.With(errors.New("the part after the host is not the number of a database"), storeExample)
		}
	}
	return s, nil
}
