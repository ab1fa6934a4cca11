package archive

import (
	"bufio"
	"compress/bzip2"
	"compress/flate"
	"encoding/binary"
	"hash/crc32"
	"io"
	"slices"
	"strings"
)

// The methods that the standard library unpacks (APPNOTE 4.4.5).
const (
	methodStored  = 0
	methodDeflate = 8
	methodBzip2   = 12
)

// span is where one entry lies, from its local header to the end of its bytes.
type span struct {
	start, data, end int64
	entry            zipSums
}

// zipSums is what a data descriptor repeats.
type zipSums struct {
	crc          uint32
	packed, size int64
	descriptor   bool
	filled       bool // the local header has the lengths although a descriptor may follow
}

// zip looks at a zip archive: first, without unpacking, whether the directory and the entries
// tell the same, and whether the entries lie one behind the other; then into each.
func (w *walk) zip(r io.ReaderAt, size int64, depth int) error {
	z, err := openZip(r, size)
	if err != nil {
		return err
	}
	if z.entries > int64(w.lim.Entries-w.entries) {
		return refuse(Bomb, "", "it has more than %d entries", w.lim.Entries)
	}
	spans, seen := make([]span, 0, min(z.entries, 1024)), names{}
	err = z.each(func(e *zipEntry) error {
		if err := w.entry(); err != nil {
			return err
		}
		if err := w.zipHeader(e, &seen); err != nil {
			return err
		}
		s, extra, err := z.local(e)
		if err != nil {
			return err
		}
		spans = append(spans, s)
		return w.zipExtras(e.name, extra)
	})
	if err != nil {
		return err
	}
	if err := z.tiled(spans); err != nil {
		return err
	}
	return z.each(func(e *zipEntry) error { return w.unpack(z, e, spanOf(spans, e.offset), depth) })
}

// zipHeader looks at what the directory says of an entry.
func (w *walk) zipHeader(e *zipEntry, seen *names) error {
	if !e.validName() {
		return refuse(Name, e.name, "its name is no UTF-8 and says that it is")
	}
	if err := w.name(e.name); err != nil {
		return err
	}
	folder := strings.HasSuffix(e.name, "/")
	switch {
	case e.flags&(flagEncrypted|flagStrong|flagMasked) != 0 || e.method == 99:
		return refuse(Encrypted, e.name, "it is encrypted")
	case e.flags&flagPatch != 0 || e.method != methodStored && e.method != methodDeflate && e.method != methodBzip2:
		return refuse(Unknown, e.name, "it is packed by a method (%d) that cannot be looked into", e.method)
	case folder && e.size != 0:
		return refuse(Differs, e.name, "it is a folder with bytes of its own")
	}
	if err := unixMode(e.name, uint16(e.external>>16)); err != nil {
		return err
	}
	if err := w.zipExtras(e.name, e.extra); err != nil {
		return err
	}
	return seen.add(e.name, folder)
}

// zipExtras looks at the fields that some programs read besides the header, and believe more.
func (w *walk) zipExtras(name string, extra []byte) error {
	return extras(extra, func(id uint16, data []byte) error {
		switch {
		case id == extraUnicode && len(data) > 5:
			return w.name(string(data[5:]))
		case id == extraUnix && len(data) > 6:
			return unixMode(name, binary.LittleEndian.Uint16(data[4:]))
		case id == extraAES:
			return refuse(Encrypted, name, "it is encrypted")
		}
		return nil
	})
}

// unixMode looks at the mode that an entry would get, as in <sys/stat.h>.
func unixMode(name string, mode uint16) error {
	switch kind := mode & 0o170000; {
	case kind == 0o120000:
		return refuse(Link, name, "it is a link")
	case kind != 0 && kind != 0o100000 && kind != 0o040000:
		return refuse(Link, name, "it is a device")
	case mode&0o6000 != 0 && kind != 0o040000:
		return refuse(Link, name, "it would be a setuid or setgid file")
	}
	return nil
}

// local reads the local header of e, compares it with the directory, and returns its extra
// fields too.
func (z *zipFile) local(e *zipEntry) (span, []byte, error) {
	differs := func(what string) error {
		return refuse(Differs, e.name, "its header and the directory have two %s", what)
	}
	if e.offset > z.directory-localLen || e.packed > z.directory {
		return span{}, nil, refuse(Broken, e.name, "it lies outside of the archive")
	}
	head, err := readAt(z.r, e.offset, localLen)
	if err != nil {
		return span{}, nil, broken(e.name, err)
	}
	nameLen, extraLen := int(binary.LittleEndian.Uint16(head[26:])), int(binary.LittleEndian.Uint16(head[28:]))
	data := e.offset + localLen + int64(nameLen+extraLen)
	switch {
	case string(head[:4]) != zipMagic:
		return span{}, nil, refuse(Broken, e.name, "it has no header")
	case data > z.directory-e.packed:
		return span{}, nil, refuse(Broken, e.name, "it lies outside of the archive")
	case nameLen != len(e.name):
		return span{}, nil, differs("names")
	}
	variable, err := readAt(z.r, e.offset+localLen, nameLen+extraLen)
	if err != nil {
		return span{}, nil, broken(e.name, err)
	}
	flags := binary.LittleEndian.Uint16(head[6:])
	s := span{start: e.offset, data: data, end: data + e.packed, entry: zipSums{
		crc: e.crc, packed: e.packed, size: e.size, descriptor: e.flags&flagDescriptor != 0,
	}}
	crc := binary.LittleEndian.Uint32(head[14:])
	packed, size := int64(binary.LittleEndian.Uint32(head[18:])), int64(binary.LittleEndian.Uint32(head[22:]))
	if err := large(e.name, variable[nameLen:], &size, &packed); err != nil {
		return span{}, nil, err
	}
	s.entry.filled = packed == e.packed && size == e.size && crc == e.crc
	switch {
	case string(variable[:nameLen]) != e.name:
		return span{}, nil, differs("names")
	case (flags^e.flags)&flagsCompared != 0:
		return span{}, nil, differs("sets of flags")
	case binary.LittleEndian.Uint16(head[8:]) != e.method:
		return span{}, nil, differs("methods")
	case s.entry.filled:
	case !s.entry.descriptor, packed != 0 && packed != e.packed, size != 0 && size != e.size, crc != 0 && crc != e.crc:
		return span{}, nil, differs("lengths or checksums")
	}
	return s, variable[nameLen:], nil
}

