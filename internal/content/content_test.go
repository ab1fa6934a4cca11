package content_test

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"
	"strings"
	"testing"

	"github.com/fumehood/fumehood/internal/content"
)

// TestOrdinaryFiles: what people upload, under each name and type that goes with it.
func TestOrdinaryFiles(t *testing.T) {
	t.Parallel()
	movie := join(box("ftyp", "mp42\x00\x00\x00\x00isommp42"), box("free", ""), box("mdat", "pixels"), box("moov", "index"))
	for _, tt := range []struct {
		data                 []byte
		name, declared, kind string
	}{
		{pngOf(t), "a.png", "image/png", "png"},
		{pngOf(t), "A.PNG", "IMAGE/PNG; charset=binary", "png"},
		{pngOf(t), "a.png", "", "png"},
		{pngOf(t), "a.b.c.png", "application/octet-stream", "png"},
		{jpgOf(t), "a.jpg", "image/jpeg", "jpg"},
		{jpgOf(t), "a.jpeg", "image/pjpeg", "jpg"},
		{jpgOf(t), "a.jfif", "image/jpeg", "jpg"},
		{gifOf(t, 1), "a.gif", "image/gif", "gif"},
		{gifOf(t, 20), "a.gif", "image/gif", "gif"},
		{webpOf(), "a.webp", "image/webp", "webp"},
		{[]byte(pdfText), "a.pdf", "application/pdf", "pdf"},
		{[]byte(pdfText + "\r\n\x00\x00\x00"), "a.pdf", "", "pdf"},
		{[]byte(pdfText + "a few bytes of a mailer"), "a.pdf", "", "pdf"},
		{movie, "a.mp4", "video/mp4", "mp4"},
		{docxOf(t), "a.docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document", "docx"},
		{docxOf(t), "a.docx", "application/zip", "docx"},
		{odtOf(t), "a.odt", "application/vnd.oasis.opendocument.text", "odt"},
		{odtOf(t, entry{name: "Basic/script-lc.xml"}), "a.odt", "", "odt"}, // no macros, but the list of them
		{zipOf(t, entry{name: "a.txt", data: "hello"}), "a.zip", "application/x-zip-compressed", "zip"},
		{zipOf(t, entry{name: "a.pdf", data: pdfText, stored: true}), "a.zip", "application/zip", "zip"},
		{zipOf(t), "empty.zip", "application/zip", "zip"},
		{gzipOf(t, "hello"), "a.gz", "application/gzip", "gz"},
		{gzipOf(t, "hello"), "a.tar.gz", "application/x-compressed-tar", "tgz"},

		{[]byte("hello"), "a.txt", "text/plain", "txt"},
		{nil, "empty.txt", "text/plain", "txt"},
		{[]byte("a,b\n1,2\n"), "a.csv", "text/csv", "csv"},
		{[]byte("a;b\n1;2\n"), "a.csv", "application/vnd.ms-excel", "csv"},
		{[]byte("# Title\n\nA paragraph."), "a.md", "", "md"},
		{[]byte("<p align=\"center\">A picture</p>\n\n# Title"), "readme.md", "text/markdown", "md"},
		{[]byte("<!-- a comment -->\n# Title"), "readme.md", "text/plain", "md"},
		{[]byte(`{"a": "<script>"}`), "a.json", "application/json", "json"},
		{[]byte("BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n"), "a.ics", "text/calendar", "ics"},
	} {
		takes(t, tt.data, tt.name, tt.declared, tt.kind)
	}
}

// box is one of ISO 14496-12.
func box(name, data string) []byte {
	return join(binary.BigEndian.AppendUint32(nil, uint32(8+len(data))), []byte(name+data))
}

