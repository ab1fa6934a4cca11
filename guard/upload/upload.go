// Package upload reads forms with files once, refuses what is not as it should be, and
// gives the app a form that can be read in one way only.
//
// Attacks: files that run (a script, a page, an SVG with script, a macro) on the server or
// in the browser of whoever opens them; files that are two kinds at once, or not what they
// say; names that lead out of the folder, overwrite the app or hide what they are;
// pictures and archives that fill the memory when they are opened; forms with thousands of
// parts; forms that this server and the app would read in different ways. Not covered: a
// file that is harmful as the kind that it is (a PDF for a reader with a hole, a text that
// lies), viruses, what the app itself does with names from elsewhere.
//
// Order: MUST come after body, and after paths where Config.Raw is "check"; inside of
// whatever changes answers and before whatever looks into forms, such as the token of csrf.
// A body that body has not read, because the route or an upstream gets bodies as they
// arrive, is read here: files cannot be judged before they are whole.
//
// A form that is already as it should be is passed on without a copy. Otherwise it is
// written anew with a boundary of the guard's own: from one unnamed file to another by the
// kernel, never through memory. Fields keep their names, values and order. Files get the
// name that Config.Names says and the media type of the kind that they were found to be.
// An empty file input, which browsers send without a name, stays as it is.
//
// Answers: what comes from a path in Config.Served, and a file that would run in a browser
// and comes from a folder called uploads, media, files or the like, is given to browsers to
// save, in a sandbox, with nosniff (Content-Disposition: attachment, RFC 6266;
// Content-Security-Policy: sandbox, CSP level 3).
package upload

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"

	fumehood "github.com/fumehood/fumehood"
	"github.com/fumehood/fumehood/internal/answer"
	"github.com/fumehood/fumehood/internal/archive"
	"github.com/fumehood/fumehood/internal/hint"
	"github.com/fumehood/fumehood/internal/reencode"
	"github.com/fumehood/fumehood/internal/wholebody"
)

// Site is what the guard shares with others.
type Site struct {
	// TempDir is where long bodies go. It should be that of guard/body: the kernel copies
	// within one file system fastest. Empty means the system's folder for temporary files.
	TempDir string

	// Pictures bounds how many pictures are made anew at the same time. All guards of a
	// site should have the same one; nil means one of this guard's own.
	Pictures *Pictures

	Logger *slog.Logger // nil: slog.Default()
}

// Pictures bounds the memory that pictures take while they are made anew.
type Pictures struct{ turns *reencode.Turns }

// NewPictures returns Pictures for n pictures at the same time, at least 1.
func NewPictures(n int) *Pictures { return &Pictures{reencode.NewTurns(n)} }

// Guard checks uploads. Make one with New.
type Guard struct {
	ready    bool
	cfg      Config
	kinds    kinds
	tempDir  string
	pictures *Pictures
	log      *slog.Logger
}

// New returns a Guard, or every mistake in cfg. Zero values mean the defaults that Config
// names.
func New(cfg Config, site Site) (*Guard, error) {
	var mistakes []error
	cfg.Mode, mistakes = hint.Mode("upload.mode", cfg.Mode)
	number := func(key string, value, standard int64) int64 {
		if value < 0 {
			mistakes = append(mistakes, hint.With(fmt.Errorf("upload.%s is below zero", key), "leave it out for the default"))
		}
		if value == 0 {
			return standard
		}
		return value
	}
	cfg.Max = fumehood.Size(number("max", int64(cfg.Max), int64(20*fumehood.MB)))
	cfg.Files = int(number("files", int64(cfg.Files), 100))
	cfg.Parts = int(number("parts", int64(cfg.Parts), 1000))
	cfg.Pixels = int(number("pixels", int64(cfg.Pixels), 60_000_000))
	cfg.ArchiveEntries = int(number("archive_entries", int64(cfg.ArchiveEntries), 10_000))
	cfg.ArchiveTotal = fumehood.Size(number("archive_total", int64(cfg.ArchiveTotal), int64(256*fumehood.MB)))
	word := func(key string, value *string, words ...string) {
		if *value == "" {
			*value = words[0]
		}
		for _, w := range words {
			if *value == w {
				return
			}
		}
		mistakes = append(mistakes, hint.With(fmt.Errorf("upload.%s: %q is not known", key, *value),
			fmt.Sprintf("write one of %q", words)))
	}
	word("names", &cfg.Names, "safe", "keep", "random")
	word("images", &cfg.Images, "keep", "reencode")
	word("raw", &cfg.Raw, "pass", "check")
	known, wrong := newKinds(cfg)
	mistakes = append(mistakes, wrong...)
	mistakes = append(mistakes, checkServed(cfg.Served)...)
	if err := errors.Join(mistakes...); err != nil {
		return nil, err
	}
	if site.Pictures == nil {
		site.Pictures = NewPictures(1)
	}
	if site.Logger == nil {
		site.Logger = slog.Default()
	}
	return &Guard{ready: true, cfg: cfg, kinds: known, tempDir: site.TempDir, pictures: site.Pictures, log: site.Logger}, nil
}

// Check says whether the head of r allows to read its body in one way, whatever the mode.
// What is in the body, only Handler says.
func (g *Guard) Check(r *http.Request) error {
	if g == nil || !g.ready {
		return fumehood.NotReady("upload")
	}
	if !hasBody(r) {
		return nil
	}
	types := r.Header["Content-Type"]
	switch claimOf(types) {
	case strange:
		return notAForm(fmt.Sprint(types))
	case isForm:
		_, err := boundaryOf(types[0])
		return err
	}
	return nil
}

