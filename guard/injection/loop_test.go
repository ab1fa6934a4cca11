package injection_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	fumehood "github.com/fumehood/fumehood"
	"github.com/fumehood/fumehood/guard/injection"
	"github.com/fumehood/fumehood/internal/config"
	"github.com/fumehood/fumehood/internal/inputs"
	"github.com/fumehood/fumehood/internal/sink"
)

// worker is an app in a worker whose SQL sink stops what ends a literal.
type worker struct{ reached int }

func (a *worker) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a.reached++
	x := fumehood.ExchangeOf(r.Context())
	for _, in := range x.Risky {
		value := strings.ToLower(in.Value)
		if strings.Contains(value, " or ") || strings.Contains(value, "union") || strings.Contains(value, "and 1") || strings.Contains(value, "' x") {
			hit := sink.Hit{Sink: "sql", Place: in.Place, Name: in.Name, Value: in.Value, Where: "app.py:5 in find", Why: "more than a literal", Route: "/find/<int:n>"}
			if inputs.Password(in.Name) {
				hit.Value = "[redacted]"
			}
			fumehood.Refuse(w, r, hit.Refusal())
			return
		}
	}
}

// watchedAll is a worker in which all sinks are watched.
func watchedAll(string) bool { return true }

// from sends a form of a client.
func from(h http.Handler, client, target, body string) *fumehood.Exchange {
	r := post(target, body)
	x := &fumehood.Exchange{ClientIP: netip.MustParseAddr(client)}
	h.ServeHTTP(httptest.NewRecorder(), r.WithContext(fumehood.WithExchange(r.Context(), x)))
	return x
}

func q(value string) string { return "q=" + url.QueryEscape(value) }

func TestWhatASinkHasStoppedIsRefusedForAWhile(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		app := &worker{}
		h := newGuard(t, injection.Config{}, injection.Site{Watched: watchedAll}).Handler(app)
		const one, other = "203.0.113.7", "203.0.113.8"
		if got := code(from(h, one, "/find/1", q("x' or 1=1 -- a"))); got != "sinks.sql" {
			t.Fatalf("the sink says %q", got)
		}
		reached := app.reached
		for value, want := range map[string]string{
			"x' or 1=1 -- a": "injection.repeat", "y' OR 23=23 -- b": "injection.repeat", "abc'/**/or/**/7=7 -- zz": "injection.repeat",
			"O'Brien": "", "it's one or two, or three": "", "lamp": "", "x": "", "a' b": "",
		} {
			before := app.reached
			x := from(h, one, "/find/22", q(value))
			if code(x) != want && !(want == "" && code(x) == "sinks.sql") {
				t.Errorf("%q: %q, want %q", value, code(x), want)
			}
			if want != "" && app.reached != before {
				t.Errorf("%q reached Python", value)
			}
		}
		for name, x := range map[string]*fumehood.Exchange{
			"another client": from(h, other, "/find/1", q("x' or 1=1 -- a")),
			"another route":  from(h, one, "/other", q("x' or 1=1 -- a")),
			"another field":  from(h, one, "/find/1", "z="+url.QueryEscape("x' or 1=1 -- a")),
		} {
			if code(x) != "sinks.sql" {
				t.Errorf("%s: %q", name, code(x))
			}
		}
		if app.reached == reached {
			t.Error("nothing reached the app")
		}
		time.Sleep(10*time.Minute + time.Second)
		if got := code(from(h, one, "/find/1", q("x' or 1=1 -- a"))); got != "sinks.sql" {
			t.Errorf("after ten minutes: %q", got)
		}
	})
}

// TestNeighboursOfIPv6: a /64 is one client, another one is not.
func TestNeighboursOfIPv6(t *testing.T) {
	t.Parallel()
	app := &worker{}
	h := newGuard(t, injection.Config{}, injection.Site{Watched: watchedAll}).Handler(app)
	from(h, "2001:db8:0:1::1", "/f", q("x' or 1=1 -- a"))
	if got := code(from(h, "2001:db8:0:1::ffff", "/f", q("x' or 1=1 -- a"))); got != "injection.repeat" {
		t.Errorf("the same network: %q", got)
	}
	if got := code(from(h, "2001:db8:0:2::1", "/f", q("x' or 1=1 -- a"))); got != "sinks.sql" {
		t.Errorf("another network: %q", got)
	}
}

