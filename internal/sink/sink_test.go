package sink_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	fumehood "github.com/fumehood/fumehood"
	"github.com/fumehood/fumehood/internal/inputs"
	"github.com/fumehood/fumehood/internal/sink"
)

func TestParse(t *testing.T) {
	t.Parallel()
	hit, err := sink.Parse([]byte(`{"sink":"sql","statement":"SELECT 1 WHERE a='x' OR 1=1 --'","place":"form","name":"user",`+
		`"value":"x' OR 1=1 --","where":"app.py:3 in login","why":"it ends the text","route":"/login"}`), nil)
	if err != nil {
		t.Fatal(err)
	}
	refusal := hit.Refusal()
	if refusal.Status != http.StatusForbidden || refusal.Code != "sinks.sql" || refusal.Err != error(hit) {
		t.Errorf("%+v", refusal)
	}
	for _, part := range []string{`form "user"`, "app.py:3 in login", "it ends the text"} {
		if !strings.Contains(hit.Error(), part) {
			t.Errorf("%q is not in %q", part, hit.Error())
		}
		if strings.Contains(refusal.Public, part) {
			t.Errorf("%q is told to the visitor", part)
		}
	}
	if hit.Statement != "SELECT 1 WHERE a='x' OR 1=1 --'" || hit.Value != "x' OR 1=1 --" || !hit.Of("x' OR 1=1 --") || hit.Of("x") {
		t.Errorf("%+v", hit)
	}
	for _, bad := range []string{"", "[]", "{}", `{"sink":"other"}`} {
		if _, err := sink.Parse([]byte(bad), nil); err == nil {
			t.Errorf("%q is taken", bad)
		}
	}
}

// request has a form, with all that comes with a login.
func request(values ...string) *http.Request {
	r := httptest.NewRequest("POST", "/login", nil)
	r.Header.Set("Cookie", "theme=dark; session=s3ss10n-c00kie")
	r.Header.Set("Authorization", "Basic dXNlcjpiYXNpYy1wYXNz") // user:basic-pass
	x := &fumehood.Exchange{}
	for i := 0; i+1 < len(values); i += 2 {
		in := fumehood.Input{Place: fumehood.InForm, Name: values[i], Value: values[i+1]}
		x.Values = append(x.Values, in)
		if inputs.Risky(in.Value) {
			x.Risky = append(x.Risky, in)
		}
	}
	inputs.Decode(x.Risky)
	return r.WithContext(fumehood.WithExchange(r.Context(), x))
}

