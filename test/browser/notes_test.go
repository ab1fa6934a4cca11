package browser_test

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/png"
	"iter"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	cdpbrowser "github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"github.com/fumehood/fumehood/test/browser"
)

// The same person uses the same app, once by a plain server and once by Fumehood. The
// first is the oracle: what works there has to work here.

func TestNotesBare(t *testing.T) {
	t.Parallel()
	browser.Needed(t) // before a server starts for nothing
	site := browser.Bare(t, browser.Notes(t), "app:app")
	useNotes(t, site, "bare")
	seeEveryPage(t, site, "bare")
}

func TestNotesFumehood(t *testing.T) {
	t.Parallel()
	browser.Needed(t)
	site := browser.Fumehood(t, browser.Notes(t), "app:app", "--workers", "2")
	useNotes(t, site, "fumehood")
	seeEveryPage(t, site, "fumehood")
}

// css is short for a selector.
type css = chromedp.CSS

func useNotes(t *testing.T, site browser.Site, name string) {
	ctx := browser.Open(t, browser.Options{Site: site})
	shot := func(step string) { browser.Shot(t, ctx, name+"-"+step) }

	browser.Do(t, ctx,
		chromedp.Navigate(site.URL+"/"),
		chromedp.WaitVisible(css("input[name=password]")))
	shot("1-login")
	browser.Follow(t, ctx,
		chromedp.Click(css("button.link")), // an inline handler and an inline script
		chromedp.Click(css("form.card button")))
	browser.Do(t, ctx, chromedp.WaitVisible(css(".notes .note")))
	shot("2-notes")

	seeEvents(t, ctx)
	writeNote(t, ctx)
	shot("3-written")
	search(t, ctx)
	uploadAndDownload(t, ctx, site)
	shot("4-files")
	seeChart(t, ctx, site)
	shot("5-chart")
	deleteNote(t, ctx, site)

	browser.Follow(t, ctx, chromedp.Click(css("#logout")))
	browser.Do(t, ctx,
		chromedp.WaitVisible(css("input[name=password]")),
		chromedp.Navigate(site.URL+"/files"),
		chromedp.WaitVisible(css("input[name=password]")))
}

// seeEveryPage opens every page as the admin, in a window as wide as a telephone.
func seeEveryPage(t *testing.T, site browser.Site, name string) {
	ctx := browser.Open(t, browser.Options{Site: site, Width: 500, Height: 900})
	browser.Do(t, ctx,
		chromedp.Navigate(site.URL+"/register"),
		chromedp.WaitVisible(css("input[name=email]")))
	browser.Shot(t, ctx, name+"-page-register")
	browser.Do(t, ctx, chromedp.Navigate(site.URL+"/login"))
	browser.Follow(t, ctx,
		chromedp.SendKeys(css("input[name=username]"), "admin"),
		chromedp.SendKeys(css("input[name=password]"), "admin\r"))
	for path, selector := range map[string]string{
		"/":                "#live.on",
		"/notes/new":       "textarea",
		"/files":           ".empty",
		"/chart":           "#chart .row",
		"/user_profile/1":  "dl",
		"/user_profile/2":  "dl",
		"/password":        "input[type=password]",
		"/admin_dashboard": "table",
	} {
		response := browser.Get(t, ctx, chromedp.NavigateResponse(site.URL+path))
		if response.Status != 200 {
			t.Errorf("%s: status %d", path, response.Status)
		}
		browser.Do(t, ctx, chromedp.WaitVisible(css(selector)))
		browser.Shot(t, ctx, name+"-page"+strings.ReplaceAll(path, "/", "-"))
	}
}

// seeEvents sees the five server-sent events arrive one by one. The app pauses 0.4 s
// between two of them; a server that holds the answer back delivers them all at once.
func seeEvents(t *testing.T, ctx context.Context) {
	t.Helper()
	browser.Do(t, ctx, chromedp.WaitVisible(css("#live[data-events='5']")))
	times := browser.Get(t, ctx, chromedp.Evaluate[[]float64](`new Promise((resolve, reject) => {
		const times = [], source = new EventSource("/events");
		source.addEventListener("count", () => times.push(performance.now()));
		source.addEventListener("done", () => { source.close(); resolve(times); });
		source.onerror = () => { source.close(); reject(new Error("the stream broke")); };
	})`, chromedp.EvalAwaitPromise))
	if len(times) != 5 {
		t.Fatalf("%d events, want 5", len(times))
	}
	if spread := time.Duration(times[4]-times[0]) * time.Millisecond; spread < 800*time.Millisecond {
		t.Errorf("five events within %s: they were held back", spread)
	}
}

const noteTitle = `Crème brûlée & <b>"sugar"</b> 🍮`

func writeNote(t *testing.T, ctx context.Context) {
	t.Helper()
	browser.Follow(t, ctx, chromedp.Click(css("a.button")))
	browser.Do(t, ctx,
		chromedp.SendKeys(css("input[name=title]"), noteTitle),
		chromedp.SendKeys(css("textarea"), "four yolks\ntwo spoons"),
		chromedp.SetValue(css("select[name=tag]"), "recipe"))
	if words := browser.Get(t, ctx, chromedp.Text(css("#words"))); words != "4 words" {
		t.Errorf("the word counter, an inline handler, shows %q", words)
	}
	browser.Follow(t, ctx, chromedp.Click(css("form.card button")))
	title := browser.Get(t, ctx, chromedp.Text(css(".note:first-child h2")))
	body := browser.Get(t, ctx, chromedp.Text(css(".note:first-child p")))
	if title != noteTitle || body != "four yolks\ntwo spoons" {
		t.Errorf("the note came back as %q, %q", title, body)
	}
}

