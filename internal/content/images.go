package content

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"io"
)

// walkPNG steps over the chunks (W3C PNG, section 5) from the signature to IEND.
func walkPNG(v *view) error {
	for off := int64(8); ; {
		head, err := v.at(off, 8)
		if err != nil {
			return err
		}
		length, name := int64(binary.BigEndian.Uint32(head)), string(head[4:])
		switch {
		case length > 1<<31-1 || length > v.size-off-12:
			return fault(Broken, "a chunk reaches behind the end of the file")
		case off == 8 && (name != "IHDR" || length != 13):
			return fault(Broken, "the first chunk is not IHDR")
		}
		for _, c := range []byte(name) {
			if (c|0x20) < 'a' || (c|0x20) > 'z' {
				return fault(Broken, "a chunk has no name")
			}
		}
		if name == "IHDR" || name == "IEND" {
			if err := checkCRC(v, off, length); err != nil {
				return err
			}
		}
		off += 12 + length
		if name == "IEND" {
			return v.end(off)
		}
		if err := v.step(); err != nil {
			return err
		}
	}
}

func checkCRC(v *view, off, length int64) error {
	if length > 13 {
		return fault(Broken, "a chunk has a length that it cannot have")
	}
	chunk, err := v.at(off+4, int(length)+8)
	if err != nil {
		return err
	}
	if crc32.ChecksumIEEE(chunk[:4+length]) != binary.BigEndian.Uint32(chunk[4+length:]) {
		return fault(Broken, "a chunk has a wrong checksum")
	}
	return nil
}

// walkJPEG steps over the segments (ITU T.81, annex B) from SOI to EOI, and over what
// cameras put behind that.
func walkJPEG(v *view) error {
	off, err := jpegEnd(v, 0)
	for pictures := 0; err == nil && off < v.size; pictures++ {
		if v.end(off) == nil {
			return nil
		}
		next, kind := jpegTrailer(v, off)
		switch {
		case kind == "samsung":
			return nil
		case kind == "movie":
			return walkBoxesFrom(v, next)
		case kind == "picture" && pictures < 16:
			off, err = jpegEnd(v, next)
		default:
			return fault(Trailing, "%d bytes lie behind its end", v.size-off)
		}
	}
	return err
}

// jpegEnd returns the offset behind the EOI of the picture that begins at off.
func jpegEnd(v *view, off int64) (int64, error) {
	start, scanned := off, false
	for off += 2; ; {
		head, err := v.at(off, 2)
		if err != nil {
			return 0, err
		}
		marker := head[1]
		switch {
		case head[0] != 0xFF:
			return 0, fault(Broken, "a segment does not begin with a marker")
		case marker == 0xFF: // fill bytes
			off++
			if err := v.step(); err != nil {
				return 0, err
			}
			continue
		case marker == 0xD9 && !scanned:
			return 0, fault(Broken, "it holds no picture")
		case marker == 0xD9:
			return off + 2, nil
		case marker == 0xD8 || marker < 0xC0 && marker != 0x01:
			return 0, fault(Broken, "it has a marker out of place")
		case marker == 0x01 || marker >= 0xD0 && marker <= 0xD7:
			off += 2
			continue
		}
		length, err := v.at(off+2, 2)
		if err != nil {
			return 0, err
		}
		if start == 0 && off == 2 && string(length) == "/*" {
			return 0, fault(Polyglot, "its first segment begins a comment of JavaScript")
		}
		n := int64(binary.BigEndian.Uint16(length))
		if n < 2 || off+2+n > v.size {
			return 0, fault(Broken, "a segment reaches behind the end of the file")
		}
		off += 2 + n
		if marker == 0xDA {
			scanned = true
			if off, err = jpegScan(v, off); err != nil {
				return 0, err
			}
		}
		if err := v.step(); err != nil {
			return 0, err
		}
	}
}

