package reencode_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"image"
	"image/color"
	"image/color/palette"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"
	"runtime"
	"strings"
	"testing"

	"golang.org/x/image/webp"

	"github.com/fumehood/fumehood/internal/content"
	"github.com/fumehood/fumehood/internal/reencode"
)

func remake(data []byte, kind string, lim reencode.Limits) ([]byte, error) {
	var out bytes.Buffer
	err := reencode.Image(&out, bytes.NewReader(data), int64(len(data)), kind, lim)
	return out.Bytes(), err
}

// picture has blocks of one colour, so that each can be found again after a lossy encoding.
func picture(columns, rows int) *image.NRGBA {
	const block = 16
	m := image.NewNRGBA(image.Rect(0, 0, columns*block, rows*block))
	for y := range rows * block {
		for x := range columns * block {
			m.SetNRGBA(x, y, color.NRGBA{uint8(x / block * 80), uint8(y / block * 120), 60, 255})
		}
	}
	return m
}

func encode[T any](t testing.TB, as func(io.Writer, image.Image, T) error, m image.Image, options T) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := as(&b, m, options); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func jpgOf(t testing.TB, m image.Image) []byte {
	return encode(t, jpeg.Encode, m, &jpeg.Options{Quality: 95})
}

func pngOf(t testing.TB, m image.Image) []byte {
	return encode(t, func(w io.Writer, m image.Image, _ int) error { return png.Encode(w, m) }, m, 0)
}

func gifOf(t testing.TB, width, height, frames int) []byte {
	return encode(t, func(w io.Writer, _ image.Image, _ int) error {
		g := &gif.GIF{LoopCount: 3}
		for i := range frames {
			f := image.NewPaletted(image.Rect(0, 0, width, height), palette.Plan9)
			f.SetColorIndex(0, 0, uint8(i+1))
			g.Image, g.Delay, g.Disposal = append(g.Image, f), append(g.Delay, 5+i), append(g.Disposal, gif.DisposalBackground)
		}
		return gif.EncodeAll(w, g)
	}, nil, 0)
}

// Two pictures of one pixel (RFC 9649): lossless, and lossy.
const (
	lossless = "RIFF\x1a\x00\x00\x00WEBPVP8L\x0d\x00\x00\x00\x2f\x00\x00\x00\x10\x07\x10\x11\x11\x88\x88\xfe\x07\x00"
	lossy    = "RIFF\x22\x00\x00\x00WEBPVP8 \x16\x00\x00\x000\x01\x00\x9d\x01*\x01\x00\x01\x00\x0e\xc0\xfe%\xa4\x00\x03p\x00\x00\x00\x00"
)

// TestPixelsStay: the picture is the same, and is one of the kind that Output says.
func TestPixelsStay(t *testing.T) {
	t.Parallel()
	m := picture(3, 2)
	grey := image.NewGray16(m.Bounds())
	paletted := image.NewPaletted(m.Bounds(), palette.WebSafe)
	for name, tt := range map[string]struct {
		kind string
		data []byte
		want image.Image
	}{
		"png":      {"png", pngOf(t, m), m},
		"grey png": {"png", pngOf(t, grey), grey},
		"palette":  {"png", pngOf(t, paletted), paletted},
		"jpg":      {"jpg", jpgOf(t, m), m},
		"grey jpg": {"jpg", jpgOf(t, image.NewGray(m.Bounds())), image.NewGray(m.Bounds())},
		"gif":      {"gif", gifOf(t, 20, 10, 1), nil},
		"lossless": {"webp", []byte(lossless), decoded(t, webp.Decode, lossless)},
		"lossy":    {"webp", []byte(lossy), decoded(t, webp.Decode, lossy)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			out, err := remake(tt.data, tt.kind, reencode.Limits{})
			if err != nil {
				t.Fatal(err)
			}
			made := reencode.Output(tt.kind)
			if k, err := content.Inspect(bytes.NewReader(out), int64(len(out)), "a."+made, ""); err != nil || k.Name != made {
				t.Fatalf("%q, %v", k.Name, err)
			}
			got, format, err := image.Decode(bytes.NewReader(out))
			if err != nil || format != strings.Replace(made, "jpg", "jpeg", 1) {
				t.Fatalf("%s, %v", format, err)
			}
			if tt.want != nil {
				same(t, got, tt.want)
			}
		})
	}
}

