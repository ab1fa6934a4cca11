package headers_test

import (
	"strings"
	"testing"

	"github.com/fumehood/fumehood/guard/headers"
)

// policy returns the members of the Permissions-Policy of an app that sets these.
func policy(t testing.TB, cfg headers.Config, own ...string) (members []string, weaker bool) {
	t.Helper()
	var fields []string
	for _, value := range own {
		fields = append(fields, "Permissions-Policy", value)
	}
	got, noted := get(newGuard(t, cfg).Handler(app(200, "", fields...)), "https://notes.example/")
	if len(got["Permissions-Policy"]) != 1 {
		t.Fatalf("Permissions-Policy: %q", got["Permissions-Policy"])
	}
	return strings.Split(got.Get("Permissions-Policy"), ", "), len(noted) > 0
}

func value(members []string, feature string) (last string) {
	for _, member := range members { // of a key that comes twice the last counts (RFC 9651 section 4.2.2)
		if name, who, _ := strings.Cut(member, "="); name == feature {
			last = who
		}
	}
	return last
}

// Each feature of the W3C's registry and of Chromium's has been decided on: it is denied,
// or its name is known and it stays for a reason that features.go gives.
func TestEveryFeatureIsDecidedOn(t *testing.T) {
	t.Parallel()
	members, _ := policy(t, headers.Config{})
	var names []string
	for _, line := range lines(t, "w3c-features.txt") {
		names = append(names, strings.Fields(line)[1])
	}
	chromium := lines(t, "chromium-features.txt")
	names = append(names, chromium...)
	for _, name := range names {
		if _, err := headers.New(headers.Config{AllowFeatures: []string{name}}); err != nil {
			t.Errorf("%s is in no table of features.go: %v", name, err)
		}
	}
	for _, member := range members {
		if name, who, _ := strings.Cut(member, "="); who != "()" || !strings.Contains("\n"+strings.Join(chromium, "\n")+"\n", "\n"+name+"\n") {
			t.Errorf("%s: denied to nobody, or unknown to Chromium, which says so on each page's console", member)
		}
	}
	for _, name := range []string{"camera", "microphone", "geolocation", "payment", "usb", "serial", "hid", "midi", "display-capture",
		"accelerometer", "gyroscope", "magnetometer", "idle-detection", "local-fonts", "xr-spatial-tracking", "browsing-topics"} {
		if value(members, name) != "()" {
			t.Errorf("%s is not denied", name)
		}
	}
	for _, name := range []string{"fullscreen", "autoplay", "clipboard-write", "picture-in-picture", "sync-xhr", "publickey-credentials-get"} {
		if value(members, name) != "" {
			t.Errorf("%s, which ordinary pages use, is %s", name, value(members, name))
		}
	}
}

func TestFeaturesByPolicy(t *testing.T) {
	t.Parallel()
	members, _ := policy(t, headers.Config{
		AllowFeatures: []string{"geolocation", "payment https://pay.example https://pay.example:8443"},
		DenyFeatures:  []string{"fullscreen", "bluetooth", "ch-ua-model"},
	})
	for name, want := range map[string]string{
		"geolocation": "(self)", "payment": `(self "https://pay.example" "https://pay.example:8443")`,
		"fullscreen": "()", "bluetooth": "()", "ch-ua-model": "()", "camera": "()",
	} {
		if got := value(members, name); got != want {
			t.Errorf("%s=%s, want %s", name, got, want)
		}
	}
}

