// Package reencode makes a picture anew from its pixels.
//
// It stops whatever a picture file carries besides its pixels: code in comments and
// metadata, a second file behind its end, the place and the camera in EXIF. It refuses
// pictures that would take too much memory before it decodes them. It does not stop what the
// pixels themselves say. Colour profiles are dropped too, so that the colours of a picture
// with a wide one get paler. guard/upload calls it where policy asks.
package reencode

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"image"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"
	"runtime"
	"strings"

	"golang.org/x/image/webp"

	"github.com/fumehood/fumehood/internal/content"
)

// Limits bound one picture. A zero field is the default in brackets.
type Limits struct {
	Pixels int64 // width times height (40 million); of a gif, whose pixels take a quarter, four times as many over all frames
	Frames int   // frames of an animation (1000)
}

const (
	defaultPixels = 40_000_000
	defaultFrames = 1000

	quality = 90 // of a jpg: no difference can be seen, and the file does not grow much
)

// ErrCannot is the error for a kind that cannot be made anew.
var ErrCannot = errors.New("reencode: this kind of picture cannot be made anew")

// TooLarge is the error for a picture that is over a limit.
type TooLarge struct {
	What string // "pixels" or "frames"
	Have int64
	Max  int64
}

// Error implements error.
func (t *TooLarge) Error() string {
	return fmt.Sprintf("reencode: the picture has %d %s, more than %d", t.Have, t.What, t.Max)
}

// Output returns the kind that Image makes of a picture of kind: png, jpg and gif stay,
// webp becomes png. It is "" for what Image cannot make anew.
func Output(kind string) string {
	switch kind {
	case "png", "jpg", "gif":
		return kind
	case "webp":
		return "png"
	}
	return ""
}

// Turns bounds how many pictures are decoded at the same time, and so the memory for them.
// One picture takes up to 24 bytes for each pixel: a progressive jpg that has to be turned, or
// a png of 16 bits; most take 4 to 8.
type Turns struct{ free chan struct{} }

// NewTurns returns Turns for n pictures at the same time, at least 1.
func NewTurns(n int) *Turns { return &Turns{make(chan struct{}, max(n, 1))} }

