package main

import (
	"fmt"
	"slices"
	"strings"
)

// verdict is what one server made of one value.
type verdict struct {
	Server  string `json:"server"`
	Kind    string `json:"kind"`
	Class   string `json:"class"`
	Line    int    `json:"line"`
	Source  string `json:"source,omitempty"`
	Value   string `json:"value"`
	Refused bool   `json:"refused"`
	Why     string `json:"why,omitempty"`
}

// tally counts verdicts by class and server.
type tally struct {
	classes []class
	servers []string
	refused map[string][]int // by server, for each class
	sources map[string]*[2]int
	wrong   []verdict // of ours
}

func newTally(classes []class, servers []string) *tally {
	t := &tally{classes: classes, servers: servers, refused: map[string][]int{}, sources: map[string]*[2]int{}}
	for _, s := range servers {
		t.refused[s] = make([]int, len(classes))
	}
	return t
}

func (t *tally) add(i int, v verdict) {
	if v.Refused {
		t.refused[v.Server][i]++
	}
	if v.Server != "ours" {
		return
	}
	if v.Refused != (v.Kind == "attack") {
		t.wrong = append(t.wrong, v)
	}
	if _, barred := bars[v.Class]; barred && v.Kind == "attack" && v.Source != "" {
		key := v.Class + "|" + family(v.Source)
		if t.sources[key] == nil {
			t.sources[key] = new([2]int)
		}
		t.sources[key][0]++
		if v.Refused {
			t.sources[key][1]++
		}
	}
}

// bars are the shares that an attack class must reach and a benign one must not pass.
var bars = map[string]float64{
	"xss": 97, "sqli": 97, "traversal": 97, "command": 97, "template": 97,
	"prose": 0, "richtext": 0, "markdown": 1,
}

// names are what the servers are called in the report.
var names = map[string]string{
	"ours": "guard/injection", "coraza": "Coraza, CRS 4", "nginx": "nginx, ModSecurity, CRS 3",
	"plain": "plain handler", "nginx-plain": "nginx",
}

func (t *tally) write(out *strings.Builder, o options) {
	fmt.Fprintf(out, "Each value is one field of one request (%s). Level 1 of the rule set, score 5. guard/injection decides alone, as in front of an upstream.\n\n", o.place)
	t.table(out, "attack", "attacks refused")
	t.table(out, "benign", "honest values refused")
	t.bySource(out)
	if len(t.wrong) == 0 {
		return
	}
	out.WriteString("\nHonest values that guard/injection refuses, by their line in the corpus:\n\n")
	for _, v := range t.wrong {
		if v.Kind == "benign" {
			reason, _, _ := strings.Cut(v.Why, ":")
			fmt.Fprintf(out, "- %s line %d: %s\n", v.Class, v.Line, reason)
		}
	}
	if o.list {
		for _, v := range t.wrong {
			fmt.Printf("%s\t%s:%d\t%s\t%.300q\t%s\n", v.Kind, v.Class, v.Line, v.Source, v.Value, v.Why)
		}
	}
}

func (t *tally) table(out *strings.Builder, kind, title string) {
	head := []string{title, "values"}
	for _, s := range t.servers {
		head = append(head, names[s])
	}
	row(out, append(head, "bar")...)
	out.WriteString(strings.Repeat("|---", len(head)+1) + "|\n")
	for i, c := range t.classes {
		if c.kind != kind {
			continue
		}
		cells := []string{c.name, fmt.Sprint(len(c.values))}
		for _, s := range t.servers {
			n := t.refused[s][i]
			cells = append(cells, fmt.Sprintf("%d (%.2f %%)", n, share(n, len(c.values))))
		}
		row(out, append(cells, t.bar(i, c))...)
	}
	out.WriteString("\n")
}

// bar says what the bar is, and whether ours meets it.
func (t *tally) bar(i int, c class) string {
	limit, ok := bars[c.name]
	if !ok {
		return ""
	}
	text := fmt.Sprintf("<= %.0f %%", limit)
	if c.kind == "attack" {
		text = fmt.Sprintf(">= %.0f %%", limit)
	}
	refused, measured := t.refused["ours"]
	if !measured {
		return text
	}
	got := share(refused[i], len(c.values))
	if c.kind == "attack" && got >= limit || c.kind == "benign" && got <= limit {
		return text + ": met"
	}
	return text + ": MISSED"
}

// bySource splits our share of the attacks by where they are from.
func (t *tally) bySource(out *strings.Builder) {
	keys := make([]string, 0, len(t.sources))
	for key := range t.sources {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	if len(keys) == 0 {
		return
	}
	out.WriteString("guard/injection by source:")
	for i, key := range keys {
		name, from, _ := strings.Cut(key, "|")
		if i > 0 {
			out.WriteString(";")
		}
		n := t.sources[key]
		fmt.Fprintf(out, " %s from %s %d of %d (%.1f %%)", name, from, n[1], n[0], share(n[1], n[0]))
	}
	out.WriteString(".\n")
}

// family is a source without what it says of the single file: "lists/xss/a.txt" is of
// "lists", "crs/942100 pl2" of "crs pl2".
func family(source string) string {
	list, rest, _ := strings.Cut(source, "/")
	if _, level, ok := strings.Cut(rest, " pl"); ok {
		list += " pl" + level
	}
	return list
}

func share(n, of int) float64 {
	if of == 0 {
		return 0
	}
	return 100 * float64(n) / float64(of)
}

func row(out *strings.Builder, cells ...string) {
	out.WriteString("| " + strings.Join(cells, " | ") + " |\n")
}
