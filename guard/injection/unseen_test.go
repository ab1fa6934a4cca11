package injection_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/fumehood/fumehood/guard/injection"
)

// TestWhatIsNotSeenIsSaid: behind the caps, nobody judges for the classes that no sink watches.
func TestWhatIsNotSeenIsSaid(t *testing.T) {
	t.Parallel()
	filler := strings.Repeat("a", 2_400_000)
	for name, c := range map[string]struct {
		kind, body, coding string
		watched            bool
		status             int
		code, hint         string
	}{
		"JSON, sinks decide":       {"application/json", `{"a":"` + filler + `","b":"<script>alert(1)</script>"}`, "", true, 200, "injection.unseen", "injection.max_body"},
		"a form, sinks decide":     {"application/x-www-form-urlencoded", "a=" + filler + "&b=<script>alert(1)</script>", "", true, 200, "injection.unseen", "injection.max_body"},
		"JSON, nobody decides":     {"application/json", `{"a":"` + filler + `"}`, "", false, 413, "injection.unseen", "injection.max_body"},
		"many values":              {"application/x-www-form-urlencoded", strings.Repeat("a=1&", 30_000), "", false, 413, "injection.unseen", "injection.max_values"},
		"a long text":              {"text/plain", filler, "", false, 200, "injection.unseen", "injection.max_body"},
		"a coding of its own":      {"application/json", "\x8b\x04\x80\x00\x01", "br", false, 415, "injection.unreadable", "encoding"},
		"a coding, sinks decide":   {"application/json", "\x8b\x04\x80\x00\x01", "br", true, 200, "injection.unreadable", "encoding"},
		"a damaged coding":         {"application/json", "\x1f\x8b\x08\x00\x01", "gzip", false, 415, "injection.unreadable", "damaged"},
		"a form that does not end": {"multipart/form-data; boundary=x", "--x\r\nContent-Disposition: form-data; name=a\r\n\r\nb", "", false, 415, "injection.unreadable", "does not end"},
		"deep JSON":                {"application/json", strings.Repeat("[", 500) + strings.Repeat("]", 500), "", false, 413, "injection.unseen", "too deep"},
		"an honest import":         {"application/json", `{"a":"` + filler[:1_000_000] + `"}`, "", true, 200, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			site := injection.Site{}
			if c.watched {
				site.Watched = func(string) bool { return true }
			}
			r := posted("/", c.kind, c.body)
			if c.coding != "" {
				r.Header.Set("Content-Encoding", c.coding)
			}
			w, x := send(newGuard(t, injection.Config{}, site).Handler(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})), r)
			said := x.Reported
			if x.Refused != nil {
				said = append(said, x.Refused)
			}
			if w.Code != c.status || len(said) > 1 || (c.code != "") != (len(said) == 1) {
				t.Fatalf("%d, said: %v", w.Code, said)
			}
			if len(said) == 1 && (said[0].Code != c.code || !strings.Contains(said[0].Error(), c.hint) || strings.Contains(said[0].Error(), "injection.max") != strings.Contains(c.hint, "max")) {
				t.Errorf("%v, want %s with %s", said[0], c.code, c.hint)
			}
		})
	}
}

// TestTooMuchToJudge: thousands of short values that are encoded in many ways cost more than their
// bytes.
func TestTooMuchToJudge(t *testing.T) {
	t.Parallel()
	values := func(n int, attack string) string {
		var b strings.Builder
		b.WriteString("[")
		for i := range n {
			fmt.Fprintf(&b, `"%%2525253Cb%%26lt;%d&lt;\\u003c&amp;lt;",`, i)
		}
		return b.String() + `"` + attack + `"]`
	}
	for name, c := range map[string]struct {
		n       int
		attack  string
		watched bool
		want    string
	}{
		"honest":               {2000, "", false, ""},
		"an attack":            {2000, "<script>alert(1)</script>", false, "injection.html"},
		"too much":             {19_000, "", false, "injection.unseen"},
		"too much, sinks know": {19_000, "", true, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			site := injection.Site{}
			if c.watched {
				site.Watched = func(string) bool { return true }
			}
			_, x := send(newGuard(t, injection.Config{}, site).Handler(echo), posted("/", "application/json", values(c.n, c.attack)))
			if code(x) != c.want {
				t.Errorf("%q, want %q", code(x), c.want)
			}
			if c.watched && (len(x.Reported) != 1 || !strings.Contains(x.Reported[0].Error(), "too much to judge")) {
				t.Errorf("said: %v", x.Reported)
			}
		})
	}
}
