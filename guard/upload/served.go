package upload

import (
	"errors"
	"fmt"
	"net/http"
	"path"
	"strings"

	fumehood "github.com/fumehood/fumehood"
	"github.com/fumehood/fumehood/internal/answer"
	"github.com/fumehood/fumehood/internal/hint"
)

// checkServed says what is wrong with Config.Served.
func checkServed(prefixes []string) (mistakes []error) {
	for _, prefix := range prefixes {
		if len(prefix) < 3 || prefix[0] != '/' || prefix[len(prefix)-1] != '/' || path.Clean(prefix)+"/" != prefix ||
			strings.ContainsAny(prefix, "?#*{}\\") {
			mistakes = append(mistakes, hint.With(fmt.Errorf("upload.served: %q is no path of a folder", prefix),
				`write a path such as "/uploads/"`))
		}
	}
	return mistakes
}

// Kind implements the hook of internal/answer.
func (g *Guard) Kind() string { return "upload" }

// Head implements the hook of internal/answer: uploads that are given back do not run.
func (g *Guard) Head(h *answer.Head) {
	switch h.Status {
	case http.StatusOK, http.StatusPartialContent, http.StatusNonAuthoritativeInfo, http.StatusNotModified:
	default:
		return
	}
	if h.Refused != nil || !g.givesBack(h) {
		return
	}
	if g.cfg.Mode == fumehood.Report {
		fumehood.Note(h.Request, &fumehood.Refusal{
			Status: http.StatusInternalServerError, Code: "upload.served",
			Public: "A file that somebody has uploaded could run in the browser.",
			Err:    errors.New("it would have been given to save, in a sandbox"),
		})
		return
	}
	h.Header["X-Content-Type-Options"] = []string{"nosniff"}
	h.Header["Content-Disposition"] = []string{attachment(h.Header["Content-Disposition"])}
	// A policy of the app's own stays: browsers keep to all that they are given.
	h.Header["Content-Security-Policy"] = append(h.Header["Content-Security-Policy"], "sandbox; default-src 'none'")
}

// givesBack says whether the answer is an uploaded file, by policy or by its looks.
func (g *Guard) givesBack(h *answer.Head) bool {
	if h.Request.URL == nil {
		return false
	}
	where := h.Request.URL.Path
	for _, prefix := range g.cfg.Served {
		if len(where) > len(prefix) && strings.HasPrefix(where, prefix) {
			return true
		}
	}
	said := h.Header["Content-Disposition"]
	folder := inUploadFolder(where)
	if !folder && len(said) == 0 || !runsAs(h.Header["Content-Type"]) {
		return false
	}
	if len(said) > 0 && isAttachment(said[0]) {
		return true // nobody sees it in a page anyway
	}
	// A page of the app's may lie there too: /files/, /upload, or what shows a file that lies
	// elsewhere, /files/notes.md. A file has a name that send_file gives it, or an extension,
	// which is that of a page where the file is one.
	ext := extension(path.Base(where))
	return folder && (len(said) > 0 || ext != "" && (!isPage(h.Header["Content-Type"]) || runsInBrowser(ext)))
}

// isPage says whether the type is that of pages, as apps make them.
func isPage(types []string) bool {
	if len(types) != 1 {
		return false
	}
	essence, _, _ := strings.Cut(types[0], ";")
	essence = strings.TrimSpace(essence)
	return strings.EqualFold(essence, "text/html") || strings.EqualFold(essence, "application/xhtml+xml")
}

// inUploadFolder says whether a folder of the path is called as upload folders are.
func inUploadFolder(where string) bool {
	for {
		slash := strings.IndexByte(where, '/')
		if slash < 0 {
			return false
		}
		switch folder := where[:slash]; len(folder) {
		case 5, 6, 7, 8, 11, 12:
			if isUploadFolder(folder) {
				return true
			}
		}
		where = where[slash+1:]
	}
}

func isUploadFolder(name string) bool {
	for _, usual := range [...]string{"upload", "uploads", "uploaded", "media", "files", "attachments", "user-content"} {
		if strings.EqualFold(name, usual) {
			return true
		}
	}
	return false
}

// runsAs says whether browsers run what has this type: HTML, XML with its namespaces, and
// scripts (MIME Sniffing standard, sections 4.6 and 4.8). No type at all counts as one.
func runsAs(types []string) bool {
	if len(types) != 1 {
		return true
	}
	essence, _, _ := strings.Cut(types[0], ";")
	essence = strings.ToLower(strings.TrimSpace(essence))
	switch essence {
	case "", "text/html", "text/xml", "application/xml", "multipart/x-mixed-replace", "message/rfc822",
		"application/x-shockwave-flash", "application/wasm":
		return true
	}
	return strings.HasSuffix(essence, "+xml") || strings.HasSuffix(essence, "javascript") ||
		strings.HasSuffix(essence, "ecmascript") || strings.HasSuffix(essence, "jscript")
}

func isAttachment(disposition string) bool {
	kind, _, _ := strings.Cut(disposition, ";")
	return strings.EqualFold(strings.TrimSpace(kind), "attachment")
}

// attachment makes a Content-Disposition one that browsers save, with the same name.
func attachment(said []string) string {
	if len(said) == 0 {
		return "attachment"
	}
	if isAttachment(said[0]) {
		return said[0]
	}
	if _, params, ok := strings.Cut(said[0], ";"); ok {
		return "attachment;" + params
	}
	return "attachment"
}
