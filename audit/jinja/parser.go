package jinja

import (
	"strings"
	"unicode"

	"github.com/fumehood/fumehood/audit/python"
)

// parser reads one template.
type parser struct {
	t          *Template
	source     string
	syntax     syntax
	at         int               // what is read next
	trim       bool              // the last tag takes away the blanks after it
	autoescape bool              // at this place
	found      [slots]int        // see find
	bad        int               // where the token starts that cannot be read
	wasted     int               // bytes read twice because of broken tags
	endTags    map[string]int    // where the last end tag of each name is; made when asked for
	filterIDs  map[string]string // see marked
	testIDs    map[string]string

	// Of the tag that is read.
	start   int // where its delimiter starts
	tokens  []token
	open    []kind // brackets
	next    int
	last    int32 // end of the last token taken
	depth   int
	height  int
	failed  bool
	problem string // of the bad token

	slabs   slabs
	exprs   []python.Expr // of lists that are not complete
	nodes   []Node        // of bodies that are not complete
	frames  []frame
	skipped []string // end tags of blocks that are nested too deeply
}

// frame is an open block.
type frame struct {
	node       Node
	end        string // name of its end tag
	tag        Span
	base       int // its nodes start here
	autoescape bool
	part       int32 // start of its branch
	alternate  bool  // the body is that of else or pluralize
}

// template reads all.
func (p *parser) template() {
	for p.at < len(p.source) {
		from := p.at
		opens, start, content := p.nextTag()
		p.start = start
		if opens == nothing {
			p.text(from, start, false, false)
			p.at = start
			break
		}
		p.tagAt(opens, from, start, content)
	}
	for len(p.frames) > 0 {
		p.unclosed(int32(len(p.source)))
	}
	p.t.Body = p.body(0)
}

// tagAt reads what a delimiter starts, after the text in front of it.
func (p *parser) tagAt(opens opener, from, start, content int) {
	strip := false
	if opens <= comment {
		content, strip = sign(p.source, content)
	}
	p.text(from, start, strip, false)
	switch opens {
	case comment:
		p.comment(start, content)
		return
	case lineNote:
		p.at = content
		if i := strings.IndexAny(p.source[content:], "\r\n"); i >= 0 {
			p.at += i
		} else {
			p.at = len(p.source)
		}
		p.t.Comments = append(p.t.Comments, Span{Start: int32(start), End: int32(p.at)})
		return
	case blockTag:
		if end, trim, ok := p.rawTag(start+len(p.syntax.blockStart), "raw", true); ok {
			p.trim = trim
			p.raw(start, end)
			return
		}
	}
	if !p.tag(content, opens) {
		p.text(start, content, false, false)
		p.at = content
		return
	}
	p.last = int32(content)
	if opens == variable {
		p.output(p.tuple(tEnd, true, ""), int32(start))
		p.finish("the end of the output")
	} else {
		p.statement()
	}
}

// text adds the text between two places.
func (p *parser) text(from, to int, strip, raw bool) {
	value := p.source[from:to]
	if p.trim {
		value = strings.TrimLeftFunc(value, unicode.IsSpace)
		from = to - len(value)
		p.trim = false
	}
	if strip {
		value = strings.TrimRightFunc(value, unicode.IsSpace)
		to = from + len(value)
	}
	if value == "" {
		return
	}
	t := p.slabs.texts.One()
	t.Span, t.Value, t.Raw = Span{Start: int32(from), End: int32(to)}, value, raw
	p.nodes = append(p.nodes, t)
}

// comment skips one. Without an end, its start is text.
func (p *parser) comment(start, content int) {
	end := p.findEnd(content, comment)
	if end < 0 {
		p.error(Span{Start: int32(start), End: int32(content)}, "the comment is not closed")
		p.text(start, content, false, false)
		p.at = content
		return
	}
	p.trim = end > content && p.source[end-1] == '-'
	p.at = end + len(p.syntax.ends[comment])
	p.t.Comments = append(p.t.Comments, Span{Start: int32(start), End: int32(p.at)})
}

