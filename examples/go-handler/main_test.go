package main

import (
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/fumehood/fumehood/hood"
)

func TestAppUnderTheHood(t *testing.T) {
	t.Parallel()
	handler, err := hood.Handler(hood.Default(), nil, newApp())
	if err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, httptest.NewRequest("GET", "https://localhost/", nil))
	if w.Code != 200 || !strings.Contains(w.Body.String(), w.Header().Get("X-Request-Id")) {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	w = httptest.NewRecorder()
	handler.ServeHTTP(w, httptest.NewRequest("GET", "https://evil.example/", nil))
	if w.Code != 421 {
		t.Errorf("a foreign host: %d", w.Code)
	}
}
