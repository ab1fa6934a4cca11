package reflected

import (
	"html"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	fumehood "github.com/fumehood/fumehood"
	"github.com/fumehood/fumehood/internal/active"
	"github.com/fumehood/fumehood/internal/inputs"
)

// Limits on what is looked for.
const (
	mostNeedles = 64      // forms of values
	longest     = 4 << 10 // bytes of each that are waited for; the rest is followed as it comes
	shortest    = 3
	mostJudged  = 4 << 20 // bytes of values that are judged in a page
)

// needle is one form of a value.
type needle struct {
	input  *fumehood.Input
	value  string // all of it
	folded []byte // its beginning, in lower case
	fail   []int  // for each length that has matched, the next shorter one (Knuth, Morris, Pratt)
}

// needlesOf returns the forms of values that could run somewhere in a page. all is false where
// there are too many.
func needlesOf(risky []fumehood.Input) (needles []needle, all bool) {
	seen := map[string]bool{}
	all = true
	add := func(in *fumehood.Input, value string) {
		if len(value) < shortest || seen[value] {
			return
		}
		seen[value] = true
		if len(needles) == mostNeedles {
			all = false
			return
		}
		needles = append(needles, needle{input: in, value: value})
	}
	for i := range risky {
		in := &risky[i]
		if in.Name == inputs.RawSession && in.Place == fumehood.InCookie { // it may be the app's own markup
			continue
		}
		for n := -1; n < len(in.Decoded) && all; n++ {
			value := in.Value
			if n >= 0 {
				value = in.Decoded[n]
			}
			if !active.Could(value) {
				continue
			}
			value = strings.TrimFunc(value, blank)
			add(in, value)
			for _, form := range escaped(value) {
				add(in, form)
			}
			if bytes, ok := latin1(value); ok {
				add(in, bytes)
			}
		}
	}
	for i := range needles {
		needles[i].prepare()
	}
	return needles, all
}

// blank says whether Python's strip() takes a character away, which many apps call.
func blank(r rune) bool { return unicode.IsSpace(r) || r >= 0x1c && r <= 0x1f }

// latin1 returns value as a page in ISO 8859-1 has it, where that is not the same.
func latin1(value string) (string, bool) {
	if strings.IndexFunc(value, func(r rune) bool { return r >= utf8.RuneSelf }) < 0 {
		return "", false
	}
	out := make([]byte, 0, len(value))
	for _, r := range value {
		if r > 0xFF {
			return "", false
		}
		out = append(out, byte(r))
	}
	return string(out), true
}

// escaped returns what the usual functions make of a value. In a text that is harmless; in an
// event handler or a script it is not.
func escaped(value string) []string {
	if !strings.ContainsAny(value, `'"\`) {
		return nil
	}
	forms := []string{html.EscapeString(value)} // as markupsafe: &#39; and &#34;
	forms = append(forms, strings.NewReplacer("&#39;", "&#x27;", "&#34;", "&quot;").Replace(forms[0]))
	if strings.ContainsAny(value, `"\`) {
		forms = append(forms, strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`, "\r", `\r`, "\t", `\t`).Replace(value)) // as json.dumps
	}
	return forms
}

// prepare makes the tables of a needle.
func (n *needle) prepare() {
	n.folded = []byte(n.value[:min(len(n.value), longest)])
	for i, c := range n.folded {
		n.folded[i] = fold(c)
	}
	n.fail = make([]int, len(n.folded)+1)
	k := 0
	for i := 1; i < len(n.folded); i++ {
		for k > 0 && n.folded[i] != n.folded[k] {
			k = n.fail[k]
		}
		if n.folded[i] == n.folded[k] {
			k++
		}
		n.fail[i+1] = k
	}
}

// next returns how much of the needle has matched after c, when k had before.
func (n *needle) next(k int, c byte) int {
	for k > 0 && (k == len(n.folded) || n.folded[k] != c) {
		k = n.fail[k]
	}
	if n.folded[k] == c {
		k++
	}
	return k
}

func fold(c byte) byte {
	if c >= 'A' && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}

// describe names the value for the log, without what may be secret.
func (n *needle) describe() string {
	in := n.input
	name := in.Place + " " + in.Name
	if inputs.Hidden(in.Place, in.Name) {
		return name
	}
	return name + " (" + strconv.Quote(inputs.Loggable(in.Value, nil, 200)) + ")"
}
