package frame_test

import (
	"bytes"
	"errors"
	"testing"

	"github.com/fumehood/fumehood/internal/frame"
)

func TestGarbageIsNoFrame(t *testing.T) {
	t.Parallel()
	for name, b := range map[string][]byte{
		"a print on the channel": []byte("hello from the app\n"),
		"an HTTP answer":         []byte("HTTP/1.1 200 OK\r\n\r\n"),
		"a size beyond all use":  frame.Append(nil, frame.Header{Kind: frame.Piece}, nil)[:8:8],
	} {
		if name == "a size beyond all use" {
			b = append(b, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0)
		}
		if _, _, _, ok, err := frame.Next(b); ok || !errors.Is(err, frame.ErrGarbage) {
			t.Errorf("%s: ok=%v err=%v, want ErrGarbage", name, ok, err)
		}
	}
}

func TestCutFrameWaits(t *testing.T) {
	t.Parallel()
	whole := frame.Append(nil, frame.Header{Kind: frame.Answer, ID: 7}, []byte("payload"))
	for n := range whole {
		if _, _, _, ok, err := frame.Next(whole[:n]); ok || err != nil {
			t.Fatalf("%d of %d bytes: ok=%v err=%v", n, len(whole), ok, err)
		}
	}
}

// FuzzNext: whatever is taken for a frame is written back as the same bytes.
func FuzzNext(f *testing.F) {
	f.Add(frame.Append(nil, frame.Header{Kind: frame.Request, ID: 1}, []byte("a\x00b")))
	f.Add([]byte("FH"))
	f.Fuzz(func(t *testing.T, b []byte) {
		h, payload, rest, ok, err := frame.Next(b)
		if !ok || err != nil {
			return
		}
		again := frame.Append(nil, h, payload)
		if !bytes.Equal(append(again, rest...), b) {
			t.Fatalf("%x became %x", b, again)
		}
	})
}
