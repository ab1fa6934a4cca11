package archive

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"unicode/utf8"
)

// The records of a zip archive (APPNOTE 6.3.10, section 4.3).
const (
	localLen   = 30
	centralLen = 46
	endLen     = 22
	locatorLen = 20
	end64Len   = 56

	centralMagic = "PK\x01\x02"
	endMagic     = "PK\x05\x06"
	locatorMagic = "PK\x06\x07"
	end64Magic   = "PK\x06\x06"

	noLength = 1<<32 - 1 // the true one is in the extra field
)

// The bits of the general purpose flags (section 4.4.4).
const (
	flagEncrypted  = 1 << 0
	flagDescriptor = 1 << 3
	flagPatch      = 1 << 5
	flagStrong     = 1 << 6
	flagUTF8       = 1 << 11
	flagMasked     = 1 << 13

	flagsCompared = flagEncrypted | flagDescriptor | flagPatch | flagStrong | flagUTF8 | flagMasked
)

// zipEntry is one entry as the central directory has it.
type zipEntry struct {
	name     string
	flags    uint16
	method   uint16
	crc      uint32
	packed   int64
	size     int64
	offset   int64 // of its local header
	external uint32
	extra    []byte // valid until the next entry
}

// zipFile is a zip archive that is read from its end.
type zipFile struct {
	r         io.ReaderAt
	size      int64
	directory int64 // the offset of the central directory
	length    int64 // its length
	entries   int64
}

func readAt(r io.ReaderAt, off int64, n int) ([]byte, error) {
	b := make([]byte, n)
	if got, err := r.ReadAt(b, off); got < n {
		if err == nil || err == io.EOF {
			err = io.ErrUnexpectedEOF
		}
		return nil, err
	}
	return b, nil
}

// openZip finds the central directory. There must be one end record that readers can find,
// with nothing behind it: some look for it from the end and take the first signature, some
// want its comment to fill the file.
func openZip(r io.ReaderAt, size int64) (*zipFile, error) {
	n := min(size, endLen+1<<16)
	if n < endLen {
		return nil, refuse(Broken, "", "it is too short")
	}
	tail, err := readAt(r, size-n, int(n))
	if err != nil {
		return nil, broken("", err)
	}
	i := bytes.LastIndex(tail, []byte(endMagic))
	if i < 0 || i+endLen > len(tail) {
		return nil, refuse(Broken, "", "it has no end record")
	}
	end := tail[i:]
	if comment := int(binary.LittleEndian.Uint16(end[20:])); i+endLen+comment != len(tail) {
		return nil, refuse(Differs, "", "something lies behind its end record")
	}
	for j := bytes.LastIndex(tail[:i], []byte(endMagic)); j >= 0; j = bytes.LastIndex(tail[:j], []byte(endMagic)) {
		if j+endLen <= i && j+endLen+int(binary.LittleEndian.Uint16(tail[j+20:])) == len(tail) {
			return nil, refuse(Differs, "", "it has two end records")
		}
	}
	z := &zipFile{r: r, size: size}
	at := size - n + int64(i)
	disks := binary.LittleEndian.Uint32(end[4:])
	here, all := binary.LittleEndian.Uint16(end[8:]), binary.LittleEndian.Uint16(end[10:])
	z.entries = int64(all)
	z.length, z.directory = int64(binary.LittleEndian.Uint32(end[12:])), int64(binary.LittleEndian.Uint32(end[16:]))
	if at, err = z.zip64(at); err != nil {
		return nil, err
	}
	switch {
	case disks != 0 && disks != noLength || here != all:
		return nil, refuse(Unknown, "", "it is one of several parts")
	case z.directory < 0 || z.length < 0 || z.length > at || z.directory != at-z.length:
		return nil, refuse(Differs, "", "something lies before it, or between its entries and its end record")
	}
	return z, nil
}

// zip64 takes the fields of the larger end record, where there is one before the record at
// at, and returns the offset of the first of the two.
func (z *zipFile) zip64(at int64) (int64, error) {
	if at < locatorLen+end64Len {
		return at, nil
	}
	locator, err := readAt(z.r, at-locatorLen, locatorLen)
	if err != nil {
		return 0, broken("", err)
	}
	if string(locator[:4]) != locatorMagic {
		return at, nil
	}
	off := int64(binary.LittleEndian.Uint64(locator[8:]))
	if off != at-locatorLen-end64Len {
		return 0, refuse(Differs, "", "its two end records do not lie together")
	}
	record, err := readAt(z.r, off, end64Len)
	if err != nil {
		return 0, broken("", err)
	}
	if string(record[:4]) != end64Magic || binary.LittleEndian.Uint64(record[4:]) != end64Len-12 {
		return 0, refuse(Broken, "", "its larger end record is wrong")
	}
	for _, f := range []struct {
		small *int64
		none  int64
		large uint64
	}{
		{&z.entries, 1<<16 - 1, binary.LittleEndian.Uint64(record[32:])},
		{&z.length, noLength, binary.LittleEndian.Uint64(record[40:])},
		{&z.directory, noLength, binary.LittleEndian.Uint64(record[48:])},
	} {
		if *f.small != f.none && uint64(*f.small) != f.large || f.large > 1<<62 {
			return 0, refuse(Differs, "", "its two end records differ")
		}
		*f.small = int64(f.large)
	}
	return off, nil
}

