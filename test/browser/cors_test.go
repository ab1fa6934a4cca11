package browser_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/fumehood/fumehood/guard/cors"
	"github.com/fumehood/fumehood/test/browser"
)

// A page at 127.0.0.1 reads an API at localhost, which is another site to a browser.

func TestCORSInChromium(t *testing.T) {
	t.Parallel()
	page := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprint(w, `<!doctype html><link rel="icon" href="data:,">the other site`)
	}))
	t.Cleanup(page.Close)
	var preflights atomic.Int32
	app := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { // as Flask-CORS does by default, with cookies
		if r.Method == "OPTIONS" {
			preflights.Add(1)
		}
		h := w.Header()
		h.Set("Access-Control-Allow-Origin", r.Header.Get("Origin"))
		h.Set("Access-Control-Allow-Credentials", "true")
		h.Set("Access-Control-Allow-Methods", "DELETE")
		h.Set("Access-Control-Allow-Headers", r.Header.Get("Access-Control-Request-Headers"))
		h.Set("X-Count", "7")
		h.Set("X-Hidden", "8")
		fmt.Fprint(w, "private notes")
	})
	guarded := func(cfg cors.Config) http.Handler {
		g, err := cors.New(cfg)
		if err != nil {
			t.Fatal(err)
		}
		return g.Handler(app)
	}
	policy := cors.Config{
		Origins: []string{page.URL}, Methods: []string{"DELETE"}, RequestHeaders: []string{"Content-Type", "X-Api-Key"},
		ExposeHeaders: []string{"X-Count"}, Credentials: true, MaxAge: time.Minute,
	}
	elsewhere := policy
	elsewhere.Origins = []string{"http://127.0.0.1", "http://localhost:1"} // the same host, another port
	public := cors.Config{DangerouslyAllowAnyOrigin: true}

	const (
		simple   = `{credentials: "include"}`
		without  = `{credentials: "omit"}`
		remove   = `{method: "DELETE", credentials: "include"}`
		withJSON = `{method: "POST", credentials: "include", headers: {"content-type": "application/json", "X-API-Key": "k"}, body: "{}"}`
		unknown  = `{credentials: "include", headers: {"X-Unknown": "k"}}`
	)
	ctx := browser.Open(t, browser.Options{Complaints: ignore})
	browser.Do(t, ctx, chromedp.Navigate(page.URL))
	for _, tt := range []struct {
		name    string
		api     http.Handler
		request string
		want    string
		framed  bool // the request is made in a sandboxed frame, whose origin is null
	}{
		{"bare, simple", app, simple, "private notes null null", false},
		{"bare, DELETE", app, remove, "private notes null null", false},
		{"bare, null", app, simple, "private notes null null", true},

		{"none, simple", guarded(cors.Config{}), simple, "blocked", false},
		{"none, without cookies", guarded(cors.Config{}), without, "blocked", false},
		{"none, DELETE", guarded(cors.Config{}), remove, "blocked", false},
		{"none, null", guarded(cors.Config{}), simple, "blocked", true},

		{"policy, simple", guarded(policy), simple, "private notes 7 null", false},
		{"policy, DELETE", guarded(policy), remove, "private notes 7 null", false},
		{"policy, JSON", guarded(policy), withJSON, "private notes 7 null", false},
		{"policy, another header field", guarded(policy), unknown, "blocked", false},
		{"policy, another method", guarded(policy), `{method: "PUT"}`, "blocked", false},
		{"policy, null", guarded(policy), simple, "blocked", true},

		{"policy for others, simple", guarded(elsewhere), simple, "blocked", false},
		{"policy for others, DELETE", guarded(elsewhere), remove, "blocked", false},

		{"public, without cookies", guarded(public), without, "private notes null null", false},
		{"public, null", guarded(public), without, "private notes null null", true},
		{"public, with cookies", guarded(public), simple, "blocked", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			before := preflights.Load()
			api := httptest.NewServer(tt.api)
			defer api.Close()
			script := fmt.Sprintf(`fetch(%q, %s).then(async r => [await r.text(), r.headers.get("X-Count"), r.headers.get("X-Hidden")].map(String).join(" "), () => "blocked")`,
				strings.Replace(api.URL, "127.0.0.1", "localhost", 1)+"/", tt.request)
			if tt.framed {
				script = fmt.Sprintf(`new Promise(done => {
					addEventListener("message", e => done(e.origin === "null" ? e.data : "not null: " + e.origin), {once: true});
					const frame = document.createElement("iframe");
					frame.sandbox = "allow-scripts";
					frame.srcdoc = "<script>" + %q + ".then(x => parent.postMessage(x, '*'))</" + "script>";
					document.body.append(frame);
				})`, script)
			}
			if got := browser.Get(t, ctx, chromedp.Evaluate[string](script, chromedp.EvalAwaitPromise)); got != tt.want {
				t.Errorf("the page gets %q, want %q", got, tt.want)
			}
			if asked := preflights.Load() != before; asked && !strings.HasPrefix(tt.name, "bare") {
				t.Error("a preflight reached the app")
			}
		})
	}
}
