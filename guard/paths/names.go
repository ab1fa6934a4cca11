package paths

import "bytes"

// kind is what a name says of a file.
type kind uint8

const (
	none kind = iota
	hidden
	versions // version control
	source
	template
	settings
	secrets // a format that much else has, too: only with a secret in it
	database
	dump
	key
	backup
	archive
	journal
	project // what a program is built and deployed with
	foreign // belongs to software that this is not
)

// String is for the owner's log.
func (k kind) String() string {
	switch k {
	case hidden:
		return "a hidden file"
	case versions:
		return "a version-control folder"
	case source:
		return "source code"
	case template:
		return "a template"
	case settings, secrets:
		return "configuration"
	case database:
		return "a database"
	case dump:
		return "a database dump"
	case key:
		return "a private key"
	case backup:
		return "a backup copy"
	case archive:
		return "an archived site"
	case journal:
		return "a log"
	case project:
		return "a file of the project"
	case foreign:
		return "software that no Flask app has"
	}
	return "nothing"
}

// entry is what is known of a name. hard means that no app has a route of that name.
type entry struct {
	kind kind
	hard bool
}

// nameOf returns what a folded path names: hard names count in any segment, others in the last.
func nameOf(folded []byte) (found entry) {
	for len(folded) > 0 && folded[len(folded)-1] == '/' {
		folded = folded[:len(folded)-1]
	}
	for i, first := 0, true; i < len(folded); {
		j := i
		for j < len(folded) && folded[j] != '/' {
			j++
		}
		if j > i {
			e := segment(folded[i:j], first)
			if first {
				if below, ok := firstNames[string(folded[i:j])]; ok && begins(folded[j:], below) {
					e = entry{foreign, true}
				}
			}
			switch {
			case e.hard:
				return e
			case e.kind == hidden, j == len(folded) && e.kind != none:
				found = e
			}
			first = false
		}
		i = j + 1
	}
	return found
}

// begins says whether rest is "/" and one of the names, or anything where there are none.
func begins(rest []byte, names []string) bool {
	if len(names) == 0 {
		return true
	}
	rest = bytes.TrimLeft(rest, "/")
	for _, name := range names {
		if hasPrefix(rest, name) && (len(rest) == len(name) || name[len(name)-1] == '/' || !inWord(rest[len(name)])) {
			return true
		}
	}
	return false
}

// inWord says whether a word goes on with c: "root-mara" is not "root".
func inWord(c byte) bool { return c == '-' || c == '_' || c >= '0' && c <= '9' || c >= 'a' }

// segment judges one name, as Windows and servers with path parameters read it, too.
func segment(s []byte, first bool) entry {
	if i := bytes.IndexByte(s, ';'); i >= 0 {
		s = s[:i]
	}
	if i := bytes.Index(s, []byte("::$")); i >= 0 { // a stream of a file on NTFS
		return entry{source, true}
	}
	s = bytes.TrimRight(s, ". ")
	s = bytes.Trim(s, " ")
	if len(s) == 0 {
		return entry{}
	}
	if s[0] == '.' {
		return dotName(s, first)
	}
	if e, ok := names[string(s)]; ok {
		return e
	}
	at := bytes.LastIndexByte(s, '.')
	switch {
	case s[len(s)-1] == '~', s[0] == '#' && s[len(s)-1] == '#' && len(s) > 2: // Emacs and others
		return copyOf(bytes.Trim(s, "#~"))
	case at < 0:
		return entry{}
	}
	e := endings[string(s[at+1:])]
	switch {
	case e.kind == backup && !e.hard:
		return copyOf(s[:at])
	case e.kind == archive:
		return archiveOf(s[:at])
	case e.kind == secrets && hasPrefix(s, "docker-compose"), e.kind == settings && hasPrefix(s, "uwsgi."):
		return entry{project, true}
	}
	return e
}

// dotName judges a name that begins with a dot. "..." is a name like others.
func dotName(s []byte, first bool) entry {
	if len(s) == 1 || s[1] == '.' || string(s) == ".well-known" || first && string(s) == ".fumehood" {
		return entry{}
	}
	for _, family := range []string{".env", ".git", ".htpass", ".htacc"} { // ".env2", ".env~", ".gitx"
		if hasPrefix(s, family) {
			return entry{hidden, true}
		}
	}
	for end := len(s); end > 1; { // ".ssh", ".ssh.bak", ".docker-data"
		if e, ok := dotNames[string(s[1:end])]; ok {
			return e
		}
		end--
		for end > 1 && s[end] != '.' && s[end] != '-' && s[end] != '_' {
			end--
		}
	}
	return entry{hidden, false}
}

// copyOf judges a backup by what it is a copy of.
func copyOf(s []byte) entry {
	name := s
	if at := bytes.LastIndexByte(s, '.'); at >= 0 {
		name = s[at+1:]
	}
	e := endings[string(name)]
	if _, known := names[string(s)]; known || e.kind != none && e.kind != archive && e.kind != journal || len(name) < len(s) && isPage(name) {
		return entry{backup, true}
	}
	return entry{backup, false}
}

// isPage says whether a copy of such a file is never linked to, though the file is.
func isPage(ending []byte) bool {
	switch string(ending) {
	case "html", "htm", "js", "css", "xml", "json", "sh", "rb", "java":
		return true
	}
	return false
}

// archiveOf judges what is packed by its name: backups, dumps, and whole sites.
func archiveOf(s []byte) entry {
	if bytes.HasSuffix(s, []byte(".tar")) {
		s = s[:len(s)-4]
	}
	if at := bytes.LastIndexByte(s, '.'); at >= 0 {
		switch endings[string(s[at+1:])].kind {
		case database, dump, backup:
			return entry{archive, false}
		}
	}
	switch string(s) {
	case "bak", "www", "wwwroot", "htdocs", "public_html", "website", "site", "sql":
		return entry{archive, false}
	}
	for _, word := range []string{"backup", "dump", "database", "db"} {
		if rest := s[min(len(word), len(s)):]; hasPrefix(s, word) && (len(rest) == 0 || rest[0] < 'a') {
			return entry{archive, false}
		}
	}
	return entry{}
}

func hasPrefix(s []byte, prefix string) bool {
	return len(s) >= len(prefix) && string(s[:len(prefix)]) == prefix
}
