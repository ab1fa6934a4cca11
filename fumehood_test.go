package fumehood_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	fumehood "github.com/fumehood/fumehood"
)

func TestRequestIDIsReadableAndDoesNotRepeat(t *testing.T) {
	t.Parallel()
	form := regexp.MustCompile(`^[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}$`)
	seen := map[string]bool{}
	letters := map[rune]bool{}
	for range 10_000 { // of 2^40: a repetition has a chance of 1 in 20,000
		id := fumehood.NewRequestID()
		if !form.MatchString(id) {
			t.Fatalf("%q is not of the form 7F3K-9QXD", id)
		}
		if seen[id] {
			t.Fatalf("%q came twice", id)
		}
		seen[id] = true
		for _, c := range id {
			letters[c] = true
		}
	}
	if len(letters) != 33 {
		t.Errorf("%d different characters are used, want 32 and the hyphen", len(letters))
	}
}

func TestExchangeIsFoundOnlyInItsOwnContext(t *testing.T) {
	t.Parallel()
	if x := fumehood.ExchangeOf(t.Context()); x != nil {
		t.Errorf("a bare context has an exchange: %v", x)
	}
	want := &fumehood.Exchange{ID: "7F3K-9QXD"}
	ctx := fumehood.WithExchange(t.Context(), want)
	if got := fumehood.ExchangeOf(ctx); got != want {
		t.Errorf("got %v, want %v", got, want)
	}
	r := httptest.NewRequestWithContext(ctx, "GET", "/", nil)
	if got := fumehood.RequestID(r); got != want.ID {
		t.Errorf("RequestID is %q, want %q", got, want.ID)
	}
	if got := fumehood.RequestID(httptest.NewRequest("GET", "/", nil)); got != "" {
		t.Errorf("RequestID without an exchange is %q, want none", got)
	}
}

func TestClientIPBelievesTheConnectionAndNoHeader(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, peer, want string }{
		{"IPv4", "192.0.2.7:4711", "192.0.2.7"},
		{"IPv6", "[2001:db8::7]:4711", "2001:db8::7"},
		{"a mapped address is the IPv4 address", "[::ffff:192.0.2.7]:4711", "192.0.2.7"},
		{"the zone is dropped", "[fe80::1%eth0]:4711", "fe80::1"},
		{"no port", "192.0.2.7", "192.0.2.7"},
		{"a Unix socket", "@", "invalid IP"},
		{"nothing", "", "invalid IP"},
		{"a name is no address", "evil.example:80", "invalid IP"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := httptest.NewRequest("GET", "/", nil)
			r.RemoteAddr = tt.peer
			r.Header.Set("X-Forwarded-For", "203.0.113.66")
			r.Header.Set("X-Real-Ip", "203.0.113.66")
			r.Header.Set("X-Forwarded-Proto", "https")
			if got := fumehood.ClientIP(r).String(); got != tt.want {
				t.Errorf("ClientIP is %s, want %s", got, tt.want)
			}
			if got := fumehood.Scheme(r); got != "http" {
				t.Errorf("Scheme is %s, want http", got)
			}
		})
	}
}

func TestSchemeIsHTTPSOnATLSConnection(t *testing.T) {
	t.Parallel()
	r := httptest.NewRequest("GET", "https://shop.example/", nil)
	if got := fumehood.Scheme(r); got != "https" {
		t.Errorf("Scheme is %s, want https", got)
	}
	ctx := fumehood.WithExchange(context.Background(), &fumehood.Exchange{Scheme: "http"})
	if got := fumehood.Scheme(r.WithContext(ctx)); got != "http" {
		t.Errorf("Scheme is %s, want what the exchange says", got)
	}
}

func TestSecretIsNeverWritten(t *testing.T) {
	t.Parallel()
	const value = "hunter2"
	secret := fumehood.Secret(value)
	holder := struct {
		Key fumehood.Secret
		All []fumehood.Secret
		Ptr *fumehood.Secret
	}{secret, []fumehood.Secret{secret}, &secret}

	var out bytes.Buffer
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%t", "%10.3s"} {
		fmt.Fprintf(&out, verb+" "+verb+"\n", secret, holder)
	}
	fmt.Fprintln(&out, fmt.Errorf("key %v is weak", secret), secret)
	for _, handler := range []slog.Handler{slog.NewTextHandler(&out, nil), slog.NewJSONHandler(&out, nil)} {
		slog.New(handler).Info("start", "key", secret, "holder", holder, slog.Group("g", "key", &secret))
	}
	if err := json.NewEncoder(&out).Encode(map[string]any{"key": secret, "holder": holder}); err != nil {
		t.Fatal(err)
	}
	text := strings.ToLower(out.String())
	for _, form := range []string{value, fmt.Sprintf("%x", value), fmt.Sprintf("%x", value[:3])} {
		if strings.Contains(text, form) {
			t.Errorf("%q is in the output:\n%s", form, text)
		}
	}
	if string(secret) != value {
		t.Error("the conversion must give the value")
	}
}

func TestNotReadyNamesTheGuard(t *testing.T) {
	t.Parallel()
	refusal := fumehood.NotReady("hosts")
	if refusal.Status != http.StatusInternalServerError || refusal.Code != "hosts.not-ready" {
		t.Errorf("got %d %s", refusal.Status, refusal.Code)
	}
	if strings.Contains(refusal.Public, "hosts") || !strings.Contains(refusal.Error(), "hosts.New") {
		t.Errorf("public %q, private %q", refusal.Public, refusal.Error())
	}
}