// TestNamesThatLie: the bytes of one kind under the name of another.
func TestNamesThatLie(t *testing.T) {
	t.Parallel()
	kinds := map[string][]byte{
		"png": pngOf(t), "jpg": jpgOf(t), "gif": gifOf(t, 1), "webp": webpOf(), "pdf": []byte(pdfText),
		"zip": zipOf(t, entry{name: "a"}), "docx": docxOf(t), "odt": odtOf(t), "gz": gzipOf(t, "x"),
	}
	programs := map[string][]byte{
		"exe":   []byte("MZ\x90\x00\x03\x00\x00\x00\x04\x00\x00\x00\xff\xff\x00\x00" + strings.Repeat("\x00", 44) + "\x80\x00\x00\x00"),
		"elf":   []byte("\x7fELF\x02\x01\x01\x00" + strings.Repeat("\x00", 8) + "\x02\x00\x3e\x00"),
		"macho": []byte("\xcf\xfa\xed\xfe\x07\x00\x00\x01" + strings.Repeat("\x00", 16)),
		"class": []byte("\xca\xfe\xba\xbe\x00\x00\x00\x41\x00\x1d"),
		"wasm":  []byte("\x00asm\x01\x00\x00\x00"),
		"sh":    []byte("#!/bin/sh\nid\n"),
		"php":   []byte("<?php system($_GET[0]);"),
		"html":  []byte("<!DOCTYPE html><script>alert(1)</script>"),
		"svg":   []byte(`<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>`),
		"jar":   zipOf(t, entry{name: "META-INF/MANIFEST.MF"}, entry{name: "A.class"}),
		"swf":   []byte("FWS\x0a\x00\x00\x00\x00\x00\x00\x00\x00"),
		"rtf":   []byte(`{\rtf1 hello}`),
		"pyc":   []byte("\xa7\x0d\x0d\x0a\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\xe3\x00"),
	}
	for is, data := range programs {
		for named := range kinds {
			if m := refuses(t, data, "a."+named, "", content.Bytes); m.Named.Name != named {
				t.Errorf("%s as %s: %+v", is, named, m)
			}
		}
		m := refuses(t, data, "a.txt", "text/plain", content.Bytes)
		if m.Kind.Name != is && is != "pyc" {
			t.Errorf("%s as txt: the bytes were taken for %q", is, m.Kind.Name)
		}
	}
	for is, data := range kinds {
		for named := range kinds {
			if is == named {
				takes(t, data, "a."+named, "", named)
			} else if m := refuses(t, data, "a."+named, "", content.Bytes); m.Kind.Name != is {
				t.Errorf("%s as %s: the bytes were taken for %q", is, named, m.Kind.Name)
			}
		}
		refuses(t, data, "a.txt", "", content.Bytes)
		refuses(t, data, "a.csv", "", content.Bytes)
		refuses(t, data, "a.md", "", content.Bytes)
	}
	for named := range kinds {
		refuses(t, []byte("just text"), "a."+named, "", content.Bytes)
		refuses(t, nil, "a."+named, "", content.Empty)
	}
}

func TestDeclaredTypesThatLie(t *testing.T) {
	t.Parallel()
	for _, declared := range []string{"text/html", "image/jpeg", "image/svg+xml", "application/x-php", "nonsense", "text/*", "image/png2", "image/j*"} {
		if m := refuses(t, pngOf(t), "a.png", declared, content.Declared); m.Declared != declared {
			t.Errorf("%+v", m)
		}
	}
	refuses(t, []byte("hello"), "a.txt", "text/html", content.Declared)
	for _, declared := range []string{"*/*", "image/*"} { // what mobile apps send that do not look
		takes(t, pngOf(t), "a.png", declared, "png")
	}
	if m := refuses(t, []byte("hello"), "a.txt", strings.Repeat("x", 500)+"\n\x1b[31m", content.Declared); len(m.What) > 200 || strings.ContainsAny(m.What, "\n\x1b") {
		t.Errorf("the log gets %q", m.What)
	}
}

func TestExtensions(t *testing.T) {
	t.Parallel()
	m := refuses(t, pngOf(t), "picture", "image/png", content.NoExtension)
	if m.Kind.Name != "png" || m.Named.Name != "" {
		t.Errorf("%+v", m)
	}
	refuses(t, pngOf(t), "picture.", "", content.NoExtension)
	refuses(t, pngOf(t), "", "", content.NoExtension)
	refuses(t, pngOf(t), "picture.xyz", "", content.Unknown)
	refuses(t, pngOf(t), "picture.png.", "", content.NoExtension)
	refuses(t, pngOf(t), "picture.png ", "", content.Unknown)
	refuses(t, pngOf(t), "picture.png::$DATA", "", content.Unknown)
	refuses(t, pngOf(t), "picture.png\x00.txt", "", content.Bytes)
	refuses(t, []byte("x"), ".htaccess", "", content.Active)
	for _, name := range []string{"x.php", "x.png.php", "x.phtml", "x.html", "x.PHP5", "x.py", "x.pth", "x.sh", "x.js", "x.jsp", "x.aspx", "x.bat", "x.css"} {
		refuses(t, []byte("x"), name, "", content.Active)
	}
}

