package archive_test

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"io"
	"path/filepath"
	"strings"
	"testing"

	"github.com/fumehood/fumehood/internal/archive"
)

// bounded counts what is read of an archive in memory.
type bounded struct {
	*bytes.Reader
	read int
}

func (b *bounded) ReadAt(p []byte, off int64) (int, error) {
	n, err := b.Reader.ReadAt(p, off)
	b.read += n
	return n, err
}

// fuzzLimits are small, so that the fuzzer finds its way around them.
func fuzzLimits(folder string) archive.Limits {
	return archive.Limits{Entries: 100, Total: 1 << 20, Depth: 2, Folder: folder}
}

// FuzzZip: no panic, no endless reading; what is taken is to Go's archive/zip what it is to
// Check, and all of it can be unpacked in the folder.
func FuzzZip(f *testing.F) {
	f.Add(zipOf(f, file{name: "a.txt", data: "hello"}, file{name: "b/"}))
	f.Add(rawZip(stored("a", "x"), deflated("b", 1000)))
	f.Add(nested(f, 2, 2, 100))
	f.Add(overlapping(3, 1000))
	f.Add(hidden(stored("a", "x")))
	f.Fuzz(func(t *testing.T, data []byte) {
		lim := fuzzLimits(t.TempDir())
		r := &bounded{bytes.NewReader(data), 0}
		err := archive.Check(t.Context(), r, int64(len(data)), "zip", lim)
		if limit := 70<<10 + 100*len(data) + int(lim.Total); r.read > limit {
			t.Errorf("%d bytes were read of %d", r.read, len(data))
		}
		if err != nil {
			return
		}
		z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
		if err != nil {
			t.Fatalf("it was taken, and archive/zip says: %v", err)
		}
		var total int64
		for _, e := range z.File {
			if !filepath.IsLocal(e.Name) || strings.Contains(e.Name, `\`) && !strings.ContainsFunc(e.Name, func(c rune) bool { return c > 0x7F }) {
				t.Errorf("%q was taken", e.Name)
			}
			in, err := e.Open()
			if err != nil {
				t.Fatalf("%q was taken, and archive/zip says: %v", e.Name, err)
			}
			n, err := io.Copy(io.Discard, io.LimitReader(in, 2<<20))
			if err != nil || n != int64(e.UncompressedSize64) {
				t.Errorf("%q was taken and has %d bytes instead of %d, %v", e.Name, n, e.UncompressedSize64, err)
			}
			total += n
		}
		if total > lim.Total {
			t.Errorf("%d bytes were taken", total)
		}
	})
}

// FuzzTar is FuzzZip for tar, tar in gzip and tar in bzip2.
func FuzzTar(f *testing.F) {
	entry := tar.Header{Name: "a.txt", Typeflag: tar.TypeReg, Size: 5}
	f.Add(tarOf(f, entry, tar.Header{Name: "b/", Typeflag: tar.TypeDir}))
	f.Add(gzipOf(f, tarOf(f, entry)))
	f.Add(gzipOf(f, []byte("a"), []byte("b")))
	f.Add(tarOfFile(f, "a.zip", zipOf(f, file{name: "x", data: "y"})))
	f.Add([]byte("BZh91AY&SY\x19\x31\x65\x3d\x00\x00\x00\x81\x00\x02\x44\xa0\x00\x21\x9a\x68\x33\x4d\x07\x33\x8b\xb9\x22\x9c\x28\x48\x0c\x98\xb2\x9e\x80"))
	f.Fuzz(func(t *testing.T, data []byte) {
		lim := fuzzLimits(t.TempDir())
		for _, kind := range []string{"tar", "gz", "bz2"} {
			r := &bounded{bytes.NewReader(data), 0}
			err := archive.Check(t.Context(), r, int64(len(data)), kind, lim)
			if r.read > len(data)+1<<13 {
				t.Errorf("%s: %d bytes were read of %d", kind, r.read, len(data))
			}
			if err != nil || kind != "tar" {
				continue
			}
			for in := tar.NewReader(bytes.NewReader(data)); ; {
				h, err := in.Next()
				if err == io.EOF {
					break
				}
				if err != nil || h.Typeflag != tar.TypeXGlobalHeader && !filepath.IsLocal(h.Name) {
					t.Fatalf("taken: %+v, %v", h, err)
				}
			}
		}
	})
}

// FuzzName: whatever is taken stays in the folder, also after what programs do to names.
func FuzzName(f *testing.F) {
	for _, name := range []string{"a", "../a", "a/../..", "%2e%2e/x", "C:a", "\xc0\xae\xc0\xae/", "．．／a", `a\b`, "a%00"} {
		f.Add(name)
	}
	f.Fuzz(func(t *testing.T, name string) {
		if len(name) > 1<<15 || check(t, rawZip(stored(name, "")), "zip", archive.Limits{}) != nil {
			return
		}
		for _, read := range []string{name, strings.ReplaceAll(name, `\`, "/"), strings.TrimRight(name, ". ")} {
			if read != "" && !filepath.IsLocal(read) {
				t.Errorf("%q was taken and leaves the folder as %q", name, read)
			}
		}
		if strings.ContainsAny(name, "\x00\r\n") {
			t.Errorf("%q was taken", name)
		}
	})
}