// TestSecretsAreNotLogged: the statement of an honest visitor with a quote in the name has
// passwords in it, and so has that of an attack.
func TestSecretsAreNotLogged(t *testing.T) {
	t.Parallel()
	const secret = "hunter2secret"
	for name, c := range map[string]struct {
		kind, statement, field, value string
		form                          []string // the rest of it
		want                          string   // the statement, "" for any
	}{
		"O'Brien": {"sql", "SELECT * FROM users WHERE username = 'O'Brien' AND password = 'hunter2secret'", "username", "O'Brien",
			[]string{"password", secret}, "SELECT * FROM users WHERE username = 'O'Brien' AND password = '...'"},
		"password first": {"sql", "SELECT 1 FROM u WHERE pw = 'hunter2secret' AND name = 'O'Brien'", "name", "O'Brien",
			[]string{"pw", secret}, "SELECT 1 FROM u WHERE pw = '...' AND name = 'O'Brien'"},
		"no name of a password": {"sql", "SELECT 1 FROM u WHERE name = 'x' OR 1=1 --' AND magic = 'hunter2secret'", "name", "x' OR 1=1 --",
			nil, "SELECT 1 FROM u WHERE name = 'x' OR 1=1 --' AND magic = '...'"},
		"a card": {"sql", "INSERT INTO c VALUES (4111111111111111, 'O'Hara', 12)", "name", "O'Hara", nil, "INSERT INTO c VALUES (..., 'O'Hara', 12)"},
		"the password is the attack": {"sql", "UPDATE u SET password = 'hunter2secret' OR 1=1' WHERE name = 'bob'", "new_password", "hunter2secret' OR 1=1", nil,
			"UPDATE u SET password = '...' WHERE name = '...'"},
		"another value with a quote": {"sql", "INSERT INTO u VALUES ('O'Brien', 'it's me', 'hunter2secret')", "name", "O'Brien",
			[]string{"about", "it's me"}, "INSERT INTO u VALUES ('O'Brien', '...', '...')"},
		"a value with a quote that nobody knows": {"sql", "INSERT INTO u VALUES ('O'Brien', 'it's me', 'hunter2secret')", "name", "O'Brien", nil, ""},
		"two of them":                            {"sql", "INSERT INTO u VALUES ('it's a', 'it's b', 'x'y z', 'hunter2secret')", "name", "x'y z", nil, ""},
		"a lone quote":                           {"sql", "SELECT 1 FROM u WHERE name = ''' AND pw = 'hunter2secret'", "name", "'", nil, "SELECT 1 FROM u WHERE name = '..."},
		"a backslash":                            {"sql", `SELECT 1 FROM u WHERE name = 'x\' AND pw = 'hunter2secret'`, "name", `x\`, nil, "SELECT 1 FROM u WHERE name = '..."},
		"an escaped literal":                     {"sql", `SELECT 'it\'s', 'O'Brien', 'a\', 'hunter2secret'`, "name", "O'Brien", nil, ""},
		"changed by the app":                     {"sql", "SELECT 1 FROM u WHERE name = 'o-'-brien' AND pw = 'hunter2secret'", "name", "O ' Brien", nil, ""},
		"in small letters":                       {"sql", "SELECT 1 FROM u WHERE name = 'o'brien' AND pw = 'hunter2secret' AND n = 1", "name", "O'BRIEN", nil, "SELECT 1 FROM u WHERE name = 'o'brien' AND pw = '...' AND n = 1"},
		"doubled by half":                        {"sql", `SELECT 1 FROM u WHERE name = 'a''b"" OR ' AND pw = 'hunter2secret'`, "name", `a'b" OR `, nil, ""},
		"dollar quotes":                          {"sql", "SELECT 1 FROM u WHERE name = 'O'Brien' AND pw = $$hunter2secret$$", "name", "O'Brien", nil, ""},
		"a comment with a quote":                 {"sql", "SELECT 1 -- it's\n WHERE name = 'O'Brien' AND pw = 'hunter2secret'", "name", "O'Brien", nil, ""},
		"the text of the app": {"sql", "SELECT 1 WHERE a = '' AND password = '' AND password = 'hunter2secret'", "a", "' AND password = '",
			[]string{"password", secret}, ""},
		"nobody knows which": {"sql", "SELECT 1 FROM u WHERE name = 'O'Brien' AND pw = 'hunter2secret'", "", "", []string{"name", "O'Brien"},
			"SELECT 1 FROM u WHERE name = '...' AND pw = '...'"},
		"a number":            {"sql", "SELECT 1 FROM u WHERE id = 1 OR 1=1 AND pw = 'hunter2secret'", "id", "1 OR 1=1", nil, "SELECT 1 FROM u WHERE id = 1 OR 1=1 AND pw = '...'"},
		"the session":         {"sql", "SELECT 1 FROM s WHERE token = s3ss10n-c00kie OR name = 'O'Brien'", "name", "O'Brien", nil, "SELECT 1 FROM s WHERE token = ... OR name = 'O'Brien'"},
		"a template":          {"template", "<p>Hello {{7*7}}, a key: hunter2secret, basic-pass</p>", "name", "{{7*7}}", []string{"password", secret}, "<p>Hello {{7*7}}, a key: ..., ...</p>"},
		"far in a template":   {"template", "hunter2secret " + strings.Repeat("a ", 50) + "{{7*7}}", "name", "{{7*7}}", nil, ""},
		"a command":           {"command", "mysql -u root -phunter2secret --host=db.internal -e 'hunter2secret' ping x; id", "host", "x; id", nil, "mysql -u ... -p... --host=... -e '...' ... x; id"},
		"the environment":     {"command", "PGPASSWORD=hunter2secret psql x; id", "host", "x; id", nil, ""},
		"a URL":               {"request", "http://me:hunter2secret@10.0.0.1:8080/a?key=hunter2secret&b=1", "host", "10.0.0.1", nil, "http://...@10.0.0.1:8080/a?key=...&b=..."},
		"a URL of a visitor":  {"request", "127.0.0.1 at 127.0.0.1, port 631", "url", "http://me:hunter2secret@127.0.0.1/", nil, "127.0.0.1 at 127.0.0.1, port 631"},
		"a path":              {"file", "/srv/app/hunter2secret/../../etc/passwd", "name", "../../etc/passwd", []string{"token", secret}, "/srv/app/.../../../etc/passwd"},
		"marshalled":          {"pickle", `b'\xe3hunter2secret'`, "", "", nil, "b'..."},
		"a text with a field": {"sql", "SELECT 'user=x' OR 1=1&password=hunter2secret'", "(body)", "user=x' OR 1=1&password=hunter2secret", nil, "SELECT '...'"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			place := fumehood.InForm
			if c.field == "" {
				place = ""
			}
			payload, err := json.Marshal(map[string]string{"sink": c.kind, "statement": c.statement, "place": place, "name": c.field, "value": c.value})
			if err != nil {
				t.Fatal(err)
			}
			values := append([]string{c.field, c.value, "confirm_password", secret}, c.form...)
			for _, r := range []*http.Request{request(values...), request(append([]string{c.field, c.value}, c.form...)...), nil} {
				if r == nil && c.form != nil { // nobody knows what is a secret, nor where the values are
					continue
				}
				hit, err := sink.Parse(payload, r)
				if err != nil {
					t.Fatal(err)
				}
				for _, text := range []string{hit.Statement, hit.Value, hit.Error()} {
					low := strings.ToLower(text)
					if strings.Contains(low, secret) || r != nil && (strings.Contains(low, "c00kie") || strings.Contains(low, "basic-pass")) {
						t.Errorf("logged: %s", text)
					}
				}
				if c.want != "" && hit.Statement != c.want && r != nil {
					t.Errorf("%s, want %s", hit.Statement, c.want)
				}
				if !hit.Of(c.value) {
					t.Error("it is not known which value it was")
				}
			}
		})
	}
}

