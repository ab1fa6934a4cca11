package upload_test

import (
	"encoding/binary"
	"strings"
	"testing"

	"github.com/fumehood/fumehood/guard/upload"
)

func be16(n int) string { return string(binary.BigEndian.AppendUint16(nil, uint16(n))) }
func be32(n int) string { return string(binary.BigEndian.AppendUint32(nil, uint32(n))) }
func le16(n int) string { return string(binary.LittleEndian.AppendUint16(nil, uint16(n))) }
func le32(n int) string { return string(binary.LittleEndian.AppendUint32(nil, uint32(n))) }

// The heads of pictures, by what their formats' documents say.

func bmpFile(width, height int) string {
	return "BM" + le32(58) + le32(0) + le32(54) + le32(40) + le32(width) + le32(height) + le16(1) + le16(24) + strings.Repeat("\x00", 24) + le32(0)
}

func icoFile(picture string) string {
	return "\x00\x00\x01\x00\x01\x00" + "\x10\x10\x00\x00\x01\x00\x20\x00" + le32(len(picture)) + le32(22) + picture
}

func tiffFile(sizes ...[2]int) string {
	b := "II*\x00" + le32(8)
	for i, size := range sizes {
		next := 0
		if i+1 < len(sizes) {
			next = len(b) + 2 + 24 + 4
		}
		b += le16(2) + le16(256) + le16(4) + le32(1) + le32(size[0]) + le16(257) + le16(4) + le32(1) + le32(size[1]) + le32(next)
	}
	return b
}

func box(name string, parts ...string) string {
	all := strings.Join(parts, "")
	return be32(8+len(all)) + name + all
}

func heicFile(brand string, sizes ...[2]int) string {
	var properties []string
	for _, size := range sizes {
		properties = append(properties, box("ispe", be32(0), be32(size[0]), be32(size[1])))
	}
	return box("ftyp", brand, be32(0), "mif1", brand) + box("meta", be32(0), box("hdlr", be32(0)), box("iprp", box("ipco", properties...))) + box("mdat", "pixels")
}

func sequenceFile(width, height int) string {
	entry := box("av01", strings.Repeat("\x00", 24), be16(width), be16(height), strings.Repeat("\x00", 50))
	track := box("trak", box("mdia", box("minf", box("stbl", box("stsd", be32(0), be32(1), entry)))))
	return box("ftyp", "avis", be32(0), "msf1", "avis") + box("moov", track) + box("mdat", "pixels")
}

