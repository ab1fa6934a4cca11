package htmlrewrite

// stepScript follows the escapes of scripts: "<!--" hides a "<script>" and its end tag.
func (rw *Rewriter) stepScript(c byte) {
	switch rw.state {
	case script:
		rw.inScript(c)
		return
	case scriptOpen:
		switch {
		case c == '/':
			rw.state, rw.matched = scriptEndName, 0
			return
		case c == '!' && rw.escape == 0:
			rw.state = scriptBang
			return
		case isLetter(c) && rw.escape == 1:
			rw.state, rw.matched, rw.differs = doubleStart, 0, false
			rw.matchScript(c)
			return
		}
	case scriptEndName:
		switch {
		case rw.matched < len(rw.raw) && lower(c) == rw.raw[rw.matched]:
			rw.matched++
			return
		case rw.matched == len(rw.raw) && endsName(c):
			rw.rawEnd(c)
			return
		}
	case scriptBang:
		if c == '-' {
			rw.state = scriptBangDash
			return
		}
	case scriptBangDash:
		if c == '-' {
			rw.state, rw.escape, rw.dashes = script, 1, 2
			return
		}
	case doubleOpen:
		if c == '/' {
			rw.state, rw.matched, rw.differs = doubleEnd, 0, false
			return
		}
	case doubleStart, doubleEnd:
		if isLetter(c) {
			rw.matchScript(c)
			return
		}
		if endsName(c) {
			if rw.matched == len("script") && !rw.differs {
				rw.escape = 3 - rw.escape
			}
			rw.state = script
			return
		}
	}
	rw.state = script
	rw.inScript(c)
}

func (lx *lexer) matchScript(c byte) {
	if lx.matched == len("script") || lower(c) != "script"[lx.matched] {
		lx.differs = true
		return
	}
	lx.matched++
}

func (rw *Rewriter) inScript(c byte) {
	switch {
	case c == '<':
		rw.dashes = 0
		rw.state = scriptOpen
		if rw.escape == 2 {
			rw.state = doubleOpen
		}
	case rw.escape == 0:
	case c == '-':
		rw.dashes++
	case c == '>' && rw.dashes >= 2:
		rw.escape, rw.dashes = 0, 0
	default:
		rw.dashes = 0
	}
}
