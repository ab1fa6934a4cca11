package injection_test

import (
	"errors"
	"net/http/httptest"
	"strings"
	"testing"

	fumehood "github.com/fumehood/fumehood"
	"github.com/fumehood/fumehood/guard/injection"
)

// TestSecretsAreNotLogged: the cause of a refusal goes into the log.
func TestSecretsAreNotLogged(t *testing.T) {
	t.Parallel()
	const attack = "%3Cscript%3Ealert(1)%3C/script%3E"
	for name, c := range map[string]struct{ method, target, body, label, cookie, field string }{
		"a cookie":               {cookie: "cart=s3cr3t<script>alert(1)</script>"},
		"a header field":         {field: "Bearer s3cr3t<script>alert(1)</script>"},
		"a field called token":   {target: "/?%3Cscript%3Ealert(1)%3C/script%3E=1&reset_token=s3cr3t"},
		"repeated by its value":  {target: "/?q=s3cr3t" + attack + "&password=s3cr3t"},
		"a text with fields":     {method: "POST", target: "/", body: "user=x&password=s3cr3t&q=<script>alert(1)</script>", label: "text/plain"},
		"JSON in a field":        {target: `/?state=%7B%22password%22:%22s3cr3t%22,%22q%22:%22` + attack + `%22%7D`},
		"encoded":                {target: "/?q=s3cr3t%253Cscript%253Ealert(1)%253C/script%253E&secret=S3CR3T"},
		"an address with a name": {target: "/?q=http://me:s3cr3t@example.com/" + attack},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if c.method == "" {
				c.method = "GET"
			}
			if c.target == "" {
				c.target = "/"
			}
			r := httptest.NewRequest(c.method, c.target, strings.NewReader(c.body))
			r.Header.Set("Content-Type", c.label)
			if c.cookie != "" {
				r.Header.Set("Cookie", c.cookie)
			}
			if c.field != "" {
				r.Header.Set("Authorization", c.field)
				r.Header.Set("X-Other", c.field)
			}
			guard, err := injection.New(injection.Config{}, injection.Site{})
			if err != nil {
				t.Fatal(err)
			}
			var refusal *fumehood.Refusal
			if err := guard.Check(r); !errors.As(err, &refusal) || refusal.Code != "injection.html" {
				t.Fatalf("%v", err)
			}
			if strings.Contains(strings.ToLower(refusal.Error()), "s3cr3t") {
				t.Error(refusal)
			}
		})
	}
}
