package errorpages_test

import (
	"encoding/json"
	"html"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/fumehood/fumehood/guard/errorpages"
)

// real is a text of testdata/real.json, made by the libraries themselves: testdata/produce.py.
type real struct {
	Name, Source, Type, Body string
	Status                   int
}

func realTexts(t testing.TB) (all []real) {
	t.Helper()
	text, err := os.ReadFile("testdata/real.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &all); err != nil || len(all) < 100 {
		t.Fatalf("%d texts, %v", len(all), err)
	}
	return all
}

// answered is what a client gets of an answer.
func answered(g *errorpages.Guard, status int, contentType, body, accept string) *httptest.ResponseRecorder {
	r := httptest.NewRequest("GET", "/", nil)
	r.Header.Set("Accept", accept)
	w := httptest.NewRecorder()
	g.Handler(replay(status, contentType, []byte(body))).ServeHTTP(w, r)
	return w
}

func TestAttackWhatLibrariesSay(t *testing.T) {
	t.Parallel()
	g := newGuard(t, errorpages.Config{}, errorpages.Site{Roots: []string{"/srv/notes", "/srv/notes/.venv", "/usr"}})
	for _, text := range realTexts(t) {
		t.Run(text.Name, func(t *testing.T) {
			t.Parallel()
			bare := httptest.NewRecorder()
			replay(text.Status, text.Type, []byte(text.Body)).ServeHTTP(bare, httptest.NewRequest("GET", "/", nil))
			if bare.Body.String() != text.Body {
				t.Fatal("without the guard the text must show")
			}
			w := answered(g, text.Status, text.Type, text.Body, "text/html")
			want := text.Status
			switch {
			case text.Name == "Werkzeug console":
				want = 404
			case want < 300:
				want = 500
			}
			if w.Code != want || !strings.Contains(w.Body.String(), "<h1>") || strings.Contains(w.Body.String(), "Traceback") ||
				strings.Contains(w.Body.String(), "srv/notes") || w.Body.Len() > 2000 {
				t.Errorf("%s: %d, want %d: %.300q", text.Source, w.Code, want, w.Body)
			}
		})
	}
}

// TestTheSameTextsElsewhere: what another app's tracebacks look like must not matter.
func TestTheSameTextsElsewhere(t *testing.T) {
	t.Parallel()
	g := newGuard(t, errorpages.Config{}, errorpages.Site{Roots: []string{"/home/me/blog", "/usr", "/usr/local"}})
	for _, text := range realTexts(t) {
		if text.Status != 200 || strings.Contains(text.Source, "Werkzeug") || strings.Contains(text.Name, "page") || strings.Contains(text.Name, "Toolbar") ||
			strings.Contains(text.Name, "in a JSON error") || strings.Contains(text.Name, "refused") {
			continue
		}
		if w := answered(g, 200, text.Type, text.Body, "text/html"); w.Code != 200 || w.Body.String() != text.Body {
			t.Errorf("%s was replaced on a site that it does not come from", text.Name)
		}
	}
}

func TestBareSentencesAreThoseOfWerkzeug(t *testing.T) {
	t.Parallel()
	n := 0
	for _, text := range realTexts(t) {
		if !strings.HasPrefix(text.Name, "Werkzeug default") {
			continue
		}
		_, rest, _ := strings.Cut(text.Body, "<p>")
		sentence, _, _ := strings.Cut(rest, "</p>")
		sentence = html.UnescapeString(sentence)
		if !slices.Contains(errorpages.Sentences(), sentence) {
			t.Errorf("%s: %q is not in the table", text.Name, sentence)
		}
		n++
	}
	if n < 20 {
		t.Errorf("only %d default pages", n)
	}
}