// TestActive: where all agree, what can run is told apart from what lies, so that a policy
// may allow it.
func TestActive(t *testing.T) {
	t.Parallel()
	svg := `<?xml version="1.0"?><!-- made by hand --><svg xmlns="http://www.w3.org/2000/svg"/>`
	for _, tt := range []struct{ data, name, declared string }{
		{svg, "a.svg", "image/svg+xml"},
		{"\ufeff  " + svg, "a.svg", ""},
		{"\xff\xfe" + wide(svg), "a.svg", ""},
		{"<p>hello", "a.html", "text/html"},
		{"<a/>", "a.xml", "text/xml"},
		{"let a = 1", "a.js", "text/javascript"},
		{string(docxOf(t, entry{name: "word/vbaProject.bin"})), "a.docm", ""},
	} {
		if m := refuses(t, []byte(tt.data), tt.name, tt.declared, content.Active); !m.Kind.Active {
			t.Errorf("%s: %+v", tt.name, m)
		}
	}
	refuses(t, []byte("no picture"), "a.svg", "", content.Bytes)
	refuses(t, []byte("no markup"), "a.xml", "", content.Bytes)
	refuses(t, []byte(svg), "a.svg", "text/html", content.Declared)
	refuses(t, docxOf(t, entry{name: "word/vbaProject.bin"}), "a.docx", "", content.Active)
	refuses(t, odtOf(t, entry{name: "Basic/Standard/Module1.xml", data: "Sub Main"}), "a.odt", "", content.Active)
}

// wide is s in UTF-16, little-endian.
func wide(s string) string {
	var b strings.Builder
	for _, c := range []byte(s) {
		b.WriteByte(c)
		b.WriteByte(0)
	}
	return b.String()
}

