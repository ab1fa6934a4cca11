package upload

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"

	fumehood "github.com/fumehood/fumehood"
	"github.com/fumehood/fumehood/internal/archive"
	"github.com/fumehood/fumehood/internal/content"
	"github.com/fumehood/fumehood/internal/hint"
	"github.com/fumehood/fumehood/internal/reencode"
)

// kinds are the kinds of files that are taken.
type kinds struct {
	taken  map[string]content.Kind // by name
	feared map[string]bool         // those of them that run
	list   string                  // "PNG, JPG and PDF", for whoever has chosen another
}

// newKinds reads Config.Types and Config.DangerouslyAllowTypes.
func newKinds(cfg Config) (k kinds, mistakes []error) {
	k = kinds{taken: map[string]content.Kind{}, feared: map[string]bool{}}
	types := cfg.Types
	if len(types) == 0 {
		types = []string{"png", "jpg", "gif", "webp", "pdf", "txt"}
	}
	var names []string
	add := func(key, name string, feared bool) {
		kind, ok := content.ByName(name)
		switch {
		case strings.ToLower(name) != name || strings.HasPrefix(name, "."):
			mistakes = append(mistakes, hint.With(fmt.Errorf("upload.%s: %q is not how a type is written", key, name),
				fmt.Sprintf("write %q", strings.ToLower(strings.TrimLeft(name, ".")))))
			return
		case isServerKind(kind, name):
			mistakes = append(mistakes, hint.With(fmt.Errorf("upload.%s: %q is never allowed", key, name),
				"see docs/guides/uploads.md"))
			return
		case !ok:
			mistakes = append(mistakes, hint.With(fmt.Errorf("upload.%s: %q is no type that can be recognised", key, name),
				"the types are "+knownTypes()))
			return
		case kind.Active && !feared:
			mistakes = append(mistakes, hint.With(fmt.Errorf("upload.%s: a %s file runs in the browser or program of whoever opens it", key, name),
				fmt.Sprintf("leave it out, or write upload.dangerously_allow_types = [%q]", name)))
			return
		case !kind.Active && feared:
			mistakes = append(mistakes, hint.With(fmt.Errorf("upload.%s: there is nothing to fear in %q", key, name),
				fmt.Sprintf("write it into upload.types instead: types = [%q]", name)))
			return
		case cfg.Images == "reencode" && kind.Class == "image" && !kind.Active && reencode.Output(kind.Name) == "":
			mistakes = append(mistakes, hint.With(fmt.Errorf("upload.%s: a %s picture cannot be made anew", key, name),
				`leave it out, or write upload.images = "keep"`))
			return
		}
		if _, again := k.taken[kind.Name]; !again {
			names = append(names, strings.ToUpper(name))
		}
		k.taken[kind.Name] = kind
		k.feared[kind.Name] = feared
	}
	for _, name := range types {
		add("types", name, false)
	}
	for _, name := range cfg.DangerouslyAllowTypes {
		add("dangerously_allow_types", name, true)
	}
	if k.list = strings.Join(names, ", "); len(names) > 1 {
		k.list = strings.Join(names[:len(names)-1], ", ") + " and " + names[len(names)-1]
	}
	return k, mistakes
}

// isServerKind says whether a kind has an extension that is never taken.
func isServerKind(kind content.Kind, name string) bool {
	for _, ext := range kind.Extensions {
		if runsOnServer(ext) {
			return true
		}
	}
	return runsOnServer(name)
}

// knownTypes lists what Types may have.
func knownTypes() string {
	var names []string
	for _, kind := range content.Known() {
		if !kind.Active && !isServerKind(kind, kind.Name) {
			names = append(names, kind.Name)
		}
	}
	return strings.Join(names, ", ")
}

// accepted is a file that may go on.
type accepted struct {
	kind     content.Kind // of what the app gets; zero for an empty input
	name     string       // that the app gets
	original string       // beside it, "" for none
	reencode bool
	from     string // the kind that came, where that is made anew
}

// media is the media type that the app gets.
func (a *accepted) media(p *part) string {
	if len(a.kind.MIME) == 0 {
		return p.media
	}
	return a.kind.MIME[0]
}

// checkFile looks into the file in p. An error is a refusal, or the server's own trouble.
func (g *Guard) checkFile(ctx context.Context, src *source, p *part) (*accepted, error) {
	switch {
	case p.filename == "" && p.size() == 0: // no file was chosen
		return &accepted{}, nil
	case p.filename == "":
		return nil, badName(errors.New("a file without a name"))
	case p.size() > int64(g.cfg.Max):
		return nil, tooLarge(g.cfg.Max, fmt.Errorf("%d bytes; upload.max is %s", p.size(), g.cfg.Max))
	}
	name := safeName(p.filename)
	switch {
	case isProgram(name, p.filename):
		return nil, program(p.filename)
	case g.cfg.Names == "keep" && !keepable(p.filename):
		return nil, badName(fmt.Errorf("%.300q", p.filename))
	}
	kind, err := g.inspect(src, p, name)
	if err != nil {
		return nil, err
	}
	if err := g.lookInside(ctx, src, p, kind); err != nil {
		return nil, err
	}
	a := &accepted{kind: kind, name: name}
	if g.cfg.Images == "reencode" && kind.Class == "image" && !kind.Active {
		a.reencode, a.from = true, kind.Name
		if out, _ := content.ByName(reencode.Output(kind.Name)); out.Name != kind.Name {
			a.kind, name = out, withExtension(name, out.Extensions[0])
		}
	}
	if extension(name) == "" && len(a.kind.Extensions) > 0 {
		name = withExtension(name, a.kind.Extensions[0])
	}
	switch g.cfg.Names {
	case "keep":
		if a.name = p.filename; a.kind.Name != kind.Name {
			a.name = withExtension(a.name, a.kind.Extensions[0])
		}
	case "random":
		a.name, a.original = randomName(a.kind.Extensions[0]), name
	default:
		a.name = name
	}
	return a, nil
}