func hasBody(r *http.Request) bool {
	return r.Body != nil && r.Body != http.NoBody && r.ContentLength != 0
}

// Handler calls next with bodies that have been checked, and has browsers save what next
// gives back of them.
func (g *Guard) Handler(next http.Handler) http.Handler {
	if g == nil || !g.ready {
		return fumehood.RefuseAll(fumehood.NotReady("upload"))
	}
	if g.cfg.Mode == fumehood.Off {
		return next
	}
	checked := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { g.serve(w, r, next) })
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { answer.Serve(w, r, g, checked) })
}

// Served has browsers save the uploads that next gives back, and does nothing else. It is for
// what is served without passing Handler, such as a static folder that uploads lie in.
func (g *Guard) Served(next http.Handler) http.Handler {
	if g == nil || !g.ready {
		return fumehood.RefuseAll(fumehood.NotReady("upload"))
	}
	if g.cfg.Mode == fumehood.Off {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { answer.Serve(w, r, g, next) })
}

// serve passes on one request.
func (g *Guard) serve(w http.ResponseWriter, r *http.Request, next http.Handler) {
	types := r.Header["Content-Type"]
	if !hasBody(r) || len(types) == 0 && g.cfg.Raw == "pass" {
		next.ServeHTTP(w, r)
		return
	}
	claim := claimOf(types)
	if claim == other && (g.cfg.Raw == "pass" || isURLEncoded(types)) {
		next.ServeHTTP(w, r)
		return
	}
	verdict := g.Check(r)
	if verdict != nil && fumehood.Decide(w, r, g.cfg.Mode, verdict) {
		return
	}
	if verdict != nil {
		next.ServeHTTP(w, r)
		return
	}
	inner := *r
	src, opened, err := g.open(&inner)
	if opened != nil {
		defer opened.Close()
	}
	if err != nil { // in report mode, too: there is nothing that could be passed on
		fumehood.Refuse(w, r, err)
		return
	}
	made, verdict := g.read(&inner, src, claim)
	if verdict != nil && fumehood.Decide(w, r, g.cfg.Mode, verdict) {
		return
	}
	if made != nil {
		defer made.body.Close()
		inner.Body.Close() // its room on the disk is needed no longer
		inner.Body, inner.ContentLength = made.body, made.body.Size()
		inner.Header = maps.Clone(r.Header)
		inner.Header["Content-Type"] = []string{made.contentType}
		delete(inner.Header, "Content-Length")
	}
	next.ServeHTTP(w, &inner)
}

// open makes the body of r readable at any place. Where it had to be read for that, r gets
// what was read, which the caller closes.
func (g *Guard) open(r *http.Request) (src *source, opened io.Closer, err error) {
	whole, ok := r.Body.(wholebody.Whole)
	if !ok {
		in := &spool{dir: g.tempDir, most: int64(g.cfg.Max)*int64(g.cfg.Files) + int64(fumehood.MB)}
		if _, err := io.Copy(in, r.Body); err != nil {
			in.close()
			var full errFull
			if errors.As(err, &full) {
				return nil, nil, bodyTooLarge(err)
			}
			return nil, nil, unreadable(err)
		}
		b := in.body()
		r.Body, r.ContentLength, r.TransferEncoding = b, b.Size(), nil
		whole, opened = b, b
	}
	src = &source{mem: whole.Bytes(), size: whole.Size()}
	if file := whole.File(); file != nil {
		src.mem, src.file = nil, file
	}
	return src, opened, nil
}

// remade is a body that takes the place of the one that came.
type remade struct {
	body        *wholebody.Body
	contentType string
}

// read looks through the body. It returns nil where the body can go on as it is. In report
// mode nothing is changed.
func (g *Guard) read(r *http.Request, src *source, claim claim) (*remade, error) {
	if claim == other {
		return g.readRaw(r, src)
	}
	boundary, err := boundaryOf(r.Header["Content-Type"][0])
	if err != nil {
		return nil, err
	}
	f, err := parseForm(src, boundary, limits{parts: g.cfg.Parts, files: g.cfg.Files})
	if err != nil {
		return nil, err
	}
	files, err := g.checkFiles(r, src, f)
	if err != nil {
		return nil, err
	}
	if g.cfg.Mode == fumehood.Report || f.canonical && isCanonicalType(r.Header["Content-Type"][0], boundary) && unchanged(f, files) {
		return nil, nil
	}
	return g.remake(r.Context(), src, f, files)
}

// formPixels is how many times Config.Pixels all pictures of one form may have that are to
// be made anew: each pixel costs time.
const formPixels = 4

// checkFiles looks into each file. There is one accepted for each part, nil for a field.
func (g *Guard) checkFiles(r *http.Request, src *source, f *form) ([]*accepted, error) {
	files := make([]*accepted, len(f.parts))
	pixels, tally := int64(0), &archive.Tally{}
	for i := range f.parts {
		p := &f.parts[i]
		if !p.isFile {
			if p.name == "_charset_" {
				if err := checkCharset(src, p); err != nil {
					return nil, err
				}
			}
			continue
		}
		file, err := g.checkFile(r.Context(), src, p, tally)
		if err != nil && f.files > 1 {
			err = ofFile(err, p)
		}
		if err != nil {
			return nil, err
		}
		if pixels += file.pixels; pixels > formPixels*int64(g.cfg.Pixels) {
			return nil, imageTooLarge(fmt.Errorf("the pictures of one form have more than %d pixels", formPixels*int64(g.cfg.Pixels)))
		}
		file.note(r)
		files[i] = file
	}
	return files, nil
}