// TestAShortAttackIsOnlyItself: what is too short to have a shape stands for nothing else.
func TestAShortAttackIsOnlyItself(t *testing.T) {
	t.Parallel()
	h := newGuard(t, injection.Config{}, injection.Site{Watched: watchedAll}).Handler(&worker{})
	if got := code(from(h, "203.0.113.7", "/f", q("a' x"))); got != "sinks.sql" {
		t.Fatal(got)
	}
	for value, want := range map[string]string{"a' x": "injection.repeat", "O' Brien": "", "b' y": ""} {
		if got := code(from(h, "203.0.113.7", "/f", q(value))); got != want {
			t.Errorf("%q: %q, want %q", value, got, want)
		}
	}
}

// TestNobodyIsRefusedForANeighbour: in an office, all are one client. What somebody there sends
// beside an attack, or before it in the same text, is what others send.
func TestNobodyIsRefusedForANeighbour(t *testing.T) {
	t.Parallel()
	const office, honest = "203.0.113.7", "O'Neil & Sons (Dublin), 5' wide; \"new\""
	const prose = "this is only to say that we have eaten the plums that were in the icebox"
	for _, attack := range []string{
		q(honest) + "&" + q("x' or 1=1 -- a"), q("x' or 1=1 -- a") + "&" + q(honest), q(prose + " x' or 1=1 -- a"), q("It's " + prose + ", x' or 1=1 -- a"),
		q(strings.Repeat(prose+" ", 9) + " x' or 1=1 -- a"),
	} {
		h := newGuard(t, injection.Config{}, injection.Site{Watched: watchedAll}).Handler(&worker{})
		if got := code(from(h, office, "/f", attack)); got != "sinks.sql" {
			t.Fatalf("%s: %q", attack, got)
		}
		if got := code(from(h, office, "/f", attack)); got != "injection.repeat" {
			t.Errorf("%s again: %q", attack, got)
		}
		for _, value := range []string{honest, prose, "there was an apple on the table when i came home yesterday, was it for me", "It's " + prose + ", and that's that",
			strings.Repeat("all work and no play makes us dull people ", 20)} {
			if got := code(from(h, office, "/f", q(value))); got != "" {
				t.Errorf("%s: %q: %q", attack, value, got)
			}
		}
	}
}

// TestPasswordsInTheLoop: the loop works for a password field, whose value a Hit does not have,
// and nothing of it is told.
func TestPasswordsInTheLoop(t *testing.T) {
	t.Parallel()
	h := newGuard(t, injection.Config{}, injection.Site{Watched: watchedAll}).Handler(&worker{})
	secret := "pw=1&password=" + url.QueryEscape("s3cret' or 1=1 -- x")
	if got := code(from(h, "203.0.113.7", "/login", secret)); got != "sinks.sql" {
		t.Fatal(got)
	}
	x := from(h, "203.0.113.7", "/login", secret)
	if code(x) != "injection.repeat" || strings.Contains(x.Refused.Error(), "s3cret") {
		t.Errorf("%v", x.Refused)
	}
}

