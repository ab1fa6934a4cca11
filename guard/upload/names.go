package upload

import (
	"crypto/rand"
	"strings"
	"unicode"
	"unicode/utf8"
)

// The longest names that the app gets (bytes). File systems take 255; the rest of that is
// for what apps put before a name.
const (
	longestSafe = 180
	longestKept = 255
)

// baseName cuts folders off: what a browser sends for a folder, and what leads elsewhere.
func baseName(name string) string {
	return name[strings.LastIndexAny(name, `/\`)+1:]
}

// safeName returns name such that no file system takes it for more than a name, nor a shell or
// page that has it within double quotes; "O'Brien & Söhne (1)" is left to people. Letters and
// digits of all scripts stay. It is what it makes of itself.
func safeName(name string) string { return tidy(baseName(name), false) }

// keepable says whether name may reach the app as it is.
func keepable(name string) bool {
	folded := strings.ToLower(name)
	for _, escape := range [...]string{"%2e", "%2f", "%5c", "%00", "%25"} { // of what leads out of a folder
		if strings.Contains(folded, escape) {
			return false
		}
	}
	return tidy(name, true) == name
}

// tidy does the work of safeName. lenient keeps characters that are only odd.
func tidy(name string, lenient bool) string {
	longest := longestSafe
	if lenient {
		longest = longestKept
	}
	name = trim(mapRunes(name, lenient))
	if !lenient {
		name = breakEscapes(name)
	}
	name = shorten(avoidDevice(name), longest)
	name = onlyLastExtension(name)
	if name == "" {
		return "file"
	}
	return name
}

// mapRunes replaces and drops what no name should have.
func mapRunes(name string, lenient bool) string {
	var b strings.Builder
	last := rune(-1) // written
	put := func(r rune) { b.WriteRune(r); last = r }
	for _, r := range name {
		switch {
		case strings.ContainsRune("․‥…．﹒", r), r == '.': // what becomes dots by compatibility
			if last != '.' { // ".." anywhere is a temptation
				put('.')
			}
		case strings.ContainsRune("/\\⁄∕⧸⧹／＼﹨", r):
			put('_')
		case !lenient && strings.ContainsRune("<>:\"|?*;`$", r): // "$(id)" is a command within quotes, too
			put('_')
		case r == '\u200c' || r == '\u200d': // joiners, which Persian, Hindi and emoji need
			if last > unicode.MaxASCII && !unicode.IsSpace(last) {
				put(r)
			}
		case unicode.IsSpace(r) && !unicode.IsControl(r):
			put(' ')
		case r == utf8.RuneError || !unicode.IsGraphic(r):
			// controls, directions (U+202E turns "gpj.exe" around), what has no shape
		default:
			put(r)
		}
	}
	return b.String()
}

// breakEscapes puts a "_" in the place of each "%" that begins an escape such as %2e.
func breakEscapes(name string) string {
	b := []byte(name)
	for i := 0; i+2 < len(b); i++ {
		if b[i] == '%' && isHex(b[i+1]) && isHex(b[i+2]) {
			b[i] = '_'
		}
	}
	return string(b)
}

// trim takes away what hides a file, what Windows cuts off, and what a command would take
// for an option.
func trim(name string) string {
	name = strings.TrimLeft(name, ". ")
	name = strings.TrimRight(name, ". \u200c\u200d")
	if name != "" && (name[0] == '-' || name[0] == '~') {
		return "_" + name[1:]
	}
	return name
}

// avoidDevice puts a "_" before what is a device on Windows, whatever its extension.
func avoidDevice(name string) string {
	stem, _, _ := strings.Cut(name, ".")
	stem = strings.ToUpper(strings.TrimRight(stem, " "))
	switch stem {
	case "CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$":
		return "_" + name
	}
	for _, port := range [...]string{"COM", "LPT"} {
		if digit, ok := strings.CutPrefix(stem, port); ok && utf8.RuneCountInString(digit) == 1 &&
			strings.Contains("0123456789¹²³", digit) {
			return "_" + name
		}
	}
	return name
}

// shorten cuts the stem.
func shorten(name string, longest int) string {
	if len(name) <= longest {
		return name
	}
	ext := ""
	if dot := strings.LastIndexByte(name, '.'); dot > 0 && len(name)-dot <= 16 {
		ext = name[dot:]
	}
	end := longest - len(ext)
	for end > 0 && !utf8.RuneStart(name[end]) {
		end--
	}
	return strings.TrimRight(name[:end], ". \u200c\u200d") + ext
}

// onlyLastExtension takes the dot before an extension in the middle that some servers run
// whatever follows: x.php.jpg becomes x_php.jpg.
func onlyLastExtension(name string) string {
	if strings.Count(name, ".") < 2 {
		return name
	}
	pieces := strings.Split(name, ".")
	var b strings.Builder
	b.WriteString(pieces[0])
	for i, piece := range pieces[1:] {
		inner := i < len(pieces)-2
		if word := strings.ToLower(strings.TrimSpace(piece)); inner && (runsOnServer(word) || runsInBrowser(word)) {
			b.WriteByte('_')
		} else {
			b.WriteByte('.')
		}
		b.WriteString(piece)
	}
	return b.String()
}

// extension returns the extension of a name in lower case, without its dot.
func extension(name string) string {
	dot := strings.LastIndexByte(name, '.')
	if dot < 0 {
		return ""
	}
	return strings.ToLower(name[dot+1:])
}

// randomName returns 80 random bits in base 32, and an extension.
func randomName(ext string) string {
	return strings.ToLower(rand.Text()[:16]) + "." + ext
}
