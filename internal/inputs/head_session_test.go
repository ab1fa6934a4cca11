package inputs_test

import (
	"net/http/httptest"
	"testing"

	fumehood "github.com/fumehood/fumehood"
	"github.com/fumehood/fumehood/internal/inputs"
)

// TestSessions: of a signed session, what is risky in its JSON is seen, and nothing of a token that
// is an encoding of nothing; anything but a token in its place is seen, as is the same in another
// cookie.
func TestSessions(t *testing.T) {
	t.Parallel()
	const session = "eyJuYW1lIjoiTydCcmllbiJ9.aSGQ1w.Kc9sD4JvUoPHb0V2RzR5Oe2r0pA"
	for cookie, want := range map[string]int{
		"session=" + session: 1,
		"other=" + session:   1,
		"session=' OR 1=1":   1,
		"session=a--b":       1,
		"session=.eJwNyMENgCAMBdBd_t-DB5Qhy8n.aSGQ1w.Kc9sD4JvUoPHb0V2RzR5Oe2r0pA": 0,
		"session=Zq9xN3vK_0aPq-T7yU2LrM8sWd4bGc1hJe6fXkV5o":                       0,
		"session=gASVKAAAAAAAAACMBXBvc2l4lIwGc3lzdGVtlJOUjANpZCCUhZRSlC4":         1, // a pickle
		"session=.gASVKAAAAAAAAACMBXBvc2l4lIwGc3lzdGVtlJOUjANpZCCUhZRSlC4.aSGQ1w": 1,
		"session=JyBPUiAxPTEgLS0gMTIz":                                            1, // ' OR 1=1 --
		"session=..":                                                              1,
		"session=a; session=" + session:                                           1,
		"session=a; session=x' OR '1'='1'":                                        1,
	} {
		r := httptest.NewRequest("GET", "/", nil)
		r.Header.Set("Cookie", cookie)
		set := inputs.Read(r, inputs.Limits{Sessions: []string{"session"}})
		if len(set.All) != want {
			t.Errorf("%s: %q", cookie, set.All)
		}
	}
}

// TestOwnRequestID: what guard/record writes into each request is no value of the visitor's.
func TestOwnRequestID(t *testing.T) {
	t.Parallel()
	for id, want := range map[string]int{"7DZQ-B5MF": 0, "x' OR '1'='1": 1} {
		r := httptest.NewRequest("GET", "/", nil)
		r = r.WithContext(fumehood.WithExchange(r.Context(), &fumehood.Exchange{ID: "7DZQ-B5MF"}))
		r.Header.Set("X-Request-Id", id)
		if set := inputs.Read(r, inputs.Limits{}); len(set.All) != want {
			t.Errorf("%s: %q", id, set.All)
		}
	}
}
