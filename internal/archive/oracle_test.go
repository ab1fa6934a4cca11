package archive_test

import (
	"archive/tar"
	"bytes"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/fumehood/fumehood/internal/archive"
)

// TestPythonsArchives: what Python's zipfile, tarfile, gzip and bz2 write in each of their ways is
// taken: other programs than the ones that this package is built on.
func TestPythonsArchives(t *testing.T) {
	t.Parallel()
	_, dir := python(t, `
import bz2, gzip, io, os, tarfile, zipfile
names = ["a.txt", "folder/b.bin", "folder/", "отчёт.txt", "報告.txt", "naïve café.md", "a" * 200 + ".txt", "100%.txt", "x..y"]
body = lambda n: b"" if n.endswith("/") else (n.encode() * 50 + os.urandom(3000))

class Pipe(io.RawIOBase):  # cannot seek, so that lengths go behind the entries
    def __init__(self, path): self.f = open(path, "wb")
    def writable(self): return True
    def write(self, b): return self.f.write(b)
    def close(self): self.f.close(); super().close()

for method in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2):
    for streamed in (False, True):
        for large in (False, True):
            path = f"m{method}s{streamed}l{large}.zip"
            with zipfile.ZipFile(Pipe(path) if streamed else path, "w", method) as z:
                z.comment = b"made by a test" if large else b""
                for n in names:
                    if n.endswith("/"):
                        z.writestr(zipfile.ZipInfo(n), b"")
                        continue
                    with z.open(n, "w", force_zip64=large) as f:
                        f.write(body(n))
with zipfile.ZipFile("nested.zip", "w") as z:
    z.write("m8sFalselFalse.zip", "in.zip")
for format in (tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT):
    for mode, ext in (("w", "tar"), ("w:gz", "tgz"), ("w:bz2", "bz2")):
        with tarfile.open(f"f{format}.{ext}", mode, format=format, **({"pax_headers": {"comment": "x"}} if format == tarfile.PAX_FORMAT else {})) as tf:
            for n in names:
                if format == tarfile.USTAR_FORMAT and len(n) > 90: continue
                info = tarfile.TarInfo(n)
                info.type = tarfile.DIRTYPE if n.endswith("/") else tarfile.REGTYPE
                b = body(n); info.size = len(b); info.mtime = 1.5
                tf.addfile(info, io.BytesIO(b))
with gzip.open("plain.gz", "wb") as f: f.write(b"hello " * 100)
open("two.gz", "wb").write(gzip.compress(b"a") + gzip.compress(b"b") + bytes(512))
open("plain.bz2", "wb").write(bz2.compress(b"hello") + bz2.compress(b"more"))
`, nil)
	all, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil || len(all) != 12+1+9+3 {
		t.Fatalf("%d archives, %v", len(all), err)
	}
	for _, name := range all {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if err := check(t, data, filepath.Ext(name)[1:], archive.Limits{}); err != nil {
			t.Errorf("%s: %v", filepath.Base(name), err)
		}
	}
}

// seen is what Python finds in an archive: names, or why it finds none.
type seen struct {
	Names []string
	Sizes []int64
	Error string
}

func pythonSees(t testing.TB, archives [][]byte) []seen {
	t.Helper()
	input, err := json.Marshal(archives) // base64
	if err != nil {
		t.Fatal(err)
	}
	out, _ := python(t, `
import base64, io, json, sys, tarfile, zipfile
result = []
for a in json.load(sys.stdin):
    a = io.BytesIO(base64.b64decode(a))
    try:
        if a.getvalue()[:2] == b"PK":
            z = zipfile.ZipFile(a)
            result.append({"Names": z.namelist(), "Sizes": [len(z.read(i)) for i in z.infolist()]})
        else:
            m = tarfile.open(fileobj=a, mode="r:").getmembers()
            result.append({"Names": [i.name for i in m], "Sizes": [i.size for i in m]})
    except Exception as e:
        result.append({"Error": repr(e)})
json.dump(result, sys.stdout)
`, input)
	var all []seen
	if err := json.Unmarshal(out, &all); err != nil {
		t.Fatal(err)
	}
	return all
}

