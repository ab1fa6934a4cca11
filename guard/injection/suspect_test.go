package injection_test

import (
	"net/url"
	"slices"
	"testing"

	"github.com/fumehood/fumehood/guard/injection"
)

// TestSinksAreWarned: what is left to the sinks is left to them with a word of warning, of every
// class that there is enough of, and also where the log has notes enough.
func TestSinksAreWarned(t *testing.T) {
	t.Parallel()
	site := injection.Site{Watched: func(string) bool { return true }}
	for value, want := range map[string]string{
		"{{ cycler.__init__.__globals__.os.popen('id').read() }}": "template",
		"8.8.8.8;cat /etc/passwd":                                 "command",
		"../../../../ETC/PASSWD":                                  "file",
		"x' or '1'='1":                                            "sql",
		"http://169.254.169.254/latest/meta-data/":                "request",
	} {
		h := newGuard(t, injection.Config{}, site).Handler(echo)
		_, x := send(h, post("/", url.Values{"v": {value}}.Encode()))
		if x.Refused != nil || !slices.Contains(x.Suspect, want) {
			t.Errorf("%s: %v, suspect of %q, not %q", value, x.Refused, x.Suspect, want)
		}
		many := url.Values{"a": {"1' or '1'='1", "2' or '1'='1", "3' or '1'='1", "4' or '1'='1"}, "v": {value}}
		if _, x := send(h, post("/", many.Encode())); !slices.Contains(x.Suspect, want) {
			t.Errorf("%s, behind others: suspect of %q", value, x.Suspect)
		}
	}
	for _, value := range []string{"O'Brien & sons", "DROP TABLE users is what he said", "<p>it's 5 o'clock</p>", "a/b/c.txt", "https://example.com/?a=b"} {
		_, x := send(newGuard(t, injection.Config{}, site).Handler(echo), post("/", url.Values{"v": {value}}.Encode()))
		if x.Suspect != nil {
			t.Errorf("%s: suspect of %q", value, x.Suspect)
		}
	}
	if _, x := send(newGuard(t, injection.Config{}, injection.Site{}).Handler(echo), post("/", "v=x;id")); x.Suspect != nil {
		t.Errorf("nobody watches: %q", x.Suspect)
	}
}