// jpegScan returns the offset of the first marker behind the entropy-coded data at off.
func jpegScan(v *view, off int64) (int64, error) {
	for {
		block, err := v.rest(off)
		if err != nil {
			return 0, err
		}
		i := bytes.IndexByte(block, 0xFF)
		if i < 0 {
			off += int64(len(block))
			continue
		}
		off += int64(i)
		pair, err := v.at(off, 2)
		if err != nil {
			return 0, err
		}
		if c := pair[1]; c != 0 && c != 0xFF && (c < 0xD0 || c > 0xD7) {
			return off, nil
		}
		off++
		if pair[1] != 0xFF {
			off++
		}
	}
}

// jpegTrailer says what lies at off, behind the end of a picture, and where it begins: what
// cameras are known to put there. "picture": one more picture, of CIPA DC-007 (MPF), with
// padding before it. "movie": the film of a motion photo. "samsung": that maker's record of
// several parts, which is found from the end of the file.
func jpegTrailer(v *view, off int64) (next int64, kind string) {
	if samsungEnd(v) < v.size {
		return off, "samsung"
	}
	start := off
	for off-start < maxPad {
		c, err := v.at(off, 1)
		if err != nil {
			return 0, ""
		}
		if c[0] != 0 {
			break
		}
		off++
	}
	if head, err := v.at(off, 3); err == nil && bytes.Equal(head, []byte{0xFF, 0xD8, 0xFF}) {
		return off, "picture"
	}
	for at := off; at >= max(start, off-3); at-- { // the length before the name begins with zeros
		if head, err := v.at(at, 12); err == nil && string(head[4:8]) == "ftyp" {
			return at, "movie"
		}
	}
	return 0, ""
}

// samsungEnd returns the offset of the directory "SEFH" that Samsung's phones put at the end
// of a file, with its length and "SEFT" behind it; the size of the file where there is none.
func samsungEnd(v *view) int64 {
	if tail, err := v.at(v.size-8, 8); err == nil && string(tail[4:]) == "SEFT" {
		at := v.size - 8 - int64(binary.LittleEndian.Uint32(tail))
		if head, err := v.at(at, 4); err == nil && string(head) == "SEFH" {
			return at
		}
	}
	return v.size
}

// walkGIF steps over the blocks (GIF89a specification) to the trailer.
func walkGIF(v *view) error {
	_, _, err := gifFrames(v)
	return err
}

// GIFFrames returns how many frames a GIF has and how many pixels they have in sum, without
// decoding one. The error is a *Mismatch, or r's own.
func GIFFrames(r io.ReaderAt, size int64) (frames int, pixels int64, err error) {
	return gifFrames(&view{r: r, size: size})
}

func gifFrames(v *view) (frames int, pixels int64, err error) {
	head, err := v.at(0, 13)
	if err != nil {
		return 0, 0, err
	}
	if gifScript(head[6:]) {
		return 0, 0, fault(Polyglot, "its header is JavaScript as well")
	}
	off := int64(13) + gifTable(head[10])
	for {
		if off == v.size && frames > 0 {
			return frames, pixels, nil // some old programs leave the trailer out, and all readers take that
		}
		intro, err := v.at(off, 1)
		if err != nil {
			return frames, pixels, err
		}
		switch intro[0] {
		case ';':
			if frames == 0 {
				return 0, 0, fault(Broken, "it holds no picture")
			}
			return frames, pixels, v.end(off + 1)
		case '!':
			off, err = gifBlocks(v, off+2)
		case ',':
			var frame []byte
			if frame, err = v.at(off, 10); err == nil {
				frames++
				pixels += int64(binary.LittleEndian.Uint16(frame[5:])) * int64(binary.LittleEndian.Uint16(frame[7:]))
				off, err = gifBlocks(v, off+11+gifTable(frame[9]))
			}
		default:
			err = fault(Broken, "a block is of no known kind")
		}
		if err != nil {
			return frames, pixels, err
		}
	}
}

// gifTable is the size of the colour table that the flags speak of.
func gifTable(flags byte) int64 {
	if flags&0x80 == 0 {
		return 0
	}
	return 3 << (flags&7 + 1)
}

