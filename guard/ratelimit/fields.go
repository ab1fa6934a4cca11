package ratelimit

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

// The fields of draft-ietf-httpapi-ratelimit-headers-10 (September 2025), under the names
// that net/http has for them. They are sent when less than half of the burst is left, and
// with a refusal: the draft's section on performance says so for servers that care, and no
// browser reads them. An answer to a client far from its limit costs nothing this way.
const (
	policyField = "Ratelimit-Policy"
	limitField  = "Ratelimit"
)

// policy is the value of RateLimit-Policy. A quota of q in w seconds is the burst and the
// time in which it comes back: what a client may count on.
func policy(name string, limit Limit) string {
	return quoted(name) + ";q=" + strconv.FormatInt(limit.Burst(), 10) +
		";w=" + strconv.FormatInt(max(seconds(limit.Window()-time.Millisecond), 1), 10) // not what rounding added
}

// serviceLimit is the value of RateLimit: what remains, and the seconds until there is
// more. name is quoted.
func serviceLimit(name string, d Decision) string {
	value := make([]byte, 0, 96)
	value = append(append(value, name...), ";r="...)
	value = append(strconv.AppendInt(value, d.Remaining, 10), ";t="...)
	return string(strconv.AppendInt(value, seconds(d.Wait), 10))
}

// seconds rounds up: who waits that long has waited long enough.
func seconds(d time.Duration) int64 { return int64((d + time.Second - 1) / time.Second) }

// quoted writes s as a String of RFC 9651 section 3.3.3. What is not printable ASCII
// cannot stand in one.
func quoted(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, c := range s {
		switch {
		case c < ' ' || c > '~':
			b.WriteByte('?')
		case c == '"' || c == '\\':
			b.WriteByte('\\')
			fallthrough
		default:
			b.WriteByte(byte(c))
		}
	}
	return b.String() + `"`
}

// announce puts the fields into h.
func (g *Guard) announce(h http.Header, d Decision) {
	h[policyField] = []string{g.policy}
	h[limitField] = []string{serviceLimit(g.name, d)}
}
