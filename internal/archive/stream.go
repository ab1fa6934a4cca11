package archive

import (
	"archive/tar"
	"bufio"
	"compress/gzip"
	"errors"
	"io"
	"strings"
)

// gzip reads what is packed by gzip, and the archive in it.
func (w *walk) gzip(r io.Reader, name string, depth int) error {
	members := &members{in: bufio.NewReaderSize(r, 4096)}
	unpacker, err := gzip.NewReader(members.in)
	if err != nil {
		return broken(name, err)
	}
	members.now = unpacker
	members.now.Multistream(false)
	// The name in the header is what gzip -N writes to. It is Latin-1 and has no folder.
	if inner := unpacker.Name; inner != "" {
		if err := w.name(inner); err != nil {
			return err
		}
	}
	return w.packedStream(&meter{w, members}, name, depth)
}

// members reads the members of a gzip file one after the other, as one stream, and takes zeros
// behind the last one, as gzip and Python do.
type members struct {
	in  *bufio.Reader
	now *gzip.Reader
}

// Read implements io.Reader.
func (m *members) Read(p []byte) (int, error) {
	for {
		n, err := m.now.Read(p)
		if err != io.EOF {
			return n, err
		}
		if n > 0 { // the end of this member comes again with the next call
			return n, nil
		}
		for {
			next, err := m.in.Peek(1)
			if err != nil {
				return 0, err
			}
			if next[0] != 0 {
				break
			}
			m.in.Discard(1)
		}
		if err := m.now.Reset(m.in); err != nil {
			return 0, err
		}
		m.now.Multistream(false)
	}
}

// tar reads a tar archive. The meter that counts its bytes is below it, in r.
func (w *walk) tar(r io.Reader, depth int) error {
	archive, seen := tar.NewReader(r), names{}
	for {
		head, err := archive.Next()
		if err == io.EOF {
			break
		}
		if err != nil && !errors.Is(err, tar.ErrInsecurePath) { // its name is looked at below
			return broken("", err)
		}
		if err := w.entry(); err != nil {
			return err
		}
		if err := w.tarHeader(head, &seen); err != nil {
			return err
		}
		if err := w.content(head.Name, archive, nil, depth+1); err != nil {
			return err
		}
	}
	blank, err := w.blank(r)
	if err != nil {
		return broken("", err)
	}
	if !blank {
		return refuse(Differs, "", "something lies behind the end of the archive")
	}
	return nil
}

// tarHeader looks at all of an entry but its bytes.
func (w *walk) tarHeader(head *tar.Header, seen *names) error {
	switch head.Typeflag {
	case tar.TypeXGlobalHeader:
		// Python's tarfile applies these to each entry that follows, Go's tar does not.
		for key := range head.PAXRecords {
			if key == "path" || key == "linkpath" || key == "size" || key == "hdrcharset" || strings.HasPrefix(key, "GNU.sparse") {
				return refuse(Differs, "", "it names a %s for all entries", key)
			}
		}
		return nil
	case tar.TypeReg:
		if head.Mode&0o6000 != 0 {
			return refuse(Link, head.Name, "it would be a setuid or setgid file")
		}
	case tar.TypeDir:
	case tar.TypeSymlink, tar.TypeLink:
		return refuse(Link, head.Name, "it is a link")
	case tar.TypeChar, tar.TypeBlock, tar.TypeFifo:
		return refuse(Link, head.Name, "it is a device")
	default:
		return refuse(Unknown, head.Name, "it is of the kind %q, which is no file", head.Typeflag)
	}
	for key := range head.PAXRecords {
		if strings.HasPrefix(key, "GNU.sparse") {
			return refuse(Unknown, head.Name, "it is a file with holes")
		}
	}
	if err := w.name(head.Name); err != nil {
		return err
	}
	return seen.add(head.Name, head.Typeflag == tar.TypeDir)
}
