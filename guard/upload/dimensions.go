package upload

import (
	"encoding/binary"
	"errors"
	"image"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"
)

// dimensions reads the width and height that a picture says it has, without decoding it;
// 0 by 0 for the kinds that it does not know.
func dimensions(r *io.SectionReader, kind string) (width, height int64, err error) {
	var config image.Config
	switch kind {
	case "png":
		config, err = png.DecodeConfig(r)
	case "jpg":
		config, err = jpeg.DecodeConfig(r)
	case "gif":
		config, err = gif.DecodeConfig(r)
	case "webp":
		return webpDimensions(r)
	default:
		return 0, 0, nil
	}
	return int64(config.Width), int64(config.Height), err
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