// each calls see for each entry of the central directory.
func (z *zipFile) each(see func(*zipEntry) error) error {
	in := bufio.NewReaderSize(io.NewSectionReader(z.r, z.directory, z.length), 32<<10)
	var head [centralLen]byte
	var variable []byte
	for range z.entries {
		if _, err := io.ReadFull(in, head[:]); err != nil {
			return broken("", noEOF(err))
		}
		if string(head[:4]) != centralMagic {
			return refuse(Broken, "", "its directory is broken")
		}
		nameLen, extraLen := int(binary.LittleEndian.Uint16(head[28:])), int(binary.LittleEndian.Uint16(head[30:]))
		n := nameLen + extraLen + int(binary.LittleEndian.Uint16(head[32:]))
		if cap(variable) < n {
			variable = make([]byte, n)
		}
		variable = variable[:n]
		if _, err := io.ReadFull(in, variable); err != nil {
			return broken("", noEOF(err))
		}
		e := &zipEntry{
			name:     string(variable[:nameLen]),
			flags:    binary.LittleEndian.Uint16(head[8:]),
			method:   binary.LittleEndian.Uint16(head[10:]),
			crc:      binary.LittleEndian.Uint32(head[16:]),
			packed:   int64(binary.LittleEndian.Uint32(head[20:])),
			size:     int64(binary.LittleEndian.Uint32(head[24:])),
			external: binary.LittleEndian.Uint32(head[38:]),
			offset:   int64(binary.LittleEndian.Uint32(head[42:])),
			extra:    variable[nameLen : nameLen+extraLen],
		}
		if err := large(e.name, e.extra, &e.size, &e.packed, &e.offset); err != nil {
			return err
		}
		if err := see(e); err != nil {
			return err
		}
	}
	if _, err := in.ReadByte(); err != io.EOF {
		return refuse(Differs, "", "its directory holds more than its entries")
	}
	return nil
}

func noEOF(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// The kinds of extra fields that are looked at (section 4.5.2 and 4.6).
const (
	extraLarge   = 0x0001 // lengths of 64 bits
	extraUnicode = 0x7075 // the name in UTF-8
	extraUnix    = 0x756E // modes and links, of ASi
	extraAES     = 0x9901
)

// extras calls see for each field of an extra area. Some programs pad it with zeros.
func extras(extra []byte, see func(id uint16, data []byte) error) error {
	for len(extra) >= 4 {
		id, n := binary.LittleEndian.Uint16(extra), int(binary.LittleEndian.Uint16(extra[2:]))
		if n > len(extra)-4 {
			return nil // readers stop here as well; Python's refuses
		}
		if err := see(id, extra[4:4+n]); err != nil {
			return err
		}
		extra = extra[4+n:]
	}
	return nil
}

// large puts the lengths of 64 bits in the place of those that did not fit.
func large(name string, extra []byte, fields ...*int64) error {
	seen := false
	err := extras(extra, func(id uint16, data []byte) error {
		if id != extraLarge {
			return nil
		}
		if seen {
			return refuse(Differs, name, "it has two lengths")
		}
		seen = true
		for _, f := range fields {
			if *f != noLength || len(data) < 8 {
				continue
			}
			v := binary.LittleEndian.Uint64(data)
			if v > 1<<62 {
				return refuse(Broken, name, "it has a length that it cannot have")
			}
			*f, data = int64(v), data[8:]
		}
		return nil
	})
	return err
}

// List calls see for each entry of the central directory of a zip archive, until it has
// called it limit times or see returns false. Nothing is unpacked, and nothing is checked but
// that there is one directory, right behind the entries, and that the first entry is the first
// thing in the file. The error is a *Refused, or r's own.
func List(r io.ReaderAt, size int64, limit int, see func(name string) bool) error {
	src := &source{ReaderAt: r}
	z, err := openZip(src, size)
	if err != nil {
		return src.or(err)
	}
	first, count := z.directory, 0
	err = z.each(func(e *zipEntry) error {
		first = min(first, e.offset)
		if count++; count > limit || !see(e.name) {
			return io.EOF
		}
		return nil
	})
	switch {
	case err == io.EOF:
		return nil
	case err == nil && first != 0:
		return refuse(Differs, "", "something lies before its first entry")
	}
	return src.or(err)
}

// source remembers what went wrong with reading, which is no fault of the archive's.
type source struct {
	io.ReaderAt
	failed error
}

// ReadAt implements io.ReaderAt.
func (s *source) ReadAt(p []byte, off int64) (int, error) {
	n, err := s.ReaderAt.ReadAt(p, off)
	if err != nil && err != io.EOF {
		s.failed = err
	}
	return n, err
}

// or returns what went wrong with reading, or else err.
func (s *source) or(err error) error {
	if s.failed != nil {
		return s.failed
	}
	return err
}

// validName says whether the flag for UTF-8 and the name agree.
func (e *zipEntry) validName() bool {
	return e.flags&flagUTF8 == 0 || utf8.ValidString(e.name)
}
