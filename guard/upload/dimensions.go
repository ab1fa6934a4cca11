package upload

import (
	"encoding/binary"
	"errors"
	"image"
	"image/gif"
	"image/png"
	"io"
)

// dimensions reads the width and height that a picture says it has, without decoding it: of
// several pictures in one file, those of the largest.
func dimensions(r *io.SectionReader, kind string) (width, height int64, err error) {
	var config image.Config
	switch kind {
	case "png":
		config, err = png.DecodeConfig(r)
	case "gif":
		config, err = gif.DecodeConfig(r)
	case "jpg":
		return jpegDimensions(r)
	case "webp":
		return webpDimensions(r)
	case "bmp":
		return bmpDimensions(r, 14)
	case "ico":
		return icoDimensions(r)
	case "tiff":
		return tiffDimensions(r)
	case "heic", "avif":
		return heifDimensions(r)
	default:
		return 0, 0, nil
	}
	return int64(config.Width), int64(config.Height), err
}

// errHead says that the part of a picture is not there that says how large it is.
var errHead = errors.New("the picture does not say how large it is")

// mostParts is how many parts of a picture are looked at to find its size.
const mostParts = 4096

// readAt reads n bytes at off.
func readAt(r io.ReaderAt, off int64, n int) ([]byte, error) {
	b := make([]byte, n)
	if got, err := r.ReadAt(b, off); got < n {
		if err == io.EOF {
			err = errHead
		}
		return nil, err
	}
	return b, nil
}

// larger returns the picture of more pixels.
func larger(width, height, w, h int64) (int64, int64) {
	if float64(w)*float64(h) > float64(width)*float64(height) {
		return w, h
	}
	return width, height
}

// jpegDimensions looks for the head of the frame (ITU T.81, B.2.2), of whatever process:
// image/jpeg knows three of them.
func jpegDimensions(r io.ReaderAt) (width, height int64, err error) {
	off := int64(2)
	for range mostParts {
		head, err := readAt(r, off, 9)
		if err != nil {
			return 0, 0, err
		}
		marker := head[1]
		switch {
		case head[0] != 0xFF:
			return 0, 0, errHead
		case marker == 0xFF: // fill bytes
			off++
			continue
		case marker == 0x01 || marker >= 0xD0 && marker <= 0xD7:
			off += 2
			continue
		case marker >= 0xC0 && marker <= 0xCF && marker != 0xC4 && marker != 0xC8 && marker != 0xCC:
			return int64(binary.BigEndian.Uint16(head[7:])), int64(binary.BigEndian.Uint16(head[5:])), nil
		case marker == 0xDA:
			return 0, 0, errHead
		}
		off += 2 + int64(binary.BigEndian.Uint16(head[2:]))
	}
	return 0, 0, errHead
}

var errWebP = errors.New("not the head of a WebP picture")

// webpDimensions reads the first chunk of a WebP picture (RFC 9649, sections 2.5 to 2.7).
func webpDimensions(r io.ReaderAt) (width, height int64, err error) {
	var head [30]byte
	if n, err := r.ReadAt(head[:], 0); n < len(head) {
		return 0, 0, err
	}
	if string(head[:4]) != "RIFF" || string(head[8:12]) != "WEBP" {
		return 0, 0, errWebP
	}
	little := binary.LittleEndian
	switch string(head[12:16]) {
	case "VP8 ":
		return int64(little.Uint16(head[26:]) & 0x3fff), int64(little.Uint16(head[28:]) & 0x3fff), nil
	case "VP8L":
		bits := little.Uint32(head[21:])
		return int64(bits&0x3fff) + 1, int64(bits>>14&0x3fff) + 1, nil
	case "VP8X":
		return int64(little.Uint32(head[24:])&0xffffff) + 1, int64(little.Uint32(head[26:])>>8) + 1, nil
	}
	return 0, 0, errWebP
}

// bmpDimensions reads the second head of a BMP picture, at off: that of OS/2, of 12 bytes,
// has numbers of 16 bits. A height below zero is that of a picture from top to bottom.
func bmpDimensions(r io.ReaderAt, off int64) (width, height int64, err error) {
	head, err := readAt(r, off, 12)
	if err != nil {
		return 0, 0, err
	}
	if binary.LittleEndian.Uint32(head) == 12 {
		return int64(binary.LittleEndian.Uint16(head[4:])), int64(binary.LittleEndian.Uint16(head[6:])), nil
	}
	width, height = int64(int32(binary.LittleEndian.Uint32(head[4:]))), int64(int32(binary.LittleEndian.Uint32(head[8:])))
	return max(width, -width), max(height, -height), nil
}

// icoDimensions looks at each picture of an icon, which is a BMP or a PNG: the directory has
// sizes of one byte only, and nobody keeps to them.
func icoDimensions(r *io.SectionReader) (width, height int64, err error) {
	head, err := readAt(r, 0, 6)
	if err != nil {
		return 0, 0, err
	}
	for i := range int64(binary.LittleEndian.Uint16(head[4:])) {
		entry, err := readAt(r, 6+16*i, 16)
		if err != nil {
			return 0, 0, err
		}
		off := int64(binary.LittleEndian.Uint32(entry[12:]))
		picture, err := readAt(r, off, 24)
		if err != nil {
			return 0, 0, err
		}
		var w, h int64
		if string(picture[:4]) == "\x89PNG" {
			w, h = int64(binary.BigEndian.Uint32(picture[16:])), int64(binary.BigEndian.Uint32(picture[20:]))
		} else if w, h, err = bmpDimensions(r, off); err != nil {
			return 0, 0, err
		}
		width, height = larger(width, height, w, h)
	}
	return width, height, nil
}

// tiffDimensions reads the directories of a TIFF file one after the other (TIFF 6.0, section
// 2): each is a picture.
func tiffDimensions(r io.ReaderAt) (width, height int64, err error) {
	head, err := readAt(r, 0, 8)
	if err != nil {
		return 0, 0, err
	}
	var order binary.ByteOrder = binary.LittleEndian
	if head[0] == 'M' {
		order = binary.BigEndian
	}
	if order.Uint16(head[2:]) != 42 { // 43 has offsets of 64 bits, which cameras and scanners do not write
		return 0, 0, errHead
	}
	off, fields := int64(order.Uint32(head[4:])), 0
	for off != 0 {
		count, err := readAt(r, off, 2)
		if err != nil {
			return 0, 0, err
		}
		n := int(order.Uint16(count))
		if fields += n + 1; fields > 16*mostParts { // a directory that leads to itself
			return 0, 0, errHead
		}
		directory, err := readAt(r, off+2, 12*n+4)
		if err != nil {
			return 0, 0, err
		}
		var w, h int64
		for i := range n {
			field := directory[12*i:]
			switch order.Uint16(field) {
			case 256:
				w = tiffNumber(order, field)
			case 257:
				h = tiffNumber(order, field)
			}
		}
		width, height = larger(width, height, w, h)
		off = int64(order.Uint32(directory[12*n:]))
	}
	if width == 0 {
		return 0, 0, errHead
	}
	return width, height, nil
}

// tiffNumber reads the value of a field that has one of 8, 16 or 32 bits.
func tiffNumber(order binary.ByteOrder, field []byte) int64 {
	switch order.Uint16(field[2:]) {
	case 1:
		return int64(field[8])
	case 3:
		return int64(order.Uint16(field[8:]))
	}
	return int64(order.Uint32(field[8:]))
}
