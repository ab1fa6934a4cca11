package ratelimit

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"hash/maphash"
	"net/http"
	"net/netip"
	"slices"
	"strings"

	"github.com/fumehood/fumehood/internal/cookie"
)

// kind is what a key is made from. Each kind has keys of its own: a cookie's value that
// looks like an address must not be counted as that client.
type kind uint8

const (
	ofClient kind = iota
	ofSession
	ofRoute
	kinds
)

// hasher makes the keys of one limit.
type hasher struct {
	name  string
	key   []byte // nil: the seeds are used
	seeds *seeds
}

// seeds are other ones for each limit, so that the name need not be hashed.
type seeds [kinds][2]maphash.Seed

// seedsOf returns the seeds of a limit. Guards with one name share them: a route that has
// other settings of another guard is counted with the rest of the site.
func (m *Memory) seedsOf(name string) *seeds {
	m.naming.Lock()
	defer m.naming.Unlock()
	if m.seeds[name] == nil {
		if m.seeds == nil {
			m.seeds = map[string]*seeds{}
		}
		made := &seeds{}
		for i := range made {
			made[i] = [2]maphash.Seed{maphash.MakeSeed(), maphash.MakeSeed()}
		}
		m.seeds[name] = made
	}
	return m.seeds[name]
}

// client returns the key of the network that ip is counted with.
func (h *hasher) client(ip netip.Addr) Key {
	network, n := networkOf(ip)
	if h.key != nil {
		return h.keyed(ofClient, string(network[:n]))
	}
	seeds := &h.seeds[ofClient]
	return join(maphash.Bytes(seeds[0], network[:n]), maphash.Bytes(seeds[1], network[:n]))
}

// text returns the key of a text.
func (h *hasher) text(k kind, text string) Key {
	if h.key != nil {
		return h.keyed(k, text)
	}
	seeds := &h.seeds[k]
	return join(maphash.String(seeds[0], text), maphash.String(seeds[1], text))
}

func join(low, high uint64) (key Key) {
	binary.LittleEndian.PutUint64(key[:8], low)
	binary.LittleEndian.PutUint64(key[8:], high)
	return key
}

// keyed is the same in every process that has the key.
func (h *hasher) keyed(k kind, text string) (key Key) {
	mac := hmac.New(sha256.New, h.key)
	head := binary.LittleEndian.AppendUint64(make([]byte, 0, 128), uint64(len(h.name)))
	head = append(append(head, h.name...), byte(k))
	mac.Write(head)
	mac.Write([]byte(text))
	copy(key[:], mac.Sum(head[:0]))
	return key
}

// networkOf returns the bytes that are the same for all addresses that are counted as one
// client: an IPv4 address, or the /64 network of an IPv6 address, in which a client picks
// addresses as it likes (RFC 8981). Where IPv6 stands for IPv4, it is the IPv4 address:
// 64:ff9b::/96 (RFC 6052), as a server without IPv4 sees all of the IPv4 internet in one
// /64; and 2002::/16 (RFC 3056), where each IPv4 address has 65,536 of them. An address
// that is not known has no bytes: those who have none are counted as one.
func networkOf(ip netip.Addr) (network [8]byte, n int) {
	ip = ip.Unmap()
	if ip.Is4() {
		b := ip.As4()
		return [8]byte{b[0], b[1], b[2], b[3]}, 4
	}
	if !ip.IsValid() {
		return network, 0
	}
	b := ip.As16()
	switch {
	case b[0] == 0x20 && b[1] == 0x02:
		return [8]byte{b[2], b[3], b[4], b[5]}, 4
	case b[0] == 0x00 && b[1] == 0x64 && b[2] == 0xff && b[3] == 0x9b && [8]byte(b[4:12]) == [8]byte{}:
		return [8]byte{b[12], b[13], b[14], b[15]}, 4
	}
	return [8]byte(b[:8]), 8
}

// mostSessions is how many session cookies of one request are counted. A browser has two of
// each: one under the protected name, and an old one under the plain name.
const mostSessions = 8

// sessionsOf returns the values of the session cookies, under their protected names, too:
// which of them the app will read is not known yet, and somebody who puts another one before
// it must not have a limit for each. odd says that there are more, or one with escapes.
//
// It is the whole value that counts: of a Flask session anybody can guess the part without
// the signature, and use up the limit of somebody else.
func sessionsOf(r *http.Request, names []string) (values [mostSessions]string, n int, odd bool) {
	cookie.Each(r.Header["Cookie"], func(name, text string) {
		if odd || !slices.Contains(names, cookie.Unprefixed(name)) {
			return
		}
		quoted := len(text) > 1 && text[0] == '"' && text[len(text)-1] == '"'
		if quoted { // Werkzeug reads what is within
			text = text[1 : len(text)-1]
		}
		if text == "" || slices.Contains(values[:n], text) {
			return
		}
		// With an escape, each letter has four ways to be written.
		if odd = n == mostSessions || quoted && strings.IndexByte(text, '\\') >= 0; !odd {
			values[n] = text
			n++
		}
	})
	return values, n, odd
}
