package content_test

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"errors"
	"image"
	"image/color"
	"image/color/palette"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"
	"testing"

	"github.com/fumehood/fumehood/internal/content"
)

func inspect(data []byte, name, declared string) (content.Kind, error) {
	return content.Inspect(bytes.NewReader(data), int64(len(data)), name, declared)
}

// takes fails unless the file is taken as that kind.
func takes(t testing.TB, data []byte, name, declared, kind string) {
	t.Helper()
	if k, err := inspect(data, name, declared); err != nil || k.Name != kind {
		t.Errorf("%s (%s): %q, %v; want %q", name, declared, k.Name, err, kind)
	}
}

// refuses fails unless the file is refused for that reason.
func refuses(t testing.TB, data []byte, name, declared string, reason content.Reason) *content.Mismatch {
	t.Helper()
	_, err := inspect(data, name, declared)
	var m *content.Mismatch
	if !errors.As(err, &m) || m.Reason != reason {
		t.Errorf("%s (%s): got %v, want %q", name, declared, err, reason)
		return &content.Mismatch{}
	}
	return m
}

func picture(width, height int) image.Image {
	m := image.NewNRGBA(image.Rect(0, 0, width, height))
	for y := range height {
		for x := range width {
			m.SetNRGBA(x, y, color.NRGBA{uint8(x), uint8(y), uint8(x * y), 255})
		}
	}
	return m
}

func pngOf(t testing.TB) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, picture(40, 30)); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func jpgOf(t testing.TB) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, picture(40, 30), nil); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func gifOf(t testing.TB, frames int) []byte {
	t.Helper()
	var b bytes.Buffer
	g := &gif.GIF{}
	for range frames {
		g.Image = append(g.Image, image.NewPaletted(image.Rect(0, 0, 40, 30), palette.Plan9))
		g.Delay = append(g.Delay, 10)
	}
	if err := gif.EncodeAll(&b, g); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// webpOf is a lossless picture of one pixel, in the chunks of RFC 9649.
func webpOf() []byte {
	return []byte("RIFF\x1a\x00\x00\x00WEBPVP8L\x0d\x00\x00\x00\x2f\x00\x00\x00\x10\x07\x10\x11\x11\x88\x88\xfe\x07\x00")
}

const pdfText = `%PDF-1.4
1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj
2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj
3 0 obj<</Type/Page/MediaBox[0 0 3 3]/Parent 2 0 R>>endobj
trailer<</Root 1 0 R>>
%%EOF
`

// entry is one of an archive; stored, when it is not to be packed.
type entry struct {
	name, data string
	stored     bool
}

func zipOf(t testing.TB, entries ...entry) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, e := range entries {
		method := zip.Deflate
		if e.stored {
			method = zip.Store
		}
		f, err := w.CreateHeader(&zip.FileHeader{Name: e.name, Method: method})
		if err != nil {
			t.Fatal(err)
		}
		io.WriteString(f, e.data)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func docxOf(t testing.TB, more ...entry) []byte {
	t.Helper()
	return zipOf(t, append([]entry{{name: "[Content_Types].xml", data: "<Types/>"}, {name: "word/document.xml", data: "<w:document/>"}}, more...)...)
}

func odtOf(t testing.TB, more ...entry) []byte {
	t.Helper()
	return zipOf(t, append([]entry{{name: "mimetype", data: "application/vnd.oasis.opendocument.text", stored: true}, {name: "content.xml", data: "<office/>"}}, more...)...)
}

func gzipOf(t testing.TB, data string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	io.WriteString(w, data)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func join(parts ...[]byte) []byte { return bytes.Join(parts, nil) }