func TestManyClientsGetASuggestion(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, place string
		usual       func(i int) string
		want        string
	}{
		{"numbers", "form", func(i int) string { return fmt.Sprint(i) }, `pattern = '[0-9.-]*'`},
		{"numbers and words", "form", func(i int) string { return [...]string{"5", "7", "lamp"}[i%3] }, `pattern = '[\pL`},
		{"numbers and some prose", "form", func(i int) string { return [...]string{"5", "7", "8", "two lamps"}[i%4] }, "strict = true"},
		{"words", "form", func(i int) string { return "lamp" + strings.Repeat("x", i%9) }, `pattern = `},
		{"prose", "form", func(i int) string { return "two lamps, please" }, "strict = true"},
		{"nothing known", "form", nil, "strict = true"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var log bytes.Buffer
			h := newGuard(t, injection.Config{}, injection.Site{Watched: watchedAll, Logger: slog.New(slog.NewJSONHandler(&log, nil))}).Handler(&worker{})
			for i := range 60 {
				if tt.usual != nil {
					if x := from(h, "198.51.100.1", "/find/1", q(tt.usual(i))); x.Refused != nil {
						t.Fatal(x.Refused)
					}
				}
			}
			for i := range 8 {
				from(h, fmt.Sprintf("203.0.113.%d", i+1), "/find/1", q(fmt.Sprintf("x%d' or %d=%d -- a", i, i, i)))
				from(h, fmt.Sprintf("203.0.113.%d", i+1), "/find/2", q(fmt.Sprintf("x%d') or (%d=%d -- a", i, i, i)))
			}
			if n := strings.Count(log.String(), "several clients"); n != 1 {
				t.Fatalf("%d lines: %s", n, log.String())
			}
			policy := regexp.MustCompile(`"policy":"((?:[^"\\]|\\.)*)"`).FindStringSubmatch(log.String())
			text := strings.NewReplacer(`\n`, "\n", `\"`, `"`, `\\`, `\`).Replace(policy[1])
			if !strings.Contains(text, tt.want) || !strings.Contains(text, `"POST /find/{p1}"`) {
				t.Errorf("%s", text)
			}
			if strings.Contains(text, "validate") { // the configuration takes it
				dir := t.TempDir()
				if err := os.WriteFile(filepath.Join(dir, config.FileName), []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
				if _, err := config.Load(config.Sources{Dir: dir, Args: []string{"app:app"}, App: config.NeedApp}); err != nil {
					t.Errorf("%v\n%s", err, text)
				}
			}
		})
	}
}

// TestLoopIsBounded: a flood of attacks takes no more than its place, and what came last is
// known.
func TestLoopIsBounded(t *testing.T) {
	t.Parallel()
	h := newGuard(t, injection.Config{}, injection.Site{Watched: watchedAll}).Handler(&worker{})
	for i := range 30_000 {
		from(h, fmt.Sprintf("10.%d.%d.1", i>>8, i&255), fmt.Sprintf("/f%c%c", 'a'+i%26, 'a'+i/26%26), q("x' or 1=1 -- a"))
	}
	last := 29_999
	if got := code(from(h, fmt.Sprintf("10.%d.%d.1", last>>8, last&255), fmt.Sprintf("/f%c%c", 'a'+last%26, 'a'+last/26%26), q("x' or 2=2 -- b"))); got != "injection.repeat" {
		t.Errorf("the last one: %q", got)
	}
}

func TestReportModeRefusesNoRepeat(t *testing.T) {
	t.Parallel()
	app := &worker{}
	h := newGuard(t, injection.Config{Mode: fumehood.Report}, injection.Site{Watched: watchedAll}).Handler(app)
	for range 2 {
		if got := code(from(h, "203.0.113.7", "/f", q("x' or 1=1 -- a"))); got != "sinks.sql" {
			t.Errorf("%q", got)
		}
	}
	x := from(h, "203.0.113.7", "/f", q("x' or 1=1 -- a"))
	found := false
	for _, r := range x.Reported {
		found = found || r.Code == "injection.repeat"
	}
	if !found {
		t.Errorf("reported: %v", x.Reported)
	}
}

// TestMemoryMakesStricter: a weak sign is enough in a field that has only ever held numbers.
func TestMemoryMakesStricter(t *testing.T) {
	t.Parallel()
	find := func(t *testing.T, h http.Handler) string {
		for _, value := range weakOnes {
			if got := code(from(h, "203.0.113.7", "/buy/1", "n="+url.QueryEscape(value))); got != "" {
				return got
			}
		}
		return ""
	}
	t.Run("nothing known", func(t *testing.T) {
		h := newGuard(t, injection.Config{}, injection.Site{}).Handler(echo)
		if got := find(t, h); got != "" {
			t.Errorf("%q", got)
		}
	})
	for name, tt := range map[string]struct {
		cfg   injection.Config
		usual func(i int) string
		want  bool
	}{
		"numbers":           {injection.Config{}, func(i int) string { return fmt.Sprint(i) }, true},
		"labels":            {injection.Config{}, func(i int) string { return fmt.Sprintf("A-%d", i) }, true},
		"words":             {injection.Config{}, func(i int) string { return "lamp" }, false},
		"words and numbers": {injection.Config{}, func(i int) string { return [...]string{"Schmidt", "7"}[i%2] }, false},
		"late numbers":      {injection.Config{}, func(i int) string { return map[bool]string{true: "it's fine, thanks", false: "7"}[i < 5] }, false},
		"few numbers":       {injection.Config{}, func(i int) string { return map[bool]string{true: "7", false: "it's fine, thanks"}[i > 30] }, false},
		"prose among them":  {injection.Config{}, func(i int) string { return map[bool]string{true: "7", false: "it's fine, thanks"}[i != 50] }, false},
		"prose":             {injection.Config{}, func(i int) string { return "it's fine, thanks" }, false},
		"memory is off":     {injection.Config{Memory: "off"}, func(i int) string { return "7" }, false},
		"numbers elsewhere": {injection.Config{}, nil, false},
	} {
		t.Run(name, func(t *testing.T) {
			h := newGuard(t, tt.cfg, injection.Site{}).Handler(echo)
			for i := range 60 {
				if tt.usual != nil {
					if x := from(h, "203.0.113.7", fmt.Sprintf("/buy/%d", i), "n="+url.QueryEscape(tt.usual(i))); x.Refused != nil {
						t.Fatal(x.Refused)
					}
				} else {
					from(h, "203.0.113.7", "/sell", fmt.Sprint("n=", i))
				}
			}
			if got := find(t, h); (got != "") != tt.want {
				t.Errorf("%q", got)
			}
		})
	}
}

// TestNamesAfterWords: a field for names, tags or a search has held single words for a long time.
func TestNamesAfterWords(t *testing.T) {
	t.Parallel()
	h := newGuard(t, injection.Config{}, injection.Site{}).Handler(echo)
	for i := range 300 {
		from(h, "203.0.113.7", "/people", "name="+[...]string{"Smith", "García", "Łukasz", "Kim", "anna42"}[i%5])
	}
	for _, name := range append([]string{"O'Brien", "rock & roll; live", "D'Angelo & Sons", "AT&T", "'s-Hertogenbosch", `12" pizza`, "x = y", "Müller; Söhne"}, weakOnes...) {
		if got := code(from(h, "203.0.113.7", "/people", "name="+url.QueryEscape(name))); got != "" {
			t.Errorf("%q: %s", name, got)
		}
	}
}

// TestNobodyTurnsTheMemory: who sends numbers to a field for texts has no text refused there.
func TestNobodyTurnsTheMemory(t *testing.T) {
	t.Parallel()
	h := newGuard(t, injection.Config{}, injection.Site{}).Handler(echo)
	for range 20 {
		from(h, "203.0.113.7", "/talk", "text="+url.QueryEscape("see you tomorrow, then"))
	}
	for i := range 400 {
		from(h, "203.0.113.66", "/talk", fmt.Sprint("text=", i))
	}
	for _, text := range weakOnes {
		if got := code(from(h, "203.0.113.7", "/talk", "text="+url.QueryEscape(text))); got != "" {
			t.Errorf("%q: %s", text, got)
		}
	}
}

// weakOnes have the weak signs of an attack and no more.
var weakOnes = []string{"1'", "lamp' and more", "1 and 2", "id=5", "a;b", "x' y", "{{ name }}", "../img"}

// TestMemoryMakesNeverLaxer: whatever a field has held, an attack in it is one.
func TestMemoryMakesNeverLaxer(t *testing.T) {
	t.Parallel()
	h := newGuard(t, injection.Config{}, injection.Site{}).Handler(echo)
	for i := range 500 {
		from(h, "203.0.113.7", "/x", q(fmt.Sprintf("it's (not) <b>%d</b> or; select from \"where\" -- really", i)))
	}
	for _, values := range attacks {
		for _, value := range values {
			if got := code(from(h, "203.0.113.7", "/x", q(value))); got == "" {
				t.Errorf("%q is let through", value)
			}
		}
	}
}

// TestMemoryIsBounded: a flood of names does not push out a field that is in use.
func TestMemoryIsBounded(t *testing.T) {
	t.Parallel()
	h := newGuard(t, injection.Config{}, injection.Site{}).Handler(echo)
	for i := range 200 {
		from(h, "203.0.113.7", "/buy", fmt.Sprint("n=", i))
	}
	for i := range 2000 {
		var body strings.Builder
		for j := range 50 {
			fmt.Fprintf(&body, "f%d_%d=1&", i, j)
		}
		from(h, "203.0.113.7", "/buy", body.String())
	}
	refused := false
	for _, value := range weakOnes {
		refused = refused || code(from(h, "203.0.113.7", "/buy", "n="+url.QueryEscape(value))) != ""
	}
	if !refused {
		t.Error("the field was forgotten")
	}
}