// TestPixelBombs: a few bytes that become gigabytes where an app opens them, in each format.
func TestPixelBombs(t *testing.T) {
	t.Parallel()
	app := &received{}
	h := behind(t, upload.Config{Types: []string{"png", "jpg", "gif", "webp", "bmp", "ico", "tiff", "heic", "avif"}}, t.TempDir(), app)
	large := []byte(pngFile())
	copy(large[16:], "\x00\x00\xff\xff\x00\x00\xff\xff")
	jpg := jpgFile()
	frame := strings.Index(jpg, "\xff\xc0") + 5
	for _, tt := range []struct{ name, ext, small, bomb string }{
		{"PNG", "png", pngFile(), repaired(large)},
		{"JPEG", "jpg", jpg, jpg[:frame] + "\xff\xff\xff\xff" + jpg[frame+4:]},
		{"JPEG of a process that is rare", "jpg", strings.Replace(jpg, "\xff\xc0", "\xff\xc9", 1), strings.Replace(jpg[:frame]+"\xff\xff\xff\xff"+jpg[frame+4:], "\xff\xc0", "\xff\xc9", 1)},
		{"BMP", "bmp", bmpFile(9, 9), bmpFile(50_000, 50_000)},
		{"BMP from top to bottom", "bmp", bmpFile(9, -9), bmpFile(50_000, -50_000)},
		{"PNG in an icon", "ico", icoFile(pngFile()), icoFile(repaired(large))},
		{"BMP in an icon", "ico", icoFile(bmpFile(16, 32)[14:]), icoFile(bmpFile(50_000, 50_000)[14:])},
		{"TIFF", "tiff", tiffFile([2]int{9, 9}), tiffFile([2]int{50_000, 50_000})},
		{"second page of a TIFF", "tiff", tiffFile([2]int{9, 9}, [2]int{8, 8}), tiffFile([2]int{9, 9}, [2]int{50_000, 50_000})},
		{"HEIC", "heic", heicFile("heic", [2]int{512, 512}, [2]int{4032, 3024}), heicFile("heic", [2]int{512, 512}, [2]int{1 << 31, 1 << 31})},
		{"AVIF", "avif", heicFile("avif", [2]int{9, 9}), heicFile("avif", [2]int{60_000, 60_000})},
		{"AVIF sequence", "avif", sequenceFile(9, 9), sequenceFile(60_000, 60_000)},
	} {
		if w := post(h, file("x."+tt.ext, "", tt.small)); w.Code != 200 {
			t.Errorf("a small %s: %d %s", tt.name, w.Code, w.Body)
		}
		if w := post(h, file("x."+tt.ext, "", tt.bomb)); codeOf(w) != "upload.pixels" {
			t.Errorf("a bomb as %s: %d %s", tt.name, w.Code, w.Body)
		}
	}
	photo := []byte(pngFile()) // what phones call 50 MP
	copy(photo[16:], be32(8160)+be32(6144))
	if w := post(h, file("x.png", "", repaired(photo))); w.Code != 200 {
		t.Errorf("a large photo: %d %s", w.Code, w.Body)
	}
	loop := tiffFile([2]int{9, 9})
	for name, broken := range map[string]item{
		"a TIFF that leads to itself": file("x.tiff", "", loop[:len(loop)-4]+le32(8)),
		"a TIFF without sizes":        file("x.tiff", "", "II*\x00"+le32(8)+le16(0)+le32(0)),
		"boxes that are too long":     file("x.heic", "", box("ftyp", "heic", be32(0))+box("meta", be32(0), be32(99)+"iprp")),
		"an icon that points outside": file("x.ico", "", "\x00\x00\x01\x00\x01\x00"+"\x10\x10\x00\x00\x01\x00\x20\x00"+le32(10)+le32(12)),
	} {
		if w := post(h, broken); w.Code != 422 && w.Code != 415 {
			t.Errorf("%s: %d %s", name, w.Code, w.Body)
		}
	}
}

// TestManyLargePictures: each pixel that is made anew costs time, in however many files it comes.
func TestManyLargePictures(t *testing.T) {
	t.Parallel()
	h := behind(t, upload.Config{Images: "reencode", Pixels: 64}, t.TempDir(), &received{})
	one := file("x.png", "image/png", pngFile())
	if w := post(h, one, one, one, one); w.Code != 200 {
		t.Errorf("four: %d %s", w.Code, w.Body)
	}
	if w := post(h, one, one, one, one, one); codeOf(w) != "upload.pixels" {
		t.Errorf("five: %d %s", w.Code, w.Body)
	}
}

// FuzzDimensions: no picture, however broken, makes the readers of sizes fail or go on forever.
func FuzzDimensions(f *testing.F) {
	kinds := []string{"png", "jpg", "gif", "webp", "bmp", "ico", "tiff", "heic"}
	for i, seed := range []string{pngFile(), jpgFile(), gifFile(), "RIFF\x16\x00\x00\x00WEBPVP8 ", bmpFile(9, 9), icoFile(pngFile()), tiffFile([2]int{9, 9}, [2]int{8, 8}), sequenceFile(9, 9)} {
		f.Add(seed, uint8(i))
	}
	f.Add(heicFile("heic", [2]int{9, 9}), uint8(7))
	f.Fuzz(func(t *testing.T, in string, kind uint8) {
		if w, h, err := upload.Dimensions(in, kinds[int(kind)%len(kinds)]); err == nil && (w < 0 || h < 0) {
			t.Errorf("%d by %d", w, h)
		}
	})
}
