// Package static serves the folders that a Flask app would serve itself.
//
// It stops a path, encoded in whatever way, and a symbolic link from leading out of the
// folder (os.Root), and it keeps static files from taking a worker. It does not hide
// files that lie in the folder by mistake. It stands after the guards and before the
// request body is read; what it does not have it leaves to the app, so that the app's own
// 404 page is shown.
package static

import (
	"errors"
	"fmt"
	"io/fs"
	"mime"
	"net/http"
	"os"
	"path"
	"strconv"
	"strings"
	"syscall"

	fumehood "github.com/fumehood/fumehood"
)

// Mount is one folder and where it is served.
type Mount struct {
	Prefix string // "/static"
	Folder string
	MaxAge string // seconds for Cache-Control, "" to have each use checked
}

// Files serves mounts.
type Files struct {
	mounts []mount
}

type mount struct {
	prefix       string // with a slash at the end
	root         *os.Root
	cacheControl string
	known        *known
}

// New opens the folders. One that does not exist is left out: the app names a folder
// whether it has one or not.
func New(mounts []Mount) (*Files, error) {
	files := &Files{}
	for _, m := range mounts {
		root, err := os.OpenRoot(m.Folder)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			files.Close()
			return nil, fmt.Errorf("static folder: %w", err)
		}
		control := "no-cache"
		if m.MaxAge != "" {
			control = "public, max-age=" + m.MaxAge
		}
		files.mounts = append(files.mounts, mount{strings.TrimSuffix(m.Prefix, "/") + "/", root, control, newKnown()})
	}
	return files, nil
}

// Close closes the folders.
func (f *Files) Close() {
	for _, m := range f.mounts {
		m.root.Close()
	}
}

// Prefixes returns where files are served.
func (f *Files) Prefixes() []string {
	var list []string
	for _, m := range f.mounts {
		list = append(list, m.prefix)
	}
	return list
}

// Handler serves what the folders have and leaves the rest to next.
func (f *Files) Handler(next http.Handler) http.Handler {
	if len(f.mounts) == 0 {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet || r.Method == http.MethodHead {
			for i := range f.mounts {
				name, ours := strings.CutPrefix(r.URL.Path, f.mounts[i].prefix)
				if ours && f.mounts[i].serve(w, r, name) {
					return
				}
			}
		}
		next.ServeHTTP(w, r)
	})
}

// serve answers with the file called name and returns true, or returns false.
func (m *mount) serve(w http.ResponseWriter, r *http.Request, name string) bool {
	if name == "" || !fs.ValidPath(name) || strings.ContainsAny(name, "\\\x00") {
		return false // not the one spelling of a file
	}
	file, info, err := m.open(name)
	if err != nil {
		if absent(err) {
			return false
		}
		// A link out of the folder. The app must not be asked: it would follow it.
		fumehood.Refuse(w, r, &fumehood.Refusal{
			Status: http.StatusNotFound, Code: "static.escape",
			Public: "There is no such page.", Err: err,
		})
		return true
	}
	defer func() { file.Close() }()
	h := w.Header()
	variant, encoding, varies := m.compressed(r, name, info)
	if varies {
		h.Set("Vary", "Accept-Encoding")
	}
	if variant != nil {
		file.Close()
		file = variant
		modified := info.ModTime()
		if info, err = variant.Stat(); err != nil {
			return false
		}
		h.Set("Content-Encoding", encoding)
		if !conditional(r.Header) { // ServeContent gives an encoded file no length
			h.Set("Content-Length", strconv.FormatInt(info.Size(), 10))
		}
		h.Set("ETag", etag(info, encoding))
		h.Set("Content-Type", contentType(name))
		h.Set("Cache-Control", m.cacheControl)
		http.ServeContent(w, r, name, modified, file)
		return true
	}
	h.Set("ETag", etag(info, ""))
	h.Set("Content-Type", contentType(name))
	h.Set("Cache-Control", m.cacheControl)
	http.ServeContent(w, r, name, info.ModTime(), file)
	return true
}

var errNoFile = errors.New("not a regular file")

// absent says whether err means that there is no such file, as opposed to one that must
// not be reached.
func absent(err error) bool {
	for _, reason := range []error{fs.ErrNotExist, fs.ErrPermission, errNoFile,
		syscall.ENOTDIR, syscall.ENAMETOOLONG, syscall.ENXIO} {
		if errors.Is(err, reason) {
			return true
		}
	}
	return false
}

// conditional says whether the answer may be something else than the whole file, though
// with a body: its length is not the file's then.
func conditional(h http.Header) bool {
	return h.Get("Range") != "" || h.Get("If-Match") != "" || h.Get("If-Unmodified-Since") != ""
}

func (m *mount) open(name string) (*os.File, fs.FileInfo, error) {
	// O_NONBLOCK: opening a named pipe must not wait for a writer.
	file, err := m.root.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, nil, err
	}
	info, err := file.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = errNoFile
	}
	if err != nil {
		file.Close()
		return nil, nil, err
	}
	return file, info, nil
}

// accepts reads Accept-Encoding (RFC 9110 12.5.3) as far as a stored variant needs it:
// the encoding is named, without a weight of zero.
func accepts(fields []string, encoding string) bool {
	for _, field := range fields {
		for item := range strings.SplitSeq(field, ",") {
			name, weight, weighted := strings.Cut(item, ";")
			if !strings.EqualFold(strings.TrimSpace(name), encoding) {
				continue
			}
			value, isQ := strings.CutPrefix(strings.TrimSpace(weight), "q=")
			q, err := strconv.ParseFloat(value, 64)
			return !weighted || isQ && err == nil && q > 0
		}
	}
	return false
}

func etag(info fs.FileInfo, encoding string) string {
	tag := strconv.FormatInt(info.ModTime().UnixNano(), 36) + "-" + strconv.FormatInt(info.Size(), 36)
	if encoding != "" {
		tag += "-" + encoding
	}
	return `"` + tag + `"`
}

// webTypes are the types that must not depend on the machine's own table: a browser that
// is told nosniff runs a script or uses a style only under its right type.
var webTypes = map[string]string{
	".css": "text/css; charset=utf-8", ".html": "text/html; charset=utf-8",
	".js": "text/javascript; charset=utf-8", ".mjs": "text/javascript; charset=utf-8",
	".json": "application/json", ".map": "application/json", ".webmanifest": "application/manifest+json",
	".svg": "image/svg+xml", ".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg",
	".gif": "image/gif", ".webp": "image/webp", ".avif": "image/avif", ".ico": "image/x-icon",
	".woff": "font/woff", ".woff2": "font/woff2", ".ttf": "font/ttf",
	".txt": "text/plain; charset=utf-8", ".xml": "text/xml; charset=utf-8",
	".pdf": "application/pdf", ".wasm": "application/wasm", ".mp4": "video/mp4", ".webm": "video/webm",
}

func contentType(name string) string {
	extension := strings.ToLower(path.Ext(name))
	if t := webTypes[extension]; t != "" {
		return t
	}
	if t := mime.TypeByExtension(extension); t != "" {
		return t
	}
	return "application/octet-stream" // never guessed from the content
}
