package config

import (
	"fmt"
	"sort"
	"strings"

	"github.com/fumehood/fumehood/internal/hint"
)

// Origin says where a value comes from. The zero Origin is the default.
type Origin struct {
	File string // the file, with Line
	Line int    // from 1; 0 when it is not known
	Env  string // the environment variable
	Flag string // the option as written ("--workers"), or the name of the argument
}

// String returns "default", "fumehood.toml:14", "env FUMEHOOD_WORKERS_COUNT" or
// "flag --workers".
func (o Origin) String() string {
	switch {
	case o.Flag != "" && !strings.HasPrefix(o.Flag, "-"):
		return "argument " + o.Flag
	case o.Flag != "":
		return "flag " + o.Flag
	case o.Env != "":
		return "env " + o.Env
	case o.File != "":
		return o.where()
	}
	return "default"
}

// where is the short form in front of a mistake.
func (o Origin) where() string {
	switch {
	case o.Flag != "":
		return o.Flag
	case o.Env != "":
		return o.Env
	case o.File != "" && o.Line > 0:
		return fmt.Sprintf("%s:%d", o.File, o.Line)
	}
	return o.File
}

// Mistake is one thing that is wrong with the configuration.
type Mistake struct {
	Origin Origin
	Key    string // the setting: "workers.count", "route[0].match"; "" for the whole
	Text   string // what is wrong
	Hint   string // what to do; may be ""
}

func (m Mistake) oneLine() string {
	where, key := m.Origin.where(), m.Key
	if m.Origin.Flag != "" || m.Origin.Env != "" {
		key = "" // the name of the option or variable says it already
	}
	var parts []string
	for _, part := range []string{where, key, m.Text} {
		if part != "" {
			parts = append(parts, part)
		}
	}
	return strings.Join(parts, ": ")
}

// Mistakes is the error of a configuration: all that is wrong with it at once.
type Mistakes struct {
	List []Mistake // those of the file by line, then environment, then flags
	file string
}

// Error implements error: one line for one mistake, else a table.
func (m *Mistakes) Error() string { return m.text(false) }

// Detail is Error with the hint of each mistake below it.
func (m *Mistakes) Detail() string { return m.text(true) }

// Usage says whether every mistake was made on the command line.
func (m *Mistakes) Usage() bool {
	for _, one := range m.List {
		if one.Origin.Flag == "" {
			return false
		}
	}
	return true
}

func (m *Mistakes) text(hints bool) string {
	if len(m.List) == 1 {
		text := m.List[0].oneLine()
		if h := m.List[0].Hint; hints && h != "" {
			text += "\n  hint: " + h
		}
		return text
	}
	wide := [2]int{}
	rows := make([][2]string, len(m.List))
	for i, one := range m.List {
		switch o := one.Origin; {
		case o.Flag != "":
			rows[i] = [2]string{"flag", o.Flag}
		case o.Env != "":
			rows[i] = [2]string{"env", o.Env}
		case o.Line > 0:
			rows[i] = [2]string{fmt.Sprintf("line %d", o.Line), one.Key}
		default:
			rows[i] = [2]string{"", one.Key}
		}
		wide[0], wide[1] = max(wide[0], len(rows[i][0])), max(wide[1], len(rows[i][1]))
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %d mistakes", m.subject(), len(m.List))
	for i, one := range m.List {
		fmt.Fprintf(&b, "\n  %-*s  %-*s  %s", wide[0], rows[i][0], wide[1], rows[i][1], one.Text)
		if hints && one.Hint != "" {
			fmt.Fprintf(&b, "\n  %-*s  hint: %s", wide[0], "", one.Hint)
		}
	}
	return b.String()
}

// subject is what the mistakes are in, when all are in one place.
func (m *Mistakes) subject() string {
	file, env, flag := 0, 0, 0
	for _, one := range m.List {
		switch {
		case one.Origin.Flag != "":
			flag++
		case one.Origin.Env != "":
			env++
		case one.Origin.File != "":
			file++
		}
	}
	switch {
	case flag == 0 && env == 0 && file > 0:
		return m.file
	case file == 0 && flag == 0 && env > 0:
		return "environment"
	case file == 0 && env == 0 && flag > 0:
		return "command line"
	}
	return "configuration"
}

// err returns the mistakes as an error with one hint, or nil when there are none.
func (m *Mistakes) err() error {
	if len(m.List) == 0 {
		return nil
	}
	rank := func(o Origin) int {
		switch {
		case o.Flag != "":
			return 3
		case o.Env != "":
			return 2
		case o.File != "":
			return 0
		}
		return 1
	}
	sort.SliceStable(m.List, func(i, j int) bool {
		a, b := m.List[i].Origin, m.List[j].Origin
		if ra, rb := rank(a), rank(b); ra != rb {
			return ra < rb
		}
		return a.Line < b.Line
	})
	if len(m.List) == 1 {
		if h := m.List[0].Hint; h != "" {
			return hint.With(m, h)
		}
		return m
	}
	for _, one := range m.List {
		if one.Origin.File != "" {
			return hint.With(m, "fumehood config check "+m.file)
		}
	}
	return hint.With(m, "fumehood config explain KEY says what a setting takes")
}
