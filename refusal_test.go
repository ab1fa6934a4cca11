package fumehood_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	fumehood "github.com/fumehood/fumehood"
)

var errDatabase = errors.New("password of the database is hunter2")

func TestRefuseSpeaksToTwoAudiences(t *testing.T) {
	t.Parallel()
	refusal := &fumehood.Refusal{
		Status: http.StatusForbidden, Code: "csrf.cross-site",
		Public: "Cross-site request refused <b>", Err: errDatabase,
	}
	for _, tt := range []struct{ name, accept, contentType string }{
		{"a browser", "text/html,application/xhtml+xml,*/*;q=0.8", "text/html; charset=utf-8"},
		{"an API client", "application/json", "application/problem+json"},
		{"curl", "*/*", "application/problem+json"},
		{"nothing said", "", "application/problem+json"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			x := &fumehood.Exchange{ID: "7F3K-9QXD"}
			r := httptest.NewRequest("POST", "/", nil)
			r = r.WithContext(fumehood.WithExchange(r.Context(), x))
			r.Header.Set("Accept", tt.accept)
			w := httptest.NewRecorder()
			fumehood.Refuse(w, r, fmt.Errorf("guard: %w", refusal))

			body := w.Body.String()
			if w.Code != http.StatusForbidden || w.Header().Get("Content-Type") != tt.contentType {
				t.Errorf("got %d %s", w.Code, w.Header().Get("Content-Type"))
			}
			if strings.Contains(body, "hunter2") {
				t.Errorf("the private cause was sent: %s", body)
			}
			if !strings.Contains(body, x.ID) || strings.Contains(body, "<b>") {
				t.Errorf("want the request ID and no markup in %s", body)
			}
			if got := w.Header().Get("Content-Length"); got != fmt.Sprint(len(body)) {
				t.Errorf("Content-Length is %s, want %d", got, len(body))
			}
			if w.Header().Get("Cache-Control") != "no-store" || w.Header().Get("Vary") != "Accept" {
				t.Errorf("a cache could keep it: %v", w.Header())
			}
			if x.Refused != refusal || !errors.Is(x.Refused, errDatabase) {
				t.Errorf("the log gets %v, want the refusal with its cause", x.Refused)
			}
		})
	}
}

// The oracle is RFC 9457: the members and their JSON types.
func TestRefuseSendsProblemJSON(t *testing.T) {
	t.Parallel()
	w := httptest.NewRecorder()
	fumehood.Refuse(w, httptest.NewRequest("GET", "/", nil), &fumehood.Refusal{
		Status: 429, Code: "rate.ip", Public: "Too many requests.", RetryAfter: 1500 * time.Millisecond,
	})
	var got map[string]any
	if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	if got["type"] != "about:blank" || got["title"] != "Too many requests." || got["status"] != 429.0 || got["code"] != "rate.ip" {
		t.Errorf("got %v", got)
	}
	if after := w.Header().Get("Retry-After"); after != "2" {
		t.Errorf("Retry-After is %s, want 2: whole seconds, rounded up", after)
	}
}

func TestRefuseDropsWhatTheAppHadBegunToSay(t *testing.T) {
	t.Parallel()
	w := httptest.NewRecorder()
	for _, name := range []string{"Set-Cookie", "Content-Encoding", "Etag", "Location", "Content-Disposition"} {
		w.Header().Set(name, "from the app")
	}
	w.Header().Set("X-Request-Id", "7F3K-9QXD")
	w.Header().Set("Strict-Transport-Security", "max-age=1")
	fumehood.Refuse(w, httptest.NewRequest("GET", "/", nil), errDatabase)
	if w.Code != 500 || strings.Contains(fmt.Sprint(w.Header(), w.Body), "from the app") {
		t.Errorf("%d %v", w.Code, w.Header())
	}
	if w.Header().Get("X-Request-Id") == "" || w.Header().Get("Strict-Transport-Security") == "" {
		t.Errorf("the edge's own fields are gone: %v", w.Header())
	}
	if strings.Contains(w.Body.String(), "hunter2") {
		t.Errorf("the private cause was sent: %s", w.Body)
	}
}

func TestRefuseDoesNotChangeASharedRefusal(t *testing.T) {
	t.Parallel()
	vary := append(make([]string, 0, 8), "Origin")
	refusal := &fumehood.Refusal{Status: 403, Code: "cors.origin", Header: http.Header{"Vary": vary}}
	w := httptest.NewRecorder()
	fumehood.Refuse(w, httptest.NewRequest("GET", "/", nil), refusal)
	if got := w.Header()["Vary"]; !slices.Equal(got, []string{"Origin", "Accept"}) {
		t.Errorf("Vary is %q, want Origin and Accept", got)
	}
	if extra := vary[:2][1]; extra != "" {
		t.Errorf("the refusal's own slice was written to: %q", extra)
	}
}

func TestRefuseNeverSendsASuccess(t *testing.T) {
	t.Parallel()
	var none *fumehood.Refusal
	for _, err := range []error{
		&fumehood.Refusal{}, &fumehood.Refusal{Status: 200}, &fumehood.Refusal{Status: 302},
		&fumehood.Refusal{Status: 1000}, none, nil,
	} {
		w := httptest.NewRecorder()
		fumehood.Refuse(w, httptest.NewRequest("GET", "/", nil), err)
		if w.Code != 500 {
			t.Errorf("%#v was answered with %d, want 500", err, w.Code)
		}
	}
}

func TestRefuseOverASocket(t *testing.T) {
	t.Parallel()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fumehood.Refuse(w, r, &fumehood.Refusal{Status: 408, Code: "body.idle", CloseConn: true})
	}))
	defer srv.Close()
	for _, method := range []string{"GET", "HEAD"} {
		req, err := http.NewRequestWithContext(t.Context(), method, srv.URL, nil)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := srv.Client().Do(req)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if err != nil || resp.StatusCode != 408 || !resp.Close {
			t.Errorf("%s: %v, status %d, close %v", method, err, resp.StatusCode, resp.Close)
		}
		if (len(body) == 0) != (method == "HEAD") {
			t.Errorf("%s: body %q", method, body)
		}
	}
}

func TestDecideFollowsTheMode(t *testing.T) {
	t.Parallel()
	no := &fumehood.Refusal{Status: 421, Code: "hosts.unknown"}
	for _, tt := range []struct {
		mode     fumehood.Mode
		verdict  error
		stop     bool
		reported int
	}{
		{fumehood.Enforce, no, true, 0},
		{"", no, true, 0},
		{"enfroce", no, true, 0}, // a mode that nobody knows must not let anything through
		{fumehood.Report, no, false, 1},
		{fumehood.Off, no, false, 0},
		{fumehood.Enforce, nil, false, 0},
		{fumehood.Report, nil, false, 0},
	} {
		x := &fumehood.Exchange{}
		r := httptest.NewRequest("GET", "/", nil)
		r = r.WithContext(fumehood.WithExchange(r.Context(), x))
		w := httptest.NewRecorder()
		if got := fumehood.Decide(w, r, tt.mode, tt.verdict); got != tt.stop {
			t.Errorf("%q %v: stop is %v", tt.mode, tt.verdict, got)
		}
		if (w.Code == 421) != tt.stop || len(x.Reported) != tt.reported {
			t.Errorf("%q %v: status %d, reported %v", tt.mode, tt.verdict, w.Code, x.Reported)
		}
	}
}
