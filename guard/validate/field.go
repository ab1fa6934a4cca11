package validate

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/fumehood/fumehood/internal/hint"
)

// kind is the type of a field.
type kind uint8

const (
	kindString kind = iota
	kindInteger
	kindNumber
	kindBoolean
	kindEmail
	kindURL
	kindDate
	kindUUID
	kindObject
	kindArray
)

// kindNames are the types as Field has them.
var kindNames = [...]string{"string", "integer", "number", "boolean", "email", "url", "date", "uuid", "object", "array"}

// kindDetails say to a client what a value of the type is.
var kindDetails = [...]string{
	"must be a text", "must be a whole number", "must be a number", "must be true or false",
	"must be an email address", "must be a web address that begins with https:// or http://",
	"must be a date, such as 2026-11-22", "must be a UUID", "must be an object", "must be a list",
}

// field is a Field that is ready to compare with.
type field struct {
	kind     kind
	required bool
	min, max *float64
	pattern  *regexp.Regexp
	enum     []string

	tooLittle, tooMuch, notOneOf Fault // as they are told, without the name
}

func (k kind) text() bool { return k <= kindUUID && !k.numeric() && k != kindBoolean }

func (k kind) numeric() bool { return k == kindInteger || k == kindNumber }

// newField makes a field, or says every mistake in f.
func newField(key string, f Field) (*field, error) {
	made := &field{required: f.Required, min: f.Min, max: f.Max, enum: f.Enum}
	var mistakes []error
	wrong := func(name, advice, format string, args ...any) {
		mistakes = append(mistakes, hint.With(fmt.Errorf(key+"."+name+": "+format, args...), advice))
	}
	if f.Type != "" {
		at := slices.Index(kindNames[:], f.Type)
		if at < 0 {
			wrong("type", "write one of "+strings.Join(kindNames[:], ", "), "%q is no type", f.Type)
			at = 0
		}
		made.kind = kind(at)
	}
	if !made.kind.text() && f.Pattern != "" {
		wrong("pattern", "leave out the pattern, or the type", "a pattern is for text, not for type %q", f.Type)
	} else if f.Pattern != "" {
		var err error
		if made.pattern, err = regexp.Compile(`\A(?:` + f.Pattern + `)\z`); err != nil {
			var syntax interface{ Error() string } = err
			if _, own := regexp.Compile(f.Pattern); own != nil {
				syntax = own
			}
			wrong("pattern", "the syntax is RE2's, without look-around and back-references: ^[a-z0-9_]+$", "%s", strings.TrimPrefix(syntax.Error(), "error parsing regexp: "))
		}
	}
	if made.kind >= kindObject && len(f.Enum) > 0 {
		wrong("enum", "leave out the enum", "an enum is for single values, not for type %q", f.Type)
	}
	if made.kind == kindBoolean && (f.Min != nil || f.Max != nil) {
		wrong("min", "leave out min and max", "true and false have no size")
	}
	if f.Min != nil && f.Max != nil && *f.Min > *f.Max {
		wrong("min", "exchange the two", "%v is more than max, %v", *f.Min, *f.Max)
	}
	for name, bound := range map[string]*float64{"min": f.Min, "max": f.Max} {
		if bound != nil && !made.kind.numeric() && (*bound < 0 || *bound != math.Trunc(*bound)) {
			wrong(name, "write a whole number; for type \"number\" the bounds may have a point", "%v is no length", *bound)
		}
	}
	for i, choice := range f.Enum {
		if made.kind.numeric() && !isNumber(choice) {
			wrong(fmt.Sprintf("enum[%d]", i), "write numbers, or type = \"string\"", "%q is no number", choice)
		}
	}
	made.describe()
	return made, errors.Join(mistakes...)
}

// describe makes the faults that name bounds and choices.
func (f *field) describe() {
	unit := map[bool]string{true: "", false: " characters"}[f.kind.numeric()]
	least, most := "must be at least ", "must be at most "
	switch {
	case f.kind == kindArray:
		least, most, unit = "must have at least ", "must have at most ", " elements"
	case f.kind == kindObject:
		least, most, unit = "must have at least ", "must have at most ", " keys"
	case f.kind.text():
		least, most = "must have at least ", "must have at most "
	}
	show := func(n *float64) string { return strconv.FormatFloat(*n, 'f', -1, 64) }
	if f.min != nil {
		f.tooLittle = Fault{Rule: "min", Detail: least + show(f.min) + unit}
	}
	if f.max != nil {
		f.tooMuch = Fault{Rule: "max", Detail: most + show(f.max) + unit}
	}
	f.notOneOf = Fault{Rule: "enum", Detail: "must be one of: " + strings.Join(f.enum, ", ")}
}

// bounded compares a size, or a number, with min and max.
func (f *field) bounded(n float64) *Fault {
	switch {
	case f.min != nil && n < *f.min:
		return &f.tooLittle
	case f.max != nil && n > *f.max:
		return &f.tooMuch
	}
	return nil
}

// chosen compares with the enum.
func (f *field) chosen(text []byte) *Fault {
	if len(f.enum) > 0 && !slices.Contains(f.enum, string(text)) {
		return &f.notOneOf
	}
	return nil
}