// withExtension gives name another extension, or one at all.
func withExtension(name, ext string) string {
	return strings.TrimSuffix(name, path.Ext(name)) + "." + ext
}

// inspect says which kind that is taken the file is of.
func (g *Guard) inspect(src *source, p *part, name string) (content.Kind, error) {
	r := io.NewSectionReader(src, p.from, p.size())
	kind, err := content.Inspect(r, p.size(), name, p.media)
	var m *content.Mismatch
	if errors.As(err, &m) && m.Reason == content.NoExtension {
		// Scripts in pages send "blob"; then the declared type has to say what it is.
		if guess, ok := g.guess(m, p.media); ok {
			kind, err = content.Inspect(r, p.size(), "file."+guess.Extensions[0], p.media)
			m = nil
			errors.As(err, &m)
		}
	}
	if err != nil && m == nil {
		return kind, storage(err)
	}
	if m != nil {
		var ok bool
		if kind, ok = g.forgive(m, name); !ok {
			return kind, g.refuse(m, name)
		}
	}
	if _, ok := g.kinds.taken[kind.Name]; !ok {
		return kind, wrongType(g.kinds.list, fmt.Errorf("%.300q is %s, which is not in upload.types", name, kind.Name))
	}
	return kind, nil
}

// guess says what a file without an extension may be.
func (g *Guard) guess(m *content.Mismatch, media string) (content.Kind, bool) {
	if kind, ok := g.kinds.taken[m.Kind.Name]; ok && m.Kind.Name != "" {
		return kind, true
	}
	for _, kind := range g.kinds.taken {
		for _, mime := range kind.MIME {
			if mime == media {
				return kind, true
			}
		}
	}
	return content.Kind{}, false
}

// forgive says whether the file may pass all the same, and as what.
func (g *Guard) forgive(m *content.Mismatch, name string) (content.Kind, bool) {
	switch m.Reason {
	case content.Active:
		return m.Kind, g.kinds.feared[m.Kind.Name]
	case content.Empty: // an empty text is one
		kind, ok := content.ByName(extension(name))
		return kind, ok && kind.Class == "text" && !kind.Active
	case content.Trailing, content.Polyglot: // gone once the picture is made anew
		return m.Kind, g.cfg.Images == "reencode" && m.Kind.Name != "" && m.Kind.Name == m.Named.Name &&
			m.Kind.Class == "image" && reencode.Output(m.Kind.Name) != ""
	}
	return content.Kind{}, false
}

// refuse says why a file is not taken, to whoever has chosen it.
func (g *Guard) refuse(m *content.Mismatch, name string) error {
	cause := fmt.Errorf("%.300q: %w", name, m)
	if _, ok := g.kinds.taken[m.Named.Name]; ok {
		return mismatch(cause)
	}
	return wrongType(g.kinds.list, cause)
}

// lookInside bounds what a picture, an archive or a document becomes when it is opened.
func (g *Guard) lookInside(ctx context.Context, src *source, p *part, kind content.Kind) error {
	r := io.NewSectionReader(src, p.from, p.size())
	switch kind.Class {
	case "image":
		width, height, err := dimensions(r, kind.Name)
		switch {
		case err != nil:
			return badImage(err)
		case height > 0 && width > int64(g.cfg.Pixels)/height:
			return imageTooLarge(fmt.Errorf("%d by %d; upload.pixels is %d", width, height, g.cfg.Pixels))
		}
	case "archive", "office":
		err := archive.Check(ctx, r, p.size(), kind.Name, archive.Limits{
			Entries: g.cfg.ArchiveEntries, Total: int64(g.cfg.ArchiveTotal), Dangerous: isProgramEntry, Folder: g.tempDir,
		})
		var refused *archive.Refused
		if errors.As(err, &refused) {
			return badArchive(err)
		}
		if err != nil {
			return storage(err)
		}
	}
	return nil
}

// checkCharset refuses a field that would have an app read the form in another encoding
// (RFC 7578, section 4.6).
func checkCharset(src *source, p *part) error {
	value, err := src.peek(p.from, int(min(p.size(), 20)))
	if err != nil {
		return err
	}
	if p.size() > 0 && !strings.EqualFold(string(value), "utf-8") {
		return malformed("the form is to be read as %q", value)
	}
	return nil
}

// remakePicture writes the picture in p anew.
func (g *Guard) remakePicture(ctx context.Context, out *spool, src *source, p *part, from string) error {
	r := io.NewSectionReader(src, p.from, p.size())
	dst := &bounded{out, int64(g.cfg.Max)}
	err := g.pictures.turns.Image(ctx, dst, r, p.size(), from, reencode.Limits{Pixels: int64(g.cfg.Pixels)})
	var large *reencode.TooLarge
	var full errFull
	var refusal *fumehood.Refusal
	switch {
	case err == nil:
		return nil
	case errors.As(err, &full):
		return tooLarge(g.cfg.Max, fmt.Errorf("made anew, the picture has more than upload.max = %s", g.cfg.Max))
	case errors.As(err, &large):
		return imageTooLarge(err)
	case errors.As(err, &refusal), ctx.Err() != nil:
		return err
	}
	return badImage(err)
}

// bounded takes left bytes.
type bounded struct {
	out  *spool
	left int64
}

func (b *bounded) Write(p []byte) (int, error) {
	if b.left -= int64(len(p)); b.left < 0 {
		return 0, errFull{}
	}
	return b.out.Write(p)
}
