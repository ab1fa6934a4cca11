package archive_test

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/fumehood/fumehood/internal/archive"
)

// TestNames: what an entry may be called, in the formats that have names.
func TestNames(t *testing.T) {
	t.Parallel()
	for name, reason := range map[string]archive.Reason{
		"a.txt": "", "a/b/c.txt": "", "./a.txt": "", "a..b": "", "..a": "", "a/...": "", ".hidden": "",
		"100%.txt": "", "a%2Fb.txt": "", "50% off/%zz": "", "Grüße.txt": "", "отчёт.pdf": "", "報告書／最終.pdf": "",
		"تقرير.pdf": "", "दस्तावेज़.txt": "", "e\u0301.txt": "", "👩‍👩‍👧.png": "", "…and more.txt": "",
		"\x83\x5c\x83\x74\x83\x67.txt": "", // "software" in Shift JIS, which holds the byte of a backslash
		"12:30.txt":                    "",
		`Fotos\Ferien\Strand.jpg`:      "", // of PowerShell 5

		"../evil":       archive.Name,
		"a/../../evil":  archive.Name,
		"a/..":          archive.Name,
		"a/.. /evil":    archive.Name,
		"/etc/passwd":   archive.Name,
		"C:evil.dll":    archive.Name,
		"c:/evil.dll":   archive.Name,
		`..\evil`:       archive.Name,
		`a\..\..\b`:     archive.Name,
		`a\..`:          archive.Name,
		`\a`:            archive.Name,
		`C:\a`:          archive.Name,
		`\\host\share`:  archive.Name,
		"a\nb":          archive.Name,
		"a\x00.png":     archive.Name,
		"a\x7f":         archive.Name,
		"":              archive.Name,
		"%2e%2e/evil":   archive.Name,
		"..%2fevil":     archive.Name,
		"%252e%252e%2f": archive.Name,
		"a/%2e./b":      archive.Name,
		"..%5cevil":     archive.Name,
		"%2fetc/passwd": archive.Name,
		"a%00.png":      archive.Name,

		"\uff0e\uff0e/evil":               archive.Name, // full-width dots
		"..\uff0fevil":                    archive.Name, // a full-width slash
		"\u2025/evil":                     archive.Name, // two dots in one
		"..\u2215evil":                    archive.Name,
		"\xc0\xae\xc0\xae/evil":           archive.Name, // overlong UTF-8
		"..\xc0\xafevil":                  archive.Name,
		"\xe0\x80\xae\xe0\x80\xae/evil":   archive.Name,
		"\x81\\..\\evil":                  archive.Name, // what one takes for half a character
		"photo\u202egnp.exe":              archive.Name,
		strings.Repeat("a", 300):          archive.Name,
		strings.Repeat("a/", 600) + "end": archive.Name,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			want(t, check(t, rawZip(stored(name, "x")), "zip", archive.Limits{}), reason)
			if strings.Contains(name, "\x00") || name == "" {
				return // not to be written in the others
			}
			h := tar.Header{Name: name, Typeflag: tar.TypeReg, Format: tar.FormatGNU}
			want(t, check(t, tarOf(t, h), "tar", archive.Limits{}), reason)
		})
	}
}

