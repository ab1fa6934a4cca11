package upload

import (
	"encoding/binary"
	"io"
)

// heifDimensions looks for the sizes that the pictures of a HEIF file have (ISO 23008-12,
// 6.5.3: "ispe"), which lie in meta, iprp and ipco. One picture may be made of others, and has
// a size of its own. A sequence has the sizes of its tracks besides, in moov.
func heifDimensions(r *io.SectionReader) (width, height int64, err error) {
	found := boxes{r: r}
	if err := found.look(0, r.Size()); err != nil {
		return 0, 0, err
	}
	return found.width, found.height, nil
}

// boxes walks the boxes of an ISO base media file (ISO 14496-12, 4.2).
type boxes struct {
	r             io.ReaderAt
	steps         int
	width, height int64 // of the largest picture
}

// look goes through the boxes between off and end, and into those that hold sizes.
func (b *boxes) look(off, end int64) error {
	for off+8 <= end {
		if b.steps++; b.steps > mostParts {
			return errHead
		}
		head, err := readAt(b.r, off, 8)
		if err != nil {
			return err
		}
		from, length := off+8, int64(binary.BigEndian.Uint32(head))
		switch length {
		case 0:
			length = end - off
		case 1:
			large, err := readAt(b.r, off+8, 8)
			if err != nil {
				return err
			}
			from, length = off+16, int64(binary.BigEndian.Uint64(large)&(1<<62-1))
		}
		if length < from-off || length > end-off {
			return errHead
		}
		if err := b.box(string(head[4:]), from, off+length); err != nil {
			return err
		}
		off += length
	}
	return nil
}

// box looks at one box, whose content lies between from and end.
func (b *boxes) box(name string, from, end int64) error {
	switch name {
	case "meta":
		return b.look(from+4, end) // behind its version
	case "iprp", "ipco", "moov", "trak", "mdia", "minf", "stbl":
		return b.look(from, end)
	case "stsd":
		return b.look(from+8, end)
	case "ispe": // version, width, height
		return b.size(from+4, 4)
	case "hvc1", "hev1", "av01": // an entry of stsd, with the size of what its track has (12.1.3)
		return b.size(from+24, 2)
	}
	return nil
}

// size reads a width and a height of that many bytes each.
func (b *boxes) size(off int64, bytes int) error {
	raw, err := readAt(b.r, off, 2*bytes)
	if err != nil {
		return err
	}
	w, h := int64(binary.BigEndian.Uint16(raw)), int64(binary.BigEndian.Uint16(raw[bytes:]))
	if bytes == 4 {
		w, h = int64(binary.BigEndian.Uint32(raw)), int64(binary.BigEndian.Uint32(raw[4:]))
	}
	b.width, b.height = larger(b.width, b.height, w, h)
	return nil
}