// Image waits for its turn, until ctx ends, and calls Image. A picture that has its turn is
// made to the end: it takes about 0.2 s for 10 million pixels.
func (t *Turns) Image(ctx context.Context, dst io.Writer, src io.ReaderAt, size int64, kind string, lim Limits) error {
	select {
	case t.free <- struct{}{}:
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	defer func() { <-t.free }()
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	pixels, err := remade(dst, src, size, kind, lim)
	if pixels > muchGarbage {
		runtime.GC() // before the next one has its turn: its room is that of this one
	}
	return err
}

// muchGarbage is from how many pixels on a picture is cleaned away at once. It takes a few
// milliseconds; left to the garbage collector, the pictures of one form would pile up to
// several times the memory of one.
const muchGarbage = 4_000_000

// Image decodes the picture of size bytes in src, whose kind is the name of a content.Kind,
// and writes it to dst as Output(kind), with nothing but its pixels: the orientation of its
// EXIF is applied, all metadata and the colour profile are dropped. A gif keeps its frames,
// their times and its loop count; an animated png keeps its still picture only. The error is
// ErrCannot, a *TooLarge, or says what is wrong with the picture; what was written to dst must
// then be thrown away.
func Image(dst io.Writer, src io.ReaderAt, size int64, kind string, lim Limits) error {
	_, err := remade(dst, src, size, kind, lim)
	return err
}

// remade is Image, and returns how many pixels room was made for.
func remade(dst io.Writer, src io.ReaderAt, size int64, kind string, lim Limits) (pixels int64, err error) {
	lim.Pixels = cmp.Or(max(lim.Pixels, 0), defaultPixels)
	lim.Frames = cmp.Or(max(lim.Frames, 0), defaultFrames)
	out := bufio.NewWriterSize(dst, 32<<10)
	if pixels, err = remake(out, src, size, kind, lim); err != nil {
		return pixels, err
	}
	return pixels, out.Flush()
}

// remake looks at the structure first: decoders make room for what a length says.
func remake(dst io.Writer, src io.ReaderAt, size int64, kind string, lim Limits) (pixels int64, err error) {
	if Output(kind) == "" {
		return 0, ErrCannot
	}
	var mismatch *content.Mismatch
	_, err = content.Inspect(src, size, "picture."+kind, "")
	if err != nil && !(errors.As(err, &mismatch) && (mismatch.Reason == content.Trailing || mismatch.Reason == content.Polyglot)) {
		return 0, fmt.Errorf("reencode: %w", err)
	}
	defer func() { // the decoders are others', the bytes are strangers'
		if failed := recover(); failed != nil {
			err = fmt.Errorf("reencode: the decoder for %s failed: %v", kind, failed)
		}
	}()
	open := func() io.Reader { return bufio.NewReaderSize(io.NewSectionReader(src, 0, size), 32<<10) }
	var picture image.Image
	switch kind {
	case "gif":
		return remakeGIF(dst, open(), src, size, lim)
	case "png":
		picture, pixels, err = still(open, png.DecodeConfig, png.Decode, lim)
	case "jpg":
		picture, pixels, err = still(open, jpeg.DecodeConfig, jpeg.Decode, lim)
	case "webp":
		picture, pixels, err = still(open, webp.DecodeConfig, webp.Decode, lim)
	}
	if err != nil {
		return pixels, err
	}
	picture = upright(picture, orientation(src, size, kind))
	if kind == "jpg" {
		return pixels, jpeg.Encode(dst, picture, &jpeg.Options{Quality: quality})
	}
	return pixels, png.Encode(dst, picture)
}

// still decodes one picture after a look at how large it is, and returns how many pixels it had
// to make room for.
func still(open func() io.Reader, config func(io.Reader) (image.Config, error), decode func(io.Reader) (image.Image, error), lim Limits) (picture image.Image, pixels int64, err error) {
	c, err := config(open())
	if err != nil {
		return nil, 0, fmt.Errorf("reencode: %w", err)
	}
	if err := lim.fits(int64(c.Width), int64(c.Height)); err != nil {
		return nil, 0, err
	}
	pixels = int64(c.Width) * int64(c.Height)
	if picture, err = decode(open()); err != nil {
		return nil, pixels, fmt.Errorf("reencode: %w", err)
	}
	return picture, pixels, nil
}

// fits compares a size with the limit; both sides are below 1<<31.
func (lim Limits) fits(width, height int64) error {
	if width <= 0 || height <= 0 {
		return errors.New("reencode: the picture has no pixels")
	}
	if width*height > lim.Pixels {
		return &TooLarge{What: "pixels", Have: width * height, Max: lim.Pixels}
	}
	return nil
}

// remakeGIF counts frames and pixels first: the decoder makes a picture of each frame.
func remakeGIF(dst io.Writer, r io.Reader, src io.ReaderAt, size int64, lim Limits) (pixels int64, err error) {
	frames, pixels, err := content.GIFFrames(src, size)
	var mismatch *content.Mismatch
	if err != nil && !(errors.As(err, &mismatch) && mismatch.Reason == content.Trailing) {
		return 0, fmt.Errorf("reencode: %w", err)
	}
	if frames > lim.Frames {
		return 0, &TooLarge{What: "frames", Have: int64(frames), Max: int64(lim.Frames)}
	}
	if most := 4 * min(lim.Pixels, 1<<60); pixels > most {
		return 0, &TooLarge{What: "pixels", Have: pixels, Max: most}
	}
	all, err := gif.DecodeAll(io.MultiReader(r, strings.NewReader(";"))) // the trailer, where it was left out
	if err != nil {
		return 0, fmt.Errorf("reencode: %w", err)
	}
	if err := lim.fits(int64(all.Config.Width), int64(all.Config.Height)); err != nil {
		return pixels, err
	}
	return pixels, gif.EncodeAll(dst, all)
}
