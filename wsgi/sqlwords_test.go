package wsgi_test

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"github.com/fumehood/fumehood/guard/sinks"
)

// TestSQLWordsInFlask: slugs and names of which an app makes SQL are seen; those of articles pass.
func TestSQLWordsInFlask(t *testing.T) {
	t.Parallel()
	bare, _ := shop(t, true, sinks.Config{})
	guarded, _ := shop(t, false, sinks.Config{})
	for attack, stolen := range map[string]string{
		"0_union_select_password_from_users": "secret of ada", "id-union-select-password-from-users": "secret of ada",
		"1-or-id": "hidden plum", "0_or_1": "hidden plum",
	} {
		if got := ask(t, bare, "GET", "/article/"+attack, ""); !strings.Contains(got.body, stolen) {
			t.Errorf("%s does not work on the bare app: %d %.200s", attack, got.status, got.body)
		}
		if got := ask(t, guarded, "GET", "/article/"+attack, ""); got.status != http.StatusForbidden {
			t.Errorf("%s: %d %.200s", attack, got.status, got.body)
		}
	}
	for _, path := range []string{"/safe?q=cats-and-dogs", "/escaped?q=to-be-or-not-to-be", "/article/2", "/safe?q=name_or_number"} {
		if got := ask(t, guarded, "GET", path, ""); got.status != http.StatusOK {
			t.Errorf("%s: %d %.200s", path, got.status, got.body)
		}
	}
}

// TestSQLOfSessionsInFlask: what an app has put into Flask's session, as it came, and puts into a
// statement later. itsdangerous compresses a long session.
func TestSQLOfSessionsInFlask(t *testing.T) {
	t.Parallel()
	bare, _ := shop(t, true, sinks.Config{})
	guarded, _ := shop(t, false, sinks.Config{})
	for _, pad := range []int{0, 400} {
		for name, want := range map[string]string{"x' or '1'='1": "", "ada": "ada", "Ada Lovelace, née Byron": "nothing"} {
			for _, base := range []string{bare, guarded} {
				joined := ask(t, base, "GET", "/join?pad="+strconv.Itoa(pad)+"&name="+url.QueryEscape(name), "")
				cookie, _, _ := strings.Cut(joined.header.Get("Set-Cookie"), ";")
				if packed := strings.HasPrefix(cookie, "session=.eJ"); packed != (pad > 0) {
					t.Fatalf("%d %s", joined.status, cookie)
				}
				got := ask(t, base, "GET", "/me", "", "Cookie: "+cookie)
				switch {
				case want != "" && got.body != want:
					t.Errorf("%s: %d %s", name, got.status, got.body)
				case want == "" && base == bare && got.body != "ada":
					t.Errorf("the attack does not work on the bare app: %d %s", got.status, got.body)
				case want == "" && base == guarded && got.status != http.StatusForbidden:
					t.Errorf("pad %d: %d %s", pad, got.status, got.body)
				}
			}
		}
	}
}