func TestAttackAppOpensAFeature(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		own        []string
		feature    string
		want       string
		weaker     bool
		unaffected bool // nothing but ours
	}{
		{[]string{"camera=*"}, "camera", "()", true, true},
		{[]string{"camera=(self)"}, "camera", "()", true, true},
		{[]string{"camera=()"}, "camera", "()", false, true},
		{[]string{"fullscreen=(), camera=*"}, "camera", "()", true, false},
		{[]string{"fullscreen=()", "camera=*"}, "camera", "()", true, false},
		{[]string{`fullscreen=("https://a.example,camera=*")`}, "camera", "()", false, false},
		{[]string{"camera=*;x"}, "camera", "()", true, true},
		{[]string{"camera"}, "camera", "()", true, true},
		// What is malformed would make browsers ignore the whole field, ours with it.
		{[]string{"CAMERA=*"}, "camera", "()", false, true},
		{[]string{"Fullscreen=()"}, "camera", "()", false, true},
		{[]string{"fullscreen=("}, "camera", "()", false, true},
		{[]string{"fullscreen=)"}, "camera", "()", false, true},
		{[]string{`fullscreen=("`}, "camera", "()", false, true},
		{[]string{`fullscreen="`, "x"}, "camera", "()", false, true},
		{[]string{`fullscreen=(")`}, "camera", "()", false, true},
		{[]string{"fullscreen=(self"}, "camera", "()", false, true},
		{[]string{"fullscreen 'none'; camera *"}, "camera", "()", false, true},
		{[]string{"fullscreen=é"}, "camera", "()", false, true},
		{[]string{",,"}, "camera", "()", false, true},
		{[]string{"=()"}, "camera", "()", false, true},
		{[]string{"1a=()"}, "camera", "()", false, true},
		// What it denies further stays.
		{[]string{"fullscreen=()"}, "fullscreen", "()", false, false},
		{[]string{`fullscreen=(self "https://a.example"), sync-xhr=()`}, "fullscreen", `(self "https://a.example")`, false, false},
		{[]string{"fullscreen=(self)", "sync-xhr=()"}, "sync-xhr", "()", false, false},
	} {
		plain, _ := policy(t, headers.Config{})
		members, weaker := policy(t, headers.Config{}, tt.own...)
		if got := value(members, tt.feature); got != tt.want {
			t.Errorf("%q: %s=%s, want %s", tt.own, tt.feature, got, tt.want)
		}
		if weaker != tt.weaker {
			t.Errorf("%q: noted: %v", tt.own, weaker)
		}
		if (len(members) == len(plain)) != tt.unaffected {
			t.Errorf("%q: became %q", tt.own, members[len(plain):])
		}
	}
}

// FuzzAppFields: whatever the app sets, one field of each name leaves, with a value that is
// as strict as ours, and nothing that breaks a line.
func FuzzAppFields(f *testing.F) {
	f.Add("ALLOWALL", "unsafe-url", "unsafe-none", "cross-origin", "max-age=0", "camera=*", "text/html")
	f.Add("DENY,", `same-origin, "`, `same-origin; report-to="`, "same-site;", `max-age="5`, `a=("x", b=()`, "text/html; charset=")
	f.Add("", "", "", "", "", "", "")
	g := newGuard(f, headers.Config{})
	f.Fuzz(func(t *testing.T, frame, referrer, opener, resource, hsts, features, contentType string) {
		got, _ := get(g.Handler(app(200, "<p>", "X-Frame-Options", frame, "Referrer-Policy", referrer,
			"Cross-Origin-Opener-Policy", opener, "Cross-Origin-Resource-Policy", resource, "Strict-Transport-Security", hsts,
			"Permissions-Policy", features, "Content-Type", contentType)), "https://notes.example/")
		for name, allowed := range map[string]string{
			"X-Frame-Options": "SAMEORIGIN DENY", "Cross-Origin-Resource-Policy": "same-origin",
			"Referrer-Policy": "strict-origin-when-cross-origin strict-origin same-origin no-referrer",
		} {
			if len(got[name]) != 1 || !strings.Contains(" "+allowed+" ", " "+got[name][0]+" ") {
				t.Errorf("%s: %q", name, got[name])
			}
		}
		if v := got["Cross-Origin-Opener-Policy"]; len(v) != 1 || v[0] != "same-origin" && !strings.HasPrefix(v[0], `same-origin;`) {
			t.Errorf("COOP: %q", v)
		}
		if v := got["Strict-Transport-Security"]; len(v) != 1 || !strings.Contains(v[0], "; includeSubDomains") || strings.HasPrefix(v[0], "max-age=0") {
			t.Errorf("HSTS: %q", v)
		}
		members := strings.Split(got.Get("Permissions-Policy"), ", ")
		if len(got["Permissions-Policy"]) != 1 || value(members, "camera") != "()" || strings.ContainsAny(got.Get("Permissions-Policy"), "\r\n\x00") {
			t.Errorf("Permissions-Policy: %q", got["Permissions-Policy"])
		}
	})
}
