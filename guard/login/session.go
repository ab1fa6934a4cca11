package login

import (
	"bytes"
	"compress/zlib"
	"encoding/base64"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"strings"

	"github.com/fumehood/fumehood/internal/cookie"
)

// proof is what the cookies of an answer show of a login.
type proof uint8

const (
	nothing proof = iota
	resent        // a session that cannot be read has the value that it had
	fresh         // a session that cannot be read is new
	gained        // a session that can be read knows who somebody is, and did not before
)

// session returns the best proof among the cookies that an answer sets.
func (w *watch) session(header http.Header) (best proof) {
	for _, line := range header["Set-Cookie"] {
		c, err := http.ParseSetCookie(line)
		if err != nil || c.Value == "" || c.MaxAge < 0 || !c.Expires.IsZero() && c.MaxAge == 0 && c.Expires.Before(w.g.state.now()) {
			continue
		}
		var before []string
		cookie.Each(w.r.Header["Cookie"], func(name, value string) {
			if name == c.Name {
				before = append(before, unquote(value))
			}
		})
		best = max(best, w.g.state.routes.proofOf(c.Name, c.Value, before))
	}
	return best
}

// proofOf judges one cookie; before are the values that the client has sent under its name.
func (t *routes) proofOf(name, value string, before []string) proof {
	after, readable := payload(value)
	if !readable {
		if !isSession(name, value) {
			return nothing
		}
		for _, old := range before {
			if old == value {
				return resent
			}
		}
		return fresh
	}
	for _, old := range before {
		// What the app has read in a value that cannot be read here nobody knows: it may be
		// the same user, in another way of writing.
		if _, readable := payload(old); !readable && old != "" {
			return resent
		}
	}
	given := t.given.Load()
	for field, is := range after {
		if !isIdentity(field) || given != nil && (*given)[field] || string(is) == "null" || string(is) == "false" || string(is) == `""` {
			continue
		}
		had := false
		for _, old := range before {
			was, _ := payload(old)
			had = had || bytes.Equal(was[field], is)
		}
		if !had {
			return gained
		}
	}
	return nothing
}

// mostGiven is how many fields of anonymous sessions are known.
const mostGiven = 32

// give notes the fields of a session that somebody gets who brings no cookie and sees the
// login form: a number for each visitor, say. They do not tell who has logged in.
func (t *routes) give(header http.Header) {
	for _, line := range header["Set-Cookie"] {
		c, err := http.ParseSetCookie(line)
		if err != nil {
			continue
		}
		fields, _ := payload(c.Value)
		for field := range fields {
			if isIdentity(field) {
				t.giveField(field)
			}
		}
	}
}

func (t *routes) giveField(field string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	given := map[string]bool{}
	if was := t.given.Load(); was != nil {
		given = *was
	}
	if given[field] || len(given) == mostGiven {
		return
	}
	given = maps.Clone(given)
	given[field] = true
	t.given.Store(&given)
}

// mostPayload is the longest session that is looked into (bytes).
const mostPayload = 64 << 10

// payload returns what is in a session that Flask has signed (itsdangerous): base64 of JSON,
// after a dot if it is compressed, then two more parts. The signature is the app's business:
// whoever makes one up loses it in the answer.
func payload(value string) (map[string]json.RawMessage, bool) {
	packed := strings.HasPrefix(value, ".")
	text, rest, ok := strings.Cut(strings.TrimPrefix(value, "."), ".")
	if !ok || strings.Count(rest, ".") != 1 {
		return nil, false
	}
	data, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		return nil, false
	}
	if packed {
		plain, err := zlib.NewReader(bytes.NewReader(data))
		if err != nil {
			return nil, false
		}
		if data, err = io.ReadAll(io.LimitReader(plain, mostPayload)); err != nil {
			return nil, false
		}
		if len(data) == mostPayload {
			return nil, true // a message with what somebody gave for a name
		}
	}
	var fields map[string]json.RawMessage
	if json.Unmarshal(data, &fields) != nil {
		return nil, false
	}
	if fields["alg"] != nil { // the head of a JSON Web Token says nothing of whom
		return nil, false
	}
	return fields, true
}

// isIdentity says whether a field of a session may say who somebody is. Left out are those
// that failed logins set, too: messages, counters, where to go next.
func isIdentity(field string) bool {
	field = strings.ToLower(field)
	switch field {
	case "_fresh", "_permanent", "_id", "next", "_next", "lang", "language", "locale", "theme", "cart":
		return false
	}
	for _, part := range [...]string{"flash", "csrf", "attempt", "fail", "tries", "retry", "error", "lock", "captcha", "message",
		"msg", "redirect", "count", "time", "last", "visit", "nonce", "state", "url"} {
		if strings.Contains(field, part) {
			return false
		}
	}
	return true
}

// isSession says whether a cookie whose value cannot be read may be a session.
func isSession(name, value string) bool {
	name = strings.ToLower(name)
	for _, part := range [...]string{"csrf", "xsrf", "flash", "message", "lang", "locale", "theme", "consent", "nonce", "captcha"} {
		if strings.Contains(name, part) {
			return false
		}
	}
	return len(value) >= 16
}
