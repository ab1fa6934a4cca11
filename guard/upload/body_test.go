package upload_test

import (
	"errors"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/fumehood/fumehood/guard/upload"
)

// whole is what guards and wsgi behind this one rely on.
type whole interface {
	io.ReadCloser
	Bytes() []byte
	File() *os.File
	Size() int64
	After(n int64) io.ReadCloser
	With(mem []byte) io.ReadCloser
}

func TestTheBodyTravelsAsItDidBefore(t *testing.T) {
	t.Parallel()
	for _, size := range []int{100, 200_000} {
		dir := t.TempDir()
		called := false
		app := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			called = true
			b := r.Body.(whole)
			if b.Size() != r.ContentLength || (b.File() != nil) != (size > 64<<10) || (b.Bytes() != nil) != (size <= 64<<10) {
				t.Errorf("%d bytes: size %d, length %d, file %v", size, b.Size(), r.ContentLength, b.File())
			}
			if strings.Contains(r.Header.Get("Content-Type"), "WebKit") {
				t.Error("it was not written anew")
			}
			all, err := io.ReadAll(b)
			if err != nil || int64(len(all)) != b.Size() {
				t.Errorf("%d of %d bytes, %v", len(all), b.Size(), err)
			}
			cut := b.After(10).(whole)
			rest := cut.Bytes()
			if f := cut.File(); f != nil {
				rest, _ = io.ReadAll(f)
			}
			read, _ := io.ReadAll(cut)
			if string(rest) != string(all[10:]) || string(read) != string(all[10:]) || cut.Size() != b.Size()-10 {
				t.Errorf("after 10 bytes: %d and %d of %d", len(rest), len(read), cut.Size())
			}
			if b.Bytes() != nil {
				if other, _ := io.ReadAll(b.With([]byte("other"))); string(other) != "other" {
					t.Errorf("other bytes: %q", other)
				}
			}
			cut.Close()
			if _, err := b.Read(make([]byte, 1)); !errors.Is(err, http.ErrBodyReadAfterClose) || b.File() != nil || b.Bytes() != nil {
				t.Errorf("after Close: %v", err)
			}
			panic(http.ErrAbortHandler)
		})
		func() {
			defer func() { recover() }()
			post(behind(t, upload.Config{Names: "random"}, dir, app), file("x.txt", "text/plain", strings.Repeat("x", size)))
		}()
		if left := leftovers(t, dir); left != nil || !called {
			t.Errorf("%d bytes: called %v, left behind: %q", size, called, left)
		}
	}
}

// The file that guard/body has written is the one that the app gets.
func TestNoCopyWhereNothingChanges(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	var before, after os.FileInfo
	look := func(into *os.FileInfo, next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			*into, _ = r.Body.(whole).File().Stat()
			next.ServeHTTP(w, r)
		})
	}
	h := readWhole(t, dir, look(&before, newGuard(t, upload.Config{}).Handler(look(&after, http.NotFoundHandler()))))
	post(h, file("x.txt", "text/plain", strings.Repeat("x", 200_000)))
	if before == nil || !os.SameFile(before, after) {
		t.Errorf("%v became %v", before, after)
	}
}
