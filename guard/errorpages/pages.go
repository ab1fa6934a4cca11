package errorpages

import (
	"bytes"
	"errors"
	"fmt"
	"html"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	fumehood "github.com/fumehood/fumehood"
	"github.com/fumehood/fumehood/internal/answer"
	"github.com/fumehood/fumehood/internal/hint"
)

const mostPage = 256 << 10 // bytes of a page of the owner's

// pages are the owner's error pages, by status. Nil where there are none.
type pages struct {
	byStatus [200]*page // 400 to 599
	policy   []string
}

// ownPolicy lets a page of the owner's look like the rest of the site, and nothing run.
const ownPolicy = "default-src 'none'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; " +
	"base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

// page is a text with places to fill in.
type page struct {
	parts  []string // around the places: one more than there are
	places []string // their names
	size   int
}

// readPages reads the folder; "" has no pages. It returns every mistake.
func readPages(folder string) (*pages, error) {
	if folder == "" {
		return nil, nil
	}
	advice := "name a folder with 404.html, 4xx.html, 500.html, 5xx.html or error.html"
	entries, err := os.ReadDir(folder)
	if err != nil {
		return nil, hint.With(fmt.Errorf("error_pages.folder: %w", err), advice)
	}
	named := map[string]*page{}
	var mistakes []error
	for _, entry := range entries {
		name, isPage := strings.CutSuffix(entry.Name(), ".html")
		if !isPage || !isPageName(name) {
			continue
		}
		p, err := readPage(filepath.Join(folder, entry.Name()))
		if err != nil {
			mistakes = append(mistakes, fmt.Errorf("error_pages.folder: %s: %w", entry.Name(), err))
		}
		named[name] = p
	}
	if len(named) == 0 {
		mistakes = append(mistakes, hint.With(fmt.Errorf("error_pages.folder: there is no error page in %q", folder), advice))
	}
	if err := errors.Join(mistakes...); err != nil {
		return nil, err
	}
	all := &pages{policy: []string{ownPolicy}}
	for i := range all.byStatus {
		status := strconv.Itoa(400 + i)
		for _, name := range []string{status, status[:1] + "xx", "error"} {
			if p := named[name]; p != nil {
				all.byStatus[i] = p
				break
			}
		}
	}
	return all, nil
}

// isPageName says whether a file of this name, without ".html", is an error page.
func isPageName(name string) bool {
	if name == "4xx" || name == "5xx" || name == "error" {
		return true
	}
	status, err := strconv.Atoi(name)
	return err == nil && len(name) == 3 && status >= 400 && status <= 599
}

func readPage(name string) (*page, error) {
	info, err := os.Stat(name)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, hint.With(errors.New("it is no ordinary file"), "put an HTML file there")
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, mostPage+1))
	switch {
	case err != nil:
		return nil, err
	case len(text) > mostPage:
		return nil, hint.With(fmt.Errorf("it is larger than %d KB", mostPage>>10), "put images and styles into files of their own")
	}
	return parsePage(text)
}

// place is a name in double braces.
var place = regexp.MustCompile(`\{\{ *([A-Za-z_]+) *\}\}`)

// parsePage takes a page apart.
func parsePage(text []byte) (*page, error) {
	text = bytes.TrimPrefix(text, []byte("\ufeff"))
	if !utf8.Valid(text) || bytes.IndexByte(text, 0) >= 0 {
		return nil, hint.With(errors.New("it is no text in UTF-8"), "save it as UTF-8")
	}
	if head := bytes.ToLower(text[:min(len(text), 1024)]); !bytes.Contains(head, []byte("<!doctype html")) && !bytes.Contains(head, []byte("<html")) {
		return nil, hint.With(errors.New("it is no HTML page"), "begin it with <!doctype html>")
	}
	p := &page{size: len(text) + 64}
	var mistakes []error
	end := 0
	for _, at := range place.FindAllSubmatchIndex(text, -1) {
		name := string(text[at[2]:at[3]])
		switch name {
		case "status", "title", "message", "request":
		default:
			mistakes = append(mistakes, hint.With(fmt.Errorf("{{%s}} stands for nothing", name),
				"write {{status}}, {{title}}, {{message}} or {{request}}"))
		}
		p.parts = append(p.parts, string(text[end:at[0]]))
		p.places = append(p.places, name)
		end = at[1]
	}
	p.parts = append(p.parts, string(text[end:]))
	return p, errors.Join(mistakes...)
}

// fill returns the page with the places filled in.
func (p *page) fill(status int, message, id string) []byte {
	b := make([]byte, 0, p.size+len(message))
	for i, name := range p.places {
		b = append(b, p.parts[i]...)
		switch name {
		case "status":
			b = strconv.AppendInt(b, int64(status), 10)
		case "title":
			b = append(b, html.EscapeString(http.StatusText(status))...)
		case "message":
			b = append(b, html.EscapeString(message)...)
		case "request":
			b = append(b, html.EscapeString(id)...)
		}
	}
	return append(b, p.parts[len(p.parts)-1]...)
}

// put makes the answer the owner's page, where there is one for its status.
func (s *pages) put(h *answer.Head, message string) {
	if s == nil || h.Status < 400 || h.Status > 599 {
		return
	}
	p := s.byStatus[h.Status-400]
	if p == nil {
		return
	}
	h.Replace("text/html; charset=utf-8", p.fill(h.Status, message, fumehood.RequestID(h.Request)))
	h.Header["Content-Security-Policy"] = s.policy
}

// dress gives a refusal the owner's page, for a browser. The status and the fields stay.
func (s *pages) dress(h *answer.Head) {
	if s == nil || h.Refused == nil || !fumehood.WantsHTML(h.Request) || classOf(h.Header) != markup {
		return
	}
	if policy := h.Header["Content-Security-Policy"]; len(policy) == 1 && policy[0] == ownPolicy {
		return // a hook further in has done it
	}
	s.put(h, h.Refused.Public)
}
