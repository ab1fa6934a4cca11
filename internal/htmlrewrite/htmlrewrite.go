// Package htmlrewrite inserts text into an HTML document while it streams: after the start
// tag of forms that post to this site, and at the beginning of the head. Every other byte
// passes as it came.
//
// It stops no attack by itself; guard/csrf hands out its tokens with it. What it must not
// do is make an attack: a token in a form that posts elsewhere, or text in a place that is
// no markup (an attribute, a comment, a script). It reads a document as the HTML standard
// does (WHATWG, sections 13.2.5 and 13.2.6), as far as a streaming reader can, and where
// browsers may read something in two ways it gives up: the rest passes without insertions.
// It knows nothing of a <base> that comes after a form, of buttons with a formaction, or of
// what scripts do later; a Content-Security-Policy with base-uri and form-action does.
//
// A tokeniser that is pulled, as in x/net/html, must hold a text or a script until it ends
// and needs a goroutine for each answer; this one is pushed and holds at most five bytes,
// and a copy of the attributes of one form, base or meta tag. That of internal/active cannot
// serve here: it errs to the other side, takes for a tag whatever might be one, and reads
// values and scripts byte by byte, which a page that streams need not pay for.
package htmlrewrite

import (
	"bytes"

	"github.com/fumehood/fumehood/internal/answer"
)

// maxTag is the longest form, base or meta tag that is looked into (bytes).
const maxTag = 64 << 10

// Options say what is inserted, and for which site.
type Options struct {
	Scheme string // of the site: "https" or "http"
	Host   string // of the site, with its port, as in the Host field

	Head []byte // for the beginning of the head; empty for none
	Form []byte // for after the start tag of forms that post to this site; empty for none

	// Charset says that the Content-Type names the charset. Where it does not, browsers
	// guess, and what might change their guess ends the insertions.
	Charset bool
}

// Rewriter is the sink that inserts. Make one with New.
type Rewriter struct {
	next answer.Sink
	o    Options
	lexer
	tree

	seen     int     // bytes of the document so far, up to 4
	start    [2]byte // the first of them
	mark     int     // bytes of UTF-8's byte order mark among them
	headOpen bool    // Head may still be inserted
	holding  bool    // what came since the last "<" waits for a decision on Head
	held     []byte  // the part of it that came with earlier writes
	insert   []byte  // to be written after the byte just read
}

// New returns a sink that writes the document with its insertions to next.
func New(next answer.Sink, o Options) *Rewriter {
	return &Rewriter{next: next, o: o, headOpen: len(o.Head) > 0}
}

// Write implements answer.Sink.
func (rw *Rewriter) Write(p []byte) (int, error) {
	if err := rw.write(p); err != nil {
		return 0, err
	}
	return len(p), nil
}

func (rw *Rewriter) write(p []byte) error {
	if rw.state == passing {
		return rw.pass(p)
	}
	end := len(p)
	if !rw.o.Charset {
		if i := bytes.IndexByte(p, 0x1b); i >= 0 { // browsers may take it for ISO-2022-JP
			end = i
		}
	}
	from, err := rw.insertInto(p[:end])
	if err != nil {
		return err
	}
	if end < len(p) {
		rw.giveUp()
	}
	if rw.holding && rw.state != passing {
		rw.held = append(rw.held, p[from:]...)
		return nil
	}
	if err := rw.release(); err != nil {
		return err
	}
	return rw.pass(p[from:])
}

// insertInto reads p and passes it on, with insertions, up to p[from].
func (rw *Rewriter) insertInto(p []byte) (from int, err error) {
	for i := 0; i < len(p) && rw.state != passing; {
		if n := rw.skip(p[i:]); n > 0 {
			i += n
			continue
		}
		if rw.state == text && p[i] == '<' && rw.headOpen {
			if err := rw.pass(p[from:i]); err != nil {
				return 0, err
			}
			from, rw.holding = i, true
		}
		rw.read(p[i])
		i++
		if rw.holding {
			if err := rw.decideHead(); err != nil {
				return 0, err
			}
		}
		if rw.insert == nil {
			continue
		}
		if err := rw.pass(p[from:i]); err != nil {
			return 0, err
		}
		if err := rw.pass(rw.insert); err != nil {
			return 0, err
		}
		from, rw.insert = i, nil
	}
	return from, nil
}

// read takes one byte.
func (rw *Rewriter) read(c byte) {
	if rw.seen < 4 && rw.beginning(c) {
		return
	}
	if rw.state == text && rw.headOpen && c != '<' && !isSpace(c) {
		rw.headOpen = false
	}
	rw.step(c)
	if rw.noscript {
		rw.second(c)
	}
}

// beginning takes one of the first bytes and reports whether that was all. A document that
// begins like UTF-16 or UTF-32, with a byte order mark or without, is left alone.
func (rw *Rewriter) beginning(c byte) (done bool) {
	const utf8Mark = "\xef\xbb\xbf"
	i := rw.seen
	rw.seen++
	if i < len(rw.start) {
		rw.start[i] = c
	}
	switch {
	case c == 0, rw.start == [2]byte{0xfe, 0xff}, rw.start == [2]byte{0xff, 0xfe}:
		rw.giveUp()
		return true
	case rw.mark == i && i < len(utf8Mark) && c == utf8Mark[i]:
		rw.mark++
		return true
	case rw.mark == 1 || rw.mark == 2: // half a mark is text
		rw.headOpen = false
	}
	return false
}

// pass writes to next.
func (rw *Rewriter) pass(p []byte) error {
	if len(p) == 0 {
		return nil
	}
	_, err := rw.next.Write(p)
	return err
}

// decideHead is called after each byte of what may be the first element, and finds out
// whether Head goes before it.
func (rw *Rewriter) decideHead() error {
	if !rw.headOpen {
		return rw.release()
	}
	name := string(rw.name())
	switch rw.state {
	case tagOpen:
		return nil
	case tagName:
		if name == "html"[:min(len(name), 4)] || name == "head"[:min(len(name), 4)] {
			return nil
		}
	case endTagOpen:
		rw.headOpen = false // it may make an empty head
		return rw.release()
	case markup, bogus:
		return rw.release()
	default:
		if name == "html" || name == "head" {
			return rw.release()
		}
	}
	rw.headOpen = false
	if err := rw.pass(rw.o.Head); err != nil {
		return err
	}
	return rw.release()
}

// release passes on what was held.
func (rw *Rewriter) release() error {
	rw.holding = false
	held := rw.held
	rw.held = nil
	return rw.pass(held)
}

// giveUp ends the insertions.
func (rw *Rewriter) giveUp() {
	rw.state = passing
	rw.insert, rw.tag = nil, nil
}

// Flush implements answer.Sink. It passes on all but the few bytes that are undecided.
func (rw *Rewriter) Flush() error { return rw.next.Flush() }

// Close implements answer.Sink.
func (rw *Rewriter) Close() error {
	if err := rw.release(); err != nil {
		return err
	}
	return rw.next.Close()
}