// TestPythonSeesTheSame changes archives one byte at a time: those that are still taken
// must be to Python what they are to Check. An app unpacks with Python.
func TestPythonSeesTheSame(t *testing.T) {
	t.Parallel()
	zipped := zipOf(t, file{name: "a.txt", data: "hello"}, file{name: "b/c.txt", data: "world"})
	tarred := tarOf(t,
		tar.Header{Name: "a.txt", Typeflag: tar.TypeReg, Size: 5, Format: tar.FormatPAX, PAXRecords: map[string]string{"comment": "x"}},
		tar.Header{Name: "b/", Typeflag: tar.TypeDir})
	var taken [][]byte
	var names [][]string
	add := func(data []byte, kind string, list func([]byte) []string) {
		if check(t, data, kind, archive.Limits{}) == nil {
			taken, names = append(taken, data), append(names, list(data))
		}
	}
	for i := range zipped {
		for _, mask := range []byte{1, 0x80, 0xFF} {
			data := bytes.Clone(zipped)
			data[i] ^= mask
			add(data, "zip", listZip)
		}
	}
	for i := range min(len(tarred), 3072) {
		data := bytes.Clone(tarred)
		data[i] ^= 1
		add(data, "tar", listTar)
	}
	if len(taken) < 100 {
		t.Fatalf("only %d were taken", len(taken))
	}
	for i, python := range pythonSees(t, taken) {
		if python.Error == "" && !equal(python.Names, names[i]) {
			t.Errorf("%q: Python sees %q, Check %q", taken[i], python.Names, names[i])
		}
	}
}

// equal compares names as apps use them.
func equal(a, b []string) bool {
	clean := func(names []string) (out []string) {
		for _, n := range names {
			out = append(out, filepath.Clean(n))
		}
		return out
	}
	ab, _ := json.Marshal(clean(a))
	bb, _ := json.Marshal(clean(b))
	return bytes.Equal(ab, bb)
}

func listZip(data []byte) (names []string) {
	archive.List(bytes.NewReader(data), int64(len(data)), 100, func(name string) bool {
		names = append(names, name)
		return true
	})
	return names
}

func listTar(data []byte) (names []string) {
	for r := tar.NewReader(bytes.NewReader(data)); ; {
		h, err := r.Next()
		if err == io.EOF || err != nil {
			return names
		}
		if h.Typeflag != tar.TypeXGlobalHeader {
			names = append(names, h.Name)
		}
	}
}

// TestTarHeadersThatReadersTakeDifferently: kinds of entries that Python and Go do not read alike.
func TestTarHeadersThatReadersTakeDifferently(t *testing.T) {
	t.Parallel()
	global := tar.Header{Typeflag: tar.TypeXGlobalHeader, PAXRecords: map[string]string{"path": "../evil"}}
	plain := tar.Header{Name: "a.txt", Typeflag: tar.TypeReg}
	data := tarOf(t, global, plain)
	if s := pythonSees(t, [][]byte{data})[0]; len(s.Names) != 1 || s.Names[0] != "../evil" {
		t.Fatalf("the attack does not work: Python sees %+v", s)
	}
	want(t, check(t, data, "tar", archive.Limits{}), archive.Differs)
	harmless := tar.Header{Typeflag: tar.TypeXGlobalHeader, PAXRecords: map[string]string{"comment": "of git archive"}}
	want(t, check(t, tarOf(t, harmless, plain), "tar", archive.Limits{}), "")

	for _, kind := range []byte{'7', 'S', 'X', 'V', 'M', 'D', 'A'} {
		data := tarOf(t, plain)
		setType(data, kind)
		want(t, check(t, data, "tar", archive.Limits{}), refusedAs(kind))
	}
	behind := append(tarOf(t, plain), tarOf(t, tar.Header{Name: "hidden", Typeflag: tar.TypeReg})...)
	want(t, check(t, behind, "tar", archive.Limits{}), archive.Differs)
}

func refusedAs(kind byte) archive.Reason {
	if kind == 'S' { // without the map that it needs
		return archive.Broken
	}
	return archive.Unknown
}

// setType changes the type flag of the first entry and its checksum (POSIX.1, ustar).
func setType(header []byte, kind byte) {
	header[156] = kind
	copy(header[148:156], "        ")
	sum := 0
	for _, c := range header[:512] {
		sum += int(c)
	}
	for i := 153; i >= 148; i-- {
		header[i], sum = byte('0'+sum&7), sum>>3
	}
	header[154], header[155] = 0, ' '
}
