package content_test

import (
	"bytes"
	"encoding/binary"
	"strings"
	"testing"

	"github.com/fumehood/fumehood/internal/content"
)

var (
	little = binary.LittleEndian
	big    = binary.BigEndian
)

// bmp is a picture of one pixel.
func bmp() []byte {
	b := append([]byte("BM"), make([]byte, 56)...)
	little.PutUint32(b[2:], 58)  // of the file
	little.PutUint32(b[10:], 54) // to the pixels
	little.PutUint32(b[14:], 40) // of the header
	b[18], b[22], b[26], b[28] = 1, 1, 1, 24
	return b
}

func ico() []byte {
	b := append([]byte("\x00\x00\x01\x00\x01\x00\x10\x10\x00\x00\x01\x00\x20\x00"), make([]byte, 8)...)
	little.PutUint32(b[14:], 40)
	little.PutUint32(b[18:], 22)
	return append(b, make([]byte, 40)...)
}

func tiff(order binary.AppendByteOrder) []byte {
	b := []byte("II*\x00")
	if order.String() == "BigEndian" {
		b = []byte("MM\x00*")
	}
	b = order.AppendUint16(order.AppendUint32(b, 8), 1)
	return append(b, make([]byte, 16)...)
}

// sfnt is a font of one table.
func sfnt(version string) []byte {
	b := append([]byte(version), 0, 1, 0, 16, 0, 0, 0, 0)
	b = append(b, "cmap\x00\x00\x00\x00"...)
	b = big.AppendUint32(big.AppendUint32(b, 28), 4)
	return append(b, "data"...)
}

func woff(version string) []byte {
	return append(big.AppendUint32([]byte(version), 44), make([]byte, 32)...)
}

// mp3 is two frames of MPEG 1, layer III, 128 kbit/s, 44.1 kHz: 417 bytes each.
func mp3() []byte {
	frame := append([]byte{0xFF, 0xFB, 0x90, 0x64}, make([]byte, 413)...)
	return append(bytes.Clone(frame), frame...)
}

// adts is two frames of 16 bytes.
func adts() []byte {
	frame := append([]byte{0xFF, 0xF1, 0x50, 0x80, 0x02, 0x1F, 0xFC}, make([]byte, 9)...)
	return append(bytes.Clone(frame), frame...)
}

func id3(data []byte) []byte {
	return join([]byte("ID3\x04\x00\x00\x00\x00\x01\x48"), make([]byte, 200), data)
}

