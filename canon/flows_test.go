package canon_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"

	"github.com/fumehood/fumehood/canon"
	"github.com/fumehood/fumehood/test/browser"
)

// TestNotesFlows: what stops attacks must not stop people. Somebody uses every page, form
// and handler of the notes app; nothing is refused, and the browser has nothing to say.
// The plain server is the oracle of the test itself.
func TestNotesFlows(t *testing.T) {
	t.Parallel()
	browser.Needed(t) // before a server starts for nothing
	t.Run("bare", func(t *testing.T) {
		t.Parallel()
		useEverything(t, browser.Bare(t, browser.Notes(t), "app:app"))
	})
	t.Run("fumehood", func(t *testing.T) {
		t.Parallel()
		useEverything(t, browser.Fumehood(t, browser.Notes(t), "app:app"))
	})
}

// css is short for a selector.
type css = chromedp.CSS

// visitor is a person with a browser.
type visitor struct {
	*testing.T
	url string
	tab context.Context
}

func useEverything(t *testing.T, served browser.Site) {
	refused := &answers{}
	tab := browser.Open(t, browser.Options{Site: served, Complaints: func(lines []string) {
		for _, line := range slices.Concat(lines, refused.all()) {
			if !strings.Contains(line, "report-only") && !strings.Contains(line, "[Report Only]") {
				t.Errorf("the browser says: %s", line)
			}
		}
	}})
	if err := chromedp.Listen(tab, refused.hear); err != nil {
		t.Fatal(err)
	}
	v := &visitor{t, strings.Replace(served.URL, "127.0.0.1", "localhost", 1), tab}
	v.joins()
	v.login("river")
	v.writes()
	v.searches()
	v.looksAround()
	v.exchangesFiles(served)
	v.usesTheAPI()
	v.comesByALink(served)
	v.changesThePassword()
	v.deletes()
}

// see expects an element, and returns its text.
func (v *visitor) see(selector css) string {
	v.Helper()
	browser.Do(v, v.tab, chromedp.WaitVisible(selector))
	return browser.Get(v, v.tab, chromedp.Text(selector))
}

// expect fails when the element says something else.
func (v *visitor) expect(selector css, want string) {
	v.Helper()
	if got := v.see(selector); !strings.Contains(got, want) {
		v.Errorf("%s says %q, want %q", selector, got, want)
	}
}

func (v *visitor) open(path string) {
	v.Helper()
	browser.Do(v, v.tab, chromedp.Navigate(v.url+path))
}

// send fills a form in, names and values in turn, and sends it by its button.
func (v *visitor) send(form css, fields ...string) {
	v.Helper()
	for i := 0; i+1 < len(fields); i += 2 {
		field := css(string(form) + " [name=" + fields[i] + "]")
		browser.Do(v, v.tab,
			chromedp.Evaluate[chromedp.Void](`document.querySelector("`+string(field)+`").value = ""`),
			chromedp.SendKeys(field, fields[i+1]))
	}
	browser.Follow(v, v.tab, chromedp.Click(css(string(form)+" button")))
}

// run runs a script of the page's own origin.
func (v *visitor) run(script string) string {
	v.Helper()
	return browser.Get(v, v.tab, chromedp.Evaluate[string](script, chromedp.EvalAwaitPromise))
}

func (v *visitor) joins() {
	v.open("/register")
	v.send("form.card", "username", "mina", "email", "mina@example.org", "password", "river")
	v.expect(".flash", "You can log in now")
	browser.Do(v, v.tab, chromedp.Click(css(".flash")), chromedp.WaitNotPresent(css(".flash"))) // an inline handler
}

func (v *visitor) login(password string) {
	v.open("/login")
	v.send("form.card", "username", "mina", "password", "wrong")
	v.expect(".flash", "wrong")
	v.send("form.card", "username", "mina", "password", password)
	v.expect(".who", "mina")
	browser.Do(v, v.tab, chromedp.WaitVisible(css("#live[data-events='5']"))) // server-sent events
}

func (v *visitor) writes() {
	browser.Follow(v, v.tab, chromedp.Click(css("a.button")))
	v.send("form.card", "title", "Tea & <cake>", "body", "one\ntwo")
	v.expect(".flash", "Saved")
	v.expect(".note h2", "Tea & <cake>")
	v.expect(".note p", "one\ntwo")
	browser.Follow(v, v.tab, chromedp.Click(css(".note h2 a")))
	browser.Do(v, v.tab, chromedp.SendKeys(css("textarea"), "three "))
	v.expect("#words", "3 words") // an inline handler
	v.send("form.card", "title", "Coffee")
	v.expect(".note h2", "Coffee")
	v.open("/notes/new")
	v.send("form.card", "title", "Apples", "body", "red")
}