// TestPolyglots: one file, two kinds. That the second kind is there is shown too.
func TestPolyglots(t *testing.T) {
	t.Parallel()
	evil := zipOf(t, entry{name: "evil.class", data: "x"})
	for _, tt := range []struct {
		what string
		data []byte
		name string
	}{
		{"zip behind a png", join(pngOf(t), evil), "a.png"},
		{"zip behind a jpg", join(jpgOf(t), evil), "a.jpg"},
		{"zip behind a gif (GIFAR)", join(gifOf(t, 1), evil), "a.gif"},
		{"zip behind a webp", join(webpOf(), evil), "a.webp"},
		{"zip behind a pdf", join([]byte(pdfText), evil, []byte("\n%%EOF")), "a.pdf"},
		{"zip in a jpg comment", jpgWith(t, 0xFE, evil), "a.jpg"},
		{"zip in a png chunk", pngWith(t, "eviL", evil), "a.png"},
		{"zip in a gif comment", gifWith(t, evil), "a.gif"},
		{"zip behind a motion photo's film", join(jpgOf(t), box("ftyp", "mp42\x00\x00\x00\x00"), box("free", string(evil))), "a.jpg"},
	} {
		if _, err := inspect(tt.data, tt.name, ""); !isFor(err, content.Polyglot, content.Trailing) {
			t.Errorf("%s: got %v", tt.what, err)
		}
		z, err := zip.NewReader(bytes.NewReader(tt.data), int64(len(tt.data)))
		if err != nil || len(z.File) != 1 || z.File[0].Name != "evil.class" {
			t.Errorf("%s: the attack does not work: %v", tt.what, err)
		}
	}
	for _, tt := range []struct {
		what   string
		data   []byte
		name   string
		reason content.Reason
	}{
		{"pdf in a png", pngWith(t, "eviL", []byte(pdfText)), "a.png", content.Polyglot},
		{"pdf in a jpg", jpgWith(t, 0xFE, []byte(pdfText)), "a.jpg", content.Polyglot},
		{"pdf in a text", []byte("a text\n" + pdfText), "a.txt", content.Polyglot},
		{"script before a pdf", []byte("/*" + pdfText), "a.pdf", content.Polyglot},
		{"html behind a png", append(pngOf(t), "<script>alert(1)</script>"...), "a.png", content.Trailing},
		{"html behind a jpg", append(jpgOf(t), "<script>alert(1)</script>"...), "a.jpg", content.Trailing},
		{"html behind a gif", append(gifOf(t, 1), "<script>alert(1)</script>"...), "a.gif", content.Trailing},
		{"html behind a webp", append(webpOf(), "<script>alert(1)</script>"...), "a.webp", content.Trailing},
		{"html behind a pdf", []byte(pdfText + "<script>alert(1)</script>"), "a.pdf", content.Trailing},
		{"much behind a pdf", []byte(pdfText + strings.Repeat("x", 2000)), "a.pdf", content.Broken},
		{"php behind a jpg", append(jpgOf(t), "<?php system(1);"...), "a.jpg", content.Trailing},
		{"zeros and more", append(append(pngOf(t), make([]byte, 100)...), 'x'), "a.png", content.Trailing},
		{"a gif that is a script", gifScript(t, "/*", "*/=1;alert(1)"), "a.gif", content.Polyglot},
		{"another", gifScript(t, "=1", ";alert(1)"), "a.gif", content.Polyglot},
		{"one more", gifScript(t, "//", "\nalert(1)"), "a.gif", content.Polyglot},
		{"a jpg that is a script", jpgScript(t), "a.jpg", content.Polyglot},
		{"a shell script that is a tar", tarNamed("#!/bin/sh\nid;exit\n"), "a.tar", content.Polyglot},
		{"a zip with a script before it", append([]byte("#!/bin/sh\nid\n"), evil...), "a.zip", content.Bytes},
		{"a zip with html behind it", append(bytes.Clone(evil), "<script>"...), "a.zip", content.Polyglot},
	} {
		if m := refuses(t, tt.data, tt.name, "", tt.reason); m.Reason == "" {
			t.Log("above:", tt.what)
		}
	}
}

func isFor(err error, reasons ...content.Reason) bool {
	var m *content.Mismatch
	if !errors.As(err, &m) {
		return false
	}
	for _, r := range reasons {
		if m.Reason == r {
			return true
		}
	}
	return false
}

// jpgWith puts a segment behind SOI.
func jpgWith(t testing.TB, marker byte, data []byte) []byte {
	b := jpgOf(t)
	head := binary.BigEndian.AppendUint16([]byte{0xFF, marker}, uint16(2+len(data)))
	return join(b[:2], head, data, b[2:])
}

// pngWith puts a chunk behind IHDR.
func pngWith(t testing.TB, name string, data []byte) []byte {
	b := pngOf(t)
	body := append([]byte(name), data...)
	chunk := binary.BigEndian.AppendUint32(nil, uint32(len(data)))
	chunk = binary.BigEndian.AppendUint32(append(chunk, body...), crc32.ChecksumIEEE(body))
	return join(b[:33], chunk, b[33:])
}

// gifWith puts a comment before the trailer.
func gifWith(t testing.TB, data []byte) []byte {
	b := gifOf(t, 1)
	comment := []byte{'!', 0xFE}
	for len(data) > 0 {
		n := min(255, len(data))
		comment = append(append(comment, byte(n)), data[:n]...)
		data = data[n:]
	}
	return join(b[:len(b)-1], comment, []byte{0, ';'})
}

// gifScript is a picture that is JavaScript too: its width is the two letters after "GIF89a",
// and what it runs stands in a comment or behind it.
func gifScript(t testing.TB, width, script string) []byte {
	b := gifWith(t, []byte(script))
	copy(b[6:], width)
	return b
}

