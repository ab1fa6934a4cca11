package paths

import (
	"errors"
	"fmt"
	"strings"

	"github.com/fumehood/fumehood/internal/hint"
)

// pattern is a path of Config.Allow: "*" stands for anything but a slash, "**" for anything.
type pattern string

// newPattern returns the pattern that text is.
func newPattern(text string) (pattern, error) {
	p := pattern(text)
	if !strings.HasPrefix(text, "/") {
		return p, hint.With(fmt.Errorf("%q does not begin with a slash", text), fmt.Sprintf("write %q", "/**/"+text))
	}
	if strings.ContainsAny(text, "%\\") {
		return p, hint.With(fmt.Errorf("%q is not how an app sees a path", text), "write it without percent-encoding")
	}
	for _, path := range []string{"/.env", "/.git/config", "/.git/HEAD"} {
		if p.matches(path) {
			return p, hint.With(fmt.Errorf("%q lets %s pass", text, path),
				`name a folder or an ending, such as "/files/**" or "/tags/.*"`)
		}
	}
	return p, errors.Join()
}

// matches says whether the decoded path matches. Each star tries the shortest run first and
// the last two kinds of star are all that is remembered, so that it takes at most the
// product of both lengths.
func (p pattern) matches(path string) bool {
	var one, any retry // the last "*" and the last "**"
	i, j := 0, 0
	for {
		switch {
		case i < len(p) && p[i] == '*':
			if i+1 < len(p) && p[i+1] == '*' {
				i += 2
				any, one = retry{i, j, true}, retry{}
			} else {
				i++
				one = retry{i, j, true}
			}
			continue
		case i == len(p) && j == len(path):
			return true
		case i < len(p) && j < len(path) && p[i] == path[j]:
			i, j = i+1, j+1
			continue
		}
		switch {
		case one.set && one.path < len(path) && path[one.path] != '/':
			one.path++
			i, j = one.pattern, one.path
		case any.set && any.path < len(path):
			any.path++
			one = retry{}
			i, j = any.pattern, any.path
		default:
			return false
		}
	}
}

// retry is where matching goes on when it fails further on.
type retry struct {
	pattern, path int
	set           bool
}
