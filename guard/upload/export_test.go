package upload

import (
	"bytes"
	"context"
	"io"
	"strings"
)

// For the tests: the parser and the writer without what looks at the files.

// Part is one part as the guard reads it.
type Part struct {
	Name, Filename, Media string
	IsFile                bool
	Data                  []byte
}

// Reread reads a body and writes it anew, files under safe names, unless it can go on as
// it is.
func Reread(contentType string, in []byte) (parts []Part, newType string, out []byte, err error) {
	boundary, err := boundaryOf(contentType)
	if err != nil {
		return nil, "", nil, err
	}
	if claimOf([]string{contentType}) != isForm {
		return nil, "", nil, notAForm(contentType)
	}
	src := &source{mem: in, size: int64(len(in))}
	f, err := parseForm(src, boundary, limits{parts: 1000, files: 100})
	if err != nil {
		return nil, "", nil, err
	}
	files := make([]*accepted, len(f.parts))
	for i, p := range f.parts {
		part := Part{Name: p.name, IsFile: p.isFile, Media: p.media, Data: in[p.from:p.to]}
		if p.isFile {
			files[i] = &accepted{}
			if p.filename != "" {
				files[i].name = safeName(p.filename)
			}
			part.Filename = files[i].name
		}
		if !p.isFile && p.charset == latin1 {
			var b bytes.Buffer
			if err := fromLatin1(&b, bytes.NewReader(part.Data)); err != nil {
				return nil, "", nil, err
			}
			part.Data = b.Bytes()
		}
		parts = append(parts, part)
	}
	if f.canonical && isCanonicalType(contentType, boundary) && unchanged(f, files) {
		return parts, contentType, in, nil
	}
	made, err := (&Guard{}).remake(context.Background(), src, f, files)
	if err != nil {
		return nil, "", nil, err
	}
	defer made.body.Close()
	out, err = io.ReadAll(made.body)
	return parts, made.contentType, out, err
}

func SafeName(name string) string { return safeName(name) }
func Keepable(name string) bool   { return keepable(name) }
func IsProgram(name string) bool  { return isProgram(safeName(name), name) }

// Dimensions reads the size of a picture.
func Dimensions(in, kind string) (width, height int64, err error) {
	return dimensions(io.NewSectionReader(strings.NewReader(in), 0, int64(len(in))), kind)
}
