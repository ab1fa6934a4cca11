package body_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	fumehood "github.com/fumehood/fumehood"
	"github.com/fumehood/fumehood/guard/body"
	"github.com/fumehood/fumehood/internal/hint"
)

func newGuard(t testing.TB, cfg body.Config, stream func(*http.Request) bool) *body.Guard {
	t.Helper()
	if cfg.TempDir == "" {
		cfg.TempDir = t.TempDir()
	}
	g, err := body.New(cfg, stream)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// openIn counts the open files of this process that are or were in dir.
func openIn(t testing.TB, dir string) int {
	t.Helper()
	dir, err := filepath.EvalSymlinks(dir)
	if err != nil {
		t.Fatal(err)
	}
	descriptors, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, d := range descriptors {
		if target, err := os.Readlink("/proc/self/fd/" + d.Name()); err == nil && strings.HasPrefix(target, dir+"/") {
			n++
		}
	}
	return n
}

func named(t testing.TB, dir string) []os.DirEntry {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	return entries
}

// FuzzWhole: what the app reads is what was sent, however it was cut and wherever it went.
func FuzzWhole(f *testing.F) {
	f.Add([]byte("hello"), uint32(10), uint8(0), true)
	f.Add([]byte(""), uint32(0), uint8(1), false)
	f.Add(bytes.Repeat([]byte("ab"), 40_000), uint32(64<<10), uint8(2), false)
	f.Add(bytes.Repeat([]byte("ab"), 40_000), uint32(100_000), uint8(2), true)
	f.Add(bytes.Repeat([]byte("ab"), 40_000), uint32(0), uint8(3), true)
	f.Add(bytes.Repeat([]byte("a"), 4096), uint32(4096), uint8(0), false)
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, sent []byte, memory uint32, how uint8, declared bool) {
		src := io.Reader(bytes.NewReader(sent))
		switch how % 4 {
		case 1:
			src = iotest.OneByteReader(src)
		case 2:
			src = iotest.DataErrReader(src)
		case 3:
			src = iotest.HalfReader(src)
		}
		r := httptest.NewRequest("POST", "/", src)
		r.ContentLength = -1
		if declared {
			r.ContentLength = int64(len(sent))
		}
		cfg := body.Config{Memory: fumehood.Size(memory % (1 << 17)), TempDir: dir}
		called := false
		newGuard(t, cfg, nil).Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			called = true
			checkWhole(t, r, sent, cfg.Memory, declared)
		})).ServeHTTP(httptest.NewRecorder(), r)
		if !called {
			t.Error("the app was not called")
		}
		if n := openIn(t, dir); n != 0 {
			t.Errorf("%d files are left open", n)
		}
	})
}

func checkWhole(t *testing.T, r *http.Request, sent []byte, memory fumehood.Size, declared bool) {
	if r.ContentLength != int64(len(sent)) || r.TransferEncoding != nil || r.Trailer != nil {
		t.Errorf("ContentLength %d of %d, %v, %v", r.ContentLength, len(sent), r.TransferEncoding, r.Trailer)
	}
	if len(sent) == 0 {
		if r.Body != http.NoBody {
			t.Errorf("an empty body is a %T", r.Body)
		}
		return
	}
	whole := r.Body.(*body.Whole)
	inFile := whole.File() != nil
	if inFile == (whole.Bytes() != nil) || whole.Size() != int64(len(sent)) {
		t.Errorf("in file %v, in memory %v, size %d", inFile, whole.Bytes() != nil, whole.Size())
	}
	if fits := len(sent) <= int(memory); declared && inFile == fits || !fits && !inFile {
		t.Errorf("%d bytes with %d of memory: in file %v", len(sent), memory, inFile)
	}
	if inFile { // a worker reads the descriptor from where it stands
		raw, err := io.ReadAll(whole.File())
		if err != nil || !bytes.Equal(raw, sent) {
			t.Errorf("the file has %d bytes of %d, %v", len(raw), len(sent), err)
		}
	} else if !bytes.Equal(whole.Bytes(), sent) {
		t.Errorf("memory has %d bytes of %d", len(whole.Bytes()), len(sent))
	}
	if err := iotest.TestReader(struct{ io.Reader }{whole}, sent); err != nil {
		t.Error(err)
	}
}

