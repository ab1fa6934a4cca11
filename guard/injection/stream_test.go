package injection_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/fumehood/fumehood/guard/injection"
)

// TestTwoWayStream: a client that waits for an answer before it sends more gets one.
func TestTwoWayStream(t *testing.T) {
	t.Parallel()
	h := newGuard(t, injection.Config{}, injection.Site{}).Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		piece := make([]byte, 5)
		if _, err := io.ReadFull(r.Body, piece); err != nil {
			t.Error(err)
		}
		w.Write(piece)
	}))
	from, to := io.Pipe()
	r := httptest.NewRequest("POST", "/shop.Chat/Talk", from)
	r.Header.Set("Content-Type", "application/grpc")
	r.ContentLength = -1
	answered := make(chan string)
	go func() {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		answered <- w.Body.String()
	}()
	go to.Write([]byte("\x01hey!"))
	select {
	case got := <-answered:
		if got != "\x01hey!" {
			t.Errorf("%q", got)
		}
	case <-time.After(10 * time.Second):
		t.Error("no answer")
	}
	to.Close()
}

// slowly is a body whose first bytes come one by one.
type slowly struct{ rest string }

func (s *slowly) Read(p []byte) (int, error) {
	if s.rest == "" {
		return 0, io.EOF
	}
	n := copy(p[:1], s.rest)
	s.rest = s.rest[n:]
	return n, nil
}

func (*slowly) Close() error { return nil }

// TestAttackByteByByte: what is labelled as a file is known by its first byte, or by the next.
func TestAttackByteByByte(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]string{
		`{"q":"' OR 1=1 --"}`:                            "injection.sql",
		" \r\n" + `{"q":"' OR 1=1 --"}`:                  "injection.sql",
		"\ufeff" + `{"q":"' OR 1=1 --"}`:                 "injection.sql",
		"\x80\x04\x95\x0f\x00\x00\x00\x8c\x05posix\x94.": "injection.code",
		"\x89PNG\x00\x00":                                "",
	} {
		r := posted("/", "application/octet-stream", "")
		r.Body, r.ContentLength = &slowly{body}, -1
		_, x := send(newGuard(t, injection.Config{}, injection.Site{}).Handler(echo), r)
		if code(x) != want {
			t.Errorf("%q: %q, want %q", body, code(x), want)
		}
	}
}