func (v *visitor) searches() {
	v.open("/?q=coffee")
	v.expect(".notes", "Coffee")
	v.open("/?q=nowhere")
	v.expect(".empty", "Nothing found")
	v.open("/")
	browser.Follow(v, v.tab, chromedp.Evaluate[chromedp.Void](`(() => { // as a person who chooses
		const order = document.querySelector("select[name=sort]");
		order.value = "title";
		order.dispatchEvent(new Event("change", {bubbles: true}));
	})()`)) // an inline handler sends the form
	v.expect(".note:first-child h2", "Apples")
}

func (v *visitor) looksAround() {
	v.open("/chart")
	browser.Do(v, v.tab, chromedp.WaitVisible(css("#chart .fill")))
	theme := v.run(`document.documentElement.dataset.theme || ""`)
	browser.Do(v, v.tab, chromedp.Click(css("header button")))
	changed := v.run(`document.documentElement.dataset.theme`)
	if v.open("/user_profile/3"); changed == theme || v.run(`document.documentElement.dataset.theme`) != changed {
		v.Errorf("the theme was %q, then %q, and is not kept", theme, changed)
	}
	v.expect("dl", "mina@example.org")
	if text := (&canon.Scene{TB: v}).Back(v.tab); !strings.Contains(text, "What you write about") {
		v.Errorf("the page before is %q", text)
	}
}

func (v *visitor) exchangesFiles(served browser.Site) {
	file := filepath.Join(v.TempDir(), "shopping list.txt")
	if err := os.WriteFile(file, []byte("milk <b>and</b> bread"), 0o600); err != nil {
		v.Fatal(err)
	}
	v.open("/files")
	browser.Do(v, v.tab, chromedp.SetUploadFiles(css("input[type=file]"), []string{file}))
	v.send("form.card")
	v.expect(".flash", "shopping_list.txt is uploaded")
	for _, path := range []string{"/files/shopping_list.txt", "/files/shopping_list.txt?download=1"} {
		if text := v.run(`fetch("` + path + `").then(a => a.text())`); text != "milk <b>and</b> bread" {
			v.Errorf("%s is %q", path, text)
		}
	}
	if text := v.run(`fetch("/export.csv").then(a => a.text())`); !strings.Contains(text, "Coffee") {
		v.Errorf("the notes as CSV: %q", text)
	}
}

func (v *visitor) usesTheAPI() {
	made := v.run(`fetch("/api/notes", {method: "POST", headers: {"Content-Type": "application/json"},
		body: JSON.stringify({title: "by script"})}).then(a => a.text())`)
	if list := v.run(`fetch("/api/notes").then(a => a.text())`); !strings.Contains(list, "by script") {
		v.Errorf("the API said %q, and lists %q", made, list)
	}
}

// comesByALink: whoever follows a link in a mail is still logged in.
func (v *visitor) comesByALink(served browser.Site) {
	scene := &canon.Scene{TB: v, Site: canon.NewSite(v, served, nil)}
	browser.Do(v, v.tab, chromedp.Navigate(scene.Hostile(map[string]string{"/": `<a href="SITE/chart">your chart</a>`})))
	browser.Follow(v, v.tab, chromedp.Click(css("a")))
	v.expect("h1", "What you write about")
}

func (v *visitor) changesThePassword() {
	v.open("/password")
	v.send("form.card", "password", "lake")
	v.expect(".flash", "password is changed")
	browser.Follow(v, v.tab, chromedp.Click(css("#logout")))
	v.open("/files")
	v.expect("h1", "Welcome back")
	v.login("lake")
}

func (v *visitor) deletes() {
	v.open("/")
	v.run(`window.confirm = () => true, ""`)
	before := v.run(`String(document.querySelectorAll(".note").length)`)
	browser.Follow(v, v.tab, chromedp.Click(css(".note button")))
	v.expect(".flash", "Deleted")
	if after := v.run(`String(document.querySelectorAll(".note").length)`); after >= before {
		v.Errorf("there were %s notes, and are %s", before, after)
	}
}

// answers are the refusals and errors among what the browser was answered.
type answers struct {
	mu    sync.Mutex
	lines []string
}

func (a *answers) hear(event any) {
	if e, ok := event.(*network.EventResponseReceived); ok && e.Response.Status >= 400 {
		a.mu.Lock()
		defer a.mu.Unlock()
		a.lines = append(a.lines, fmt.Sprintf("%d for %s", e.Response.Status, e.Response.URL))
	}
}

func (a *answers) all() []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.Clone(a.lines)
}