// gifBlocks returns the offset behind the sub-blocks that begin at off.
func gifBlocks(v *view, off int64) (int64, error) {
	for {
		n, err := v.at(off, 1)
		if err != nil {
			return 0, err
		}
		length := int64(n[0])
		off += 1 + length
		if length == 0 {
			return off, nil
		}
		if err := v.step(); err != nil {
			return 0, err
		}
	}
}

// gifScript says whether the bytes behind "GIF89a" go on as a statement of JavaScript, which
// takes those six letters for a name: `GIF89a=...` or `GIF89a/*...`. The first two bytes are
// the width, so that a picture that looks so by chance is 8000 wide or more.
func gifScript(b []byte) bool {
	printable := func(c byte) bool { return c >= ' ' && c <= '~' }
	blank := func(c byte) bool { return c >= '\t' && c <= '\r' || c == ' ' }
	switch {
	case b[0] == '/':
		return b[1] == '*' || b[1] == '/'
	case b[0] == '=' || b[0] == '(' || b[0] == '`' || b[0] == ';' || blank(b[0]):
		return printable(b[1]) || blank(b[1]) && printable(b[2]) && printable(b[3])
	}
	return false
}

// walkWebP steps over the chunks of a RIFF file (RFC 9649), which ends where it says.
func walkWebP(v *view) error {
	head, err := v.at(0, 16)
	if err != nil {
		return err
	}
	end := int64(binary.LittleEndian.Uint32(head[4:])) + 8
	if name := string(head[12:16]); name != "VP8 " && name != "VP8L" && name != "VP8X" {
		return fault(Broken, "the first chunk holds no picture")
	}
	if end > v.size {
		return fault(Broken, "it ends too early")
	}
	for off := int64(12); off < end; {
		chunk, err := v.at(off, 8)
		if err != nil {
			return err
		}
		length := int64(binary.LittleEndian.Uint32(chunk[4:]))
		if off += 8 + length + length&1; off > end+length&1 {
			return fault(Broken, "a chunk reaches behind the end of the picture")
		}
		if err := v.step(); err != nil {
			return err
		}
	}
	return v.end(end)
}

// walkBMP compares the size that the header gives with the file's.
func walkBMP(v *view) error {
	head, err := v.at(0, 26)
	if err != nil {
		return err
	}
	says, pixels, info := int64(binary.LittleEndian.Uint32(head[2:])), int64(binary.LittleEndian.Uint32(head[10:])), binary.LittleEndian.Uint32(head[14:])
	if info != 12 && info != 16 && (info < 40 || info > 124) || pixels < 26 || pixels > v.size {
		return fault(Broken, "its header is not one of a picture")
	}
	if says == 0 { // old writers leave it out
		return nil
	}
	return v.end(says)
}

// walkTIFF looks at the first directory only: the format is a graph of offsets.
func walkTIFF(v *view) error {
	head, err := v.at(0, 8)
	if err != nil {
		return err
	}
	var order binary.ByteOrder = binary.LittleEndian
	if head[0] == 'M' {
		order = binary.BigEndian
	}
	off := int64(order.Uint32(head[4:]))
	if off < 8 {
		return fault(Broken, "it has no directory")
	}
	count, err := v.at(off, 2)
	if err != nil {
		return err
	}
	_, err = v.at(off+2, int(order.Uint16(count))*12%blockLen)
	return err
}

// walkICO checks that the pictures of the directory lie in the file and reach to its end.
func walkICO(v *view) error {
	head, err := v.at(0, 6)
	if err != nil {
		return err
	}
	count := int(binary.LittleEndian.Uint16(head[4:]))
	if count == 0 || count > 256 {
		return fault(Broken, "it holds no picture")
	}
	var last int64
	for i := range count {
		entry, err := v.at(6+16*int64(i), 16)
		if err != nil {
			return err
		}
		last = max(last, int64(binary.LittleEndian.Uint32(entry[8:]))+int64(binary.LittleEndian.Uint32(entry[12:])))
	}
	return v.end(last)
}