// jpgScript is Gareth Heyes's: the length of the first segment is "/*".
func jpgScript(t testing.TB) []byte {
	b := jpgOf(t)
	padding := append(make([]byte, 0x2F2A-2-10), "*/=alert(1)"[:10]...)
	return join(b[:2], []byte("\xff\xe0/*"), padding, b[2:])
}

func tarNamed(name string) []byte {
	b := make([]byte, 1536)
	copy(b, name)
	copy(b[100:], "0000644\x000000000\x000000000\x0000000000000\x0000000000000\x00        0")
	copy(b[257:], "ustar\x0000")
	sum := 0
	for _, c := range b[:512] {
		sum += int(c)
	}
	for i := 153; i >= 148; i-- {
		b[i], sum = byte('0'+sum&7), sum>>3
	}
	b[154] = 0
	return b
}

// TestTrailersOfCameras: what is known to lie behind a picture.
func TestTrailersOfCameras(t *testing.T) {
	t.Parallel()
	film := join(box("ftyp", "mp42\x00\x00\x00\x00isom"), box("mdat", "film"))
	directory := []byte("SEFH\x6b\x00\x00\x00\x00\x00\x00\x00")
	samsung := join([]byte("\x00\x00\x01\x0aMotionPhoto_Data"), film, directory, binary.LittleEndian.AppendUint32(nil, uint32(len(directory))), []byte("SEFT"))
	for what, data := range map[string][]byte{
		"padding":           append(jpgOf(t), make([]byte, 4000)...),
		"a line feed":       append(jpgOf(t), '\n'),
		"a second picture":  join(jpgOf(t), jpgOf(t)),
		"and padding":       join(jpgOf(t), make([]byte, 300), jpgOf(t), make([]byte, 20)),
		"a film":            join(jpgOf(t), film),
		"Samsung's record":  join(jpgOf(t), samsung),
		"fill bytes":        join(jpgOf(t)[:2], []byte{0xFF, 0xFF}, jpgOf(t)[2:]),
		"a preview in EXIF": jpgWith(t, 0xE1, append([]byte("Exif\x00\x00II*\x00\x08\x00\x00\x00\x00\x00\x00\x00\x00\x00"), jpgOf(t)...)),
	} {
		if _, err := inspect(data, "a.jpg", ""); err != nil {
			t.Errorf("%s: %v", what, err)
		}
	}
}

// TestBrokenStructure: lengths that lead out of the file, and files that end too early.
func TestBrokenStructure(t *testing.T) {
	t.Parallel()
	for name, data := range map[string][]byte{
		"a.png": pngOf(t), "a.jpg": jpgOf(t), "a.gif": gifOf(t, 3), "a.webp": webpOf(), "a.pdf": []byte(pdfText),
		"a.zip": zipOf(t, entry{name: "a"}), "a.docx": docxOf(t),
	} {
		for cut := 40; cut < len(data)-8; cut += 7 {
			if _, err := inspect(data[:cut], name, ""); !isFor(err, content.Broken, content.Bytes, content.Polyglot) && !(name == "a.gif" && err == nil) {
				t.Fatalf("%s, %d of %d bytes: %v", name, cut, len(data), err)
			}
		}
	}
	header := pngOf(t)
	header[20]++ // the width, without its checksum
	refuses(t, header, "a.png", "", content.Broken)
	long := pngOf(t)
	long[33] = 0x7F // the length of the second chunk
	refuses(t, long, "a.png", "", content.Broken)
	riff := webpOf()
	riff[5] = 1
	refuses(t, riff, "a.webp", "", content.Broken)
	chunk := webpOf()
	chunk[19] = 0xFF
	refuses(t, chunk, "a.webp", "", content.Broken)
	refuses(t, []byte("GIF89a\x01\x00\x01\x00\x00\x00\x00;"), "a.gif", "", content.Broken) // no picture
	refuses(t, []byte("\xff\xd8\xff\xe0\x00\x02\xff\xd9"), "a.jpg", "", content.Broken)    // no picture
}

func TestGIFFrames(t *testing.T) {
	t.Parallel()
	data := gifOf(t, 7)
	frames, pixels, err := content.GIFFrames(bytes.NewReader(data), int64(len(data)))
	if err != nil || frames != 7 || pixels != 7*40*30 {
		t.Errorf("%d frames, %d pixels, %v", frames, pixels, err)
	}
}

