package active_test

import (
	"strings"
	"testing"
	"time"

	"github.com/fumehood/fumehood/internal/active"
)

// patterns are what makes readers that go back slow.
var patterns = []string{
	"<", "<a ", "<a <b ", "<style>", "<style></", "<x a='", `<x a="<x a='`, "<script", "</script", "<!--", "&", "&#", "`", "<a b=`x`c=`", "'", `"`, `\'`, "${", "`${", "(", "[", "{", "a(", "a{", "/", "/*", "*/", "//\n",
	"expression(", "url(", "url(data:", "\\", "\\65 ", "@import", "javascript:", "data:", "a=", "a=b;", "-", "a-", "?a:", "alert ", "alert (", "\n", " ", "on", "onx=", " onx=a()", "x onx=`", "]]>", "<![CDATA[", "<svg>", "a.b", "\\u0061",
	"](", "](a b c ", "]:", "]:javascript:a", "](javascript:(", ":", "x:", "javascript:a ", "data:text/html", "< ", "<f o r ", "<a:", "![", "+[", "¼a", "\u043c/", "+ADw", "+ADw-", "<a+AD4-", "</script", "a()</",
	"<a'onx", "<a=", "<a onerror =", "document/**/.", "window[", "#{", "&{", "1.", "&tab;", "<base href", "\"><", "'>",
	"<iframe srcdoc='", "&lt;", "&amp;lt;", "'+'", "'-a()-'", "<a href=x ", "=>", "class a {", "a  {",
}

func TestCostIsLinear(t *testing.T) {
	t.Parallel()
	start := time.Now()
	for _, pattern := range patterns {
		for _, prefix := range []string{"", "'", "<a ", "`"} {
			s := prefix + strings.Repeat(pattern, 100_000/len(pattern))
			active.HTML(s)
			active.Could(s)
			var p active.Page
			p.Read([]byte(s))
			p.Runs(s)
		}
	}
	// 22 MB four times: a reader with any square in its cost takes hours.
	if spent := time.Since(start); spent > 60*time.Second {
		t.Errorf("it took %s", spent)
	}
}

func FuzzActive(f *testing.F) {
	for _, list := range attacks {
		for _, s := range list {
			f.Add("<p title='", s)
		}
	}
	for _, s := range patterns {
		f.Add("<script>"+s, s+s)
	}
	f.Fuzz(func(t *testing.T, before, s string) {
		why, runs := active.HTML(s)
		if runs != (why != "") {
			t.Errorf("%q: %v, %q", s, runs, why)
		}
		if runs && !active.Could(s) {
			t.Errorf("%q: HTML says yes (%s), Could says no", s, why)
		}
		var whole, pieces active.Page
		whole.Read([]byte(before))
		for i := range len(before) {
			pieces.Read([]byte{before[i]})
		}
		_, one := whole.Runs(s)
		if _, other := pieces.Runs(s); one != other || whole.Place() != pieces.Place() {
			t.Errorf("%q then %q: in one piece %v, in many %v", before, s, one, other)
		}
	})
}

func BenchmarkHTML(b *testing.B) {
	prose := strings.Repeat("It's a long story (or so they say); \"nobody\" knows. ", 200)
	rich := strings.Repeat(`<p style="text-align: left;">A <a href="https://example.org/?a=1">link</a> &amp; more.</p>`, 110)
	for name, s := range map[string]string{
		"name": "Anna-Maria Lopez 42", "quote": "O'Brien", "10 KB of prose": prose, "10 KB of rich text": rich, "10 KB of a letter": strings.Repeat("a", 10_000),
		"attack": `"><img src=x onerror=alert(1)>`,
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				active.HTML(s)
			}
		})
	}
}