// raw reads up to endraw.
func (p *parser) raw(start, content int) {
	for at := content; ; {
		i := strings.Index(p.source[at:], p.syntax.blockStart)
		if i < 0 {
			break
		}
		tag := at + i
		at = tag + len(p.syntax.blockStart)
		if end, trim, ok := p.rawTag(at, "endraw", false); ok {
			_, strip := sign(p.source, at)
			p.text(content, tag, strip, true)
			p.trim, p.at = trim, end
			return
		}
	}
	p.error(Span{Start: int32(start), End: int32(content)}, "{% raw %} is not closed")
	p.text(content, len(p.source), false, true)
	p.at = len(p.source)
}

// output adds {{ e }}.
func (p *parser) output(e python.Expr, start int32) {
	o := p.slabs.outputs.One()
	o.Span, o.Expr, o.Escaped = p.tagSpan(), e, p.autoescape
	o.Start = start
	p.nodes = append(p.nodes, o)
}

// tagSpan is the span of the tag being read, with its delimiters.
func (p *parser) tagSpan() Span { return Span{Start: int32(p.start), End: int32(p.at)} }

// finish expects the end of the tag.
func (p *parser) finish(what string) {
	if p.kind() != tEnd {
		p.fail("expected " + what)
	}
}

// body takes the nodes read since a mark.
func (p *parser) body(base int) []Node {
	list := p.slabs.nodes.List(p.nodes[base:])
	clear(p.nodes[base:])
	p.nodes = p.nodes[:base]
	return list
}

// put adds a node that is complete.
func (p *parser) put(n Node) { p.nodes = append(p.nodes, n) }

// push opens a block, after the colon that Jinja allows there.
func (p *parser) push(n Node, end string) {
	p.skip(tColon)
	p.finish("the end of the tag")
	if len(p.frames) == maxBlocks {
		p.error(p.tagSpan(), "the blocks are nested too deeply")
		p.skipped = append(p.skipped, end)
		return
	}
	p.frames = append(p.frames, frame{node: n, end: end, tag: p.tagSpan(), base: len(p.nodes), autoescape: p.autoescape, part: int32(p.start)})
}

// pop closes the innermost block at a place, and adds it to the body around it.
func (p *parser) pop(end int32) {
	f := &p.frames[len(p.frames)-1]
	p.section(f, end)
	setSpan(f.node, Span{Start: f.tag.Start, End: end})
	p.autoescape = f.autoescape
	p.nodes = append(p.nodes, f.node)
	p.frames = p.frames[:len(p.frames)-1]
}

// unclosed closes the innermost block, whose end tag is missing.
func (p *parser) unclosed(end int32) {
	f := &p.frames[len(p.frames)-1]
	p.error(f.tag, "{% "+strings.TrimPrefix(f.end, "end")+" %} is not closed")
	p.pop(end)
}

// hasEnd tells whether an end tag of a name comes further down. It goes by the words after
// the start delimiters, and reads the template once at most.
func (p *parser) hasEnd(name string) bool {
	if p.endTags == nil {
		p.endTags = map[string]int{}
		for at := 0; ; {
			i := strings.Index(p.source[at:], p.syntax.blockStart)
			if i < 0 {
				break
			}
			at += i + len(p.syntax.blockStart)
			p.noteEnd(at)
		}
		if p.syntax.line != "" {
			for at := 0; at < len(p.source); at++ {
				if opens, content := p.syntax.lineAt(p.source, at); opens == lineTag {
					p.noteEnd(content)
				}
				i := strings.IndexAny(p.source[at:], "\r\n")
				if i < 0 {
					break
				}
				at += i
			}
		}
	}
	return p.endTags[name] > p.start
}

func (p *parser) noteEnd(at int) {
	i, _ := sign(p.source, at)
	i = skipBlank(p.source, i)
	end := i
	for end < len(p.source) && (letter(p.source[end]) || digit(p.source[end])) {
		end++
	}
	if word := p.source[i:end]; strings.HasPrefix(word, "end") && p.endTags[word] < at {
		p.endTags[word] = at
	}
}
