package canon

import (
	"bytes"
	"image/gif"
	imagepng "image/png"
	"strings"
	"testing"
)

// What the attacks send as pictures are pictures: were they broken, a refusal would say
// nothing about what is in them.
func TestPictures(t *testing.T) {
	t.Parallel()
	text := polyglot("alert(1)")
	if picture, err := gif.Decode(strings.NewReader(text)); err != nil {
		t.Errorf("the GIF: %v", err)
	} else {
		t.Log(picture.Bounds())
	}
	if strings.ContainsAny(text, "\r\n") {
		t.Error("the script goes on after a line break")
	}
	if _, err := imagepng.Decode(bytes.NewReader(png(9, 9, "a comment"))); err != nil {
		t.Errorf("the PNG: %v", err)
	}
	if is, err := imagepng.DecodeConfig(bytes.NewReader(png(8000, 8000))); err != nil || is.Width != 8000 || is.Height != 8000 {
		t.Errorf("the large PNG: %+v, %v", is, err)
	}
}
