package signs

import "strings"

// serialised finds objects in formats whose readers run code: pickle, Java, PHP, .NET,
// node-serialize, and the tags of YAML and JSON that name a class.
func (s *Score) serialised(value string, strong uint8) {
	switch {
	case pickled(value):
		s.add(Code, Refuse, "a pickled object of Python")
	case strings.HasPrefix(value, "rO0AB"), strings.HasPrefix(value, "\xac\xed\x00"), foldPrefix(value, "aced0005"):
		s.add(Code, Refuse, "a serialised object of Java")
	case strings.HasPrefix(value, "AAEAAAD/////"):
		s.add(Code, Refuse, "a serialised object of .NET")
	case phpObject(value):
		s.add(Code, Refuse, "a serialised object of PHP")
	}
	if i := strings.IndexByte(value, '!'); i >= 0 {
		for _, tag := range [...]string{"!!python/", "!ruby/object", "!ruby/hash", "!!javax.", "!!java.", "!php/object", "!!com.sun"} {
			if strings.Contains(value[i:], tag) {
				s.add(Code, strong, "a tag of YAML that builds objects")
			}
		}
	}
}

// builders finds names that a reader of JSON takes for a class, or for a function.
func (s *Score) builders(value string, strong uint8) {
	if strings.Contains(value, "_$$ND_FUNC$$_") {
		s.add(Code, strong, "a function for node-serialize")
	}
	if strings.Contains(value, `"py/object"`) || strings.Contains(value, `"py/reduce"`) || strings.Contains(value, `"$type":"System`) ||
		strings.Contains(value, `"$type": "System`) || strings.Contains(value, `"@type":"com.sun`) {
		s.add(Code, strong, "JSON that builds objects")
	}
}

// pickled knows pickles of Python by their beginning, raw and in base64, and the old ones
// made of text by an opcode that imports.
func pickled(value string) bool {
	switch {
	case len(value) > 3 && value[0] == 0x80 && value[1] >= 2 && value[1] <= 5 && strings.HasSuffix(value, "."):
		return true
	case len(value) > 8 && strings.HasPrefix(value, "gA") && strings.IndexByte("JNSW", value[2]) >= 0 && pickledBase64(value):
		return true
	}
	if len(value) < 8 || value[0] != 'c' {
		return false
	}
	line, rest, found := strings.Cut(value, "\n")
	name, body, more := strings.Cut(rest, "\n")
	return found && more && !strings.ContainsAny(line, " ,:;") && oneWord(name) && strings.HasPrefix(body, "(")
}

// pickledBase64 says whether what begins like a pickle in base64 is one: protocols 2 to 5,
// and an opcode that imports or a frame behind it.
func pickledBase64(value string) bool {
	switch value[2] {
	case 'S', 'W': // protocols 4 and 5 begin with a frame
		return value[3] == 'V'
	}
	return (value[3] == 'j' || value[3] == 'c' || value[3] == 'Y') && !strings.ContainsAny(value, " \n")
}

// phpObject says whether value is or holds an object as PHP's serialize writes it:
// O:8:"stdClass":0:{}.
func phpObject(value string) bool {
	for i := 0; i+8 < len(value); i++ {
		if c := value[i]; c != 'O' && c != 'C' || value[i+1] != ':' || i > 0 && value[i-1] != ';' && value[i-1] != '{' {
			continue
		}
		end := i + 2
		for end < len(value) && (isDigit(value[end]) || value[end] == '+') && end-i < 8 {
			end++
		}
		if end > i+2 && strings.HasPrefix(value[end:], `:"`) {
			name := strings.IndexByte(value[end+2:min(len(value), end+130)], '"')
			if name > 0 && strings.HasPrefix(value[end+2+name:], `":`) {
				return true
			}
		}
	}
	return false
}
