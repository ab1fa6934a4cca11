package content

import (
	"bytes"
	"encoding/binary"
)

// walkBoxes steps over the boxes of an ISO base media file (ISO 14496-12), which fill it.
func walkBoxes(v *view) error { return walkBoxesFrom(v, 0) }

func walkBoxesFrom(v *view, off int64) error {
	for off < v.size {
		head, err := v.at(off, 8)
		if err != nil {
			if v.end(off) == nil {
				return nil
			}
			return fault(Trailing, "some bytes lie behind its last part")
		}
		length := int64(binary.BigEndian.Uint32(head))
		for _, c := range head[4:8] {
			if c < ' ' && length != 0 || c == 0x7F { // a name may hold a (c), but no control byte
				return fault(Trailing, "%d bytes lie behind its last part", v.size-off)
			}
		}
		switch length {
		case 0:
			if binary.BigEndian.Uint32(head[4:]) == 0 {
				return v.end(off)
			}
			return nil // to the end of the file
		case 1:
			large, err := v.at(off+8, 8)
			if err != nil {
				return err
			}
			length = int64(binary.BigEndian.Uint64(large) & (1<<63 - 1))
			if length < 16 {
				return fault(Broken, "a part has a length that it cannot have")
			}
		}
		if length < 8 || length > v.size-off {
			return fault(Broken, "a part reaches behind the end of the file")
		}
		off += length
		if err := v.step(); err != nil {
			return err
		}
	}
	return nil
}

// pdfTail is how many bytes at the end of a file readers look through for %%EOF, and at its
// beginning for %PDF- (ISO 32000-1, annex H, notes 13 and 18).
const pdfTail = 1024

// walkPDF checks the header at the very beginning and the end of the file. Readers take up
// to 1 KB behind the last %%EOF, and some servers and mailers leave a few bytes there; what
// may begin something else is not taken.
func walkPDF(v *view) error {
	head, err := v.at(0, 8)
	if err != nil {
		return err
	}
	if string(head[:5]) != "%PDF-" || head[5] < '1' || head[5] > '2' || head[6] != '.' {
		return fault(Polyglot, "something lies before its header")
	}
	n := min(v.size, pdfTail)
	tail, err := v.at(v.size-n, int(n))
	if err != nil {
		return err
	}
	i := bytes.LastIndex(tail, []byte("%%EOF"))
	if i < 0 {
		return fault(Broken, "it has no end, or more than 1 KB lies behind its end")
	}
	if behind := tail[i+5:]; bytes.ContainsAny(behind, "<") || bytes.Contains(behind, []byte("#!")) {
		return fault(Trailing, "something lies behind its end")
	}
	return nil
}

// walkRTF checks that the last brace closes the document.
func walkRTF(v *view) error {
	n := min(v.size, pdfTail)
	tail, err := v.at(v.size-n, int(n))
	if err != nil {
		return err
	}
	i := bytes.LastIndexByte(tail, '}')
	if i < 0 {
		return fault(Broken, "it has no end")
	}
	return v.end(v.size - n + int64(i) + 1)
}

// walkTar looks at what the name of the first entry, which is the first thing in the file,
// begins with; package archive reads the rest.
func walkTar(v *view) error {
	head, err := v.at(0, 4)
	if err != nil {
		return err
	}
	for _, magic := range []string{"\x7fELF", "MZ", "#!", "%PDF", "%!PS", "<", "GIF8", "PK\x03\x04", "\xCA\xFE\xBA\xBE"} {
		if bytes.HasPrefix(head, []byte(magic)) {
			return fault(Polyglot, "its first entry is named like the beginning of another kind of file")
		}
	}
	return nil
}

// walkSFNT checks that the tables of a font (ISO 14496-22) lie in the file.
func walkSFNT(v *view) error {
	head, err := v.at(0, 12)
	if err != nil {
		return err
	}
	count := int(binary.BigEndian.Uint16(head[4:]))
	if count == 0 || count > 256 {
		return fault(Broken, "it has no tables")
	}
	for i := range count {
		table, err := v.at(12+16*int64(i), 16)
		if err != nil {
			return err
		}
		if int64(binary.BigEndian.Uint32(table[8:]))+int64(binary.BigEndian.Uint32(table[12:])) > v.size {
			return fault(Broken, "a table reaches behind the end of the file")
		}
	}
	return nil
}

// walkWOFF compares the length that the header gives with the file's (WOFF 1 and 2).
func walkWOFF(v *view) error {
	head, err := v.at(0, 12)
	if err != nil {
		return err
	}
	return v.end(int64(binary.BigEndian.Uint32(head[8:])))
}

// walkSVG looks for the root element near the beginning.
func walkSVG(v *view) error {
	start, err := v.start(headSize)
	if err != nil {
		return err
	}
	if !bytes.HasPrefix(start, []byte("<")) || !bytes.Contains(start, []byte("<svg")) && !bytes.Contains(start, []byte(":svg")) {
		return fault(Bytes, "it does not begin like a picture of this kind")
	}
	return nil
}

func walkXML(v *view) error {
	start, err := v.start(headSize)
	if err == nil && !bytes.HasPrefix(start, []byte("<")) {
		err = fault(Bytes, "it does not begin like XML")
	}
	return err
}