func decoded(t testing.TB, decode func(io.Reader) (image.Image, error), data string) image.Image {
	t.Helper()
	m, err := decode(strings.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// same compares two pictures within what a jpg changes.
func same(t testing.TB, got, want image.Image) {
	t.Helper()
	if got.Bounds().Size() != want.Bounds().Size() {
		t.Fatalf("the size is %v, want %v", got.Bounds().Size(), want.Bounds().Size())
	}
	const near = 24 << 8
	for y := range want.Bounds().Dy() {
		for x := range want.Bounds().Dx() {
			gr, gg, gb, _ := got.At(got.Bounds().Min.X+x, got.Bounds().Min.Y+y).RGBA()
			wr, wg, wb, _ := want.At(want.Bounds().Min.X+x, want.Bounds().Min.Y+y).RGBA()
			if apart(gr, wr) > near || apart(gg, wg) > near || apart(gb, wb) > near {
				t.Fatalf("at %d, %d: %v, want %v", x, y, got.At(x, y), want.At(x, y))
			}
		}
	}
}

func apart(a, b uint32) uint32 { return max(a, b) - min(a, b) }

// TestAnimation: frames, times and loops stay.
func TestAnimation(t *testing.T) {
	t.Parallel()
	out, err := remake(gifOf(t, 30, 20, 12), "gif", reencode.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	g, err := gif.DecodeAll(bytes.NewReader(out))
	if err != nil || len(g.Image) != 12 || g.Delay[11] != 16 || g.LoopCount != 3 || g.Disposal[3] != gif.DisposalBackground || g.Image[4].ColorIndexAt(0, 0) != 5 {
		t.Errorf("%d frames, %v, %d loops, %v", len(g.Image), g.Delay, g.LoopCount, err)
	}
	// The trailer is left out by some old programs.
	whole := gifOf(t, 30, 20, 2)
	if _, err := remake(whole[:len(whole)-1], "gif", reencode.Limits{}); err != nil {
		t.Error(err)
	}
}

// secret is what a picture must not carry any longer.
const secret = "<?php system($_GET['secret']); ?><script>alert(1)</script>"

// TestWhatRidesAlong: code and places go, wherever in the file they were.
func TestWhatRidesAlong(t *testing.T) {
	t.Parallel()
	jpg, png, gif := jpgOf(t, picture(2, 2)), pngOf(t, picture(2, 2)), gifOf(t, 8, 8, 1)
	for name, tt := range map[string]struct {
		kind string
		data []byte
	}{
		"jpg comment":  {"jpg", segment(jpg, 0xFE, secret)},
		"jpg EXIF":     {"jpg", segment(jpg, 0xE1, "Exif\x00\x00II*\x00\x08\x00\x00\x00\x00\x00"+secret)},
		"jpg XMP":      {"jpg", segment(jpg, 0xE1, "http://ns.adobe.com/xap/1.0/\x00"+secret)},
		"jpg profile":  {"jpg", segment(jpg, 0xE2, "ICC_PROFILE\x00\x01\x01"+secret)},
		"behind a jpg": {"jpg", append(bytes.Clone(jpg), secret...)},
		"png text":     {"png", chunk(png, "tEXt", "Comment\x00"+secret)},
		"png EXIF":     {"png", chunk(png, "eXIf", "II*\x00\x08\x00\x00\x00\x00\x00"+secret)},
		"png chunk":    {"png", chunk(png, "seCr", secret)},
		"behind a png": {"png", append(bytes.Clone(png), secret...)},
		"gif comment":  {"gif", append(bytes.Clone(gif[:len(gif)-1]), "!\xfe"+string(rune(len(secret)))+secret+"\x00;"...)},
		"behind a gif": {"gif", append(bytes.Clone(gif), secret...)},
		"webp EXIF":    {"webp", extended(0, 0, riffChunk("EXIF", secret))},
		"a webp":       {"webp", append([]byte(lossless), secret...)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			out, err := remake(tt.data, tt.kind, reencode.Limits{})
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Contains(tt.data, []byte("secret")) || bytes.Contains(out, []byte("secret")) || bytes.Contains(out, []byte("<?php")) {
				t.Errorf("it still has it: %q", out)
			}
			kind, _ := content.ByName(reencode.Output(tt.kind))
			if what, err := content.HoldsCode(bytes.NewReader(out), int64(len(out)), kind); what != "" || err != nil {
				t.Errorf("it holds %s, %v", what, err)
			}
			if _, err := content.Inspect(bytes.NewReader(out), int64(len(out)), "a."+kind.Name, ""); err != nil {
				t.Error(err)
			}
		})
	}
}

// segment puts one behind SOI.
func segment(jpg []byte, marker byte, data string) []byte {
	head := binary.BigEndian.AppendUint16([]byte{0xFF, marker}, uint16(2+len(data)))
	return bytes.Join([][]byte{jpg[:2], head, []byte(data), jpg[2:]}, nil)
}

// chunk puts one behind IHDR.
func chunk(png []byte, name, data string) []byte {
	c := append(binary.BigEndian.AppendUint32(nil, uint32(len(data))), name+data...)
	c = binary.BigEndian.AppendUint32(c, crc32.ChecksumIEEE(c[4:]))
	return bytes.Join([][]byte{png[:33], c, png[33:]}, nil)
}

func riffChunk(name, data string) string {
	if len(data)%2 == 1 {
		data += "\x00"
	}
	return name + string(binary.LittleEndian.AppendUint32(nil, uint32(len(data)))) + data
}

// extended is the lossless picture on a canvas of that size, less one, with chunks behind it.
func extended(width, height uint32, more string) []byte {
	le := binary.LittleEndian
	canvas := append(append([]byte{8, 0, 0, 0}, le.AppendUint32(nil, width)[:3]...), le.AppendUint32(nil, height)[:3]...)
	body := "WEBP" + riffChunk("VP8X", string(canvas)) + lossless[12:] + more
	return append(le.AppendUint32([]byte("RIFF"), uint32(len(body))), body...)
}

// side is where the first row and the first column of the stored pixels are to be seen, for
// each value of the tag Orientation (Exif 2.32, 4.6.4, table 5).
var side = map[int][2]string{
	1: {"top", "left"}, 2: {"top", "right"}, 3: {"bottom", "right"}, 4: {"bottom", "left"},
	5: {"left", "top"}, 6: {"right", "top"}, 7: {"right", "bottom"}, 8: {"left", "bottom"},
}

// seen turns a picture as the standard's table says.
func seen(m *image.NRGBA, orientation int) *image.NRGBA {
	w, h := m.Rect.Dx(), m.Rect.Dy()
	outW, outH := w, h
	if orientation > 4 {
		outW, outH = h, w
	}
	out := image.NewNRGBA(image.Rect(0, 0, outW, outH))
	for row := range h {
		for column := range w {
			var at image.Point
			for i, from := range side[orientation] {
				n := []int{row, column}[i]
				switch from {
				case "top":
					at.Y = n
				case "bottom":
					at.Y = outH - 1 - n
				case "left":
					at.X = n
				case "right":
					at.X = outW - 1 - n
				}
			}
			out.SetNRGBA(at.X, at.Y, m.NRGBAAt(column, row))
		}
	}
	return out
}

// exif is a TIFF structure with that orientation behind another entry.
func exif(order binary.AppendByteOrder, orientation int) string {
	b := []byte("II*\x00")
	if order.String() == "BigEndian" {
		b = []byte("MM\x00*")
	}
	b = order.AppendUint32(b, 8)
	b = order.AppendUint16(b, 2)
	for _, e := range [][2]uint16{{0x0100, 7}, {0x0112, uint16(orientation)}} {
		b = order.AppendUint16(order.AppendUint16(b, e[0]), 3)
		b = order.AppendUint32(b, 1)
		b = append(order.AppendUint16(b, e[1]), 0, 0)
	}
	return string(append(b, 0, 0, 0, 0))
}

// TestOrientation: a photo stands as it stood before its EXIF was taken away.
func TestOrientation(t *testing.T) {
	t.Parallel()
	m := picture(3, 2)
	jpg, png := jpgOf(t, m), pngOf(t, m)
	for o := 1; o <= 8; o++ {
		for _, order := range []binary.AppendByteOrder{binary.LittleEndian, binary.BigEndian} {
			t.Run(fmt.Sprint(o, order), func(t *testing.T) {
				t.Parallel()
				for kind, data := range map[string][]byte{
					"jpg": segment(jpg, 0xE1, "Exif\x00\x00"+exif(order, o)),
					"png": chunk(png, "eXIf", exif(order, o)),
				} {
					out, err := remake(data, kind, reencode.Limits{})
					if err != nil {
						t.Fatal(err)
					}
					got, _, err := image.Decode(bytes.NewReader(out))
					if err != nil {
						t.Fatal(err)
					}
					same(t, got, seen(m, o))
				}
			})
		}
	}
	for _, wrong := range []string{exif(binary.LittleEndian, 0), exif(binary.LittleEndian, 9), "II*\x00\xff\xff\xff\xff", "", "II*\x00\x08\x00\x00\x00\xff\xff"} {
		out, err := remake(segment(jpg, 0xE1, "Exif\x00\x00"+wrong), "jpg", reencode.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		same(t, decoded(t, jpeg.Decode, string(out)), m)
	}
	if _, err := remake(extended(0, 0, riffChunk("EXIF", exif(binary.BigEndian, 6))), "webp", reencode.Limits{}); err != nil {
		t.Error(err)
	}
}

// header is the beginning of a png that says it is that large, with few pixels in it.
func header(t testing.TB, width, height uint32) []byte {
	b := pngOf(t, picture(1, 1))
	binary.BigEndian.PutUint32(b[16:], width)
	binary.BigEndian.PutUint32(b[20:], height)
	binary.BigEndian.PutUint32(b[29:], crc32.ChecksumIEEE(b[12:29]))
	return b
}

// TestBombs: what would take too much memory is refused before there is a picture of it.
func TestBombs(t *testing.T) {
	const frame = ",\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02\x44\x01\x00"
	manyFrames := []byte("GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff" + strings.Repeat(frame, 100_000) + ";")
	huge := jpgOf(t, picture(1, 1))
	sof := bytes.Index(huge, []byte{0xFF, 0xC0})
	binary.BigEndian.PutUint16(huge[sof+5:], 65500)
	binary.BigEndian.PutUint16(huge[sof+7:], 65500)
	wide := gifOf(t, 8, 8, 1)
	binary.LittleEndian.PutUint16(wide[6:], 65500)
	binary.LittleEndian.PutUint16(wide[8:], 65500)
	lying := []byte(lossless)
	copy(lying[21:], "\xff\xff\xff\x1f") // 16384 by 16384
	for name, tt := range map[string]struct {
		kind  string
		data  []byte
		lim   reencode.Limits
		large string
	}{
		"png":                    {"png", header(t, 65500, 65500), reencode.Limits{}, "pixels"},
		"one row":                {"png", header(t, 1<<31-1, 1), reencode.Limits{}, "pixels"},
		"all but one too many":   {"png", pngOf(t, picture(2, 2)), reencode.Limits{Pixels: 1023}, "pixels"},
		"as many as allowed":     {"png", pngOf(t, picture(2, 2)), reencode.Limits{Pixels: 1024}, ""},
		"jpg":                    {"jpg", huge, reencode.Limits{}, "pixels"},
		"gif of 100,000 frames":  {"gif", manyFrames, reencode.Limits{}, "frames"},
		"gif of large frames":    {"gif", gifOf(t, 500, 500, 20), reencode.Limits{Pixels: 1_000_000}, "pixels"},
		"gif on a large canvas":  {"gif", wide, reencode.Limits{}, "pixels"},
		"webp":                   {"webp", lying, reencode.Limits{}, "pixels"},
		"webp on a large canvas": {"webp", extended(1<<24-1, 99, ""), reencode.Limits{}, "pixels"},
		"webp on a small canvas": {"webp", bytes.Replace(extended(0, 0, ""), []byte(lossless[21:25]), []byte("\xff\xff\xff\x1f"), 1), reencode.Limits{}, "other"},
		"webp of a lying length": {"webp", []byte(strings.Replace(lossy, "\x16\x00\x00\x00", "\xff\xff\xff\x7f", 1)), reencode.Limits{}, "other"},
	} {
		t.Run(name, func(t *testing.T) { // not parallel: it looks at the memory
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			_, err := remake(tt.data, tt.kind, tt.lim)
			runtime.ReadMemStats(&after)
			if used := after.TotalAlloc - before.TotalAlloc; used > 4<<20 {
				t.Errorf("it took %d bytes of memory", used)
			}
			var large *reencode.TooLarge
			switch {
			case tt.large == "" && err != nil, tt.large == "other" && err == nil:
				t.Errorf("got %v", err)
			case tt.large == "pixels" || tt.large == "frames":
				if !errors.As(err, &large) || large.What != tt.large || large.Have <= large.Max {
					t.Errorf("got %v, want too many %s", err, tt.large)
				}
			}
		})
	}
}

// TestBombsWorkWithout: the header alone makes the decoder ask for gigabytes.
func TestBombsWorkWithout(t *testing.T) {
	t.Parallel()
	data := header(t, 65500, 65500)
	c, err := png.DecodeConfig(bytes.NewReader(data))
	if err != nil || c.Width*c.Height*4 < 15<<30 || len(data) > 1000 {
		t.Fatalf("%d by %d in %d bytes, %v", c.Width, c.Height, len(data), err)
	}
}

func TestCannot(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{"bmp", "tiff", "heic", "avif", "svg", "pdf", "", "jpeg"} {
		if _, err := remake(pngOf(t, picture(1, 1)), kind, reencode.Limits{}); !errors.Is(err, reencode.ErrCannot) || reencode.Output(kind) != "" {
			t.Errorf("%s: %v", kind, err)
		}
	}
	for _, kind := range []string{"png", "jpg", "gif", "webp"} {
		for _, data := range [][]byte{nil, []byte("no picture"), pngOf(t, picture(1, 1))[:60], []byte("GIF89a")} {
			if out, err := remake(data, kind, reencode.Limits{}); err == nil || len(out) > 0 {
				t.Errorf("%s: %q was taken", kind, data)
			}
		}
	}
}

// stuck is a picture that stands still while it is read.
type stuck struct {
	io.ReaderAt
	reading, goOn chan struct{}
}

func (s *stuck) ReadAt(p []byte, off int64) (int, error) {
	select {
	case s.reading <- struct{}{}:
	default:
	}
	<-s.goOn
	return s.ReaderAt.ReadAt(p, off)
}

// TestTurns: one picture at a time, and who gives up waiting gives up.
func TestTurns(t *testing.T) {
	t.Parallel()
	data := pngOf(t, picture(1, 1))
	turns := reencode.NewTurns(0)
	first := &stuck{bytes.NewReader(data), make(chan struct{}, 1), make(chan struct{})}
	done := make(chan error)
	go func() {
		done <- turns.Image(t.Context(), io.Discard, first, int64(len(data)), "png", reencode.Limits{})
	}()
	<-first.reading
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := turns.Image(ctx, io.Discard, bytes.NewReader(data), int64(len(data)), "png", reencode.Limits{}); !errors.Is(err, context.Canceled) {
		t.Errorf("the second got %v", err)
	}
	close(first.goOn)
	if err := <-done; err != nil {
		t.Errorf("the first got %v", err)
	}
	if err := turns.Image(t.Context(), io.Discard, bytes.NewReader(data), int64(len(data)), "png", reencode.Limits{}); err != nil {
		t.Errorf("the third got %v", err)
	}
}

type full struct{}

var errFull = errors.New("the disk is full")

func (full) Write([]byte) (int, error) { return 0, errFull }

func TestWriteErrors(t *testing.T) {
	t.Parallel()
	for kind, data := range map[string][]byte{"png": pngOf(t, picture(1, 1)), "jpg": jpgOf(t, picture(1, 1)), "gif": gifOf(t, 8, 8, 1)} {
		if err := reencode.Image(full{}, bytes.NewReader(data), int64(len(data)), kind, reencode.Limits{}); !errors.Is(err, errFull) {
			t.Errorf("%s: %v", kind, err)
		}
	}
}

// FuzzImage: no panic, no picture over the limits, and what comes out is a picture.
func FuzzImage(f *testing.F) {
	kinds := []string{"png", "jpg", "gif", "webp"}
	f.Add(chunk(pngOf(f, picture(1, 1)), "eXIf", exif(binary.BigEndian, 6)), uint8(0))
	f.Add(segment(jpgOf(f, picture(1, 1)), 0xE1, "Exif\x00\x00"+exif(binary.LittleEndian, 3)), uint8(1))
	f.Add(gifOf(f, 4, 4, 2), uint8(2))
	f.Add([]byte(lossless), uint8(3))
	f.Add([]byte(lossy), uint8(3))
	f.Add(extended(0, 0, riffChunk("EXIF", exif(binary.LittleEndian, 8))), uint8(3))
	f.Fuzz(func(t *testing.T, data []byte, which uint8) {
		kind := kinds[int(which)%len(kinds)]
		out, err := remake(data, kind, reencode.Limits{Pixels: 10_000, Frames: 10})
		if err != nil {
			return
		}
		c, format, err := image.DecodeConfig(bytes.NewReader(out))
		if err != nil || c.Width*c.Height > 10_000 || format != strings.Replace(reencode.Output(kind), "jpg", "jpeg", 1) {
			t.Errorf("a %s of %d by %d, %v", format, c.Width, c.Height, err)
		}
	})
}
