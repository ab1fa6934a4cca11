package upload

import (
	"context"
	"crypto/rand"
	"io"
	"math"
	"strings"
)

// remake writes the form anew.
func (g *Guard) remake(ctx context.Context, src *source, f *form, files []*accepted) (*remade, error) {
	boundary := "fumehood-" + rand.Text() // 130 bits: it is in no file
	out := &spool{dir: g.tempDir, most: math.MaxInt64}
	err := g.writeForm(ctx, out, src, f, files, boundary)
	if err == nil {
		_, err = out.Write([]byte("--" + boundary + "--\r\n"))
	}
	if err != nil {
		out.close()
		return nil, err
	}
	return &remade{out.body(), canonicalType(boundary)}, nil
}

func (g *Guard) writeForm(ctx context.Context, out *spool, src *source, f *form, files []*accepted, boundary string) error {
	for i := range f.parts {
		p, file := &f.parts[i], files[i]
		if _, err := out.Write([]byte("--" + boundary + "\r\n" + partHead(p, file))); err != nil {
			return err
		}
		var err error
		switch {
		case file != nil && file.reencode:
			err = g.remakePicture(ctx, out, src, p, file.from)
		case file == nil && p.charset == latin1:
			err = fromLatin1(out, io.NewSectionReader(src, p.from, p.size()))
		default:
			err = out.copyFrom(src, p.from, p.size())
		}
		if err == nil {
			_, err = out.Write([]byte("\r\n"))
		}
		if err != nil {
			return err
		}
		if err := context.Cause(ctx); err != nil {
			return err // nobody waits for it any more
		}
	}
	return nil
}

// unchanged says whether each part is already as it would be written anew.
func unchanged(f *form, files []*accepted) bool {
	for i := range f.parts {
		if files[i] != nil && files[i].reencode || f.parts[i].raw != partHead(&f.parts[i], files[i]) {
			return false
		}
	}
	return true
}

// partHead is the head of a part as the app gets it: as browsers write it (HTML standard,
// multipart/form-data encoding). file is nil for a field.
func partHead(p *part, file *accepted) string {
	var b strings.Builder
	b.WriteString(`Content-Disposition: form-data; name="`)
	b.WriteString(strings.ReplaceAll(p.name, `"`, "%22"))
	media := p.media
	if file != nil {
		b.WriteString(`"; filename="`)
		b.WriteString(strings.ReplaceAll(file.name, `"`, "%22"))
		media = file.media(p)
	}
	b.WriteString("\"\r\n")
	if media != "" {
		b.WriteString("Content-Type: ")
		b.WriteString(media)
		b.WriteString("\r\n")
	}
	if file != nil && file.original != "" {
		b.WriteString("X-Original-Filename: ")
		b.WriteString(file.original)
		b.WriteString("\r\n")
	}
	b.WriteString("\r\n")
	return b.String()
}

func canonicalType(boundary string) string { return "multipart/form-data; boundary=" + boundary }

// isCanonicalType says whether a Content-Type is as browsers write it, with a boundary that
// all software reads alike.
func isCanonicalType(value, boundary string) bool {
	return isPlainBoundary(boundary) && value == canonicalType(boundary)
}
