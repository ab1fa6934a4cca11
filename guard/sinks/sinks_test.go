package sinks_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	fumehood "github.com/fumehood/fumehood"
	"github.com/fumehood/fumehood/guard/sinks"
	"github.com/fumehood/fumehood/internal/hint"
)

func settings(t *testing.T, cfg sinks.Config) map[string]any {
	t.Helper()
	text, err := sinks.Settings(cfg)
	if err != nil {
		t.Fatal(err)
	}
	var got map[string]any
	if err := json.Unmarshal(text, &got); err != nil {
		t.Fatal(err)
	}
	return got
}

func TestModes(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		cfg     sinks.Config
		want    map[string]any
		overall fumehood.Mode
	}{
		"zero":            {sinks.Config{}, map[string]any{"sql": "enforce", "pickle": "enforce", "skeletons": "off"}, fumehood.Enforce},
		"all report":      {sinks.Config{Mode: "report", SQL: "off"}, map[string]any{"sql": "off", "file": "report"}, fumehood.Report},
		"all off":         {sinks.Config{Mode: "off"}, map[string]any{"sql": "off", "file": "off", "request": "off"}, fumehood.Off},
		"one only report": {sinks.Config{File: "report"}, map[string]any{"file": "report", "command": "enforce"}, fumehood.Enforce},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := settings(t, c.cfg)
			for key, want := range c.want {
				if got[key] != want {
					t.Errorf("%s is %v, want %v", key, got[key], want)
				}
			}
			guard, err := sinks.New(c.cfg, nil)
			if err != nil || guard.Mode() != c.overall {
				t.Errorf("%v, %v", guard.Mode(), err)
			}
		})
	}
}

func TestMistakesAreToldTogether(t *testing.T) {
	t.Parallel()
	_, err := sinks.New(sinks.Config{FilesAllow: []string{"reports", "/"}, PickleAllow: []string{"Cart"},
		RequestsAllow: []string{"http://images/"}, Skeletons: "on"}, nil)
	if err == nil {
		t.Fatal("taken")
	}
	for _, part := range []string{`"reports"`, `"/"`, `"Cart"`, `"http://images/"`, `"on"`} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("%s is not in %v", part, err)
		}
	}
	if hint.Of(err) == "" {
		t.Error("no hint")
	}
}

// TestHandler: only what differs from the start travels with the request.
func TestHandler(t *testing.T) {
	t.Parallel()
	start, err := sinks.Settings(sinks.Config{})
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		cfg  sinks.Config
		want bool
	}{"same": {sinks.Config{}, false}, "other": {sinks.Config{SQL: "report"}, true}} {
		guard, err := sinks.New(c.cfg, start)
		if err != nil {
			t.Fatal(err)
		}
		var got []byte
		r := httptest.NewRequest("GET", "/", nil)
		r = r.WithContext(fumehood.WithExchange(r.Context(), &fumehood.Exchange{}))
		guard.Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			got = fumehood.ExchangeOf(r.Context()).Sinks
		})).ServeHTTP(httptest.NewRecorder(), r)
		if (got != nil) != c.want || c.want && !strings.Contains(string(got), `"sql":"report"`) {
			t.Errorf("%s: %s", name, got)
		}
	}
}

func TestNotReady(t *testing.T) {
	t.Parallel()
	for _, guard := range []*sinks.Guard{nil, {}} {
		w := httptest.NewRecorder()
		guard.Handler(http.NotFoundHandler()).ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
		if w.Code != http.StatusInternalServerError {
			t.Error(w.Code)
		}
	}
}
