package ratelimit_test

import (
	"net/http/httptest"
	"testing"

	"github.com/fumehood/fumehood/guard/ratelimit"
)

// The server makes a guard for each [[route]], also for one that sets something else than
// the rate: a client must not have the site's burst once more at each of them.
func TestAttackBurstOfEachRoute(t *testing.T) {
	t.Parallel()
	memory := ratelimit.NewMemory(64, (&clock{}).Now)
	passed := 0
	for range 4 {
		h := newGuard(t, ratelimit.Config{Rate: "3/hour", By: []string{"client", "route"}}, ratelimit.Site{Memory: memory}).Handler(ok)
		for range 3 {
			w := httptest.NewRecorder()
			h.ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
			if w.Code == 200 {
				passed++
			}
		}
	}
	if passed != 3 {
		t.Errorf("%d requests passed", passed)
	}
}
