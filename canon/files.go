package canon

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"compress/zlib"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"io/fs"
)

// png makes a picture in black of one bit for each pixel, with comments. One of 8000 times
// 8000 pixels has 8 KB.
func png(width, height int, comments ...string) []byte {
	var out bytes.Buffer
	chunk := func(kind string, data []byte) {
		binary.Write(&out, binary.BigEndian, uint32(len(data)))
		body := append([]byte(kind), data...)
		out.Write(body)
		binary.Write(&out, binary.BigEndian, crc32.ChecksumIEEE(body))
	}
	out.WriteString("\x89PNG\r\n\x1a\n")
	head := binary.BigEndian.AppendUint32(nil, uint32(width))
	head = binary.BigEndian.AppendUint32(head, uint32(height))
	chunk("IHDR", append(head, 1, 0, 0, 0, 0)) // one bit, grey
	for _, text := range comments {
		chunk("tEXt", []byte("Comment\x00"+text))
	}
	var pixels bytes.Buffer
	packed, _ := zlib.NewWriterLevel(&pixels, zlib.BestCompression)
	line := make([]byte, 1+(width+7)/8)
	for range height {
		packed.Write(line)
	}
	packed.Close()
	chunk("IDAT", pixels.Bytes())
	chunk("IEND", nil)
	return out.Bytes()
}

// polyglot makes a GIF that every decoder takes, and every browser runs as a script: its
// width begins a comment, which an extension ends that GIF has for comments. There is no
// line break after it, so that what is left is a comment, too.
func polyglot(script string) string {
	text := "*/=1;" + script + "//"
	return "GIF89a/*" + "\x01\x00" + "\x80\x00\x00" + "\x00\x00\x00\xff\xff\xff" +
		"\x21\xfe" + string(rune(len(text))) + text + "\x00" +
		"\x2c\x00\x00\x00\x00\x01\x00\x01\x00\x00" + "\x02\x02\x44\x01\x00" + ";"
}

// entry is a file of an archive.
type entry struct {
	name, content string
	link          bool
}

func archive(entries ...entry) string {
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for _, e := range entries {
		header := &zip.FileHeader{Name: e.name, Method: zip.Deflate}
		header.SetMode(0o644)
		if e.link {
			header.SetMode(fs.ModeSymlink | 0o777)
		}
		if part, err := w.CreateHeader(header); err == nil {
			part.Write([]byte(e.content))
		}
	}
	w.Close()
	return out.String()
}

// zipped is an archive whose one file is not compressed.
func zipped(name, content string) string {
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	if part, err := w.CreateHeader(&zip.FileHeader{Name: name}); err == nil {
		part.Write([]byte(content))
	}
	w.Close()
	return out.String()
}

// zipBomb has 300 MB of zeros in 300 KB.
func zipBomb() string {
	const size, times = 10 << 20, 30
	content := make([]byte, size)
	var packed, out bytes.Buffer
	deflate, _ := flate.NewWriter(&packed, flate.BestCompression)
	deflate.Write(content)
	deflate.Close()
	w := zip.NewWriter(&out)
	for i := range times {
		part, err := w.CreateRaw(&zip.FileHeader{
			Name: fmt.Sprintf("%d.txt", i), Method: zip.Deflate, CRC32: crc32.ChecksumIEEE(content),
			CompressedSize64: uint64(packed.Len()), UncompressedSize64: size,
		})
		if err == nil {
			part.Write(packed.Bytes())
		}
	}
	w.Close()
	return out.String()
}