// TestBackslashes: what parts names on Windows parts them for the other checks too.
func TestBackslashes(t *testing.T) {
	t.Parallel()
	module := func(name string) bool { return name == "a/__init__.py" }
	want(t, check(t, rawZip(stored(`a\__init__.py`, "x")), "zip", archive.Limits{Dangerous: module}), archive.Dangerous)
	want(t, check(t, rawZip(stored(`a\b`, "x"), stored(`a/b`, "y")), "zip", archive.Limits{}), archive.Duplicate)
	want(t, check(t, rawZip(stored(`a\`, ""), stored(`a\b`, "y")), "zip", archive.Limits{}), "")
}

// TestTally: a hundred small archives together are as bad as one large one.
func TestTally(t *testing.T) {
	t.Parallel()
	small := rawZip(deflated("zeros", 9<<20)) // below what no ratio does harm to
	if err := check(t, small, "zip", archive.Limits{}); err != nil {
		t.Fatalf("alone it must pass: %v", err)
	}
	lim := archive.Limits{Tally: &archive.Tally{}}
	want(t, check(t, small, "zip", lim), "")
	want(t, check(t, small, "zip", lim), archive.Bomb)

	large := rawZip(stored("noise", strings.Repeat("noise", 200_000)))
	lim = archive.Limits{Tally: &archive.Tally{}, Total: 1 << 20}
	for range 4 {
		want(t, check(t, large, "zip", lim), "")
	}
	want(t, check(t, large, "zip", lim), archive.Bomb)
}

// TestTraversalWorksWithout: Python's tarfile, told to trust, writes outside of its folder what
// Check refuses.
func TestTraversalWorksWithout(t *testing.T) {
	t.Parallel()
	evil := tarOf(t, tar.Header{Name: "../evil.txt", Typeflag: tar.TypeReg, Size: 3})
	_, dir := python(t, `
import io, sys, tarfile
tarfile.open(fileobj=io.BytesIO(sys.stdin.buffer.read())).extractall("."`+filterArgument(t)+`)`, evil)
	if _, err := os.Stat(filepath.Join(filepath.Dir(dir), "evil.txt")); err != nil {
		t.Fatalf("the attack does not work: %v", err)
	}
	want(t, check(t, evil, "tar", archive.Limits{}), archive.Name)
}

// filterArgument asks newer tarfile modules for what older ones do anyway.
func filterArgument(t *testing.T) string {
	out, _ := python(t, "import tarfile; print(hasattr(tarfile, 'data_filter'))", nil)
	if strings.TrimSpace(string(out)) == "True" {
		return ", filter='fully_trusted'"
	}
	return ""
}

// TestLinks: a link in one entry leads the next one out of the folder.
func TestLinks(t *testing.T) {
	t.Parallel()
	for name, h := range map[string]tar.Header{
		"symbolic": {Name: "a", Typeflag: tar.TypeSymlink, Linkname: "/etc"},
		"inside":   {Name: "a", Typeflag: tar.TypeSymlink, Linkname: "b"},
		"hard":     {Name: "a", Typeflag: tar.TypeLink, Linkname: "/etc/passwd"},
		"device":   {Name: "a", Typeflag: tar.TypeBlock},
		"fifo":     {Name: "a", Typeflag: tar.TypeFifo},
		"setuid":   {Name: "a", Typeflag: tar.TypeReg, Mode: 0o4755},
	} {
		t.Run("tar "+name, func(t *testing.T) {
			t.Parallel()
			want(t, check(t, tarOf(t, h), "tar", archive.Limits{}), archive.Link)
			want(t, check(t, gzipOf(t, tarOf(t, h)), "tgz", archive.Limits{}), archive.Link)
		})
	}
	for name, mode := range map[string]fs.FileMode{
		"symbolic": fs.ModeSymlink | 0o777, "device": fs.ModeDevice | 0o666, "setuid": fs.ModeSetuid | 0o755,
	} {
		t.Run("zip "+name, func(t *testing.T) {
			t.Parallel()
			want(t, check(t, zipOf(t, file{name: "a", data: "/etc", mode: mode}), "zip", archive.Limits{}), archive.Link)
		})
	}
	// The mode in a field that only some programs read (APPNOTE, ASi Unix).
	e := stored("a", "/etc")
	e.extra = []byte("nu\x0e\x00\x00\x00\x00\x00\xff\xa1\x00\x00\x00\x00\x00\x00\x00\x00")
	want(t, check(t, rawZip(e), "zip", archive.Limits{}), archive.Link)
}

// TestSetgidFolder: such folders are common and do no harm.
func TestSetgidFolder(t *testing.T) {
	t.Parallel()
	want(t, check(t, tarOf(t, tar.Header{Name: "a/", Typeflag: tar.TypeDir, Mode: 0o2775}), "tar", archive.Limits{}), "")
}

// TestTwoReadings: archives in which one program sees other entries than the next.
func TestTwoReadings(t *testing.T) {
	t.Parallel()
	change := func(e raw, with func(*raw)) raw { with(&e); return e }
	good := stored("a.txt", "hello")
	other := stored("b.txt", "world")
	sound := rawZip(good, other)
	// A comment that is an end record too: some take the first, some the last.
	twoEnds := append(bytes.Clone(sound), sound[len(sound)-22:]...)
	binary.LittleEndian.PutUint16(twoEnds[len(sound)-2:], 22)
	unicode := append([]byte("up\x10\x00\x01\x00\x00\x00\x00"), "../evil.txt"...)
	for name, tt := range map[string]struct {
		data   []byte
		reason archive.Reason
	}{
		"sound":              {sound, ""},
		"two names":          {rawZip(change(good, func(e *raw) { e.localName = "x.php" })), archive.Differs},
		"names of lengths":   {rawZip(change(good, func(e *raw) { e.localName = "xyz.php" })), archive.Differs},
		"two methods":        {rawZip(change(good, func(e *raw) { e.localMethod = 8 })), archive.Differs},
		"two sizes":          {rawZip(change(good, func(e *raw) { e.localSize = 4 })), archive.Differs},
		"wrong checksum":     {rawZip(change(good, func(e *raw) { e.crc++ })), archive.Differs},
		"encrypted":          {rawZip(change(good, func(e *raw) { e.flags = 1 })), archive.Encrypted},
		"strongly":           {rawZip(change(good, func(e *raw) { e.flags = 1 << 6 })), archive.Encrypted},
		"AES":                {rawZip(change(good, func(e *raw) { e.method, e.localMethod = 99, 99 })), archive.Encrypted},
		"unknown method":     {rawZip(change(good, func(e *raw) { e.method, e.localMethod = 93, 93 })), archive.Unknown},
		"twice":              {rawZip(good, good), archive.Duplicate},
		"twice, another way": {rawZip(good, stored("./a.txt", "x")), archive.Duplicate},
		"file and folder":    {rawZip(stored("a", "x"), stored("a/", "")), archive.Duplicate},
		"folder twice":       {rawZip(stored("a/", ""), stored("a/", ""), stored("a/b", "x")), ""},
		"folder with bytes":  {rawZip(stored("a/", "x")), archive.Differs},
		"overlap":            {rawZip(good, change(other, func(e *raw) { e.noLocal, e.offset = true, 1; e.name = "a.txt " })), archive.Differs},
		"hidden entry":       {append(hidden(good), rawZip(other)...), archive.Differs},
		"bytes between":      {rawZip(change(good, func(e *raw) { e.data = append(e.data, "junk"...) }), other), archive.Differs},
		"bytes at the end":   {rawZip(good, change(other, func(e *raw) { e.data = append(e.data, "junk"...) })), archive.Differs},
		"bytes before":       {append([]byte("#!/bin/sh\n"), sound...), archive.Differs},
		"bytes behind":       {append(bytes.Clone(sound), "<script>"...), archive.Differs},
		"two ends":           {twoEnds, archive.Differs},
		"a second name":      {rawZip(change(good, func(e *raw) { e.extra = unicode })), archive.Name},
		"and in the header":  {rawZip(change(good, func(e *raw) { e.localExtra = unicode })), archive.Name},
		"bad UTF-8":          {rawZip(change(stored("\xff.txt", "x"), func(e *raw) { e.flags = 1 << 11 })), archive.Name},
		"cut":                {sound[:len(sound)-30], archive.Broken},
		"empty file":         {nil, archive.Broken},
		"no entries":         {rawZip(), ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			want(t, check(t, tt.data, "zip", archive.Limits{}), tt.reason)
		})
	}
}

// hidden is the local part of an archive of one entry: a reader that goes from header to
// header finds it, one that reads the directory does not.
func hidden(e raw) []byte {
	b := rawZip(e)
	return b[:bytes.Index(b, []byte("PK\x01\x02"))]
}

// TestLyingSizes: the directory says 5 bytes, and 12 MB come.
func TestLyingSizes(t *testing.T) {
	t.Parallel()
	bomb := deflated("a.txt", 12<<20)
	bomb.size, bomb.localSize = 5, 5
	want(t, check(t, rawZip(bomb), "zip", archive.Limits{}), archive.Differs)
	short := deflated("a.txt", 5)
	short.size, short.localSize = 6, 6
	want(t, check(t, rawZip(short), "zip", archive.Limits{}), archive.Differs)
	padded := deflated("a.txt", 5)
	padded.data, padded.packed = append(padded.data, "hidden"...), padded.packed+6
	want(t, check(t, rawZip(padded), "zip", archive.Limits{}), archive.Differs)
}

// overlapping is David Fifield's "A better zip bomb": entries that all unpack the same bytes.
func overlapping(entries, size int) []byte {
	kernel := deflated("0", size)
	all := []raw{kernel}
	for i := 1; i < entries; i++ {
		e := kernel
		e.name, e.noLocal, e.offset = string(rune('0'+i)), true, 1
		all = append(all, e)
	}
	return rawZip(all...)
}

// nested is 42.zip: archives of archives, down to files of zeros.
func nested(t testing.TB, levels, width, size int) []byte {
	inner := rawZip(deflated("0", size))
	for range levels {
		var files []file
		for i := range width {
			files = append(files, file{name: string(rune('a'+i)) + ".zip", data: string(inner)})
		}
		inner = zipOf(t, files...)
	}
	return inner
}

func TestBombs(t *testing.T) {
	t.Parallel()
	var many []raw
	for i := range 3000 {
		many = append(many, stored(string(rune(0x4E00+i)), ""))
	}
	for name, tt := range map[string]struct {
		data   []byte
		kind   string
		lim    archive.Limits
		reason archive.Reason
	}{
		"zeros":              {rawZip(deflated("a", 12<<20)), "zip", archive.Limits{}, archive.Bomb},
		"zeros in a docx":    {rawZip(deflated("a", 12<<20)), "docx", archive.Limits{}, archive.Bomb},
		"over the total":     {rawZip(deflated("a", 2<<20)), "zip", archive.Limits{Total: 1 << 20}, archive.Bomb},
		"under the ratio":    {rawZip(deflated("a", 9<<20)), "zip", archive.Limits{}, ""},
		"overlapping":        {overlapping(60, 1<<20), "zip", archive.Limits{}, archive.Differs},
		"nested":             {nested(t, 2, 16, 4<<20), "zip", archive.Limits{}, archive.Bomb},
		"deep":               {nested(t, 5, 1, 100), "zip", archive.Limits{}, archive.Depth},
		"deep, and allowed":  {nested(t, 5, 1, 100), "zip", archive.Limits{Depth: 5}, ""},
		"no archives in it":  {nested(t, 1, 1, 100), "zip", archive.Limits{Depth: -1}, archive.Depth},
		"many entries":       {rawZip(many...), "zip", archive.Limits{Entries: 2999}, archive.Bomb},
		"as many as allowed": {rawZip(many...), "zip", archive.Limits{Entries: 3000}, ""},
		"gzip of zeros":      {gzipZeros(12 << 20), "gz", archive.Limits{}, archive.Bomb},
		"gzip in gzip":       {gzipOf(t, gzipZeros(12<<20)), "gz", archive.Limits{}, archive.Bomb},
		"tar of zeros":       {gzipOf(t, tarOf(t, tar.Header{Name: "a", Typeflag: tar.TypeReg, Size: 12 << 20})), "tgz", archive.Limits{}, archive.Bomb},
		"a zip in a tar":     {tarOfFile(t, "a.zip", rawZip(deflated("a", 12<<20))), "tar", archive.Limits{}, archive.Bomb},
		"behind the tar":     {gzipOf(t, tarOf(t, tar.Header{Name: "a", Typeflag: tar.TypeReg}), make([]byte, 12<<20)), "tgz", archive.Limits{}, archive.Bomb},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			want(t, check(t, tt.data, tt.kind, tt.lim), tt.reason)
		})
	}
}

func tarOfFile(t testing.TB, name string, data []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	if err := w.WriteHeader(&tar.Header{Name: name, Mode: 0o644, Size: int64(len(data))}); err != nil {
		t.Fatal(err)
	}
	w.Write(data)
	w.Close()
	return b.Bytes()
}

// TestBombsWorkWithout: a reader that trusts the directory unpacks sixty times the same bytes.
func TestBombsWorkWithout(t *testing.T) {
	t.Parallel()
	bomb := overlapping(60, 1<<20)
	r, err := zip.NewReader(bytes.NewReader(bomb), int64(len(bomb)))
	if err != nil {
		t.Fatal(err)
	}
	var total int64
	for _, f := range r.File {
		in, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		n, err := io.Copy(io.Discard, in)
		if err != nil {
			t.Fatal(err)
		}
		total += n
	}
	if ratio := total / int64(len(bomb)); ratio < 5000 { // one deflate stream reaches 1032
		t.Fatalf("the attack does not work: %d bytes from %d", total, len(bomb))
	}
}

// TestMemory: it stays the same whatever comes out.
func TestMemory(t *testing.T) {
	bomb := rawZip(deflated("a", 30<<20))
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	want(t, check(t, bomb, "zip", archive.Limits{Ratio: 2000, Total: 1 << 30}), "")
	runtime.ReadMemStats(&after)
	if used := after.TotalAlloc - before.TotalAlloc; used > 1<<20 {
		t.Errorf("30 MB of zeros took %d bytes of memory", used)
	}
}

// TestDangerous: the caller's names are asked for in each form that becomes them.
func TestDangerous(t *testing.T) {
	t.Parallel()
	lim := archive.Limits{Dangerous: func(name string) bool { return strings.HasSuffix(name, "__init__.py") }}
	for name, reason := range map[string]archive.Reason{
		"a/__init__.py": archive.Dangerous, "./a//__init__.py": archive.Dangerous, "__init__.py.": archive.Dangerous,
		"__init__.py ": archive.Dangerous, "__init__.txt": "",
	} {
		want(t, check(t, rawZip(stored(name, "x")), "zip", lim), reason)
		want(t, check(t, tarOf(t, tar.Header{Name: name, Typeflag: tar.TypeReg}), "tar", lim), reason)
	}
	inner := zipOf(t, file{name: "__init__.py"})
	want(t, check(t, zipOf(t, file{name: "a.zip", data: string(inner)}), "zip", lim), archive.Dangerous)
}

// TestOpaque: what cannot be looked into is refused, in archives too unless that is allowed.
func TestOpaque(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{"7z", "rar", "xz", "zst", "", "png"} {
		want(t, check(t, []byte("7z\xbc\xaf\x27\x1c"), kind, archive.Limits{}), archive.Unknown)
	}
	for _, magic := range []string{"7z\xbc\xaf\x27\x1c", "Rar!\x1a\x07\x01\x00", "\xfd7zXZ\x00", "\x28\xb5\x2f\xfd"} {
		data := zipOf(t, file{name: "a", data: magic})
		want(t, check(t, data, "zip", archive.Limits{}), archive.Unknown)
		want(t, check(t, data, "zip", archive.Limits{Opaque: true}), "")
	}
}

// TestSpooledNestedZip: a nested archive too large for memory, whose file is gone afterwards.
func TestSpooledNestedZip(t *testing.T) {
	t.Parallel()
	noise := make([]byte, 3<<20)
	for i := range noise {
		noise[i] = byte(i * i >> 7)
	}
	inner := rawZip(stored("noise", string(noise)), stored("../evil", "x"))
	folder := t.TempDir()
	data := gzipOf(t, tarOfFile(t, "inner.zip", inner))
	err := archive.Check(t.Context(), bytes.NewReader(data), int64(len(data)), "tgz", archive.Limits{Folder: folder, Ratio: 1 << 20})
	want(t, err, archive.Name)
	if left, err := os.ReadDir(folder); err != nil || len(left) != 0 {
		t.Errorf("the folder has %v, %v", left, err)
	}
}

// TestNoFolder: without a place for it, a nested archive is an error and no pass.
func TestNoFolder(t *testing.T) {
	t.Parallel()
	data := zipOf(t, file{name: "a.zip", data: string(rawZip(stored("a", strings.Repeat("x", 2<<20))))})
	err := archive.Check(t.Context(), bytes.NewReader(data), int64(len(data)), "zip", archive.Limits{Folder: filepath.Join(t.TempDir(), "none")})
	var refused *archive.Refused
	if err == nil || errors.As(err, &refused) {
		t.Errorf("got %v", err)
	}
}

func TestContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for kind, data := range map[string][]byte{"zip": rawZip(deflated("a", 1<<20)), "gz": gzipZeros(1 << 20)} {
		if err := archive.Check(ctx, bytes.NewReader(data), int64(len(data)), kind, archive.Limits{}); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: got %v", kind, err)
		}
	}
}

// broken fails to read from some byte on.
type broken struct {
	*bytes.Reader
	from int64
}

var errDisk = errors.New("the disk is broken")

func (b broken) ReadAt(p []byte, off int64) (int, error) {
	if off+int64(len(p)) > b.from && off < b.from+1<<20 {
		return 0, errDisk
	}
	return b.Reader.ReadAt(p, off)
}

// TestReadErrors: what the disk does wrong is no fault of the archive's.
func TestReadErrors(t *testing.T) {
	t.Parallel()
	noise := strings.Repeat("0123456789abcdef", 1<<13)
	for kind, data := range map[string][]byte{
		"zip": rawZip(stored("a", noise)), "tar": tarOfFile(t, "a", []byte(noise)), "gz": gzipOf(t, []byte(noise)),
	} {
		for _, from := range []int64{0, int64(len(data)) / 2, int64(len(data)) - 1} {
			r := broken{bytes.NewReader(data), from}
			if err := archive.Check(t.Context(), r, int64(len(data)), kind, archive.Limits{}); !errors.Is(err, errDisk) {
				t.Errorf("%s from %d: got %v", kind, from, err)
			}
		}
	}
	if err := archive.List(broken{bytes.NewReader(rawZip()), 0}, 22, 10, func(string) bool { return true }); !errors.Is(err, errDisk) {
		t.Errorf("List: got %v", err)
	}
}

func TestList(t *testing.T) {
	t.Parallel()
	data := zipOf(t, file{name: "a"}, file{name: "b/"}, file{name: "c"})
	for limit, count := range map[int]int{0: 0, 2: 2, 9: 3} {
		var names []string
		err := archive.List(bytes.NewReader(data), int64(len(data)), limit, func(name string) bool {
			names = append(names, name)
			return true
		})
		if err != nil || len(names) != count {
			t.Errorf("%d: %q, %v", limit, names, err)
		}
	}
	want(t, archive.List(bytes.NewReader(data[:20]), 20, 9, nil), archive.Broken)
}
