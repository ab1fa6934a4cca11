package strict

import (
	"bytes"
	"math"
	"time"

	fumehood "github.com/fumehood/fumehood"
)

// Limits caps the size of a request head. Sizes are in bytes as sent, line ends included.
// A zero value means the default.
type Limits struct {
	RequestLine int // the longest request line; default 4096
	Fields      int // the largest number of header fields, and of trailer fields; default 100
	FieldSize   int // the longest field line; default 8190
	Head        int // the largest head, request line and all fields; default 65536

	// HeadTime is how long a head may take from its first byte on a connection that is
	// kept open; default 10s. It does what http.Server.ReadHeaderTimeout does for the first
	// request of a connection, and should be the same.
	HeadTime time.Duration
}

func (l Limits) withDefaults() Limits {
	set := func(v *int, def int) {
		if *v <= 0 {
			*v = def
		}
	}
	set(&l.RequestLine, 4096)
	set(&l.Fields, 100)
	set(&l.FieldSize, 8190)
	set(&l.Head, 64<<10)
	if l.HeadTime <= 0 {
		l.HeadTime = 10 * time.Second
	}
	return l
}

// state says which part of the byte stream comes next.
type state uint8

const (
	inHead     state = iota
	inBody           // Content-Length body
	inSizeLine       // of a chunk
	inChunk
	inChunkEnd  // the line end after a chunk's data
	inTrailers  // the last chunk's size line and the trailer section
	undecided   // after a request that asks for an upgrade
	bodyRefused // Read returns the refusal for ever
	headRefused // Read delivers the stand-in, then waits for the client to go
)

// parser follows the framing of a stream of requests. It reads in units: a head, a size
// line, a trailer section. The offsets are from the start of the unit, so they stay right
// when its bytes move to another buffer.
type parser struct {
	lim   Limits
	state state

	line    int  // where the line begins that is being read
	seen    int  // how far a line feed was searched for
	fields  int  // fields read so far
	skipped bool // one empty line before the request was dropped

	head   head
	left   int64 // bytes to come of the body or the chunk
	excess int64 // size lines beyond what is usual, see sizeLine
}

// head is what is known of the request head that is being read.
type head struct {
	http10    bool
	host      bool
	upgrade   bool
	chunked   bool
	once      uint8 // which of the fields were seen that may come once
	length    int64 // -1 without Content-Length
	authority span2 // of an absolute-form target, in the unit
}

type span2 struct{ from, to int }

// begin makes p ready for the next request.
func (p *parser) begin() {
	p.state, p.skipped = inHead, false
	p.head = head{length: -1}
	p.unit()
}

// unit makes p ready for the next unit.
func (p *parser) unit() { p.line, p.seen, p.fields = 0, 0, 0 }

// scan reads on in data, which begins with the first byte that was not let through yet.
// It returns how many bytes may now be let through and how many there are: one empty line
// before a request is cut out. What lies between is an incomplete unit, to be shown again
// with more bytes. After a refusal everything from ok on is void.
func (p *parser) scan(data []byte) (ok, total int, bad *fumehood.Refusal) {
	total = len(data)
	for ok < total {
		unit := data[ok:total]
		n := 0
		switch p.state {
		case inHead:
			if p.line == 0 && !p.skipped && len(unit) >= 2 && unit[0] == '\r' && unit[1] == '\n' {
				copy(unit, unit[2:])
				total -= 2
				p.skipped, p.seen = true, 0
				continue
			}
			n, bad = p.scanHead(unit)
		case inBody, inChunk:
			n = p.skim(unit)
		case inSizeLine:
			n, bad = p.scanSizeLine(unit)
		case inChunkEnd:
			n, bad = p.scanChunkEnd(unit)
		case inTrailers:
			n, bad = p.scanTrailers(unit)
		}
		if bad != nil || n == 0 {
			return ok, total, bad
		}
		ok += n
	}
	return ok, total, nil
}

