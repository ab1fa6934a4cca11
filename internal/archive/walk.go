package archive

import (
	"bufio"
	"bytes"
	"compress/bzip2"
	"context"
	"errors"
	"io"

	"github.com/fumehood/fumehood/internal/unnamed"
)

// walk is one Check. It counts over all nested archives.
type walk struct {
	ctx     context.Context
	lim     Limits
	entries int
	total   int64
	buffer  []byte
	inflate inflaters
}

// entry counts one more entry.
func (w *walk) entry() error {
	if w.entries++; w.entries > w.lim.Entries {
		return refuse(Bomb, "", "it has more than %d entries", w.lim.Entries)
	}
	return w.ctx.Err()
}

// count counts unpacked bytes.
func (w *walk) count(n int) error {
	all := w.lim.Tally
	w.total += int64(n)
	all.total += int64(n)
	if w.total > w.lim.Total {
		return refuse(Bomb, "", "it unpacks to more than %d bytes", w.lim.Total)
	}
	if all.total/tallied > w.lim.Total {
		return refuse(Bomb, "", "all that came together unpack to more than %d times %d bytes", tallied, w.lim.Total)
	}
	if all.total > ratioFrom && all.total/int64(w.lim.Ratio) > all.packed {
		return refuse(Bomb, "", "it unpacks to more than %d times its size", w.lim.Ratio)
	}
	return w.ctx.Err()
}

// meter counts what is read through it.
type meter struct {
	w *walk
	r io.Reader
}

func (m *meter) Read(p []byte) (int, error) {
	n, err := m.r.Read(p)
	if limit := m.w.count(n); limit != nil {
		return n, limit
	}
	return n, err
}

// drain reads r to its end.
func (w *walk) drain(r io.Reader) error {
	if w.buffer == nil {
		w.buffer = make([]byte, 32<<10)
	}
	for {
		if _, err := r.Read(w.buffer); err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
	}
}

// blank reads r to its end and says whether it is all zeros.
func (w *walk) blank(r io.Reader) (bool, error) {
	if w.buffer == nil {
		w.buffer = make([]byte, 32<<10)
	}
	for {
		n, err := r.Read(w.buffer)
		for _, c := range w.buffer[:n] {
			if c != 0 {
				return false, nil
			}
		}
		if err == io.EOF {
			return true, nil
		} else if err != nil {
			return false, err
		}
	}
}

// broken makes a refusal of an error of the reader of a format; the errors of limits, of the
// caller's context and of its reader pass as they are.
func broken(entry string, err error) error {
	var refused *Refused
	switch {
	case err == nil, errors.As(err, &refused), errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return err
	}
	return refuse(Broken, entry, "it cannot be read: %v", err)
}

// The first bytes of archives.
const (
	peekSize  = 512 // to the end of the header of a tar archive
	zipMagic  = "PK\x03\x04"
	zipEmpty  = "PK\x05\x06"
	gzipMagic = "\x1f\x8b\x08"
	bzipMagic = "BZh"
	ustarAt   = 257
)

// format says which archive begins with head: "" for none.
func format(head []byte) string {
	begins := func(magic string) bool { return bytes.HasPrefix(head, []byte(magic)) }
	switch {
	case begins(zipMagic), begins(zipEmpty):
		return "zip"
	case begins(gzipMagic):
		return "gz"
	case begins(bzipMagic) && len(head) >= 10 && (string(head[4:10]) == "1AY&SY" || string(head[4:10]) == "\x17\x72\x45\x38\x50\x90"):
		return "bz2"
	case len(head) >= ustarAt+5 && string(head[ustarAt:ustarAt+5]) == "ustar":
		return "tar"
	case begins("7z\xbc\xaf\x27\x1c"):
		return "7z"
	case begins("Rar!\x1a\x07"):
		return "rar"
	case begins("\xfd7zXZ\x00"):
		return "xz"
	case begins("\x28\xb5\x2f\xfd"):
		return "zst"
	}
	return ""
}

// content reads one entry to its end, and looks into it where it is an archive. What is read
// was counted by the caller's meter. at is the entry where it lies unpacked in the archive,
// else nil.
func (w *walk) content(name string, r io.Reader, at *io.SectionReader, depth int) error {
	buffered := bufio.NewReaderSize(r, 4096)
	head, err := buffered.Peek(peekSize)
	if err != nil && err != io.EOF {
		return broken(name, err)
	}
	err = nil
	kind := format(head)
	if kind != "" && depth > w.lim.Depth {
		return refuse(Depth, name, "it is an archive in more than %d others", max(w.lim.Depth, 0)+1)
	}
	switch kind {
	case "zip":
		err = w.nestedZip(buffered, at, depth)
	case "tar":
		err = w.tar(buffered, depth)
	case "gz":
		err = w.gzip(buffered, name, depth)
	case "bz2":
		err = w.bzip2(buffered, name, depth)
	case "7z", "rar", "xz", "zst":
		if !w.lim.Opaque {
			return refuse(Unknown, name, "it is an archive (%s) that cannot be looked into", kind)
		}
	}
	if err != nil {
		return err
	}
	return broken(name, w.drain(buffered))
}

// inMemory is the largest nested archive that gets no file.
const inMemory = 1 << 20

// nestedZip keeps a zip archive where it can be read from its end.
func (w *walk) nestedZip(r io.Reader, at *io.SectionReader, depth int) error {
	if at != nil {
		return w.zip(at, at.Size(), depth)
	}
	var small bytes.Buffer
	n, err := io.CopyN(&small, r, inMemory)
	if err == io.EOF {
		return w.zip(bytes.NewReader(small.Bytes()), n, depth)
	} else if err != nil {
		return broken("", err)
	}
	file, err := unnamed.File(w.lim.Folder)
	if err != nil {
		return err
	}
	defer file.Close()
	out := &kept{file: file}
	n, err = io.Copy(out, io.MultiReader(&small, r))
	if out.failed != nil { // the disk's fault
		return out.failed
	}
	if err != nil {
		return broken("", err)
	}
	return w.zip(file, n, depth)
}

// kept writes to a file, and remembers what went wrong with that: it is no fault of the
// archive's.
type kept struct {
	file   io.Writer
	failed error
}

// Write implements io.Writer.
func (k *kept) Write(p []byte) (int, error) {
	n, err := k.file.Write(p)
	if err != nil {
		k.failed = err
	}
	return n, err
}

// bzip2 reads what is packed by bzip2, and the archive in it.
func (w *walk) bzip2(r io.Reader, name string, depth int) error {
	return w.packedStream(&meter{w, bzip2.NewReader(r)}, name, depth)
}

// packedStream reads what one stream unpacks to. A tar archive in it is no further level: the
// two are one.
func (w *walk) packedStream(r io.Reader, name string, depth int) error {
	if err := w.entry(); err != nil {
		return err
	}
	buffered := bufio.NewReaderSize(r, 4096)
	head, err := buffered.Peek(peekSize)
	if err != nil && err != io.EOF {
		return broken(name, err)
	}
	if format(head) == "tar" {
		return w.tar(buffered, depth)
	}
	return w.content(name, buffered, nil, depth+1)
}
