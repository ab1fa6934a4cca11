package templates

import (
	"bytes"
	"strings"

	"golang.org/x/net/html"
)

// Match finds, in a page that arrives, the scripts and handlers of the given shapes and
// returns their hashes, each once, the first most of both. all is false where there are
// more handlers, as in a long table; who injects markup can bring that about, too.
func Match(page []byte, scripts, handlers []*Shape, most int) (scriptHashes, handlerHashes []string, all bool) {
	seen := map[string]bool{}
	add := func(list *[]string, shapes []*Shape, body string) {
		if seen[body] || len(*list) > most {
			return
		}
		for _, s := range shapes {
			if s.Match(body) {
				seen[body] = true
				*list = append(*list, Hash(body))
				return
			}
		}
	}
	if len(handlers) == 0 {
		for body := range inlineScripts(page) {
			if add(&scriptHashes, scripts, body); len(scriptHashes) == most {
				break
			}
		}
		return scriptHashes, nil, true
	}
	z := html.NewTokenizer(bytes.NewReader(page))
	inScript := false
	for {
		switch z.Next() {
		case html.ErrorToken:
			scriptHashes = scriptHashes[:min(len(scriptHashes), most)]
			if len(handlerHashes) > most {
				return scriptHashes, handlerHashes[:most], false
			}
			return scriptHashes, handlerHashes, true
		case html.StartTagToken, html.SelfClosingTagToken:
			name, more := z.TagName()
			inScript = string(name) == "script"
			for more {
				var key, value []byte
				key, value, more = z.TagAttr()
				if bytes.HasPrefix(key, []byte("on")) {
					add(&handlerHashes, handlers, string(value))
				}
			}
		case html.TextToken:
			if inScript {
				add(&scriptHashes, scripts, string(z.Text()))
			}
		case html.EndTagToken:
			inScript = false
		}
	}
}

// inlineScripts gives the text of each <script> of a page, fast: it looks for nothing
// else. Where it is wrong about where a script ends, the hash is of no script at all.
func inlineScripts(page []byte) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		for {
			i := bytes.IndexByte(page, '<')
			if i < 0 {
				return
			}
			page = page[i+1:]
			if !isTag(page, "script") {
				continue
			}
			start := tagEnd(page)
			if start < 0 {
				return
			}
			page = page[start:]
			end := scriptEnd(page)
			if end < 0 {
				return
			}
			if end > 0 && !yield(normalise(string(page[:end]))) {
				return
			}
			page = page[end:]
		}
	}
}

// isTag says whether p, which is after a "<", begins with the name of a tag.
func isTag(p []byte, name string) bool {
	if len(p) <= len(name) || !strings.EqualFold(string(p[:len(name)]), name) {
		return false
	}
	switch p[len(name)] {
	case ' ', '\t', '\n', '\f', '\r', '/', '>':
		return true
	}
	return false
}

// tagEnd returns the offset after the ">" that ends a tag.
func tagEnd(p []byte) int {
	quote := byte(0)
	for i, c := range p {
		switch {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'':
			quote = c
		case c == '>':
			return i + 1
		}
	}
	return -1
}

// scriptEnd returns the offset of the "</script" that ends a script.
func scriptEnd(p []byte) int {
	for from := 0; ; {
		i := bytes.Index(p[from:], []byte("</"))
		if i < 0 {
			return -1
		}
		if from += i; isTag(p[from+2:], "script") {
			return from
		}
		from += 2
	}
}
