package reencode

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/draw"
	"io"
)

// maxExif is how much metadata is read to find the orientation, and how many parts of a file
// are stepped over for it. It stands at the beginning of what cameras write.
const (
	maxExif  = 64 << 10
	maxParts = 1000
)

// orientation returns the value of the Exif tag of that name (Exif 2.32, 4.6.4: 1 is upright,
// 2 to 8 are turned or mirrored), 1 where there is none or it cannot be read.
func orientation(src io.ReaderAt, size int64, kind string) int {
	var exif []byte
	switch kind {
	case "jpg":
		exif = exifOfJPEG(src, size)
	case "png":
		exif = chunkOf(src, size, 8, "eXIf", binary.BigEndian, 12, false)
	case "webp":
		exif = chunkOf(src, size, 12, "EXIF", binary.LittleEndian, 8, true)
	}
	return orientationOf(bytes.TrimPrefix(exif, []byte("Exif\x00\x00")))
}

// part reads up to n bytes; nil at the end of the file.
func part(src io.ReaderAt, size, off int64, n int) []byte {
	if off < 0 || off >= size || n <= 0 {
		return nil
	}
	b := make([]byte, min(int64(n), size-off))
	if got, _ := src.ReadAt(b, off); got < len(b) {
		return nil
	}
	return b
}

func exifOfJPEG(src io.ReaderAt, size int64) []byte {
	off := int64(2)
	for range maxParts {
		head := part(src, size, off, 10)
		if len(head) < 10 || head[0] != 0xFF {
			return nil
		}
		switch marker := head[1]; {
		case marker == 0xFF:
			off++
			continue
		case marker == 0xDA || marker == 0xD9:
			return nil
		case marker == 0xE1 && string(head[4:10]) == "Exif\x00\x00":
			return part(src, size, off+10, int(binary.BigEndian.Uint16(head[2:]))-8)
		}
		off += 2 + int64(binary.BigEndian.Uint16(head[2:]))
	}
	return nil
}

// chunkOf returns the bytes of the first chunk of that name, of a png (length, name, bytes,
// checksum: 12 bytes besides) or of a RIFF file (name, length, bytes to an even number).
func chunkOf(src io.ReaderAt, size, off int64, name string, order binary.ByteOrder, besides int64, riff bool) []byte {
	for range maxParts {
		head := part(src, size, off, 8)
		if len(head) < 8 {
			return nil
		}
		called, length := head[4:], int64(order.Uint32(head))
		if riff {
			called, length = head[:4], int64(order.Uint32(head[4:]))
		}
		if string(called) == name {
			return part(src, size, off+8, int(min(length, maxExif)))
		}
		if riff {
			length += length & 1
		}
		off += besides + length
	}
	return nil
}

// orientationOf reads the first directory of a TIFF structure.
func orientationOf(exif []byte) int {
	const tag, short = 0x0112, 3
	if len(exif) < 8 {
		return 1
	}
	var order binary.ByteOrder
	switch string(exif[:4]) {
	case "II*\x00":
		order = binary.LittleEndian
	case "MM\x00*":
		order = binary.BigEndian
	default:
		return 1
	}
	off := int64(order.Uint32(exif[4:]))
	if off > int64(len(exif))-2 {
		return 1
	}
	entries := exif[off+2:]
	for range order.Uint16(exif[off:]) {
		if len(entries) < 12 {
			return 1
		}
		if order.Uint16(entries) == tag && order.Uint16(entries[2:]) == short {
			if v := int(order.Uint16(entries[8:])); v >= 1 && v <= 8 {
				return v
			}
			return 1
		}
		entries = entries[12:]
	}
	return 1
}

// upright turns and mirrors a picture so that it needs no orientation.
func upright(picture image.Image, orientation int) image.Image {
	if orientation <= 1 {
		return picture
	}
	b := picture.Bounds()
	width, height := b.Dx(), b.Dy()
	from := image.NewNRGBA(image.Rect(0, 0, width, height))
	draw.Draw(from, from.Bounds(), picture, b.Min, draw.Src)
	turned := image.Rect(0, 0, width, height)
	if orientation >= 5 {
		turned = image.Rect(0, 0, height, width)
	}
	to := image.NewNRGBA(turned)
	for y := range turned.Dy() {
		for x := range turned.Dx() {
			fx, fy := source(orientation, x, y, width, height)
			copy(to.Pix[y*to.Stride+4*x:], from.Pix[fy*from.Stride+4*fx:fy*from.Stride+4*fx+4])
		}
	}
	return to
}

// source says where the pixel that belongs at x, y lies in a picture of that width and height.
func source(orientation, x, y, width, height int) (fx, fy int) {
	switch orientation {
	case 2: // mirrored
		return width - 1 - x, y
	case 3: // upside down
		return width - 1 - x, height - 1 - y
	case 4: // both
		return x, height - 1 - y
	case 5: // mirrored, then turned
		return y, x
	case 6: // turned to the left: its left side is the top
		return y, height - 1 - x
	case 7:
		return width - 1 - y, height - 1 - x
	default: // 8, turned to the right
		return width - 1 - y, x
	}
}
