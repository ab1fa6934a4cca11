package content_test

import (
	"context"
	"encoding/base64"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"github.com/fumehood/fumehood/internal/content"
	"github.com/fumehood/fumehood/test/browser"
)

// TestChromium: the types that a browser declares are those that are known, and the files that
// it makes are taken.
func TestChromium(t *testing.T) {
	t.Parallel()
	ctx := browser.Open(t, browser.Options{})
	browser.Do(t, ctx, chromedp.Navigate("data:text/html,<h1>A page</h1><input type=file multiple><canvas width=60 height=40>"))
	chromiumDeclares(t, ctx)
	chromiumMakes(t, ctx)
}

// chromiumDeclares chooses a file of each kind in a form. Chromium asks the system for what it
// does not know itself, so that only the usual extensions are the same everywhere.
func chromiumDeclares(t *testing.T, ctx context.Context) {
	dir := t.TempDir()
	var files []string
	var kinds []content.Kind
	for _, k := range content.Known() {
		if k.Active { // refused in any case
			continue
		}
		name := filepath.Join(dir, "file."+k.Extensions[0])
		if err := os.WriteFile(name, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		files, kinds = append(files, name), append(kinds, k)
	}
	browser.Do(t, ctx, chromedp.SetUploadFiles("input", files))
	types := browser.Get(t, ctx, chromedp.Evaluate[[]string](`[...document.querySelector("input").files].map(f => f.type)`))
	if len(types) != len(files) {
		t.Fatalf("%d types for %d files", len(types), len(files))
	}
	said := 0
	for i, declared := range types {
		if declared != "" {
			said++
		}
		if declared != "" && declared != "application/octet-stream" && !slices.Contains(kinds[i].MIME, declared) {
			t.Errorf("Chromium declares .%s as %s", kinds[i].Name, declared)
		}
	}
	if said < 25 {
		t.Errorf("Chromium declares only %d types", said)
	}
}

// chromiumMakes saves the page and a canvas in each format that there is.
func chromiumMakes(t *testing.T, ctx context.Context) {
	for _, format := range []page.CaptureScreenshotFormat{"png", "jpeg", "webp"} {
		shot, err := chromedp.Call(ctx, page.CaptureScreenshot, page.CaptureScreenshotParams{Format: format})
		if err != nil {
			t.Fatal(err)
		}
		kind, _ := content.ByName(string(format))
		takes(t, shot.Data, "shot."+string(format), "image/"+string(format), kind.Name)
		drawn := browser.Get(t, ctx, chromedp.Evaluate[string](`(c => {
			const g = c.getContext("2d");
			g.fillStyle = "#8246"; g.fillRect(5, 5, 40, 20); g.fillText("text", 10, 30);
			return c.toDataURL("image/`+string(format)+`")})(document.querySelector("canvas"))`))
		_, encoded, _ := strings.Cut(drawn, ",")
		data, err := base64.StdEncoding.DecodeString(encoded)
		if err != nil {
			t.Fatal(err)
		}
		takes(t, data, "canvas."+string(format), "image/"+string(format), kind.Name)
	}
	printed, err := chromedp.Call(ctx, page.PrintToPDF, page.PrintToPDFParams{})
	if err != nil {
		t.Fatal(err)
	}
	takes(t, printed.Data, "page.pdf", "application/pdf", "pdf")
}
