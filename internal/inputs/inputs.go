// Package inputs reads the values that a request brings, once, for all who look for attacks in
// them: path, query, forms, JSON, XML, header fields, cookies and file names, each decoded as
// Flask's own library (Werkzeug) decodes it.
//
// It stops no attack by itself. guard/injection judges the values at the edge and hands the
// risky ones to the worker, where the sinks look for them in statements, commands and paths.
// Not read are the contents of uploaded files, bodies that are still on their way, what stands
// in compressed values (but for Flask's session) or encrypted ones, and JSON
// that an app finds in places where nobody else would look for it.
package inputs

import (
	"net/http"
	"sync"
	"unicode/utf8"

	fumehood "github.com/fumehood/fumehood"
	"github.com/fumehood/fumehood/internal/wholebody"
)

// RawBody is the name of the value that is a whole body: text that is no form, JSON or XML.
const RawBody = "(body)"

// RawFile is the name of the value that is a whole body, a text labelled as a file. Files are not
// judged, but an app may read any body as a text: the sinks know it.
const RawFile = "(file)"

// Limits are the caps on what is looked at. Zero fields have the defaults.
type Limits struct {
	MaxBody   int   // bytes of fields in a body, or of what is in a compressed one; 2 MB
	MaxFiles  int64 // bytes of a body with files, which are only skipped; 256 MB
	MaxValues int   // values; 20,000
	MaxDepth  int   // of JSON; 100

	// Sessions are the names of the app's session cookies. Of those with a token for a value, only
	// what the app has signed in it is looked at.
	Sessions []string

	// Inflaters are readers of zlib's format that are used again, nil for none.
	Inflaters *sync.Pool
}

func (l *Limits) complete() {
	or(&l.MaxBody, 2<<20)
	or(&l.MaxFiles, 256<<20)
	or(&l.MaxValues, 20_000)
	or(&l.MaxDepth, 100)
}

func or[T int | int64](value *T, usual T) {
	if *value <= 0 {
		*value = usual
	}
}

// Set is what a request brings.
type Set struct {
	// All are the values of the query, the body and the file names; those of the path, of header
	// fields and of cookies, and names, where they are risky. Decoded is empty.
	All []fumehood.Input

	Unseen bool   // not everything was looked at
	Why    string // for the owner, "" where Unseen is false

	// Cap is the limit that was reached, "max_body" or "max_values"; "" where none of them would
	// help. Unreadable says that no more room would: what was sent cannot be understood.
	Cap        string
	Unreadable bool

	// File says that the value of the body is RawFile.
	File bool

	// Text says that what was not looked at is only the rest of a long text: neither a form, nor
	// JSON or XML.
	Text bool
}

// Beginning is a body that is still on its way, but of which the beginning is there.
type Beginning interface{ Beginning() []byte }

// Read returns the values of r. It never consumes r.Body: a body is looked at only when it is
// a wholebody.Whole or a Beginning. The values are copies and stay when the body is gone.
func Read(r *http.Request, l Limits) Set {
	if quiet(r, l.Sessions) {
		return Set{}
	}
	return readAll(r, l)
}

// quiet says whether r has nothing worth a look: most requests of most sites. It allocates
// nothing.
func quiet(r *http.Request, sessions []string) bool {
	if hasBody(r) || r.URL != nil && (r.URL.RawQuery != "" || !plainPath(r.URL.Path)) {
		return false
	}
	for name, values := range r.Header {
		for _, value := range values {
			if worthALook(r, name, value, sessions) {
				return false
			}
		}
	}
	return true
}

func hasBody(r *http.Request) bool {
	return r.Body != nil && r.Body != http.NoBody && r.ContentLength != 0
}

func readAll(r *http.Request, l Limits) Set {
	l.complete()
	c := collector{limits: l}
	if r.URL != nil {
		if !plainPath(r.URL.Path) {
			c.path(r.URL.Path)
		}
		c.form(fumehood.InQuery, r.URL.RawQuery)
	}
	c.fields(r)
	if hasBody(r) {
		c.body(r)
	}
	return c.Set
}