// TestMoreKinds: the kinds that only a policy allows, whole and with one thing wrong.
func TestMoreKinds(t *testing.T) {
	t.Parallel()
	change := func(data []byte, at int, to ...byte) []byte {
		data = bytes.Clone(data)
		copy(data[at:], to)
		return data
	}
	large := join([]byte("\x00\x00\x00\x01mdat\x00\x00\x00\x00\x00\x00\x00\x14"), []byte("film"))
	ftyp := box("ftyp", "isom\x00\x00\x00\x00isom")
	webm := "\x1aE\xdf\xa3\x9fB\x86\x81\x01B\xf7\x81\x01B\xf2\x81\x04B\xf3\x81\x08B\x82\x84webmB\x87\x81\x04B\x85\x81\x02"
	for _, tt := range []struct {
		name   string
		data   []byte
		reason content.Reason
	}{
		{"a.bmp", bmp(), ""},
		{"a.bmp", change(bmp(), 2, 0, 0, 0, 0), ""}, // old writers leave the size out
		{"a.bmp", append(bmp(), "<html>"...), content.Trailing},
		{"a.bmp", change(bmp(), 14, 5), content.Bytes},
		{"a.bmp", change(bmp(), 2, '/', '*'), content.Broken}, // JavaScript
		{"a.ico", ico(), ""},
		{"a.ico", change(ico(), 18, 0xFF), content.Broken},
		{"a.ico", append(ico(), "<html>"...), content.Trailing},
		{"a.tiff", tiff(little), ""},
		{"a.tif", tiff(big), ""},
		{"a.tif", change(tiff(big), 4, 0xFF), content.Broken},
		{"a.tif", change(tiff(little), 4, 0), content.Broken},
		{"a.ttf", sfnt("\x00\x01\x00\x00"), ""},
		{"a.ttf", sfnt("true"), ""},
		{"a.otf", sfnt("OTTO"), ""},
		{"a.ttf", change(sfnt("\x00\x01\x00\x00"), 20, 0xFF), content.Broken},
		{"a.woff", woff("wOFF\x00\x01\x00\x00"), ""},
		{"a.woff2", woff("wOF2\x00\x01\x00\x00"), ""},
		{"a.woff2", append(woff("wOF2\x00\x01\x00\x00"), "<html>"...), content.Trailing},
		{"a.rtf", []byte(`{\rtf1\ansi hello}`), ""},
		{"a.rtf", []byte("{\\rtf1\\ansi hello}\r\n\x00"), ""},
		{"a.rtf", []byte(`{\rtf1 hello}<script>`), content.Trailing},
		{"a.rtf", []byte(`{\rtf1 hello`), content.Broken},
		{"a.mp3", mp3(), ""},
		{"a.mp3", id3(mp3()), ""},
		{"a.mp3", id3(join(make([]byte, 100), mp3())), ""},
		{"a.mp3", id3(id3(mp3())), ""},
		{"a.mp3", id3([]byte(strings.Repeat("<script>", 100))), content.Bytes},
		{"a.mp3", change(mp3(), 417, 'x'), content.Bytes},
		{"a.mp3", id3(nil)[:100], content.Broken},
		{"a.aac", adts(), ""},
		{"a.aac", change(adts(), 16, 'x'), content.Bytes},
		{"a.mp4", join(ftyp, box("moov", ""), large), ""},
		{"a.mp4", join(ftyp, []byte("\x00\x00\x00\x00mdat to the end")), ""},
		{"a.mp4", join(ftyp, box("mdat", "x"), make([]byte, 16)), ""},
		{"a.mp4", join(ftyp, box("mdat", "x"), []byte("<script>alert(1)</script>")), content.Broken},
		{"a.mp4", join(ftyp, []byte("\x00\x00\x00\x02mdat")), content.Broken},
		{"a.mp4", join(ftyp, []byte("\x00\x00\x00\x09\x01\x02\x03\x04x")), content.Trailing},
		{"a.mp4", join(ftyp, change(large, 15, 2)), content.Broken},
		{"a.mp4", join(ftyp, []byte("xx")), content.Trailing},
		{"a.heic", join(box("ftyp", "heic\x00\x00\x00\x00mif1heic"), box("mdat", "x")), ""},
		{"a.avif", join(box("ftyp", "avif\x00\x00\x00\x00mif1avif"), box("mdat", "x")), ""},
		{"a.wav", []byte("RIFF\x24\x00\x00\x00WAVEfmt \x10\x00\x00\x00" + strings.Repeat("\x01\x00", 12)), ""},
		{"a.flac", []byte("fLaC\x00\x00\x00\x22" + strings.Repeat("\x00", 40)), ""},
		{"a.webm", []byte(webm), ""},
		{"a.tar", tarNamed("a.txt"), ""},
		{"a.doc", []byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + strings.Repeat("\x00", 600)), ""},
	} {
		if tt.reason != "" {
			refuses(t, tt.data, tt.name, "", tt.reason)
		} else if _, err := inspect(tt.data, tt.name, ""); err != nil {
			t.Errorf("%s, %.30q: %v", tt.name, tt.data, err)
		}
	}
}

// TestBoundedWalks: files made to be walked through for ever are not.
func TestBoundedWalks(t *testing.T) {
	t.Parallel()
	const parts = 1 << 21
	for name, data := range map[string][]byte{
		"a.gif": []byte("GIF89a\x01\x00\x01\x00\x00\x00\x00!\xfe" + strings.Repeat("\x01x", parts) + "\x00;"),
		"a.mp4": join(box("ftyp", "isom\x00\x00\x00\x00isom"), bytes.Repeat(box("free", ""), parts)),
		"a.jpg": append([]byte("\xff\xd8\xff\xe0\x00\x02"), bytes.Repeat([]byte{0xFF, 0xFE, 0, 2}, parts)...),
		"a.png": join(pngOf(t)[:33], bytes.Repeat([]byte("\x00\x00\x00\x00teSt\x00\x00\x00\x00"), parts)),
	} {
		refuses(t, data, name, "", content.Broken)
	}
	// Signatures of end records, each of which leads somewhere else.
	r := &bounded{bytes.NewReader(append(pngWith(t, "eviL", bytes.Repeat([]byte("PK\x05\x06"), 16_000)), make([]byte, 1000)...)), 0}
	if _, err := content.Inspect(r, r.Size(), "a.png", ""); !isFor(err, content.Polyglot) || r.read > 4<<20 {
		t.Errorf("%d bytes were read of %d: %v", r.read, r.Size(), err)
	}
}