func (f *field) wrongType() *Fault {
	return &Fault{Rule: "type", Detail: kindDetails[f.kind]}
}

// checkText checks a text of JSON, or what a form has for a field with a type that is text.
func (f *field) checkText(text []byte) *Fault {
	if !f.kind.text() || !utf8.Valid(text) {
		return f.wrongType()
	}
	if fault := f.bounded(float64(utf8.RuneCount(text))); fault != nil {
		return fault // before anything takes longer
	}
	right := true
	switch f.kind {
	case kindEmail:
		right = isEmail(string(text))
	case kindURL:
		right = isURL(string(text))
	case kindDate:
		_, err := time.Parse(time.DateOnly, string(text))
		right = err == nil
	case kindUUID:
		right = isUUID(string(text))
	}
	if !right {
		return f.wrongType()
	}
	if f.pattern != nil && !f.pattern.Match(text) {
		return &Fault{Rule: "pattern", Detail: "is not written in the way that is asked for"}
	}
	return f.chosen(text)
}

// checkNumber checks a number that is written as in JSON.
func (f *field) checkNumber(number []byte) *Fault {
	whole, ok := grammatical(number)
	if !ok || !f.kind.numeric() || f.kind == kindInteger && !whole {
		return f.wrongType()
	}
	n, err := strconv.ParseFloat(string(number), 64)
	if err != nil && !whole {
		return f.wrongType()
	}
	if fault := f.bounded(n); fault != nil {
		return fault
	}
	return f.chosen(number)
}

// checkForm checks a value of a form or a query, which is always text.
func (f *field) checkForm(value []byte) *Fault {
	switch {
	case f.kind.numeric():
		if len(value) > longestFormNumber {
			return f.wrongType()
		}
		return f.checkNumber(withoutZeros(value))
	case f.kind == kindBoolean:
		switch strings.ToLower(string(value)) {
		case "true", "false", "on", "off", "yes", "no", "1", "0":
			return f.chosen(value)
		}
		return f.wrongType()
	case f.kind >= kindObject:
		return f.wrongType()
	}
	return f.checkText(value)
}

// withoutZeros leaves out zeros at the begin of a number, which JSON does not allow and people
// type: a browser's <input type=number> sends "05" as it is.
func withoutZeros(number []byte) []byte {
	sign := bytes.HasPrefix(number, []byte{'-'})
	digits := bytes.TrimPrefix(number, []byte{'-'})
	for len(digits) > 1 && digits[0] == '0' && digits[1] >= '0' && digits[1] <= '9' {
		digits = digits[1:]
	}
	if !sign {
		return digits
	}
	return append([]byte{'-'}, digits...)
}

// longestFormNumber is more digits than any number in a form has.
const longestFormNumber = 400

func isNumber(s string) bool {
	_, ok := grammatical([]byte(s))
	return ok
}

// isEmail takes what browsers take for <input type=email> (HTML section 4.10.5.1.5), and
// letters of all scripts (RFC 6531).
func isEmail(s string) bool {
	at := strings.LastIndexByte(s, '@')
	if at < 1 || at > 64*utf8.UTFMax || len(s) > 320*utf8.UTFMax {
		return false
	}
	for _, c := range s[:at] {
		if c < utf8.RuneSelf && !unicode.IsLetter(c) && !unicode.IsDigit(c) && !strings.ContainsRune(".!#$%&'*+/=?^_`{|}~-", c) ||
			c >= utf8.RuneSelf && !unicode.In(c, unicode.L, unicode.M, unicode.N) {
			return false
		}
	}
	return isHost(s[at+1:])
}

// isHost says whether s is made of labels of letters, digits and dashes.
func isHost(s string) bool {
	for label := range strings.SplitSeq(s, ".") {
		if label == "" || len(label) > 63*utf8.UTFMax || label[0] == '-' || label[len(label)-1] == '-' {
			return false
		}
		for _, c := range label {
			if c != '-' && !unicode.In(c, unicode.L, unicode.M, unicode.N) {
				return false
			}
		}
	}
	return true
}

// isURL takes an absolute http or https URL without a user.
func isURL(s string) bool {
	if strings.ContainsFunc(s, func(c rune) bool { return c <= ' ' || c == 0x7F || c == '\\' || c == utf8.RuneError }) {
		return false // browsers read some of these otherwise than the URL standard of RFC 3986
	}
	u, err := url.Parse(s)
	if err != nil || u.User != nil || u.Host == "" || !strings.EqualFold(u.Scheme, "https") && !strings.EqualFold(u.Scheme, "http") {
		return false
	}
	return isHost(u.Hostname()) || strings.HasPrefix(u.Host, "[")
}

func isUUID(s string) bool {
	if len(s) != 36 {
		return false
	}
	for i := 0; i < len(s); i++ {
		c := s[i]
		if dash := i == 8 || i == 13 || i == 18 || i == 23; dash != (c == '-') {
			return false
		} else if !dash && !(c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'f') {
			return false
		}
	}
	return true
}
