package archive_test

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/flate"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"
	"io/fs"
	"os/exec"
	"testing"

	"github.com/fumehood/fumehood/internal/archive"
	"github.com/fumehood/fumehood/internal/testapp"
)

// check looks into an archive in memory; unless a test wants others, the limits are the
// defaults.
func check(t testing.TB, data []byte, kind string, lim archive.Limits) error {
	t.Helper()
	lim.Folder = t.TempDir()
	return archive.Check(t.Context(), bytes.NewReader(data), int64(len(data)), kind, lim)
}

// want fails unless err is a refusal for that reason; "" is none.
func want(t testing.TB, err error, reason archive.Reason) {
	t.Helper()
	var refused *archive.Refused
	switch {
	case reason == "" && err != nil:
		t.Errorf("it was refused: %v", err)
	case reason == "":
	case !errors.As(err, &refused):
		t.Errorf("got %v, want a refusal (%s)", err, reason)
	case refused.Reason != reason:
		t.Errorf("refused as %s (%v), want %s", refused.Reason, err, reason)
	}
}

// file is an entry of a zip archive that zipOf makes.
type file struct {
	name string
	data string
	mode fs.FileMode // with its kind
}

func zipOf(t testing.TB, files ...file) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, f := range files {
		h := &zip.FileHeader{Name: f.name, Method: zip.Deflate}
		if f.mode != 0 {
			h.SetMode(f.mode)
		}
		e, err := w.CreateHeader(h)
		if err != nil {
			t.Fatal(err)
		}
		io.WriteString(e, f.data)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// raw is an entry as it stands in the bytes of an archive, so that the two places where it is
// described can differ.
type raw struct {
	name, localName   string // localName: "" for the same
	data              []byte // as packed
	method            uint16
	flags             uint16
	size, packed      uint32 // as the directory has them
	crc               uint32
	localSize         uint32
	external          uint32
	extra, localExtra []byte
	offset            int  // of the entry to point at instead, plus one; 0: its own
	noLocal           bool // the entry is in the directory only
	localMethod       uint16
	descriptor        []byte
}

// stored is a raw entry where all agree.
func stored(name, data string) raw {
	n := uint32(len(data))
	return raw{name: name, data: []byte(data), size: n, packed: n, localSize: n, crc: crc32.ChecksumIEEE([]byte(data))}
}

// deflated is a raw entry of that many zeros, where all agree.
func deflated(name string, zeros int) raw {
	var b bytes.Buffer
	w, _ := flate.NewWriter(&b, flate.BestCompression)
	sum, block := uint32(0), make([]byte, 1<<20)
	for left := zeros; left > 0; left -= len(block) {
		block = block[:min(left, len(block))]
		w.Write(block)
		sum = crc32.Update(sum, crc32.IEEETable, block)
	}
	w.Close()
	return raw{name: name, data: b.Bytes(), method: 8, localMethod: 8, size: uint32(zeros), localSize: uint32(zeros),
		packed: uint32(b.Len()), crc: sum}
}

// rawZip writes the records of APPNOTE.TXT, sections 4.3.7, 4.3.12 and 4.3.16, as told.
func rawZip(entries ...raw) []byte {
	var b, directory []byte
	var offsets []int
	le := binary.LittleEndian
	for _, e := range entries {
		offsets = append(offsets, len(b))
		if e.localName == "" {
			e.localName = e.name
		}
		if !e.noLocal {
			b = append(b, "PK\x03\x04\x14\x00"...)
			b = le.AppendUint16(b, e.flags)
			b = le.AppendUint16(b, e.localMethod)
			b = append(b, 0, 0, 0x21, 0x5A)
			b = le.AppendUint32(b, e.crc)
			b = le.AppendUint32(b, e.packed)
			b = le.AppendUint32(b, e.localSize)
			b = le.AppendUint16(b, uint16(len(e.localName)))
			b = le.AppendUint16(b, uint16(len(e.localExtra)))
			b = append(b, e.localName...)
			b = append(append(append(b, e.localExtra...), e.data...), e.descriptor...)
		}
		at := offsets[len(offsets)-1]
		if e.offset > 0 {
			at = offsets[e.offset-1]
		}
		d := append(directory, "PK\x01\x02\x14\x03\x14\x00"...)
		d = le.AppendUint16(d, e.flags)
		d = le.AppendUint16(d, e.method)
		d = append(d, 0, 0, 0x21, 0x5A)
		d = le.AppendUint32(d, e.crc)
		d = le.AppendUint32(d, e.packed)
		d = le.AppendUint32(d, e.size)
		d = le.AppendUint16(d, uint16(len(e.name)))
		d = le.AppendUint16(d, uint16(len(e.extra)))
		d = append(d, make([]byte, 6)...)
		d = le.AppendUint32(d, e.external)
		d = le.AppendUint32(d, uint32(at))
		directory = append(append(d, e.name...), e.extra...)
	}
	end := len(b)
	b = append(append(b, directory...), "PK\x05\x06\x00\x00\x00\x00"...)
	b = le.AppendUint16(b, uint16(len(entries)))
	b = le.AppendUint16(b, uint16(len(entries)))
	b = le.AppendUint32(b, uint32(len(directory)))
	b = le.AppendUint32(b, uint32(end))
	return append(b, 0, 0)
}

func tarOf(t testing.TB, headers ...tar.Header) []byte {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, h := range headers {
		if h.Mode == 0 && h.Typeflag != tar.TypeXGlobalHeader {
			h.Mode = 0o644
		}
		if err := w.WriteHeader(&h); err != nil {
			t.Fatal(err)
		}
		w.Write(make([]byte, h.Size))
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func gzipOf(t testing.TB, data ...[]byte) []byte {
	t.Helper()
	var b bytes.Buffer
	for _, d := range data {
		w := gzip.NewWriter(&b)
		w.Write(d)
		w.Close()
	}
	return b.Bytes()
}

// zeros is n zero bytes, packed by gzip, without having them in memory.
func gzipZeros(n int) []byte {
	var b bytes.Buffer
	w, _ := gzip.NewWriterLevel(&b, gzip.BestCompression)
	for block := make([]byte, 1<<20); n > 0; n -= len(block) {
		w.Write(block[:min(n, len(block))])
	}
	w.Close()
	return b.Bytes()
}

// python runs a script of Python's standard library in a new folder and returns what it
// writes.
func python(t testing.TB, script string, stdin []byte) (out []byte, dir string) {
	t.Helper()
	dir = t.TempDir()
	cmd := exec.Command(testapp.Python(t), "-c", script)
	var errors bytes.Buffer
	cmd.Dir, cmd.Stdin, cmd.Stderr = dir, bytes.NewReader(stdin), &errors
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, errors.String())
	}
	return out, dir
}
