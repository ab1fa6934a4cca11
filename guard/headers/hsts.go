package headers

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/fumehood/fumehood/internal/hint"
)

// sts is a Strict-Transport-Security policy (RFC 6797 section 6.1).
type sts struct {
	maxAge     uint64 // seconds
	subdomains bool
	preload    bool // no part of the RFC: the owner agrees to be on the browsers' list
}

const (
	twoYears = 2 * 365 * 24 * time.Hour
	oneYear  = twoYears / 2 // the least that the list accepts (hstspreload.org)
)

// setHSTS takes over the settings.
func (g *Guard) setHSTS(reach string, age time.Duration) error {
	if age == 0 {
		age = twoYears
	}
	if age < time.Second {
		return hint.With(fmt.Errorf("headers.hsts_max_age: %v is too short", age), `write a time such as "17520h" (two years)`)
	}
	if reach == "preload" && age < oneYear {
		return hint.With(errors.New("headers.hsts_max_age: the preload list takes nothing below a year"),
			`leave it out, or write headers.hsts = "subdomains" until the time is raised`)
	}
	if reach == "dangerously-off" {
		return nil
	}
	g.hsts = sts{maxAge: uint64(age / time.Second), subdomains: reach != "host", preload: reach == "preload"}
	g.hstsValue = []string{g.hsts.String()}
	return nil
}

func (s sts) String() string {
	text := "max-age=" + strconv.FormatUint(s.maxAge, 10)
	if s.subdomains {
		text += "; includeSubDomains"
	}
	if s.preload {
		text += "; preload"
	}
	return text
}

// mergeHSTS takes the stronger of each part. Of several fields browsers read the first
// (RFC 6797 section 8.1).
func (g *Guard) mergeHSTS(app []string) (value []string, weaker bool) {
	theirs, ok := parseSTS(app[0])
	weaker = !ok || theirs.maxAge < g.hsts.maxAge || g.hsts.subdomains && !theirs.subdomains
	if !ok {
		return g.hstsValue, weaker
	}
	both := sts{max(theirs.maxAge, g.hsts.maxAge), theirs.subdomains || g.hsts.subdomains, theirs.preload || g.hsts.preload}
	if both == g.hsts {
		return g.hstsValue, weaker
	}
	return []string{both.String()}, weaker
}

// parseSTS reads a value as RFC 6797 section 6.1 has it. A directive that comes twice, or
// no max-age, make it void.
func parseSTS(value string) (s sts, ok bool) {
	for directive := range strings.SplitSeq(value, ";") {
		name, argument, _ := strings.Cut(directive, "=")
		name, argument = strings.Trim(name, " \t"), strings.Trim(argument, " \t")
		switch strings.ToLower(name) {
		case "max-age":
			digits := argument
			if len(argument) >= 2 && argument[0] == '"' && argument[len(argument)-1] == '"' {
				digits = argument[1 : len(argument)-1]
			}
			age, err := strconv.ParseUint(digits, 10, 63)
			if err != nil || ok {
				return sts{}, false
			}
			s.maxAge, ok = age, true
		case "includesubdomains":
			if s.subdomains {
				return sts{}, false
			}
			s.subdomains = true
		case "preload":
			s.preload = true
		}
	}
	return s, ok
}

// hasSTS says whether a host may be told to be https for ever: not an address (RFC 6797
// section 8.1.1), not localhost and no name without a dot, where it would take the other
// ports of a developer's machine, or of an intranet's, along.
func hasSTS(host string) bool {
	name := hostname(host)
	dot := strings.LastIndexByte(name, '.')
	if dot <= 0 || dot == len(name)-1 || name[0] == '[' {
		return false
	}
	last := name[dot+1:]
	if last[0] >= '0' && last[0] <= '9' { // no top-level domain begins so; an address does
		return false
	}
	return !strings.EqualFold(last, "localhost")
}

// isLocal says whether browsers trust host without encryption: localhost and loopback.
func isLocal(host string) bool {
	name := hostname(host)
	last := name[strings.LastIndexByte(name, '.')+1:]
	return strings.EqualFold(last, "localhost") || strings.HasPrefix(name, "127.") || name == "[::1]"
}

// hostname cuts the port and a final dot off.
func hostname(host string) string {
	if colon := strings.LastIndexByte(host, ':'); colon > strings.LastIndexByte(host, ']') {
		host = host[:colon]
	}
	return strings.TrimSuffix(host, ".")
}
