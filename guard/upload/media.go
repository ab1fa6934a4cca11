package upload

import (
	"io"
	"strings"
)

// latin1 is the only charset besides UTF-8 that fields are taken in: Java's clients declare
// it where they are told nothing, and Werkzeug reads it.
const latin1 = "iso-8859-1"

// parseType reads Content-Type. What mobile apps are often taught to write there says
// nothing of the part: "image", or the type of the whole form. It goes no further.
func (p *part) parseType(value string) error {
	media, params, hasParams := strings.Cut(value, ";")
	media = strings.ToLower(strings.TrimRight(media, " \t"))
	kind, sub, ok := strings.Cut(media, "/")
	switch {
	case value == "", !ok && isToken(media), media == "multipart/form-data" && !hasParams:
		return nil
	case !ok || !isToken(kind) || !isToken(sub):
		return malformed("the type %.60q", value)
	case kind == "multipart" || kind == "message":
		return malformed("a part is a %s itself", media)
	}
	p.media = media
	if !hasParams {
		return nil
	}
	given, err := parseParameters(params)
	if err != nil {
		return err
	}
	for _, g := range given {
		if !strings.HasPrefix(g.key, "charset") {
			continue
		}
		switch charset := strings.ToLower(g.value); {
		case g.key != "charset":
			return malformed("the %s of a part", g.key)
		case charset != "utf-8" && charset != "us-ascii" && charset != "ascii":
			p.charset = charset
		}
	}
	return nil
}

// checkCharset refuses a field that would be read in another way than it is looked through.
// Of a file it says nothing that counts: the app gets its bytes, and never the charset.
func (p *part) checkCharset() error {
	if p.isFile || p.charset == "" || p.charset == latin1 {
		return nil
	}
	return malformed("the charset of a part is %.40q", p.charset)
}

// fromLatin1 writes what r has in Latin-1 as UTF-8.
func fromLatin1(out io.Writer, r io.Reader) error {
	in, made := make([]byte, 4096), make([]byte, 0, 2*4096)
	for {
		n, err := r.Read(in)
		made = made[:0]
		for _, c := range in[:n] {
			if c < 0x80 {
				made = append(made, c)
			} else {
				made = append(made, 0xC0|c>>6, 0x80|c&0x3F)
			}
		}
		if _, failed := out.Write(made); failed != nil {
			return failed
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return storage(err)
		}
	}
}