// skim lets body bytes pass.
func (p *parser) skim(unit []byte) int {
	n := int(min(int64(len(unit)), p.left))
	p.left -= int64(n)
	if p.left == 0 {
		if p.state == inChunk {
			p.state = inChunkEnd
		} else {
			p.endRequest()
		}
	}
	return n
}

// endRequest is called after the last byte of a request.
func (p *parser) endRequest() {
	upgrade := p.head.upgrade
	p.begin()
	if upgrade {
		// What comes may be another protocol. It is judged when the server asks for it.
		p.state = undecided
	}
}

// scanHead reads the lines of a head as they become complete. It returns the length of
// the head, or 0 when it is incomplete.
func (p *parser) scanHead(unit []byte) (int, *fumehood.Refusal) {
	if p.line == 0 && p.seen == 0 {
		// A TLS hello, say, has no line end to wait for.
		if x := unit[0]; classes[x]&tokenByte == 0 && x != '\r' && x != '\n' {
			return 0, refuse(badRequestLine, "the request begins with the byte 0x%02x", x)
		}
	}
	for {
		most, why := p.bound()
		end, bad := p.nextLine(unit, most, why)
		if end == 0 || bad != nil {
			return 0, bad
		}
		line := unit[p.line : end-2]
		switch {
		case p.line == 0:
			bad = p.requestLine(line)
		case len(line) == 0:
			if bad := p.endHead(); bad != nil {
				return 0, bad
			}
			return end, nil
		default:
			bad = p.field(unit, line)
		}
		if bad != nil {
			return 0, bad
		}
		p.line = end
	}
}

// bound returns where the line that is being read must end at the latest, and why.
func (p *parser) bound() (int, reason) {
	most, why := p.line+p.lim.FieldSize, fieldTooLarge
	if p.line == 0 {
		most, why = p.lim.RequestLine, lineTooLong
	}
	if p.lim.Head < most {
		most, why = p.lim.Head, headTooLarge
	}
	return most, why
}

// nextLine returns the end of the line that begins at p.line, past its line end, or 0
// when it is incomplete. A line that goes beyond most is refused as soon as that is seen.
func (p *parser) nextLine(unit []byte, most int, why reason) (int, *fumehood.Refusal) {
	end := len(unit)
	i := bytes.IndexByte(unit[p.seen:], '\n')
	if i >= 0 {
		end = p.seen + i + 1
	}
	p.seen = end
	if end > most {
		return 0, refuse(why, "a line of a request goes beyond %d bytes", most-p.line)
	}
	if i < 0 {
		return 0, nil
	}
	if end-2 < p.line || unit[end-2] != '\r' {
		return 0, refuse(bareLF, "line %s ends without a carriage return", quoteLine(unit[p.line:end-1]))
	}
	return end, nil
}

// endHead judges the head as a whole and says what follows it.
func (p *parser) endHead() *fumehood.Refusal {
	h := &p.head
	if !h.host && !h.http10 {
		return refuse(noHost, "an HTTP/1.1 request without Host")
	}
	if h.chunked && h.length >= 0 {
		return refuse(lengthAndChunked, "Content-Length %d and Transfer-Encoding in one request", h.length)
	}
	if h.chunked && h.http10 {
		return refuse(codingInHTTP10, "Transfer-Encoding in an HTTP/1.0 request")
	}
	p.unit()
	switch {
	case h.chunked:
		p.state, p.excess = inSizeLine, 0
	case h.length > 0:
		p.state, p.left = inBody, h.length
	default:
		p.endRequest()
	}
	return nil
}

// contentLength reads the value of Content-Length, which is digits and nothing else (RFC
// 9110, section 8.6). The list form "5, 5" that a recipient may repair is refused.
func contentLength(value []byte) (int64, bool) {
	if len(value) == 0 {
		return 0, false
	}
	var n int64
	for _, x := range value {
		if classes[x]&digitByte == 0 || n > (math.MaxInt64-9)/10 {
			return 0, false
		}
		n = n*10 + int64(x-'0')
	}
	return n, true
}
