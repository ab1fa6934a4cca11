package body_test

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"testing"

	fumehood "github.com/fumehood/fumehood"
	"github.com/fumehood/fumehood/guard/body"
)

// whole is what a guard behind this one may rely on.
type whole interface {
	io.ReadCloser
	Bytes() []byte
	File() *os.File
	Size() int64
}

// withWhole calls f with a body as the guard leaves it, in memory or in a file.
func withWhole(t *testing.T, memory fumehood.Size, content string, f func(b *body.Whole)) {
	t.Helper()
	g, err := body.New(body.Config{Memory: memory, TempDir: t.TempDir()}, nil)
	if err != nil {
		t.Fatal(err)
	}
	called := false
	h := g.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		called = true
		f(r.Body.(*body.Whole))
	}))
	h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("POST", "/", bytes.NewReader([]byte(content))))
	if !called {
		t.Fatal("the body did not arrive")
	}
}

// contents reads a body in each way there is.
func contents(t *testing.T, b whole) (read, direct string) {
	t.Helper()
	if f := b.File(); f != nil {
		raw, err := io.ReadAll(f) // as a worker does, from where the file is positioned
		if err != nil {
			t.Fatal(err)
		}
		direct = string(raw)
	} else {
		direct = string(b.Bytes())
	}
	raw, err := io.ReadAll(b)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw), direct
}

func TestAfter(t *testing.T) {
	t.Parallel()
	for _, memory := range []fumehood.Size{0, fumehood.MB} {
		withWhole(t, memory, "token=1&a=2", func(b *body.Whole) {
			part := b.After(8).(whole)
			if read, direct := contents(t, part); read != "a=2" || direct != "a=2" || part.Size() != 3 {
				t.Errorf("memory %d: read %q, direct %q, size %d", memory, read, direct, part.Size())
			}
			if n, err := part.Read(make([]byte, 1)); n != 0 || err != io.EOF {
				t.Errorf("memory %d: after the end: %d, %v", memory, n, err)
			}
			if (memory == 0) != (part.File() != nil) || (memory == 0) != (part.Bytes() == nil) {
				t.Errorf("memory %d: file %v, bytes %q", memory, part.File(), part.Bytes())
			}
			if err := part.Close(); err != nil {
				t.Error(err)
			}
			if part.File() != nil || part.Bytes() != nil {
				t.Errorf("memory %d: closed, it has a body still", memory)
			}
			if _, err := part.Read(make([]byte, 1)); err != http.ErrBodyReadAfterClose {
				t.Errorf("memory %d: read after Close: %v", memory, err)
			}
		})
	}
}

func TestWith(t *testing.T) {
	t.Parallel()
	withWhole(t, fumehood.MB, "a=1&token=2&b=3", func(b *body.Whole) {
		part := b.With([]byte("a=1&b=3")).(whole)
		if read, direct := contents(t, part); read != "a=1&b=3" || direct != read || part.Size() != 7 {
			t.Errorf("read %q, direct %q, size %d", read, direct, part.Size())
		}
		part.Close()
		if b.Bytes() != nil {
			t.Error("the memory was not given back")
		}
	})
}
