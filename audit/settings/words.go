package settings

import "strings"

// Words are the words of a command as a shell splits them; nothing is expanded. Variables
// that are set before it stand first, as KEY=value.
func (s *Setting) Words() []string {
	if s.args != nil {
		return s.args
	}
	return splitWords(s.Value)
}

// splitWords splits at spaces outside of quotes; operators of the shell are words.
func splitWords(text string) []string {
	var all []string
	var word strings.Builder
	in := false // a word has begun, though it may be empty as in ''
	end := func() {
		if in {
			all = append(all, word.String())
		}
		word.Reset()
		in = false
	}
	for i := 0; i < len(text); i++ {
		switch c := text[i]; c {
		case ' ', '\t', '\n', '\r':
			end()
		case ';', '&', '|':
			end()
			all = append(all, string(c))
		case '\'', '"':
			in = true
			for i++; i < len(text) && text[i] != c; i++ {
				if c == '"' && text[i] == '\\' && i+1 < len(text) {
					i++
				}
				word.WriteByte(text[i])
			}
		case '\\':
			if i++; i < len(text) && text[i] != '\n' {
				in = true
				word.WriteByte(text[i])
			}
		default:
			in = true
			word.WriteByte(c)
		}
	}
	end()
	return all
}
