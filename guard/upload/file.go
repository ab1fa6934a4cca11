package upload

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"path"
	"strings"

	fumehood "github.com/fumehood/fumehood"
	"github.com/fumehood/fumehood/internal/archive"
	"github.com/fumehood/fumehood/internal/content"
	"github.com/fumehood/fumehood/internal/reencode"
)

// accepted is a file that may go on.
type accepted struct {
	kind     content.Kind // of what the app gets; zero for an empty input
	name     string       // that the app gets
	original string       // beside it, "" for none
	reencode bool
	from     string // the kind that came, where that is made anew
	pixels   int64  // to be made anew
	holds    string // code that it carries, to be noted; "" for none
}

// media is the media type that the app gets.
func (a *accepted) media(p *part) string {
	if len(a.kind.MIME) == 0 {
		return p.media
	}
	return a.kind.MIME[0]
}

// checkFile looks into the file in p. An error is a refusal, or the server's own trouble.
func (g *Guard) checkFile(ctx context.Context, src *source, p *part, tally *archive.Tally) (*accepted, error) {
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
	pixels, err := g.lookInside(ctx, src, p, kind, tally)
	if err != nil {
		return nil, err
	}
	a := &accepted{kind: kind, name: name}
	if g.cfg.Images == "reencode" && kind.Class == "image" && !kind.Active {
		a.reencode, a.from, a.pixels = true, kind.Name, pixels
		if out, _ := content.ByName(reencode.Output(kind.Name)); out.Name != kind.Name {
			a.kind, name = out, withExtension(name, out.Extensions[0])
		}
	} else if a.holds, err = content.HoldsCode(io.NewSectionReader(src, p.from, p.size()), p.size(), kind); err != nil {
		return nil, storage(err)
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

// note notes what is taken, and could still be meant ill.
func (a *accepted) note(r *http.Request) {
	if a.holds == "" {
		return
	}
	fumehood.Note(r, &fumehood.Refusal{
		Status: http.StatusUnprocessableEntity, Code: "upload.code",
		Public: "This file carries code.",
		Err:    fmt.Errorf("%.300q, taken as %s, carries %s; it runs only where something takes it for another kind", a.name, a.kind.Name, a.holds),
	})
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
		if guess, ok := g.kinds.guess(m.Kind, p.media); ok {
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
	if !g.kinds.takes(kind.Name) {
		return kind, wrongType(g.kinds.list, fmt.Errorf("%.300q is %s, which is not in upload.types%s", name, kind.Name, remedy(kind)))
	}
	return kind, nil
}

// forgive says whether the file may pass all the same, and as what.
func (g *Guard) forgive(m *content.Mismatch, name string) (content.Kind, bool) {
	switch m.Reason {
	case content.Active:
		return m.Kind, g.kinds.fears(m.Kind.Name)
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
	if g.kinds.takes(m.Named.Name) {
		return mismatch(cause)
	}
	kind := m.Named
	if kind.Name == "" {
		kind = m.Kind
	}
	return wrongType(g.kinds.list, fmt.Errorf("%w%s", cause, remedy(kind)))
}

// remedy is what would take files of a kind, for the log; "" for nothing.
func remedy(kind content.Kind) string {
	switch {
	case kind.Name == "" || isServerKind(kind) || !canLookInto(kind):
		return ""
	case kind.Active:
		return fmt.Sprintf("; it runs for whoever opens it; upload.dangerously_allow_types = [%q] takes it all the same", kind.Name)
	}
	return fmt.Sprintf("; to take it, add %q to upload.types", kind.Name)
}

// lookInside bounds what a picture, an archive or a document becomes when it is opened.
func (g *Guard) lookInside(ctx context.Context, src *source, p *part, kind content.Kind, tally *archive.Tally) (pixels int64, err error) {
	r := io.NewSectionReader(src, p.from, p.size())
	switch kind.Class {
	case "image":
		return g.lookAtPicture(r, kind)
	case "archive", "office":
		err := archive.Check(ctx, r, p.size(), kind.Name, archive.Limits{
			Entries: g.cfg.ArchiveEntries, Total: int64(g.cfg.ArchiveTotal), Dangerous: isProgramEntry, Folder: g.tempDir, Tally: tally,
		})
		var refused *archive.Refused
		if errors.As(err, &refused) {
			return 0, badArchive(refused)
		}
		if err != nil {
			return 0, storage(err)
		}
	}
	return 0, nil
}

// lookAtPicture returns the pixels of a picture, over all frames.
func (g *Guard) lookAtPicture(r *io.SectionReader, kind content.Kind) (pixels int64, err error) {
	width, height, err := dimensions(r, kind.Name)
	switch {
	case err != nil:
		return 0, badImage(err)
	case height > 0 && width > int64(g.cfg.Pixels)/height:
		return 0, imageTooLarge(fmt.Errorf("%d by %d; upload.pixels is %d", width, height, g.cfg.Pixels))
	case kind.Name != "gif" || g.cfg.Images != "reencode":
		return width * height, nil
	}
	if _, pixels, err = content.GIFFrames(r, r.Size()); err != nil {
		return 0, badImage(err)
	}
	return pixels, nil
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
