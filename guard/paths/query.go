package paths

import (
	"bytes"
	"fmt"
	"strings"
)

// reach is how far a query leads.
type reach uint8

const (
	inside  reach = iota
	data          // into a folder that apps name by its whole path, too: file managers, media servers
	outside       // upwards, or into the system's own folders
)

// roots are the folders that a Unix system has (hier(7)). Other absolute paths may be the
// app's own way to name what it has.
const (
	systemRoots = " etc proc root sys usr var "
	dataRoots   = " bin boot dev home lib lib64 media mnt opt run sbin srv tmp "
)

// leadsOut says how far a query leads, plain or encoded up to twice: ".." upwards, or an
// absolute path.
func leadsOut(query string) reach {
	if strings.IndexByte(query, '%') >= 0 {
		if !hasDots(query) && !strings.Contains(query, "2f") && !strings.Contains(query, "2F") && !strings.Contains(query, "=/") {
			return inside
		}
		query = unquote(query)
	}
	if strings.Contains(query, "..") && upwards(query) {
		return outside
	}
	if strings.Contains(query, "=/") {
		return absolute(query)
	}
	return inside
}

// absolute says where the absolute paths lead that are values.
func absolute(query string) (far reach) {
	for far != outside {
		at := strings.Index(query, "=/")
		if at < 0 {
			break
		}
		query = query[at+1:]
		for query != "" && query[0] == '/' { // "//", "/./"
			query = strings.TrimPrefix(strings.TrimLeft(query, "/"), "./")
			if strings.HasPrefix(query, "./") {
				query = query[1:]
			}
		}
		folder, _, deeper := strings.Cut(query, "/")
		switch {
		case !deeper || folder == "" || strings.IndexByte(folder, ' ') >= 0:
		case strings.Contains(systemRoots, " "+folder+" "):
			far = outside
		case strings.Contains(dataRoots, " "+folder+" "):
			far = data
		}
	}
	return far
}

// hasDots is a first look: two dots in a row, each plain or encoded.
func hasDots(query string) bool {
	return strings.Contains(query, "..") || strings.Contains(query, "2e") || strings.Contains(query, "2E")
}

// unquote undoes two layers of percent-encoding.
func unquote(query string) string {
	for range 2 {
		b := make([]byte, 0, len(query))
		for i := 0; i < len(query); {
			c, size := escape(query[i:])
			if size == 3 {
				b = append(b, byte(c))
			} else {
				b, size = append(b, query[i]), 1
			}
			i += size
		}
		query = string(b)
	}
	return query
}

// upwards says whether there is "../" or "..\\" at the begin of a value or of a segment.
func upwards(query string) bool {
	for i := 0; ; {
		at := strings.Index(query[i:], "..")
		if at < 0 {
			return false
		}
		at += i
		if (at == 0 || strings.IndexByte("=/\\&+ ", query[at-1]) >= 0) && at+2 < len(query) && (query[at+2] == '/' || query[at+2] == '\\') {
			return true
		}
		i = at + 1
	}
}

// readByQuery says what an answer shows of a file outside its folder: it has the name that
// the query ends in, is a text that nobody has made into a page, or holds what no page does.
func (f *file) readByQuery(query string, far reach) (what string) {
	query = strings.ReplaceAll(query, "+", " ")
	if far == outside {
		if base := f.name; base != "" && strings.Contains(unquote(query), "/"+base) {
			return fmt.Sprintf("the file %q", base)
		}
		if (f.claims || f.text) && !f.echoes(query) {
			return "a text that is no page"
		}
	}
	switch {
	case f.page:
		return ""
	case isPasswd(f.body):
		return "a list of accounts"
	case isKey(f.body):
		return key.String()
	case isSQLite(f.body):
		return database.String()
	case isPython(f.body):
		return source.String()
	case hasSecret(f.body):
		return settings.String()
	}
	return ""
}

// echoes says whether the answer shows each value that leads out, as a text about it does.
// Other values do not count: whoever asks can add one that is in every file.
func (f *file) echoes(query string) bool {
	shown := false
	for pair := range strings.SplitSeq(query, "&") {
		pair = unquote(pair)
		_, value, ok := strings.Cut(pair, "=")
		if !ok {
			value = pair
		}
		if value == "" || !upwards(value) && absolute("="+value) == inside {
			continue
		}
		if !bytes.Contains(f.body, []byte(value)) {
			return false
		}
		shown = true
	}
	return shown
}
