package static_test

import (
	"encoding/binary"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/fumehood/fumehood/internal/static"
)

// opens counts what the kernel says was opened in dir, files and dir itself apart.
func opens(t *testing.T, dir string, during func()) (files, folders int) {
	t.Helper()
	fd, err := syscall.InotifyInit1(syscall.IN_NONBLOCK | syscall.IN_CLOEXEC)
	if err != nil {
		t.Fatal(err)
	}
	defer syscall.Close(fd)
	if _, err := syscall.InotifyAddWatch(fd, dir, syscall.IN_OPEN); err != nil {
		t.Fatal(err)
	}
	during()
	buf := make([]byte, 64<<10)
	n, err := syscall.Read(fd, buf)
	if err != nil && err != syscall.EAGAIN {
		t.Fatal(err)
	}
	for at := 0; at < n; at += syscall.SizeofInotifyEvent + int(binary.NativeEndian.Uint32(buf[at+12:])) {
		if binary.NativeEndian.Uint32(buf[at+4:])&syscall.IN_ISDIR != 0 {
			folders++
		} else {
			files++
		}
	}
	return files, folders
}

// folder has a file without variants, and one with two, in a folder of their own.
func folder(t *testing.T) (root string, get func(name string) *httptest.ResponseRecorder) {
	t.Helper()
	root = t.TempDir()
	sub := filepath.Join(root, "sub")
	os.Mkdir(sub, 0o755)
	for _, name := range []string{"plain.js", "both.js", "both.js.br", "both.js.gz"} {
		if err := os.WriteFile(filepath.Join(sub, name), []byte(name), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	files, err := static.New([]static.Mount{{Prefix: "/s", Folder: root}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(files.Close)
	handler := files.Handler(http.NotFoundHandler())
	return root, func(name string) *httptest.ResponseRecorder {
		r := httptest.NewRequest("GET", "/s/sub/"+name, nil)
		r.Header.Set("Accept-Encoding", "gzip, br")
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		return w
	}
}

// TestOpens: a hit opens its file, and a variant only if it is the one that is served. The
// folder is looked through for variants once in a while, not for each hit.
func TestOpens(t *testing.T) {
	t.Parallel()
	root, get := folder(t)
	sub := filepath.Join(root, "sub")
	for _, c := range []struct {
		name                 string
		hits, files, folders int // the most that all hits may open
	}{
		{"plain.js", 1, 1, 4}, // the file, and a look for three variants
		{"plain.js", 20, 20, 20},
		{"both.js", 1, 2, 5},
		{"both.js", 20, 40, 40},
	} {
		files, folders := opens(t, sub, func() {
			for range c.hits {
				if w := get(c.name); w.Code != 200 {
					t.Errorf("%s: %d", c.name, w.Code)
				}
			}
		})
		if files > c.files || folders > c.folders || files == 0 {
			t.Errorf("%d hits of %s opened %d files and %d folders", c.hits, c.name, files, folders)
		}
	}
}

// TestVariantsComeAndGo: a new variant is seen after a moment; one that is gone or has
// become older than its file is never served.
func TestVariantsComeAndGo(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		root, get := folder(t)
		encoding := func(name string) string { return get(name).Header().Get("Content-Encoding") }
		if got := encoding("plain.js"); got != "" {
			t.Errorf("%q", got)
		}
		packed := filepath.Join(root, "sub", "plain.js.gz")
		if err := os.WriteFile(packed, []byte("packed"), 0o644); err != nil {
			t.Fatal(err)
		}
		time.Sleep(3 * time.Second)
		if got := encoding("plain.js"); got != "gzip" {
			t.Errorf("a new variant: %q", got)
		}
		os.Remove(packed)
		if w := get("plain.js"); w.Header().Get("Content-Encoding") != "" || w.Body.String() != "plain.js" {
			t.Errorf("a variant that is gone: %v %q", w.Header(), w.Body)
		}
		if got := encoding("both.js"); got != "br" {
			t.Errorf("%q", got)
		}
		later := time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC)
		if err := os.Chtimes(filepath.Join(root, "sub", "both.js"), later, later); err != nil {
			t.Fatal(err)
		}
		if w := get("both.js"); w.Header().Get("Content-Encoding") != "" || w.Body.String() != "both.js" {
			t.Errorf("variants of yesterday: %v %q", w.Header(), w.Body)
		}
	})
}

// TestManyFiles: what is remembered is bounded, and stays right.
func TestManyFiles(t *testing.T) {
	t.Parallel()
	root, get := folder(t)
	for n := range 1500 {
		name := fmt.Sprintf("%d.txt", n)
		if err := os.WriteFile(filepath.Join(root, "sub", name), []byte(name), 0o644); err != nil {
			t.Fatal(err)
		}
		if w := get(name); w.Body.String() != name || w.Header().Get("Vary") != "" {
			t.Fatalf("%s: %v %q", name, w.Header(), w.Body)
		}
	}
	if w := get("both.js"); w.Header().Get("Content-Encoding") != "br" || w.Header().Get("Vary") == "" {
		t.Errorf("%v", w.Header())
	}
}