func TestKnown(t *testing.T) {
	t.Parallel()
	seen := map[string]string{}
	for _, k := range content.Known() {
		if k.Name == "" || len(k.Extensions) == 0 || len(k.MIME) == 0 || k.Class == "" {
			t.Errorf("%+v", k)
		}
		for _, ext := range k.Extensions {
			if other := seen[ext]; other != "" || ext != strings.ToLower(ext) {
				t.Errorf("%s is of %s and of %s", ext, other, k.Name)
			}
			seen[ext] = k.Name
			if found, ok := content.ByName("." + strings.ToUpper(ext)); !ok || found.Name != k.Name {
				t.Errorf("%s is %s", ext, found.Name)
			}
		}
		for _, m := range k.MIME {
			if m != strings.ToLower(m) || strings.Count(m, "/") != 1 {
				t.Errorf("%s: %q", k.Name, m)
			}
		}
	}
	if _, ok := content.ByName("nothing"); ok {
		t.Error("there is nothing")
	}
	content.Known()[0].MIME[0] = "changed"
	if content.Known()[0].MIME[0] == "changed" {
		t.Error("the table can be changed")
	}
}

// TestHoldsCode: what a picture carries besides its pixels.
func TestHoldsCode(t *testing.T) {
	t.Parallel()
	hidden := pdfText[:len(pdfText)-6] + "4 0 obj<</S/JavaScript/JS(app.alert(1))>>endobj\n%%EOF\n"
	far := append(jpgWith(t, 0xFE, make([]byte, 60000)), make([]byte, 100_000)...)
	for _, tt := range []struct {
		kind string
		data []byte
		code bool
	}{
		{"png", pngOf(t), false},
		{"jpg", jpgOf(t), false},
		{"jpg", jpgWith(t, 0xFE, []byte("<?PHP system($_GET[0]);")), true},
		{"jpg", append(far, "<?php"...), true},
		{"png", pngWith(t, "tEXt", []byte("Comment\x00<script>alert(1)</script>")), true},
		{"png", pngWith(t, "tEXt", []byte("Comment\x00<?xpacket begin?><x:xmpmeta>")), false},
		{"gif", gifWith(t, []byte("<!DOCTYPE html><body>")), true},
		{"pdf", []byte(pdfText), false},
		{"pdf", []byte(hidden), true},
		{"txt", []byte("<?php"), false},
		{"doc", []byte("\xd0\xcf\x11\xe0" + wide("_VBA_PROJECT")), true},
		{"xls", []byte("\xd0\xcf\x11\xe0" + wide("Workbook")), false},
		{"rtf", []byte(`{\rtf1{\object\objdata 0105}}`), true},
	} {
		kind, _ := content.ByName(tt.kind)
		what, err := content.HoldsCode(bytes.NewReader(tt.data), int64(len(tt.data)), kind)
		if err != nil || (what != "") != tt.code {
			t.Errorf("%s %.40q: %q, %v", tt.kind, tt.data, what, err)
		}
	}
}

// failing is a file on a broken disk.
type failing struct{}

var errDisk = errors.New("the disk is broken")

func (failing) ReadAt([]byte, int64) (int, error) { return 0, errDisk }

func TestReadErrors(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"a.png", "a.txt", "a.zip", "a.pdf", "a.gif", "a.docx", "a.mp3"} {
		if _, err := content.Inspect(failing{}, 1000, name, ""); !errors.Is(err, errDisk) {
			t.Errorf("%s: %v", name, err)
		}
	}
	kind, _ := content.ByName("png")
	if _, err := content.HoldsCode(failing{}, 1000, kind); !errors.Is(err, errDisk) {
		t.Errorf("HoldsCode: %v", err)
	}
	if _, _, err := content.GIFFrames(failing{}, 1000); !errors.Is(err, errDisk) {
		t.Errorf("GIFFrames: %v", err)
	}
	// A file that is shorter than it was said to be is not read as if it were whole.
	data := pngOf(t)
	if _, err := content.Inspect(bytes.NewReader(data), int64(len(data))+100, "a.png", ""); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("short: %v", err)
	}
}
