package upload

import (
	"errors"
	"math"
	"net/http"
	"path"
	"strings"

	fumehood "github.com/fumehood/fumehood"
)

// isURLEncoded says whether the body is a form without files.
func isURLEncoded(types []string) bool {
	if len(types) != 1 {
		return false
	}
	essence, _, _ := strings.Cut(types[0], ";")
	return strings.EqualFold(strings.TrimSpace(essence), "application/x-www-form-urlencoded")
}

// readRaw looks into a body that is a file itself. The app gets its name from the path,
// which stays as it is, so the kind must stay too.
func (g *Guard) readRaw(r *http.Request, src *source) (*remade, error) {
	p := &part{filename: path.Base("/" + r.URL.Path), to: src.size}
	if p.filename == "/" {
		p.filename = "file"
	}
	given := ""
	if types := r.Header["Content-Type"]; len(types) > 0 {
		if len(types) > 1 {
			return nil, malformedBody(errors.New("two Content-Type fields"))
		}
		given = types[0]
		err := p.parseType(given)
		if err == nil && p.charset != "" { // which the app gets
			err = malformed("the charset of a body is %.40q", p.charset)
		}
		if err != nil {
			return nil, err
		}
	}
	file, err := g.checkFile(r.Context(), src, p, nil)
	if err == nil {
		file.note(r)
	}
	if err != nil || !file.reencode || g.cfg.Mode == fumehood.Report {
		return nil, err
	}
	if file.kind.Name != file.from {
		return nil, wrongType(g.kinds.list, errors.New("a "+file.from+" picture is made anew as "+file.kind.Name+", which is not what the path says"))
	}
	out := &spool{dir: g.tempDir, most: math.MaxInt64}
	if err := g.remakePicture(r.Context(), out, src, p, file.from); err != nil {
		out.close()
		return nil, err
	}
	if given == "" {
		given = file.kind.MIME[0]
	}
	return &remade{out.body(), given}, nil
}
