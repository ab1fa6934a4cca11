// Package frame is the codec of the worker protocol: length-framed, id-tagged messages
// between the front and one Python worker over a socketpair.
//
// It stops a worker that writes garbage to its channel from being taken at its word:
// every header carries a magic number and a bounded size. It does not judge what a frame
// says; internal/pool does. The Python side is wsgi/shim.
package frame

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// Kind says what a frame carries.
type Kind uint8

// Kinds that the front sends.
const (
	Request Kind = 1 // environ (u32 length, then fields split by NUL), perhaps values (u32 length, JSON), then the body
	Body    Kind = 2 // the next part of a streamed request body
	Credit  Kind = 3 // u32: so many more bytes of the answer may be sent
	Probe   Kind = 4 // asks for a Pong from a thread that reads the channel
)

// Kinds that a worker sends.
const (
	Ready  Kind = 16 // JSON: what the app is
	Failed Kind = 17 // JSON: why the app could not be imported
	Answer Kind = 18 // u32 length, u32 field count, head split by NUL, then body bytes
	Piece  Kind = 19 // more of the body
	File   Kind = 20 // u64 offset, u64 length, head as in Answer; a descriptor beside it
	Error  Kind = 21 // UTF-8: the traceback of an app that raised
	Taken  Kind = 22 // u32: so many bytes of a streamed body were read
	Hints  Kind = 23 // u32 field count, fields split by NUL: a 103 answer
	Pong   Kind = 24 // nothing but its count of frames read
	Stack  Kind = 25 // UTF-8: the stack of the thread that runs a request
	Hit    Kind = 26 // JSON: what a sink has refused; without End: what it would have
	News   Kind = 27 // JSON: what the guards of the sinks have to say beside
)

// Flags of a frame.
const (
	End        uint8 = 1 // the last frame of its answer or body
	WithFile   uint8 = 2 // a descriptor with the body waits on the files socket
	Streamed   uint8 = 4 // the body follows in Body frames
	WithValues uint8 = 8 // the request's risky values come before the body
)

// HeaderSize is the length of a frame's header in bytes.
const HeaderSize = 16

// MaxPayload bounds what a header may announce. The longest honest frame is a traceback
// or an answer's head with a 64 KB piece.
const MaxPayload = 4 << 20

const magic = 0x4846 // "FH"

// Header is the fixed part of a frame.
type Header struct {
	Kind  Kind
	Flags uint8
	ID    uint32 // the request it belongs to, 0 for none
	Size  uint32 // bytes of payload that follow
	Read  uint32 // frames that the sender has read so far
}

// ErrGarbage says that the bytes are no frame. Nothing after them can be trusted.
var ErrGarbage = errors.New("not a frame")

// Put writes h to the first HeaderSize bytes of b.
func Put(b []byte, h Header) {
	_ = b[HeaderSize-1]
	binary.LittleEndian.PutUint16(b, magic)
	b[2], b[3] = byte(h.Kind), h.Flags
	binary.LittleEndian.PutUint32(b[4:], h.ID)
	binary.LittleEndian.PutUint32(b[8:], h.Size)
	binary.LittleEndian.PutUint32(b[12:], h.Read)
}

// Append appends a whole frame to b.
func Append(b []byte, h Header, payload []byte) []byte {
	h.Size = uint32(len(payload))
	n := len(b)
	b = append(b, make([]byte, HeaderSize)...)
	Put(b[n:], h)
	return append(b, payload...)
}

// Next takes the first frame off b. ok is false when b does not hold a whole frame yet;
// err is ErrGarbage when it never will.
func Next(b []byte) (h Header, payload, rest []byte, ok bool, err error) {
	if len(b) < HeaderSize {
		return Header{}, nil, b, false, nil
	}
	if binary.LittleEndian.Uint16(b) != magic {
		return Header{}, nil, b, false, fmt.Errorf("%w: it begins with %q", ErrGarbage, b[:HeaderSize])
	}
	h = Header{
		Kind: Kind(b[2]), Flags: b[3],
		ID:   binary.LittleEndian.Uint32(b[4:]),
		Size: binary.LittleEndian.Uint32(b[8:]),
		Read: binary.LittleEndian.Uint32(b[12:]),
	}
	if h.Size > MaxPayload {
		return Header{}, nil, b, false, fmt.Errorf("%w: it announces %d bytes", ErrGarbage, h.Size)
	}
	end := HeaderSize + int(h.Size)
	if len(b) < end {
		return h, nil, b, false, nil
	}
	return h, b[HeaderSize:end:end], b[end:], true, nil
}