func search(t *testing.T, ctx context.Context) {
	t.Helper()
	browser.Follow(t, ctx, chromedp.SendKeys(css("input[name=q]"), "brûlée\r"))
	found := browser.Get(t, ctx, chromedp.Evaluate[[]string](
		`Array.from(document.querySelectorAll(".note h2"), e => e.innerText)`))
	if len(found) != 1 || found[0] != noteTitle {
		t.Errorf("the search found %q", found)
	}
}

// uploadAndDownload sends a picture, whose bytes no text handling survives, and compares it
// byte for byte with what the browser saves.
func uploadAndDownload(t *testing.T, ctx context.Context, site browser.Site) {
	t.Helper()
	noise := image.NewRGBA(image.Rect(0, 0, 300, 250))
	random := rand.NewChaCha8([32]byte{1})
	random.Read(noise.Pix)
	var picture bytes.Buffer
	if err := png.Encode(&picture, noise); err != nil {
		t.Fatal(err)
	}
	content := picture.Bytes()
	source, downloads := filepath.Join(t.TempDir(), "random noise.png"), t.TempDir()
	if err := os.WriteFile(source, content, 0o600); err != nil {
		t.Fatal(err)
	}
	browser.Do(t, ctx,
		chromedp.Navigate(site.URL+"/files"),
		chromedp.SetUploadFiles(css("input[type=file]"), []string{source}))
	browser.Follow(t, ctx, chromedp.Click(css("form.card button")))

	events := true
	if _, err := chromedp.Call(ctx, cdpbrowser.SetDownloadBehavior, cdpbrowser.SetDownloadBehaviorParams{
		Behavior: cdpbrowser.SetDownloadBehaviorBehaviorAllowAndName, DownloadPath: downloads, EventsEnabled: &events,
	}); err != nil {
		t.Fatal(err)
	}
	ended := browser.Get(t, ctx, chromedp.WaitEvent(cdpbrowser.DownloadProgress,
		func(e cdpbrowser.EventDownloadProgress) bool {
			return e.State != cdpbrowser.DownloadProgressStateInProgress
		},
		chromedp.Click(css("a.download"))))
	if ended.State != cdpbrowser.DownloadProgressStateCompleted {
		t.Fatalf("the download ended as %s", ended.State)
	}
	saved, err := os.ReadFile(filepath.Join(downloads, ended.GUID))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(saved, content) {
		t.Errorf("uploaded %d bytes, downloaded %d, and they differ", len(content), len(saved))
	}
}

// seeChart sees what an inline script draws from the data that the template put into it.
func seeChart(t *testing.T, ctx context.Context, site browser.Site) {
	t.Helper()
	browser.Do(t, ctx, chromedp.Navigate(site.URL+"/chart"), chromedp.WaitVisible(css("#chart .fill")))
	if n := browser.Get(t, ctx, chromedp.Evaluate[int](`document.querySelectorAll("#chart .row").length`)); n != 5 {
		t.Errorf("the chart has %d rows, want one for each of the 5 tags", n)
	}
	before := browser.Get(t, ctx, chromedp.Evaluate[string](`getComputedStyle(document.body).backgroundColor`))
	browser.Do(t, ctx, chromedp.Click(css("header button"))) // an inline handler
	after := browser.Get(t, ctx, chromedp.Evaluate[string](`getComputedStyle(document.body).backgroundColor`))
	if before == after {
		t.Errorf("the theme button changed nothing: %s", after)
	}
}

// deleteNote answers the question of an inline onsubmit handler.
func deleteNote(t *testing.T, ctx context.Context, site browser.Site) {
	t.Helper()
	browser.Do(t, ctx, chromedp.Navigate(site.URL+"/"), chromedp.WaitVisible(css(".note button")))
	questions := chromedp.Events(ctx, page.JavascriptDialogOpening)
	answered := make(chan error, 1)
	go func() { answered <- accept(ctx, questions, "Delete this note?") }()
	browser.Follow(t, ctx, chromedp.Click(css(".note:first-child button")))
	if err := <-answered; err != nil {
		t.Fatal(err)
	}
	left := browser.Get(t, ctx, chromedp.Evaluate[string](`document.querySelector(".notes").innerText`))
	if strings.Contains(left, "brûlée") {
		t.Errorf("the note is still there:\n%s", left)
	}
}

// accept says yes to the first dialog, which stops the page until it is answered.
func accept(ctx context.Context, dialogs iter.Seq2[page.EventJavascriptDialogOpening, error], message string) error {
	for dialog, err := range dialogs {
		if err != nil {
			return err
		}
		if dialog.Message != message {
			return fmt.Errorf("the page asks %q", dialog.Message)
		}
		_, err = chromedp.Call(ctx, page.HandleJavaScriptDialog, page.HandleJavaScriptDialogParams{Accept: true})
		return err
	}
	return ctx.Err()
}
