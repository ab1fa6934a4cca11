package errorpages

// Scan feeds body to a search in pieces of the given sizes, the last of them again and
// again, and says what it found first and whether the answer must not go on.
func (g *Guard) Scan(body []byte, server bool, sizes ...int) (name string, bad bool) {
	s := search{g: g, server: server, markup: true}
	for len(body) > 0 {
		n := len(body)
		if len(sizes) > 0 {
			n = min(n, max(sizes[0], 1))
			if len(sizes) > 1 {
				sizes = sizes[1:]
			}
		}
		s.whole = n == len(body)
		if s.feed(body[:n]) {
			return s.found.name, true
		}
		s.remember(body[:n])
		body = body[n:]
	}
	return s.found.name, false
}

// Sentences are the sentences of bare pages.
func Sentences() []string { return bareSentences() }