// collector gathers the values of one request.
type collector struct {
	Set
	limits Limits
	full   bool // MaxValues have been found

	unpackedBytes int // of sessions
}

// add takes one value. It reports whether there may be more.
func (c *collector) add(place, name, value string) bool {
	if len(c.All) >= c.limits.MaxValues {
		c.full = true
		return c.capped("max_values", "there are too many values")
	}
	if c.All == nil {
		c.All = make([]fumehood.Input, 0, 16)
	}
	c.All = append(c.All, fumehood.Input{Place: place, Name: name, Value: value})
	return true
}

// named takes one value and, where it is risky, its name: apps put those into statements, too.
func (c *collector) named(place, name, value string) bool {
	if Risky(name) && !c.add(place, name, name) {
		return false
	}
	return c.add(place, name, value)
}

// unseen notes why something is missing. It returns false.
func (c *collector) unseen(why string) bool {
	if !c.Unseen {
		c.Unseen, c.Why = true, why
	}
	return false
}

// capped is unseen where a limit was reached, unreadable where what was sent is not understood.
func (c *collector) capped(limit, why string) bool {
	if !c.Unseen {
		c.Cap = limit
	}
	return c.unseen(why)
}

func (c *collector) unreadable(why string) bool {
	if !c.Unseen {
		c.Unreadable = true
	}
	return c.unseen(why)
}

// What is sent to a worker. A request of a person is far below it.
const (
	mostSent      = 4096
	mostSentBytes = 192 << 10
	pieceSize     = 4 << 10
)

// Pick returns the risky ones of in with their decoded forms, as Exchange.Risky has them; it decodes
// them unless Decode has. all says whether none is missing: there are at most 4,096 values of 192 KB
// together, decoded forms included.
//
// No Value is longer than 4 KB. A longer one comes in pieces that follow each other under the
// same place and name, cut between characters; a piece that could do no harm by itself is left
// out. So whoever finds each piece within one literal has found the whole within it: an attack
// that begins after 4 KB of filling is in a later piece, and one that lies across a cut leaves
// its literal in one of the two. Decoded forms are cut alike and go with the first piece.
func Pick(in []fumehood.Input) (risky []fumehood.Input, all bool) {
	bytes := 0
	for i := range in {
		if !Risky(in[i].Value) {
			continue
		}
		first := len(risky)
		given := in[i]
		for rest := given.Value; rest != ""; {
			var piece string
			if piece, rest = cut(rest); len(risky) > first && !Risky(piece) && !sqlWords("0"+piece) { // it goes on from one
				continue
			}
			risky = append(risky, fumehood.Input{Place: given.Place, Name: clip(given.Name, 200), Value: piece})
			bytes += len(piece) + len(given.Name)
			if len(risky) > mostSent || bytes > mostSentBytes {
				return risky[:len(risky)-1], false
			}
		}
		forms := given.Decoded
		if forms == nil {
			forms = Decoded(given.Value)
		}
		for _, form := range forms {
			for rest := form; rest != ""; {
				var piece string
				if piece, rest = cut(rest); form != piece && !Risky(piece) {
					continue
				}
				if bytes += len(piece); bytes > mostSentBytes {
					return risky, false
				}
				risky[first].Decoded = append(risky[first].Decoded, piece)
			}
		}
	}
	return risky, true
}

// cut divides s after the last character that ends within a piece, in no short word.
func cut(s string) (piece, rest string) {
	piece = clip(s, pieceSize)
	if len(piece) < len(s) {
		for end := len(piece); end > len(piece)-2*longestSQL; end-- {
			if piece[end-1] < utf8.RuneSelf && !isWordByte(piece[end-1]) {
				return piece[:end], s[end:]
			}
		}
	}
	return piece, s[len(piece):]
}

// clip returns at most n bytes of s, in whole characters.
func clip(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for end := n; end > max(0, n-utf8.UTFMax); end-- {
		if utf8.RuneStart(s[end]) {
			return s[:end]
		}
	}
	return s[:n]
}

// whole is the body of r where it has arrived.
func whole(r *http.Request) (wholebody.Whole, bool) {
	w, ok := r.Body.(wholebody.Whole)
	return w, ok
}
