package reencode_test

import (
	"bytes"
	"image"
	"io"
	"runtime"
	"testing"

	"github.com/fumehood/fumehood/internal/reencode"
)

// TestLargePicturesAreCleanedAway: the room of a large picture, or of one that turns out to be
// broken, is free before the next one has its turn, and does not wait for the heap to double.
func TestLargePicturesAreCleanedAway(t *testing.T) {
	large := pngOf(t, image.NewGray(image.Rect(0, 0, 3000, 2000)))
	broken := bytes.Clone(large)
	broken[len(broken)/2] ^= 0xFF
	turns := reencode.NewTurns(1)
	for name, tt := range map[string]struct {
		data  []byte
		fails bool
	}{"large": {large, false}, "broken": {broken, true}} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		err := turns.Image(t.Context(), io.Discard, bytes.NewReader(tt.data), int64(len(tt.data)), "png", reencode.Limits{})
		runtime.ReadMemStats(&after)
		if (err != nil) != tt.fails || after.NumForcedGC == before.NumForcedGC {
			t.Errorf("%s: %v, cleaned %d times", name, err, after.NumForcedGC-before.NumForcedGC)
		}
	}
}
