package urlmap

import (
	"encoding/json"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// rawRule is a rule as the worker tells it.
type rawRule struct {
	Path    []piece  `json:"p"`
	Methods []string `json:"m"` // nil: any
	Strict  bool     `json:"s"`
	Domain  bool     `json:"d"` // it is for some hosts only
}

// piece is a text of a rule's path, "/" among them, or a converter.
type piece struct {
	text      string
	converter bool
	kind      string // "" for a converter of the app's own
	regex     string // Python's
	weight    int
	digits    int // fixed_digits
	min, max  *float64
}

// UnmarshalJSON implements json.Unmarshaler.
func (p *piece) UnmarshalJSON(b []byte) error {
	if b[0] == '"' {
		return json.Unmarshal(b, &p.text)
	}
	p.converter = true
	fields := []any{&p.kind, &p.regex, &p.weight, &p.digits, &p.min, &p.max}
	if err := json.Unmarshal(b, &fields); err != nil {
		return err
	}
	return nil
}

// rule is a rule of the states. Its converters are all known.
type rule struct {
	methods    []string // nil: any
	strict     bool
	converters []piece
}

func (r *rule) allows(method string) bool {
	return r.methods == nil || slices.Contains(r.methods, method)
}

// state is reached by a beginning of a path.
type state struct {
	static  map[string]*state
	dynamic []step // in the order in which they are tried
	rules   []*rule
}

type step struct {
	part *part
	next *state
}

// part is what stands between two slashes of a rule, and from the first converter that
// takes slashes on, all the rest.
type part struct {
	key      string // equal for equal parts
	pieces   []piece
	final    bool
	suffixed bool // it ends with a slash that may be missing
	single   func(string) bool
	mixed    *regexp.Regexp
}

// match says whether target is such a part, and puts its arguments behind the first count.
func (p *part) match(target string, values *[mostValues]string, count int) (int, bool) {
	if p.single != nil {
		if !p.single(target) {
			return count, false
		}
		values[count] = target
		return count + 1, true
	}
	at := p.mixed.FindStringSubmatchIndex(target)
	if at == nil {
		return count, false
	}
	for i := 2; i < len(at); i += 2 {
		values[count] = target[at[i]:at[i+1]]
		count++
	}
	return count, true
}

// add puts a rule into the states, or among the loose ones.
func (m *Map) add(raw *rawRule) error {
	if len(raw.Path) == 0 || raw.Path[0].text != "/" {
		return errRule
	}
	r := &rule{methods: raw.Methods, strict: raw.Strict}
	exact := !raw.Domain
	for _, p := range raw.Path {
		if p.converter {
			r.converters = append(r.converters, p)
			exact = exact && p.kind != ""
		}
	}
	parts, ok := split(raw.Path)
	if !exact || !ok || len(r.converters) > mostValues {
		loose, err := newLoose(raw)
		m.loose = append(m.loose, loose)
		return err
	}
	at := m.root
	for _, p := range parts {
		at = at.follow(p)
	}
	at.rules = append(at.rules, r)
	return nil
}

// follow returns the state behind p, which it makes if it has to.
func (s *state) follow(p *part) *state {
	if p.single == nil && p.mixed == nil {
		if s.static == nil {
			s.static = map[string]*state{}
		}
		text := ""
		for _, piece := range p.pieces {
			text += piece.text
		}
		if s.static[text] == nil {
			s.static[text] = &state{}
		}
		return s.static[text]
	}
	for _, step := range s.dynamic {
		if step.part.key == p.key {
			return step.next
		}
	}
	next := &state{}
	s.dynamic = append(s.dynamic, step{p, next})
	return next
}

// split makes the parts of a rule's path. It reports false for one that is to be loose.
func split(path []piece) (parts []*part, ok bool) {
	p := &part{}
	for i, piece := range path {
		switch {
		case !piece.converter && piece.text == "/" && !p.final:
			parts = append(parts, p)
			if !p.compile() {
				return nil, false
			}
			p = &part{}
			continue
		case piece.converter:
			p.final = p.final || piece.kind == "path"
		case piece.text == "/" && i == len(path)-1: // final, and nothing follows
			p.suffixed = true
			continue
		}
		p.pieces = append(p.pieces, piece)
	}
	parts = append(parts, p)
	if !p.compile() {
		return nil, false
	}
	if p.suffixed {
		parts = append(parts, &part{})
	}
	return parts, true
}

// compile makes what compares a part that has a converter.
func (p *part) compile() bool {
	converters := 0
	var pattern, key strings.Builder
	for _, piece := range p.pieces {
		key.WriteString(strconv.Quote(piece.text) + strconv.Quote(piece.regex) + strconv.Itoa(piece.weight))
		if !piece.converter {
			pattern.WriteString(regexp.QuoteMeta(piece.text))
			continue
		}
		converters++
		pattern.WriteString("(" + piece.pattern() + ")")
	}
	if converters == 0 {
		return true
	}
	p.key = key.String() + strconv.FormatBool(p.final) + strconv.FormatBool(p.suffixed)
	if len(p.pieces) == 1 {
		p.single = p.pieces[0].whole()
		return p.single != nil
	}
	var err error
	p.mixed, err = regexp.Compile(`\A(?:` + pattern.String() + `)\z`)
	return err == nil
}

// pattern is the converter's regular expression, as Go writes it.
func (p *piece) pattern() string {
	if p.kind == "any" {
		items := p.items()
		for i := range items {
			items[i] = regexp.QuoteMeta(items[i])
		}
		return strings.Join(items, "|")
	}
	return strings.ReplaceAll(p.regex, `\d`, `\p{Nd}`) // Python's is any script's
}

// items are the choices of an any converter, whose regex is "(?:" item "|" ... ")" with the
// items escaped.
func (p *piece) items() []string {
	inside := strings.TrimSuffix(strings.TrimPrefix(p.regex, "(?:"), ")")
	items := []string{""}
	for i := 0; i < len(inside); i++ {
		last := &items[len(items)-1]
		switch c := inside[i]; {
		case c == '|':
			items = append(items, "")
		case c == '\\' && i+1 < len(inside):
			i++
			*last += inside[i : i+1]
		default:
			*last += inside[i : i+1]
		}
	}
	return items
}

// whole returns what says whether a whole text is such an argument, nil where that is not known.
func (p *piece) whole() func(string) bool {
	switch p.kind {
	case "string":
		low, high, ok := lengths(p.regex)
		if !ok {
			return nil
		}
		return func(s string) bool {
			n := utf8.RuneCountInString(s)
			return n >= low && n <= high && strings.IndexByte(s, '/') < 0
		}
	case "path":
		return func(s string) bool { return s != "" && s[0] != '/' && strings.IndexByte(skipFirst(s), '\n') < 0 }
	case "any":
		items := p.items()
		return func(s string) bool { return slices.Contains(items, s) }
	case "int":
		signed := p.regex[0] == '-'
		return func(s string) bool { return digits(unsigned(s, signed)) }
	case "float":
		signed := p.regex[0] == '-'
		return func(s string) bool {
			before, after, _ := strings.Cut(unsigned(s, signed), ".")
			return digits(before) && digits(after)
		}
	case "uuid":
		return isUUID
	}
	return nil
}

// skipFirst leaves out the first character.
func skipFirst(s string) string {
	_, size := utf8.DecodeRuneInString(s)
	return s[size:]
}

// lengths reads "[^/]{1,}", "[^/]{2,5}" or "[^/]{3}".
func lengths(regex string) (low, high int, ok bool) {
	inside, ok1 := strings.CutPrefix(regex, "[^/]{")
	inside, ok2 := strings.CutSuffix(inside, "}")
	first, second, both := strings.Cut(inside, ",")
	low, err := strconv.Atoi(first)
	high = low
	if both && second == "" {
		high = 1 << 30
	} else if both && err == nil {
		high, err = strconv.Atoi(second)
	}
	return low, high, ok1 && ok2 && err == nil
}

func unsigned(s string, signed bool) string {
	if signed {
		s = strings.TrimPrefix(s, "-")
	}
	return s
}

func digits(s string) bool {
	for _, c := range s {
		if (c < '0' || c > '9') && (c < utf8.RuneSelf || !unicode.IsDigit(c)) {
			return false
		}
	}
	return s != ""
}

func isUUID(s string) bool {
	if len(s) != 36 {
		return false
	}
	for i := 0; i < len(s); i++ {
		c := s[i] | 0x20
		switch i {
		case 8, 13, 18, 23:
			if s[i] != '-' {
				return false
			}
		default:
			if (c < '0' || c > '9' || s[i] < '0') && (c < 'a' || c > 'f') {
				return false
			}
		}
	}
	return true
}

// answerTo is what is known of a question.
type answerTo uint8

const (
	no answerTo = iota
	yes
	perhaps
)

// longestNumber is what every Python converts (3.11 and later stop at 4300 digits).
const longestNumber = 640

// converts says whether the rule's converters take the arguments, as their to_python does.
func (r *rule) converts(values []string) answerTo {
	for i := range r.converters {
		c := &r.converters[i]
		if c.kind != "int" && c.kind != "float" || i >= len(values) {
			continue
		}
		value := values[i]
		if len(value) > longestNumber {
			return perhaps
		}
		if c.digits != 0 && utf8.RuneCountInString(value) != c.digits {
			return no
		}
		if c.min == nil && c.max == nil {
			continue
		}
		n, err := strconv.ParseFloat(value, 64)
		if err != nil && !strings.HasSuffix(err.Error(), strconv.ErrRange.Error()) {
			return perhaps // the digits of another script
		}
		if c.min != nil && n < *c.min || c.max != nil && n > *c.max {
			return no
		}
	}
	return yes
}

// looseRule is a rule of which it is known only where it cannot lead.
type looseRule struct {
	rule
	path *regexp.Regexp
}

func newLoose(raw *rawRule) (looseRule, error) {
	var b strings.Builder
	b.WriteString(`(?s)\A`)
	for _, p := range raw.Path {
		switch {
		case p.converter:
			b.WriteString(".*")
		case p.text == "/":
			b.WriteString("/+")
		default:
			b.WriteString(regexp.QuoteMeta(p.text))
		}
	}
	b.WriteString(`/*\z`)
	path, err := regexp.Compile(b.String())
	return looseRule{rule{methods: raw.Methods}, path}, err
}

// mayBeFor says whether the rule may be for a path.
func (l *looseRule) mayBeFor(path string) bool {
	return l.path.MatchString(path) || l.path.MatchString(path+"/")
}
