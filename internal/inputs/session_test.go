package inputs_test

import (
	"bytes"
	"compress/zlib"
	"encoding/base64"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/fumehood/fumehood/internal/inputs"
)

const signature = ".aSGQ1w.Kc9sD4JvUoPHb0V2RzR5Oe2r0pA"

// packedSession is a session as itsdangerous writes it when that is shorter.
func packedSession(t testing.TB, text string) string {
	t.Helper()
	var b bytes.Buffer
	w := zlib.NewWriter(&b)
	if _, err := w.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return "." + base64.RawURLEncoding.EncodeToString(b.Bytes()) + signature
}

func plainSession(text string) string {
	return base64.RawURLEncoding.EncodeToString([]byte(text)) + signature
}

// TestWhatSessionsHold: an app that puts into a statement what a visitor has given it earlier is
// as open as one that does it at once.
func TestWhatSessionsHold(t *testing.T) {
	t.Parallel()
	pad := strings.Repeat("A", 400)
	var pool sync.Pool
	for text, want := range map[string][]string{
		`{"name":"x' or '1'='1","pad":"` + pad + `"}`:               {"x' or '1'='1"},
		`{"a":{"b":["1 or 1",{"c d":1}]},"pad":"` + pad + `"}`:      {"1 or 1", "c d"},
		`{"name":"0_union_select_s_from_secret","x":"` + pad + `"}`: {"0_union_select_s_from_secret"},
		`{"_fresh":true,"_id":"` + strings.Repeat("0f", 64) + `"}`:  nil,
		`{"_user_id":"5","csrf_token":"` + pad + `"}`:               nil,
		`{"t":{" t":["a",1]},"pad":"` + pad + `"}`:                  nil,
	} {
		for name, token := range map[string]string{"packed": packedSession(t, text), "plain": plainSession(text)} {
			r := httptest.NewRequest("GET", "/", nil)
			r.Header.Set("Cookie", "a=b; session="+token)
			for range 2 { // with a reader that was used before, too
				set := inputs.Read(r, inputs.Limits{Sessions: []string{"session"}, Inflaters: &pool})
				var got []string
				for _, in := range set.All {
					if in.Name != inputs.RawSession || !inputs.Password(in.Name) {
						t.Errorf("%s: it is called %s", text, in.Name)
					}
					got = append(got, in.Value)
				}
				if !slices.Equal(got, want) || set.Unseen {
					t.Errorf("%s %.60s: %q, unseen %v, want %q", name, text, got, set.Unseen, want)
				}
			}
		}
	}
}

// TestSessionsThatAreTooLong: a few KB of zlib's format can be as many MB.
func TestSessionsThatAreTooLong(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"long": `{"a":"` + strings.Repeat("A", 4<<20) + `","name":"x' or '1'='1"}`,
		"deep": `{"name":"x' or '1'='1","a":` + strings.Repeat("[", 99) + strings.Repeat("]", 99) + `}`,
	} {
		r := httptest.NewRequest("GET", "/", nil)
		r.Header.Set("Cookie", "session="+packedSession(t, text))
		if set := inputs.Read(r, inputs.Limits{}); !set.Unseen {
			t.Errorf("%s: %d values, and nothing is said to be missing", name, len(set.All))
		}
	}
	r := httptest.NewRequest("GET", "/", nil)
	r.Header.Set("Cookie", "session="+packedSession(t, `{"name":"x' or '1'='1"}`)[:20]+signature)
	if set := inputs.Read(r, inputs.Limits{}); set.Unseen || len(set.All) > 0 {
		t.Errorf("what is broken: %q, unseen %v", set.All, set.Unseen)
	}
}

func BenchmarkSession(b *testing.B) {
	var pool sync.Pool
	for name, token := range map[string]string{
		"plain":  plainSession(`{"_fresh":true,"_user_id":"5","csrf_token":"5a3fd1c08b1d4dd94a9b5c7e0f6a1b2c3d4e5f60"}`),
		"packed": packedSession(b, `{"_fresh":true,"_id":"`+strings.Repeat("5a3fd1c08b1d4dd9", 8)+`","_user_id":"5","csrf_token":"5a3fd1c08b1d4dd94a9b5c7e0f6a1b2c3d4e5f60"}`),
	} {
		b.Run(name, func(b *testing.B) {
			r := httptest.NewRequest("GET", "/", nil)
			r.Header.Set("Cookie", "session="+token)
			b.ReportAllocs()
			for b.Loop() {
				inputs.Read(r, inputs.Limits{Sessions: []string{"session"}, Inflaters: &pool})
			}
		})
	}
}