func TestWithoutBodyNothingIsTouched(t *testing.T) {
	g := newGuard(t, body.Config{}, nil)
	var got *http.Request
	h := g.Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got = r }))
	for _, none := range []io.ReadCloser{http.NoBody, nil} {
		r := httptest.NewRequest("GET", "/", nil)
		r.Body = none
		r.Header.Set("Connection", "Upgrade")
		r.Header.Set("Upgrade", "websocket")
		if h.ServeHTTP(httptest.NewRecorder(), r); got != r {
			t.Error("the request was copied")
		}
		if n := testing.AllocsPerRun(100, func() { h.ServeHTTP(nil, r) }); n != 0 {
			t.Errorf("%v allocations", n)
		}
	}
}

func TestBodyIsGoneAfterTheHandler(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for name, memory := range map[string]fumehood.Size{"memory": 1 << 20, "file": 1} {
		var whole *body.Whole
		end := func(h http.HandlerFunc) {
			defer func() { recover() }()
			r := httptest.NewRequest("POST", "/", strings.NewReader("hello"))
			newGuard(t, body.Config{Memory: memory, TempDir: dir}, nil).Handler(h).ServeHTTP(httptest.NewRecorder(), r)
		}
		for how, h := range map[string]http.HandlerFunc{
			"return": func(_ http.ResponseWriter, r *http.Request) { whole = r.Body.(*body.Whole) },
			"panic":  func(_ http.ResponseWriter, r *http.Request) { whole = r.Body.(*body.Whole); panic("x") },
			"closed twice": func(_ http.ResponseWriter, r *http.Request) {
				whole = r.Body.(*body.Whole)
				r.Body.Close()
				r.Body.Close()
			},
		} {
			end(h)
			if n, err := whole.Read(make([]byte, 1)); n != 0 || err != http.ErrBodyReadAfterClose {
				t.Errorf("%s, %s: read %d, %v", name, how, n, err)
			}
			if whole.Bytes() != nil || whole.File() != nil || whole.Close() != nil {
				t.Errorf("%s, %s: something is left", name, how)
			}
		}
	}
	if n := openIn(t, dir); n != 0 {
		t.Errorf("%d files are left open", n)
	}
}

func TestFileHasNoNameAndIsPrivate(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	called := false
	newGuard(t, body.Config{TempDir: dir}, nil).Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		called = true
		info, err := r.Body.(*body.Whole).File().Stat()
		if err != nil || info.Mode() != 0o600 {
			t.Errorf("mode %v, %v", info.Mode(), err)
		}
		if left := named(t, dir); len(left) != 0 {
			t.Errorf("the folder has %v", left)
		}
		if openIn(t, dir) != 1 {
			t.Error("there must be one open file")
		}
	})).ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("POST", "/", strings.NewReader("hello")))
	if !called || openIn(t, dir) != 0 {
		t.Errorf("called %v, %d files open", called, openIn(t, dir))
	}
}

// answer runs one request whose body is src, and returns the refusal.
func answer(t *testing.T, g *body.Guard, declared int64, src io.Reader) (*httptest.ResponseRecorder, *fumehood.Refusal) {
	t.Helper()
	x := &fumehood.Exchange{}
	r := httptest.NewRequest("POST", "/", src)
	r.ContentLength = declared
	r = r.WithContext(fumehood.WithExchange(r.Context(), x))
	w := httptest.NewRecorder()
	g.Handler(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("the app was called") })).ServeHTTP(w, r)
	return w, x.Refused
}

func TestErrorsOfTheBody(t *testing.T) {
	t.Parallel()
	wire := &fumehood.Refusal{Status: 400, Code: "strict.chunk"}
	for _, tt := range []struct {
		name     string
		declared int64
		src      io.Reader
		status   int
		code     string
	}{
		{"cut off", -1, iotest.ErrReader(io.ErrUnexpectedEOF), 400, "body.truncated"},
		{"shorter than declared", 10, strings.NewReader("hello"), 400, "body.truncated"},
		{"longer than declared", 3, strings.NewReader("hello"), 400, "body.truncated"},
		{"a bad chunk", -1, iotest.ErrReader(errors.New("malformed chunked encoding")), 400, "body.malformed"},
		{"the wire layer's refusal", -1, iotest.ErrReader(fmt.Errorf("read: %w", wire)), 400, "strict.chunk"},
		{"http.MaxBytesReader", -1, iotest.ErrReader(&http.MaxBytesError{Limit: 1}), 413, "body.too-large"},
		{"a deadline of somebody else", -1, iotest.ErrReader(os.ErrDeadlineExceeded), 408, "body.slow"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w, refusal := answer(t, newGuard(t, body.Config{Memory: 4096}, nil), tt.declared, tt.src)
			if w.Code != tt.status || refusal == nil || refusal.Code != tt.code {
				t.Errorf("%d %v, want %d %s", w.Code, refusal, tt.status, tt.code)
			}
		})
	}
}

