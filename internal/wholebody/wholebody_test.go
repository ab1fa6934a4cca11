package wholebody_test

import (
	"errors"
	"io"
	"net/http"
	"os"
	"testing"
	"testing/iotest"

	"github.com/fumehood/fumehood/internal/unnamed"
	"github.com/fumehood/fumehood/internal/wholebody"
)

const text = "0123456789"

// both returns a body in memory and one in a file.
func both(t *testing.T) map[string]*wholebody.Body {
	t.Helper()
	file, err := unnamed.File(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	io.WriteString(file, text)
	return map[string]*wholebody.Body{"memory": wholebody.InMemory([]byte(text), nil), "file": wholebody.InFile(file, int64(len(text)))}
}

// content is a body as package wsgi takes it.
func content(t *testing.T, b wholebody.Whole) string {
	t.Helper()
	mem := b.Bytes()
	if file := b.File(); file != nil {
		var err error
		if mem, err = io.ReadAll(file); err != nil {
			t.Fatal(err)
		}
	}
	if int64(len(mem)) != b.Size() {
		t.Errorf("%d bytes, Size is %d", len(mem), b.Size())
	}
	return string(mem)
}

func TestViews(t *testing.T) {
	t.Parallel()
	for where, b := range both(t) {
		part := b.After(3).(*wholebody.Body)
		rest := part.After(2).(*wholebody.Body)
		for name, c := range map[string]struct {
			body *wholebody.Body
			want string
		}{"all": {b, text}, "a part": {part, text[3:]}, "a part of it": {rest, text[5:]}} {
			for range 2 { // as often as somebody asks
				if got := content(t, c.body); got != c.want {
					t.Errorf("%s in %s: %q", name, where, got)
				}
			}
			if err := iotest.TestReader(c.body, []byte(c.want)); err != nil {
				t.Errorf("%s in %s: %v", name, where, err)
			}
		}
		rest.Close() // ends all of them
		for _, gone := range []*wholebody.Body{b, part, rest} {
			if _, err := gone.Read(make([]byte, 1)); !errors.Is(err, http.ErrBodyReadAfterClose) || gone.Bytes() != nil || gone.File() != nil {
				t.Errorf("in %s: %v after Close", where, err)
			}
			if err := gone.Close(); err != nil {
				t.Error(err)
			}
		}
	}
}

func TestWith(t *testing.T) {
	t.Parallel()
	freed := 0
	b := wholebody.InMemory([]byte(text), func() { freed++ })
	other := b.With([]byte("other")).(*wholebody.Body)
	last := other.After(2).(*wholebody.Body)
	none := b.With(nil).(*wholebody.Body)
	for want, body := range map[string]*wholebody.Body{"other": other, "her": last, "": none, text: b} {
		if got := content(t, body); got != want || body.Bytes() == nil {
			t.Errorf("%q, want %q", got, want)
		}
	}
	last.Close()
	b.Close()
	if freed != 1 || other.Bytes() != nil || none.Bytes() != nil {
		t.Errorf("freed %d times; %q", freed, other.Bytes())
	}
}

// TestFileEnds: what is closed holds no descriptor.
func TestFileEnds(t *testing.T) {
	t.Parallel()
	b := both(t)["file"]
	file := b.File()
	b.Close()
	if _, err := file.Stat(); !errors.Is(err, os.ErrClosed) {
		t.Errorf("the file is open: %v", err)
	}
}
