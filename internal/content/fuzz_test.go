package content_test

import (
	"bytes"
	"errors"
	"testing"

	"github.com/fumehood/fumehood/internal/content"
)

// bounded counts what is read of a file.
type bounded struct {
	*bytes.Reader
	read int
}

func (b *bounded) ReadAt(p []byte, off int64) (int, error) {
	n, err := b.Reader.ReadAt(p, off)
	b.read += n
	return n, err
}

// FuzzInspect: whatever the bytes are and whatever they are called: no panic, no error but a
// Mismatch, little reading; and a file that is taken is taken as one kind only.
func FuzzInspect(f *testing.F) {
	names := []string{
		"a.png", "a.jpg", "a.gif", "a.webp", "a.pdf", "a.mp4", "a.bmp", "a.ico", "a.tiff", "a.ttf", "a.woff2", "a.rtf",
		"a.txt", "a.md", "a.zip", "a.docx", "a.odt", "a.tar", "a.gz", "a.svg", "a.xml", "a.mp3", "a.php", "a", "a.nothing",
	}
	for i, data := range [][]byte{
		pngOf(f), jpgOf(f), gifOf(f, 3), webpOf(), []byte(pdfText), join(box("ftyp", "mp42\x00\x00\x00\x00isom"), box("mdat", "x")),
		[]byte("BM\x1e\x00\x00\x00\x00\x00\x00\x00\x1a\x00\x00\x00\x0c\x00\x00\x00\x01\x00\x01\x00\x01\x00\x18\x00\x00\x00\x00\x00"),
		[]byte("\x00\x00\x01\x00\x01\x00\x01\x01\x00\x00\x01\x00\x20\x00\x04\x00\x00\x00\x16\x00\x00\x00data"),
		[]byte("II*\x00\x08\x00\x00\x00\x01\x00\x00\x01\x03\x00\x01\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00"),
	} {
		f.Add(data, uint8(i))
	}
	f.Add(zipOf(f, entry{name: "a"}), uint8(14))
	f.Add(docxOf(f), uint8(15))
	f.Add(odtOf(f), uint8(16))
	f.Add(tarNamed("a"), uint8(17))
	f.Add(join(pngOf(f), zipOf(f, entry{name: "a"})), uint8(0))
	f.Add(jpgWith(f, 0xFE, []byte(pdfText)), uint8(1))
	f.Add([]byte("<svg>"), uint8(19))
	f.Add([]byte("\xff\xfea\x00"), uint8(12))
	f.Fuzz(func(t *testing.T, data []byte, which uint8) {
		name := names[int(which)%len(names)]
		r := &bounded{bytes.NewReader(data), 0}
		kind, err := content.Inspect(r, int64(len(data)), name, "")
		var m *content.Mismatch
		if err != nil && !errors.As(err, &m) {
			t.Fatalf("%s: %v", name, err)
		}
		// A walk reads a block of 32 KB at a time and may go back to one; the look for archives
		// goes over the last 64 KB and to the directory of each that seems to be there.
		if r.read > 60*min(len(data), 32<<10)+2*len(data) {
			t.Errorf("%s: %d bytes were read of %d", name, r.read, len(data))
		}
		if err != nil {
			return
		}
		if kind.Active {
			t.Errorf("%s was taken as %s", name, kind.Name)
		}
		for _, other := range names {
			k, err := content.Inspect(bytes.NewReader(data), int64(len(data)), other, "")
			if err == nil && k.Class != kind.Class && len(data) > 0 {
				t.Errorf("%q is taken as %s and as %s", data, kind.Name, k.Name)
			}
		}
		if _, err := content.HoldsCode(bytes.NewReader(data), int64(len(data)), kind); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	})
}

// FuzzGIFFrames: the counts are never more than the bytes can hold.
func FuzzGIFFrames(f *testing.F) {
	f.Add(gifOf(f, 3))
	f.Add([]byte("GIF89a\x01\x00\x01\x00\x00\x00\x00,\x00\x00\x00\x00\xff\xff\xff\xff\x00\x02\x00;"))
	f.Fuzz(func(t *testing.T, data []byte) {
		frames, pixels, _ := content.GIFFrames(bytes.NewReader(data), int64(len(data)))
		if frames > len(data)/10 || pixels < 0 || pixels > int64(frames)<<32 {
			t.Errorf("%d frames, %d pixels in %d bytes", frames, pixels, len(data))
		}
	})
}