func TestNoRoomOnTheDisk(t *testing.T) {
	t.Parallel()
	// A folder that goes away after the start.
	gone := filepath.Join(t.TempDir(), "gone")
	if err := os.Mkdir(gone, 0o700); err != nil {
		t.Fatal(err)
	}
	g := newGuard(t, body.Config{TempDir: gone}, nil)
	if err := os.Remove(gone); err != nil {
		t.Fatal(err)
	}
	w, refusal := answer(t, g, -1, strings.NewReader("hello"))
	if w.Code != 500 || refusal.Code != "body.storage" || !errors.Is(refusal, os.ErrNotExist) || strings.Contains(w.Body.String(), gone) {
		t.Errorf("%d %v %s", w.Code, refusal, w.Body)
	}
}

// Bodies at once may take 64 MB of memory, whichever guard reads them; the rest goes to
// files though each would fit.
func TestManyBodiesShareTheMemory(t *testing.T) {
	t.Parallel()
	const n = 5
	memory := &body.Memory{}
	var guards [2]*body.Guard
	for i := range guards {
		guards[i] = newGuard(t, body.Config{Memory: 16 << 20}, nil).Sharing(memory)
	}
	block := bytes.Repeat([]byte("a"), 16<<20)
	inFile := 0
	var nest func(depth int)
	nest = func(depth int) {
		if depth == n {
			return
		}
		r := httptest.NewRequest("POST", "/", bytes.NewReader(block))
		guards[depth%2].Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			if r.Body.(*body.Whole).File() != nil {
				inFile++
			}
			nest(depth + 1)
		})).ServeHTTP(httptest.NewRecorder(), r)
	}
	nest(0)
	if inFile != n-4 {
		t.Errorf("%d of %d bodies went to files, want %d", inFile, n, n-4)
	}
	inFile = 0
	if nest(n - 1); inFile != 0 {
		t.Error("the memory was not given back")
	}
}

func TestNewReportsEveryMistake(t *testing.T) {
	t.Parallel()
	_, err := body.New(body.Config{Memory: -1, Idle: -1, MinRate: -1, Grace: -1, TempDir: "/nowhere"}, nil)
	for _, key := range []string{"memory", "idle", "min_rate", "grace", "temp_dir"} {
		if err == nil || !strings.Contains(err.Error(), "body."+key) {
			t.Errorf("%v does not name %s", err, key)
		}
	}
	if hint.Of(err) == "" {
		t.Error("no hint")
	}
}

func TestNilGuardRefuses(t *testing.T) {
	t.Parallel()
	for _, g := range []*body.Guard{nil, new(body.Guard)} {
		w := httptest.NewRecorder()
		g.Handler(http.NotFoundHandler()).ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
		if w.Code != 500 {
			t.Errorf("answered with %d", w.Code)
		}
	}
}

func BenchmarkHandler(b *testing.B) {
	h := newGuard(b, body.Config{Memory: 64 << 10, Idle: time.Second}, nil).Handler(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	for _, size := range []int{0, 1 << 10, 64 << 10, 1 << 20} {
		b.Run(fumehood.Size(size).String(), func(b *testing.B) {
			src := bytes.NewReader(make([]byte, size))
			r := httptest.NewRequest("POST", "/", io.NopCloser(src))
			r.ContentLength = int64(size)
			if size == 0 {
				r.Body = http.NoBody
			}
			body := r.Body
			w := httptest.NewRecorder()
			b.ReportAllocs()
			b.SetBytes(int64(size))
			for b.Loop() {
				src.Seek(0, io.SeekStart)
				r.Body = body
				h.ServeHTTP(w, r)
			}
		})
	}
}