// tiled sorts the entries by where they lie and refuses those that overlap, and bytes that
// belong to none: a reader that goes from header to header finds other entries there.
func (z *zipFile) tiled(spans []span) error {
	slices.SortFunc(spans, func(a, b span) int { return int(min(max(a.start-b.start, -1), 1)) })
	at := int64(0)
	for i, s := range spans {
		if s.start < at {
			return refuse(Differs, "", "two entries overlap")
		}
		if s.start > at {
			return refuse(Differs, "", "%d bytes lie between its entries", s.start-at)
		}
		next := z.directory
		if i+1 < len(spans) {
			next = spans[i+1].start
		}
		at = s.end
		if s.entry.descriptor {
			n, err := z.descriptor(s, next-at)
			if err != nil {
				return err
			}
			at += n
		}
	}
	if at != z.directory {
		return refuse(Differs, "", "%d bytes lie between its entries and its directory", z.directory-at)
	}
	return nil
}

// descriptor returns the length of the data descriptor behind an entry (section 4.3.9): with or
// without a signature, of lengths of 32 or 64 bits. gap is the room to the next entry.
func (z *zipFile) descriptor(s span, gap int64) (int64, error) {
	if gap == 0 && s.entry.filled {
		return 0, nil
	}
	if gap != 12 && gap != 16 && gap != 20 && gap != 24 {
		return 0, refuse(Differs, "", "two entries overlap, or bytes lie between them")
	}
	d, err := readAt(z.r, s.end, int(gap))
	if err != nil {
		return 0, broken("", err)
	}
	if gap == 16 || gap == 24 {
		if string(d[:4]) != "PK\x07\x08" {
			return 0, refuse(Differs, "", "bytes lie between its entries")
		}
		d = d[4:]
	}
	crc := binary.LittleEndian.Uint32(d)
	var packed, size int64
	if len(d) == 12 {
		packed, size = int64(binary.LittleEndian.Uint32(d[4:])), int64(binary.LittleEndian.Uint32(d[8:]))
	} else {
		packed, size = int64(binary.LittleEndian.Uint64(d[4:])), int64(binary.LittleEndian.Uint64(d[12:]))
	}
	if crc != s.entry.crc || packed != s.entry.packed || size != s.entry.size {
		return 0, refuse(Differs, "", "an entry and its directory have two lengths or checksums")
	}
	return gap, nil
}

// spanOf finds the entry that begins at start; tiled has sorted them.
func spanOf(spans []span, start int64) span {
	i, _ := slices.BinarySearchFunc(spans, start, func(s span, at int64) int { return int(min(max(s.start-at, -1), 1)) })
	return spans[i]
}

// unpack reads an entry to nowhere and compares its length and checksum with the directory's.
func (w *walk) unpack(z *zipFile, e *zipEntry, s span, depth int) error {
	section := io.NewSectionReader(z.r, s.data, e.packed)
	in := bufio.NewReaderSize(section, 4096)
	var unpacked io.Reader = in
	var stored *io.SectionReader
	switch e.method {
	case methodStored:
		stored = io.NewSectionReader(z.r, s.data, e.packed)
	case methodDeflate:
		inflater := w.inflate.take(in)
		defer w.inflate.give(inflater)
		unpacked = inflater
	case methodBzip2:
		unpacked = bzip2.NewReader(in)
	}
	sum := &summed{r: unpacked, most: e.size}
	if err := w.content(e.name, &meter{w, sum}, stored, depth+1); err != nil {
		return err
	}
	if _, err := in.ReadByte(); err != io.EOF {
		return refuse(Differs, e.name, "more bytes are packed than it unpacks from")
	}
	if sum.n != e.size || sum.crc != e.crc {
		return refuse(Differs, e.name, "its length or checksum is not the one that it says")
	}
	return nil
}

// summed counts bytes and their checksum, and ends a stream that is longer than it said.
type summed struct {
	r    io.Reader
	n    int64
	most int64
	crc  uint32
}

// Read implements io.Reader.
func (s *summed) Read(p []byte) (int, error) {
	n, err := s.r.Read(p)
	s.n += int64(n)
	s.crc = crc32.Update(s.crc, crc32.IEEETable, p[:n])
	if s.n > s.most {
		return n, refuse(Differs, "", "an entry unpacks to more than it says")
	}
	return n, err
}

// inflaters are used again: each is 40 KB. Nested archives need one for each level.
type inflaters struct{ free []io.ReadCloser }

func (f *inflaters) take(r io.Reader) io.ReadCloser {
	if n := len(f.free); n > 0 {
		inflater := f.free[n-1]
		f.free = f.free[:n-1]
		inflater.(flate.Resetter).Reset(r, nil)
		return inflater
	}
	return flate.NewReader(r)
}

func (f *inflaters) give(r io.ReadCloser) { f.free = append(f.free, r) }
