package static

import (
	"io/fs"
	"net/http"
	"os"
	"sync"
	"time"
)

// variants are the encodings that a file may lie beside itself in, best first.
var variants = [...]struct{ encoding, suffix string }{{"br", ".br"}, {"zstd", ".zst"}, {"gzip", ".gz"}}

// set has one bit for each of variants.
type set uint8

// For so long it is remembered which variants files have, and of so many files: most have
// none, and looking for them again would cost more than the file itself. Whether a variant
// that is served is still there, and not older than its file, is looked at each time.
const (
	remembered = 2 * time.Second
	mostKnown  = 1024
)

// known remembers which variants files have.
type known struct {
	mu    sync.Mutex
	files map[string]found
}

type found struct {
	variants set
	until    time.Time
}

func newKnown() *known { return &known{files: map[string]found{}} }

func (k *known) get(name string, now time.Time) (set, bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	f, ok := k.files[name]
	return f.variants, ok && now.Before(f.until)
}

func (k *known) put(name string, variants set, now time.Time) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if len(k.files) >= mostKnown {
		clear(k.files)
	}
	k.files[name] = found{variants, now.Add(remembered)}
}

// variantsOf returns the variants of the file called name that are not older than it.
func (m *mount) variantsOf(name string, info fs.FileInfo) set {
	now := time.Now()
	if list, ok := m.known.get(name, now); ok {
		return list
	}
	var list set
	for i, v := range variants {
		about, err := m.root.Stat(name + v.suffix)
		if err == nil && about.Mode().IsRegular() && !about.ModTime().Before(info.ModTime()) {
			list |= 1 << i
		}
	}
	m.known.put(name, list, now)
	return list
}

// compressed returns the best variant of name that the client takes and that is not older
// than name itself; varies says that there is one at all.
func (m *mount) compressed(r *http.Request, name string, info fs.FileInfo) (file *os.File, encoding string, varies bool) {
	list := m.variantsOf(name, info)
	for i, v := range variants {
		if list&(1<<i) == 0 || !accepts(r.Header["Accept-Encoding"], v.encoding) {
			continue
		}
		candidate, about, err := m.open(name + v.suffix)
		if err != nil {
			continue
		}
		if about.ModTime().Before(info.ModTime()) {
			candidate.Close()
			continue
		}
		return candidate, v.encoding, true
	}
	return nil, "", list != 0
}
