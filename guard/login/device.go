package login

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"net/http"
	"strconv"
	"strings"
	"time"

	fumehood "github.com/fumehood/fumehood"

	"github.com/fumehood/fumehood/internal/cookie"
)

// unquote returns what Werkzeug's parse_cookie has for a value: what is in quotes without
// them, and there a backslash stands before three octal digits or a character. What is not
// in quotes stays as it is. Bytes that are no UTF-8 are one U+FFFD together. A value with a semicolon within has been cut by then.
func unquote(value string) string {
	if len(value) < 2 || value[0] != '"' || value[len(value)-1] != '"' {
		return value
	}
	value = value[1 : len(value)-1]
	if strings.IndexByte(value, '\\') < 0 {
		return value
	}
	out := make([]byte, 0, len(value))
	for i := 0; i < len(value); i++ {
		c := value[i]
		if c == '\\' && i+1 < len(value) {
			if code, err := strconv.ParseUint(value[i+1:min(i+4, len(value))], 8, 8); err == nil && i+4 <= len(value) {
				c, i = byte(code), i+3
			} else {
				c, i = value[i+1], i+1
			}
		}
		out = append(out, c)
	}
	return strings.ToValidUTF8(string(out), "\ufffd")
}

// The names of the device cookie, for https and for http on this machine.
const (
	secureCookie = "__Host-fumehood-known"
	plainCookie  = "fumehood-known"
)

// A device cookie is a random number of the device and, for each account that it has logged
// in to, the day and a signature over the number, the account and the day. Nobody can make
// one for an account without having logged in to it.
const (
	deviceSize  = 16
	tagSize     = 2 + 10 // the day and the signature
	mostTags    = 4      // accounts of one device
	trustedDays = 180
)

type device struct {
	id   []byte
	tags [][]byte // the newest first
}

// deviceOf returns the device whose cookie says that it knows account, else the first.
func (s *State) deviceOf(r *http.Request, account key) (d device, known bool) {
	var first device
	name := cookieName(r)
	cookie.Each(r.Header["Cookie"], func(n, value string) {
		if n != name || known {
			return
		}
		raw, err := base64.RawURLEncoding.DecodeString(unquote(value))
		if err != nil || len(raw) < deviceSize+tagSize || len(raw) > deviceSize+mostTags*tagSize || (len(raw)-deviceSize)%tagSize != 0 {
			return
		}
		found := device{id: raw[:deviceSize]}
		for rest := raw[deviceSize:]; len(rest) > 0; rest = rest[tagSize:] {
			found.tags = append(found.tags, rest[:tagSize])
		}
		if first.id == nil {
			first = found
		}
		for _, tag := range found.tags {
			if s.isTag(tag, found.id, account) {
				d, known = found, true
			}
		}
	})
	if !known {
		d = first
	}
	return d, known
}

func (s *State) day() uint16 { return uint16(s.now().Unix() / int64(24*time.Hour/time.Second)) }

// tag signs that a device has logged in to account on a day.
func (s *State) tag(id []byte, account key, day uint16) []byte {
	when := []byte{byte(day >> 8), byte(day)}
	return append(when, s.hash("device", id, account.bytes(), when).bytes()[:tagSize-2]...)
}

// isTag says whether a tag of a device is for account, and not too old.
func (s *State) isTag(tag, id []byte, account key) bool {
	day := uint16(tag[0])<<8 | uint16(tag[1])
	age := s.day() - day
	return age <= trustedDays && subtle.ConstantTimeCompare(tag, s.tag(id, account, day)) == 1
}

// deviceCookie returns the Set-Cookie field for a device that has logged in to account.
func (s *State) deviceCookie(r *http.Request, account key) string {
	d, _ := s.deviceOf(r, account)
	if d.id == nil {
		d.id = make([]byte, deviceSize)
		rand.Read(d.id) // never fails
	}
	raw := append([]byte(nil), d.id...)
	raw = append(raw, s.tag(d.id, account, s.day())...)
	for _, tag := range d.tags {
		if len(raw) < deviceSize+mostTags*tagSize && !s.isTag(tag, d.id, account) {
			raw = append(raw, tag...)
		}
	}
	name := cookieName(r)
	field := name + "=" + base64.RawURLEncoding.EncodeToString(raw) + "; Path=/; Max-Age=" +
		strconv.Itoa(trustedDays*24*60*60) + "; HttpOnly; SameSite=Lax"
	if name == secureCookie {
		field += "; Secure"
	}
	return field
}

// placeOf returns where an attempt to log in to account comes from. A device that has done
// so before is a place of its own: what others do, in the same network or elsewhere, cannot
// hold it up.
func (s *State) placeOf(r *http.Request, account key) place {
	net := network(fumehood.ClientIP(r))
	p := place{net: s.hash("network", []byte(net.String())), network: net}
	if d, known := s.deviceOf(r, account); known {
		p.key, p.known = s.hash("place of a device", d.id), true
		return p
	}
	p.key = p.net
	p.known = s.knows(s.pair(account, p.net))
	return p
}

func cookieName(r *http.Request) string {
	if fumehood.Scheme(r) == "https" {
		return secureCookie
	}
	return plainCookie
}
