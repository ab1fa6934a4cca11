package archive

import (
	"hash/maphash"
	"path"
	"strings"
)

const (
	longestName    = 1024 // bytes
	longestSegment = 255  // bytes, of most file systems
)

// name looks at the name of one entry, as it stands in the archive.
func (w *walk) name(name string) error {
	if what := badName(name); what != "" {
		return refuse(Name, name, "%s", what)
	}
	if w.lim.Dangerous == nil {
		return nil
	}
	// Windows drops blanks and dots at the end of a name.
	segments := strings.Split(path.Clean("/" + slashed(name))[1:], "/")
	clean := strings.Join(segments, "/")
	for i, s := range segments {
		segments[i] = strings.TrimRight(s, ". ")
	}
	if w.lim.Dangerous(clean) || w.lim.Dangerous(strings.Join(segments, "/")) {
		return refuse(Dangerous, name, "a file of this name is read by programs")
	}
	return nil
}

// badName says what is wrong with the name of an entry, "" for nothing.
func badName(name string) string {
	switch {
	case name == "":
		return "it has no name"
	case len(name) > longestName:
		return "its name is too long"
	}
	for i := range len(name) {
		if c := name[i]; c < ' ' || c == 0x7F {
			return "its name has control characters"
		}
	}
	if strings.ContainsAny(name, "\u202d\u202e") {
		return "its name is written to be read backwards"
	}
	if what := leaves(name); what != "" {
		return what
	}
	for s := range strings.SplitSeq(name, "/") {
		if len(s) > longestSegment {
			return "its name is too long"
		}
	}
	return disguised(name)
}

// leaves says how a name leaves the folder, when both slashes part names.
func leaves(name string) string {
	if name[0] == '/' || name[0] == '\\' {
		return "its name is absolute"
	}
	if len(name) > 1 && name[1] == ':' && (name[0]|0x20 >= 'a' && name[0]|0x20 <= 'z') {
		return "its name begins with a drive"
	}
	for s := range strings.FieldsFuncSeq(name, func(c rune) bool { return c == '/' || c == '\\' }) {
		if strings.Trim(s, " ") == ".." {
			return "its name leads out of the folder"
		}
	}
	return ""
}

// slashed returns a name with the slash that all systems take for one: older programs of
// Windows, and its PowerShell 5, write the other. Systems that part nothing there make one
// file of the whole name, which leads nowhere either. In the old encodings of Chinese,
// Japanese and Korean names the byte is the second half of a character too; then what is
// returned is not for eyes.
func slashed(name string) string { return strings.ReplaceAll(name, `\`, "/") }

// disguised says how a name leaves the folder once a program has decoded it: percent signs,
// UTF-8 that is longer than it must be, and what Unicode calls compatible with a dot or a slash
// (NFKC). The characters themselves are allowed: a full-width slash is a letter like others.
func disguised(name string) string {
	const what = "its name leads out of the folder once it is decoded"
	decoded := name
	for range 3 {
		decoded = percent(decoded)
		if strings.ContainsRune(decoded, 0) || decoded != "" && decoded != name && leaves(decoded) != "" {
			return what
		}
	}
	for _, alike := range []*strings.Replacer{overlong, compatible} {
		if other := alike.Replace(decoded); other != decoded && leaves(other) != "" {
			return what
		}
	}
	return ""
}

var overlong = strings.NewReplacer(
	"\xc0\xae", ".", "\xe0\x80\xae", ".", "\xf0\x80\x80\xae", ".",
	"\xc0\xaf", "/", "\xe0\x80\xaf", "/", "\xf0\x80\x80\xaf", "/",
	"\xc1\x9c", "\\", "\xe0\x81\x9c", "\\",
)

// The compatibility decompositions of UnicodeData.txt to dots and slashes, and the signs that
// look like a slash.
var compatible = strings.NewReplacer(
	"\u2024", ".", "\ufe52", ".", "\uff0e", ".", "\u2025", "..", "\ufe30", "..",
	"\uff0f", "/", "\u2044", "/", "\u2215", "/", "\u29f8", "/",
	"\uff3c", "\\", "\ufe68", "\\", "\u2216", "\\",
)

// percent decodes what is encoded with percent signs, and leaves what is not.
func percent(s string) string {
	if !strings.Contains(s, "%") {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '%' && i+2 < len(s) {
			high, low := hex(s[i+1]), hex(s[i+2])
			if high >= 0 && low >= 0 {
				b.WriteByte(byte(high<<4 | low))
				i += 2
				continue
			}
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

func hex(c byte) int {
	switch {
	case c >= '0' && c <= '9':
		return int(c - '0')
	case c|0x20 >= 'a' && c|0x20 <= 'f':
		return int(c|0x20-'a') + 10
	}
	return -1
}

// names remembers which names an archive has, as hashes that nobody can foresee.
type names struct {
	seed maphash.Seed
	seen map[uint64]bool // of a folder
}

// add refuses a name that was there before; a folder may be there twice.
func (n *names) add(name string, folder bool) error {
	if n.seen == nil {
		n.seed, n.seen = maphash.MakeSeed(), map[uint64]bool{}
	}
	key := maphash.String(n.seed, path.Clean("/"+slashed(name)))
	if before, ok := n.seen[key]; ok && !(before && folder) {
		return refuse(Duplicate, name, "it is there twice")
	}
	n.seen[key] = folder
	return nil
}
