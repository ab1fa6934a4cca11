package inputs

import (
	"slices"
	"strings"
)

// option is one "key=value" behind a ";", with the value as it is written.
type option struct{ key, value string }

// options divides a field such as Content-Disposition into its first word and its parameters,
// as Werkzeug's parse_options_header does: what is no parameter is skipped.
func options(field string) (first string, all []option) {
	first, rest, _ := strings.Cut(field, ";")
	first, rest = strings.Trim(first, " \t"), strings.Trim(rest, " \t")
	if first == "" {
		return first, nil
	}
	for at := 0; at < len(rest); {
		if n := optionKey(rest[at:]); n > 0 {
			key := strings.ToLower(rest[at : at+n-1])
			at += n
			if n := tokenLength(rest[at:]); n > 0 {
				all = append(all, option{key, rest[at : at+n]})
			} else if strings.HasPrefix(rest[at:], `"`) {
				end := optionEnd(rest[at:])
				if end == 0 {
					break
				}
				all = append(all, option{key, rest[at : at+end]})
				at += end
			}
		}
		semicolon := strings.IndexByte(rest[at:], ';')
		if semicolon < 0 {
			break
		}
		at += semicolon + 1
		for at < len(rest) && (rest[at] == ' ' || rest[at] == '\t') {
			at++
		}
	}
	return first, all
}

// optionKey returns the length of a key with its "=", 0 where there is none.
func optionKey(s string) int {
	n := tokenLength(s)
	if n == 0 || n == len(s) || s[n] != '=' {
		return 0
	}
	return n + 1
}

func tokenLength(s string) int {
	n := 0
	for n < len(s) && (classes[s[n]]&(letter|digit|underline) != 0 || strings.IndexByte("!#$%&'*+-.^`|~", s[n]) >= 0) {
		n++
	}
	return n
}

// optionEnd returns where the quoted string that s begins with ends, 0 where it does not.
func optionEnd(s string) int {
	for i := 1; i < len(s); i++ {
		switch {
		case s[i] == '"':
			return i + 1
		case s[i] == '\\' && i+1 < len(s) && (s[i+1] == '"' || s[i+1] == '\\'):
			i++
		}
	}
	return 0
}

// optionOf returns the values that a parameter may have: the one that Werkzeug takes, of
// "key=" or of "key*=", "key*0=" and their kind (RFC 2231), and what else stands there. There
// are none where there is no such parameter.
func optionOf(all []option, key string) (values []string) {
	split, charset, wins := "", "", false
	plain := ""
	for _, o := range all {
		base, part, extended := mark(o.key)
		if base != key {
			continue
		}
		value := o.value
		if extended {
			set, text, ok := charsetValue(value)
			if ok {
				value = text
			}
			if !ok || set == "" && part {
				set = charset
			}
			switch {
			case set == "utf-8" || set == "ascii" || set == "us-ascii":
				value = unquoteLossy(value)
			case set == "iso-8859-1":
				value = latin1(percentBytes(value, false))
			}
			if part && set != "" {
				charset = set
			}
		} else {
			if old := strings.ReplaceAll(unquoteOption(value, false), "%22", `"`); !part {
				values = append(values, old)
			}
			value = strings.ReplaceAll(unquoteOption(value, true), "%22", `"`)
		}
		if wins = part; part {
			split += value
		} else {
			plain, split, charset = value, "", ""
			values = append(values, plain)
		}
	}
	switch {
	case wins:
		values = append(values, split)
	case values == nil:
		return nil
	}
	slices.Reverse(values) // the last one counts
	return slices.Compact(values)
}

// mark divides a key such as "filename*0*".
func mark(key string) (base string, part, extended bool) {
	base, extended = strings.CutSuffix(key, "*")
	star := strings.LastIndexByte(base, '*')
	if star >= 0 && isDigits(base[star+1:]) {
		return base[:star], true, extended
	}
	return base, false, extended
}

// charsetValue divides charset'language'text.
func charsetValue(v string) (charset, text string, ok bool) {
	charset, rest, ok1 := strings.Cut(v, "'")
	language, text, ok2 := strings.Cut(rest, "'")
	if !ok1 || !ok2 || tokenLength(charset) != len(charset) || tokenLength(language) != len(language) ||
		text == "" || tokenLength(text) != len(text) {
		return "", "", false
	}
	return strings.ToLower(charset), text, true
}

// unquoteOption removes the quotes around a value, and backslashes: before any character, as
// Werkzeug does since 3.2, or only before a quote or another one.
func unquoteOption(v string, every bool) string {
	if len(v) < 2 || v[0] != '"' || v[len(v)-1] != '"' {
		return v
	}
	v = v[1 : len(v)-1]
	if strings.IndexByte(v, '\\') < 0 {
		return v
	}
	var b strings.Builder
	for i := 0; i < len(v); i++ {
		if v[i] == '\\' && i+1 < len(v) && (every || v[i+1] == '"' || v[i+1] == '\\') {
			i++
		}
		b.WriteByte(v[i])
	}
	return b.String()
}
