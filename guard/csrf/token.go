package csrf

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"

	fumehood "github.com/fumehood/fumehood"

	"github.com/fumehood/fumehood/internal/cookie"
)

// The names of what the guard adds to pages, forms and requests.
const (
	Field        = "fumehood_token"  // of a form
	MetaName     = "fumehood-csrf"   // of the meta tag that has the token for scripts
	secureCookie = "__Host-fumehood" // over https
	plainCookie  = "fumehood"        // over plain http, where browsers take no __Host- cookie
)

const (
	secretLength = 16 // bytes of what a browser's tokens are made from
	hashLength   = 8  // bytes of the hash of its session
	macLength    = 16 // bytes of each MAC
	tokenLength  = 43 // characters of a token
)

// keys makes and checks cookies and tokens.
type keys struct{ key []byte }

func newKeys(key []byte) keys { return keys{append([]byte(nil), key...)} }

// mac authenticates parts, whose lengths are fixed, for one purpose.
func (k keys) mac(purpose string, parts ...[]byte) []byte {
	h := hmac.New(sha256.New, k.key)
	h.Write([]byte("fumehood csrf " + purpose + "\x00"))
	for _, part := range parts {
		h.Write(part)
	}
	return h.Sum(nil)[:macLength]
}

// ticket is the content of the guard's own cookie: a secret of the browser's, and which
// session it belongs to.
type ticket struct {
	secret  [secretLength]byte
	session [hashLength]byte
}

func newTicket() (t ticket) {
	rand.Read(t.secret[:]) // never fails
	return t
}

// seal returns the cookie's value. Nobody without the key can make one, so that no value
// of another site's choice becomes a browser's secret.
func (k keys) seal(t ticket) string {
	value := append(append(make([]byte, 0, secretLength+hashLength+macLength), t.secret[:]...), t.session[:]...)
	return base64.RawURLEncoding.EncodeToString(append(value, k.mac("cookie", t.secret[:], t.session[:])...))
}

// open returns what seal has put in.
func (k keys) open(value string) (t ticket, ok bool) {
	raw, err := base64.RawURLEncoding.Strict().DecodeString(value)
	if err != nil || len(raw) != secretLength+hashLength+macLength {
		return t, false
	}
	n := copy(t.secret[:], raw)
	n += copy(t.session[:], raw[n:])
	return t, hmac.Equal(raw[n:], k.mac("cookie", t.secret[:], t.session[:]))
}

// token returns a token for the browser that has the secret. It is masked anew each time,
// so that its length in compressed pages says nothing (the BREACH attack).
func (k keys) token(t ticket) string {
	var raw [2 * macLength]byte
	rand.Read(raw[:macLength]) // never fails
	for i, b := range k.mac("token", t.secret[:]) {
		raw[macLength+i] = raw[i] ^ b
	}
	return base64.RawURLEncoding.EncodeToString(raw[:])
}

// valid says whether token was made for the browser that has the secret.
func (k keys) valid(t ticket, token string) bool {
	raw, err := base64.RawURLEncoding.Strict().DecodeString(token)
	if err != nil || len(raw) != 2*macLength {
		return false
	}
	for i := range macLength {
		raw[macLength+i] ^= raw[i]
	}
	return hmac.Equal(raw[macLength:], k.mac("token", t.secret[:]))
}

// ticketOf returns what the guard's own cookie in r says. It is not valid when there are
// two of them: one was planted. fits says that the browser still has the session that the
// cookie was made for.
func (g *Guard) ticketOf(r *http.Request) (t ticket, valid, fits bool) {
	name, value, count := cookieName(r), "", 0
	cookie.Each(r.Header["Cookie"], func(n, v string) {
		if n == name {
			value = v
			count++
		}
	})
	if count != 1 {
		return t, false, false
	}
	if t, valid = g.keys.open(value); !valid {
		return t, false, false
	}
	session, _ := g.sessionHash(r.Header["Cookie"], nil)
	return t, true, t.session == session
}

// cookieName is the name of the guard's own cookie.
func cookieName(r *http.Request) string {
	if fumehood.Scheme(r) == "https" {
		return secureCookie
	}
	return plainCookie
}

// sessionHash hashes the session cookies as the browser has them once it has the answer.
// changed says that the answer changes them.
func (g *Guard) sessionHash(cookies, setCookies []string) (sum [hashLength]byte, changed bool) {
	h := hmac.New(sha256.New, g.keys.key)
	h.Write([]byte("fumehood csrf session\x00"))
	add := func(name, value string) {
		fmt.Fprintf(h, "%d %s %d %s\n", len(name), name, len(value), value)
	}
	for _, name := range g.session {
		value, deleted, found := lastSet(setCookies, name)
		switch {
		case !found:
			cookie.Each(cookies, func(n, v string) {
				if n == name {
					add(n, v)
				}
			})
			continue
		case !deleted:
			add(name, value)
		}
		changed = true
	}
	copy(sum[:], h.Sum(nil))
	return sum, changed
}

// checkToken says whether r has a valid token, in a header or as field, the form's.
func (g *Guard) checkToken(r *http.Request, field string) error {
	tokens := make([]string, 0, 3)
	if field != "" {
		tokens = append(tokens, field)
	}
	for _, name := range [...]string{"X-Fumehood-Csrf", "X-Csrf-Token"} {
		if values := r.Header[name]; len(values) == 1 && len(values[0]) == tokenLength {
			tokens = append(tokens, values[0])
		}
	}
	if len(tokens) == 0 {
		return g.noProof(r)
	}
	t, valid, fits := g.ticketOf(r)
	cause := errors.New("the token belongs to another browser, or to nobody")
	switch {
	case !valid:
		cause = fmt.Errorf("no cookie %s, or one that was not made here", cookieName(r))
	case !fits:
		cause = errors.New("the session is another one than the form's")
	default:
		for _, token := range tokens {
			if g.keys.valid(t, token) {
				return nil
			}
		}
	}
	return &fumehood.Refusal{
		Status: http.StatusForbidden, Code: "csrf.token",
		Public: "This form is out of date. Go back, reload the page and send it again.",
		Err:    cause,
	}
}
