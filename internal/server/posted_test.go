package server_test

import (
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	fumehood "github.com/fumehood/fumehood"
	"github.com/fumehood/fumehood/internal/config"
)

// TestPostedRedirect: where to go after the login often comes with its form.
func TestPostedRedirect(t *testing.T) {
	t.Parallel()
	s := chained(t, func(c *config.Config) { c.Redirects.Mode = fumehood.Enforce }, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body) // as the worker does
		r.Body.Close()
		form, _ := url.ParseQuery(string(body))
		w.Header().Set("Location", form.Get("next"))
		w.WriteHeader(http.StatusFound)
	})
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	for next, want := range map[string]int{"//evil.example/x": 403, "/home": 302} {
		for _, token := range []string{"", "fumehood_token=x&"} { // which is taken out
			res, err := client.Post(s.URL+"/login", "application/x-www-form-urlencoded", strings.NewReader(token+"next="+url.QueryEscape(next)))
			if err != nil {
				t.Fatal(err)
			}
			res.Body.Close()
			if res.StatusCode != want {
				t.Errorf("%q to %s: %s, want %d", token, next, res.Status, want)
			}
		}
	}
}
