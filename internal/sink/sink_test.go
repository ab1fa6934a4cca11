package sink_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/fumehood/fumehood/internal/sink"
)

func TestParse(t *testing.T) {
	t.Parallel()
	hit, err := sink.Parse([]byte(`{"sink":"sql","statement":"SELECT 1 WHERE a='x' OR 1=1 --'","place":"form","name":"user",` +
		`"value":"x' OR 1=1 --","where":"app.py:3 in login","why":"it ends the text","route":"/login"}`))
	if err != nil {
		t.Fatal(err)
	}
	refusal := hit.Refusal()
	if refusal.Status != http.StatusForbidden || refusal.Code != "sinks.sql" || refusal.Err != error(hit) {
		t.Errorf("%+v", refusal)
	}
	for _, part := range []string{`form "user"`, "OR 1=1", "app.py:3 in login", "it ends the text"} {
		if !strings.Contains(hit.Error(), part) {
			t.Errorf("%q is not in %q", part, hit.Error())
		}
		if strings.Contains(refusal.Public, part) {
			t.Errorf("%q is told to the visitor", part)
		}
	}
	for _, bad := range []string{"", "[]", "{}", `{"sink":"other"}`} {
		if _, err := sink.Parse([]byte(bad)); err == nil {
			t.Errorf("%q is taken", bad)
		}
	}
}

func TestPasswordsAreNotLogged(t *testing.T) {
	t.Parallel()
	hit, err := sink.Parse([]byte(`{"sink":"sql","statement":"... password = 'hunter2' OR 1=1'","place":"form","name":"new_Password","value":"hunter2' OR 1=1"}`))
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(hit.Error(), "hunter2") {
		t.Error(hit.Error())
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(`{"sink":"sql","name":"password","value":"x"}`))
	f.Fuzz(func(t *testing.T, payload []byte) {
		if hit, err := sink.Parse(payload); err == nil {
			_ = hit.Error()
			if hit.Refusal().Public == "" {
				t.Error("a refusal without a sentence")
			}
		}
	})
}
