package login

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"net/netip"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// longestName is what is read of an account's name (bytes).
const longestName = 1 << 10

// fold returns what all ways to write an account's name have in common, so that nobody gets
// more attempts by writing it in another one: compatibility forms (NFKD), case, accents,
// white space and characters that cannot be seen. Databases differ in which of these they
// tell apart; two accounts that only an accent tells apart share their attempts.
func fold(name string) string {
	if len(name) > longestName {
		name = name[:longestName]
	}
	folded := make([]byte, 0, len(name))
	for _, c := range norm.NFKD.String(name) {
		if unicode.In(c, unicode.Mn, unicode.Cc, unicode.Cf, unicode.White_Space) {
			continue
		}
		c = unicode.ToLower(unicode.ToUpper(c))
		folded = append(folded, string(c)...)
	}
	return norm.NFKC.String(string(folded))
}

// network is the place of a client whose device is not known: 256 addresses, or in IPv6 the
// 256 customers that many providers serve from one /48 (RFC 6177). Whoever tries one
// account does not get more attempts by changing addresses in it; the only others who are
// held up by them are those who log in to the same account from there.
func network(ip netip.Addr) netip.Prefix {
	ip = ip.Unmap()
	bits := 24
	if ip.Is6() {
		bits = 48
	}
	prefix, err := ip.Prefix(bits)
	if err != nil {
		return netip.Prefix{} // no address: a Unix socket
	}
	return prefix
}

// hash returns the keyed hash of what it is about and of some parts. Nobody without the
// key can find out a name from it, or make two that collide.
func (s *State) hash(about string, parts ...[]byte) key {
	mac := hmac.New(sha256.New, s.secret[:])
	mac.Write([]byte(about))
	var length [4]byte
	for _, part := range parts {
		binary.LittleEndian.PutUint32(length[:], uint32(len(part)))
		mac.Write(length[:])
		mac.Write(part)
	}
	sum := mac.Sum(nil)
	k := key{binary.LittleEndian.Uint64(sum), binary.LittleEndian.Uint64(sum[8:])}
	if k == (key{}) {
		k[0] = 1
	}
	return k
}

func (k key) bytes() []byte {
	b := binary.LittleEndian.AppendUint64(nil, k[0])
	return binary.LittleEndian.AppendUint64(b, k[1])
}

// page returns the key of a page that asks for a password only.
func (s *State) page(path string) key { return s.hash("page", []byte(routeKey(path))) }

// account returns the key of an account.
func (s *State) account(name string) key { return s.hash("account", []byte(fold(name))) }