// TestCauseHasNoSecret: Python's own messages have values in them.
func TestCauseHasNoSecret(t *testing.T) {
	t.Parallel()
	hit, err := sink.Parse([]byte(`{"sink":"sql","why":"the guard itself failed: KeyError: 'HUNTER2''secret'"}`), request("password", "Hunter2'Secret"))
	if err != nil || strings.Contains(strings.ToLower(hit.Error()), "hunter") {
		t.Errorf("%v, %v", hit, err)
	}
}

// TestCookiesAreNotLogged: a value of a cookie or a header field may be all that somebody needs.
func TestCookiesAreNotLogged(t *testing.T) {
	t.Parallel()
	for _, place := range []string{fumehood.InCookie, fumehood.InHeader} {
		payload, err := json.Marshal(map[string]string{"sink": "sql", "statement": "SELECT 1 FROM s WHERE id = 'k3y' OR 1=1 --' AND b = 'x'",
			"place": place, "name": "id", "value": "k3y' OR 1=1 --", "why": "k3y' OR 1=1 -- ends the text"})
		if err != nil {
			t.Fatal(err)
		}
		hit, err := sink.Parse(payload, nil)
		if err != nil {
			t.Fatal(err)
		}
		if all := hit.Error() + hit.Statement + hit.Value; strings.Contains(all, "k3y") || !strings.Contains(hit.Error(), place) {
			t.Error(all)
		}
		if !hit.Of("k3y' OR 1=1 --") || hit.Statement != "SELECT 1 FROM s WHERE id = '...' AND b = '...'" {
			t.Errorf("%+v", hit)
		}
	}
}

// TestLongOnesAreClipped: a megabyte of an attack is no line of a log.
func TestLongOnesAreClipped(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x' OR 1=1 ", 400)
	payload, err := json.Marshal(map[string]string{"sink": "sql", "statement": "SELECT 1 FROM t WHERE a IN (" + strings.Repeat("1,", 500) + "0) AND n = '" + long + "'",
		"place": "form", "name": "n", "value": long, "why": long})
	if err != nil {
		t.Fatal(err)
	}
	hit, err := sink.Parse(payload, request("n", long))
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{hit.Statement, hit.Value, hit.Why} {
		if len(text) > 410 || !strings.Contains(text, "x' OR 1=1") {
			t.Errorf("%d bytes: %s", len(text), text)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add("sql", "SELECT 1 WHERE a = 'O'Brien' AND b = 'c'", "O'Brien", "it's")
	f.Add("command", "ping -c 1 x; id", "x; id", "")
	f.Add("request", "http://a:b@c/?d=e&f", "c", "d")
	f.Add("template", "a{{b}}c 'd'", "{{b}}", "\xff'")
	f.Fuzz(func(t *testing.T, kind, statement, value, other string) {
		const secret = "K3epThisS3cret"
		payload, err := json.Marshal(map[string]string{"sink": kind, "statement": statement + secret, "place": "form", "name": "n", "value": value})
		if err != nil {
			t.Fatal(err)
		}
		hit, err := sink.Parse(payload, request("n", value, "o", other, "password", secret))
		if err != nil {
			return
		}
		if strings.Contains(hit.Statement+hit.Value+hit.Error(), secret) {
			t.Errorf("%q", hit.Statement)
		}
		if hit.Refusal().Public == "" || len(hit.Statement) > 410 {
			t.Errorf("%d bytes", len(hit.Statement))
		}
	})
}
