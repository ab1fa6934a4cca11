package config

import (
	"fmt"
	"slices"
	"strings"
)

// common lists the settings that short help shows, in its order.
func common() []string {
	return []string{
		"app.upstream", "app.chdir", "app.python",
		"server.bind", "tls.domains", "tls.certfile", "tls.keyfile", "tls.mode",
		"workers.count", "workers.threads", "workers.timeout",
		"limits.body", "hosts.allow", "clientip.trusted_proxies", "log.format",
	}
}

// Options writes the help of the options: the common ones with one sentence each, or all
// of them by table with everything said.
func Options(all bool) string {
	root := newSchema(docs())
	var b strings.Builder
	if !all {
		fmt.Fprintln(&b, "Options:")
		for _, key := range common() {
			n := root.find(key)
			writeOption(&b, n.option(), firstSentence(n.doc), n.defaultNote())
		}
	} else {
		for _, table := range root.children {
			if table.list {
				continue
			}
			fmt.Fprintf(&b, "[%s] %s\n", table.key, table.doc)
			for _, n := range table.values() {
				writeOption(&b, n.option(), n.doc, n.defaultNote())
			}
			fmt.Fprintln(&b)
		}
		fmt.Fprintln(&b, "Configuration and help:")
	}
	writeOption(&b, "-c, --config FILE", "The configuration file. Without it, "+FileName+" in the app's folder is read if it is there.", "")
	writeOption(&b, "-h, --help", "This help; --help-all has every option.", "")
	return b.String()
}

func writeOption(b *strings.Builder, option, doc, note string) {
	if option == "" {
		return
	}
	if !strings.HasPrefix(option, "-") || strings.HasPrefix(option, "--") {
		option = "    " + option
	}
	if note != "" {
		doc += " (" + note + ")"
	}
	const left = 30
	lines := Wrap(doc, 80-left-2)
	if len(option) > left-2 {
		fmt.Fprintf(b, "  %s\n", option)
	} else {
		fmt.Fprintf(b, "  %-*s%s\n", left, option, lines[0])
		lines = lines[1:]
	}
	for _, line := range lines {
		fmt.Fprintf(b, "  %-*s%s\n", left, "", line)
	}
}

// defaultNote says what the value is when nobody sets it, where the doc does not.
func (n *node) defaultNote() string {
	switch {
	case n.def == "true":
		return "on by default"
	case n.def == "" || n.def == "0":
		return ""
	}
	return "default " + n.def
}

// firstSentence is what short help has room for: the first sentence, and what no value
// means.
func firstSentence(doc string) string {
	first, rest, ok := strings.Cut(doc, ". ")
	if !ok {
		return doc
	}
	if strings.HasPrefix(rest, "Empty means") || strings.HasPrefix(rest, "0 means") {
		second, _, _ := strings.Cut(rest, ". ")
		return first + ". " + strings.TrimSuffix(second, ".") + "."
	}
	return first + "."
}

// Wrap breaks text into lines of at most width bytes where its words allow it; it
// returns at least one line.
func Wrap(text string, width int) []string {
	lines := []string{""}
	for word := range strings.FieldsSeq(text) {
		last := &lines[len(lines)-1]
		switch {
		case *last == "":
			*last = word
		case len(*last)+1+len(word) <= width:
			*last += " " + word
		default:
			lines = append(lines, word)
		}
	}
	return slices.Clip(lines)
}
