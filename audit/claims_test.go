package audit_test

import (
	"fmt"
	"io"
	"log/slog"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	fumehood "github.com/fumehood/fumehood"
	"github.com/fumehood/fumehood/audit"
	"github.com/fumehood/fumehood/audit/finding"
	"github.com/fumehood/fumehood/guard/clientip"
	"github.com/fumehood/fumehood/guard/cookies"
	"github.com/fumehood/fumehood/guard/cors"
	"github.com/fumehood/fumehood/guard/csrf"
	"github.com/fumehood/fumehood/guard/errorpages"
	"github.com/fumehood/fumehood/guard/headers"
	"github.com/fumehood/fumehood/guard/hosts"
	"github.com/fumehood/fumehood/guard/login"
	"github.com/fumehood/fumehood/guard/redirects"
	"github.com/fumehood/fumehood/guard/upload"
)

// claim is a faulty app twice: its source, in which the audit finds the fault and says whether
// a guard stops it, and what it does, behind that guard as fumehood run sets it up.
type claim struct {
	name, source, rule string
	app                http.HandlerFunc
	guard              func(t *testing.T, app http.Handler) http.Handler
	works              func(t *testing.T, app http.Handler) bool // the attack does
}

// between is a guard around an app.
func between[G interface {
	Handler(http.Handler) http.Handler
}](made func() (G, error),
) func(*testing.T, http.Handler) http.Handler {
	return func(t *testing.T, app http.Handler) http.Handler {
		t.Helper()
		g, err := made()
		if err != nil {
			t.Fatal(err)
		}
		return g.Handler(app)
	}
}

// send sends one request and returns the answer.
func send(app http.Handler, method, target, body string, fields ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, "https://shop.example"+target, strings.NewReader(body))
	for i := 0; i < len(fields); i += 2 {
		r.Header.Set(fields[i], fields[i+1])
	}
	w := httptest.NewRecorder()
	app.ServeHTTP(w, r)
	return w
}

const form = "application/x-www-form-urlencoded"

// TestClaims: what a finding says is stopped at run time is stopped by the guard that it names,
// and what it says is open works, though a guard stands there.
func TestClaims(t *testing.T) {
	t.Parallel()
	for _, c := range append(claimsOfRequests(), claimsOfAnswers()...) {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			found := run(t, audit.Options{Root: project(t, map[string]string{"app.py": claimHead + c.source}), Only: []string{c.rule}}).found
			if len(found) != 1 {
				t.Fatalf("found %+v", found)
			}
			if !c.works(t, c.app) {
				t.Fatal("the attack does not work on the bare app")
			}
			stops := finding.Stops(found[0].Guard)
			if works := c.works(t, c.guard(t, c.app)); works == stops {
				t.Errorf("the finding says %q; the attack works behind the guard: %v", found[0].Guard, works)
			}
		})
	}
}

const claimHead = "from flask import Flask, jsonify, redirect, request\napp = Flask(__name__)\n"

// loginPage has the form that leads to a login.
const loginPage = `<form method=post action="/login"><input name=n><input type="password" name=p></form>`

// guesses reports whether more than a few of many guesses reach the app.
func guesses(kind, body string) func(*testing.T, http.Handler) bool {
	return func(_ *testing.T, app http.Handler) bool {
		send(app, "GET", "/login", "")
		reached := 0
		for i := range 20 {
			if send(app, "POST", "/login", fmt.Sprintf(body, i), "Content-Type", kind).Code == http.StatusOK {
				reached++
			}
		}
		return reached > 5
	}
}

// page answers every request alike.
func page(status int, kind, body string, fields ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", kind)
		for i := 0; i < len(fields); i += 2 {
			w.Header().Set(fields[i], fields[i+1])
		}
		w.WriteHeader(status)
		io.WriteString(w, body)
	}
}

func claimsOfRequests() []claim {
	logins := between(func() (*login.Guard, error) { return login.New(login.Config{}, login.Site{}) })
	forms := between(func() (*csrf.Guard, error) { return csrf.New(csrf.Config{}, csrf.Site{}) })
	saved := func(w http.ResponseWriter, r *http.Request) {
		_, head, err := r.FormFile("f")
		if err == nil {
			io.WriteString(w, head.Filename)
		}
	}
	return []claim{
		{
			"a login by a form", "PAGE = '''" + loginPage + "'''\n@app.route('/login', methods=['GET', 'POST'])\ndef login():\n    return check(request.form['n'], request.form['p']) or PAGE\n", "login-unlimited",
			page(http.StatusOK, "text/html", loginPage), logins, guesses(form, "n=ann&p=%d"),
		},
		{
			"a login by JSON", "@app.route('/login', methods=['POST'])\ndef login():\n    data = request.get_json()\n    return jsonify(check(data['n'], data['p']))\n", "login-unlimited",
			page(http.StatusOK, "application/json", "{}"), logins, guesses("application/json", `{"n": "ann", "p": "%d"}`),
		},
		{
			"a form of another site", "from flask_login import login_required\n@app.route('/mail', methods=['POST'])\n@login_required\ndef mail():\n    save(request.form['mail'])\n    return ''\n", "csrf-missing",
			page(http.StatusOK, "text/plain", "done"), forms, func(_ *testing.T, app http.Handler) bool {
				return send(app, "POST", "/mail", "mail=x", "Content-Type", form, "Origin", "https://evil.example", "Sec-Fetch-Site", "cross-site").Code == http.StatusOK
			},
		},
		{
			"a link that changes something", "from flask_login import login_required\n@app.route('/notes/<id>/delete')\n@login_required\ndef delete(id):\n    db.session.delete(id)\n    db.session.commit()\n    return ''\n", "change-by-get",
			page(http.StatusOK, "text/plain", "done"), forms, func(_ *testing.T, app http.Handler) bool {
				return send(app, "GET", "/notes/1/delete", "", "Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "navigate", "Sec-Fetch-Dest", "document").Code == http.StatusOK
			},
		},
		{
			"an upload of a name that there is", "from werkzeug.utils import secure_filename\n@app.route('/a', methods=['POST'])\ndef a():\n    f = request.files['f']\n    f.save('x/' + secure_filename(f.filename))\n    return ''\n", "upload-overwrite",
			saved, between(func() (*upload.Guard, error) { return upload.New(upload.Config{}, upload.Site{}) }), func(t *testing.T, app http.Handler) bool {
				return uploaded(t, app, "a.txt", "hello") == "a.txt"
			},
		},
		{
			"a page as an upload", "@app.route('/a', methods=['POST'])\ndef a():\n    f = request.files['f']\n    f.save('x/' + f.filename)\n    return ''\n", "upload-unchecked",
			saved, between(func() (*upload.Guard, error) { return upload.New(upload.Config{}, upload.Site{}) }), func(t *testing.T, app http.Handler) bool {
				return uploaded(t, app, "a.html", "<script>alert(1)</script>") == "a.html"
			},
		},
		{
			"an address in a header", "@app.route('/a')\ndef a():\n    return request.headers.get('X-Forwarded-For', '')\n", "forwarding-trusted",
			func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, r.Header.Get("X-Forwarded-For")) },
			between(func() (*clientip.Guard, error) { return clientip.New(clientip.Config{}) }), func(_ *testing.T, app http.Handler) bool {
				return strings.Contains(send(app, "GET", "/a", "", "X-Forwarded-For", "127.0.0.1").Body.String(), "127.0.0.1")
			},
		},
		{
			"another host in a mail", "@app.route('/forgot', methods=['POST'])\ndef forgot():\n    mail.send_mail(request.form['mail'], request.host_url + 'reset/' + token())\n    return ''\n", "host-in-link",
			func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, r.Host) },
			between(func() (*hosts.Guard, error) {
				return hosts.New(hosts.Config{Allow: []string{"www.shop.example"}}, hosts.Served{})
			}), func(_ *testing.T, app http.Handler) bool {
				return send(app, "GET", "/forgot", "").Body.String() == "shop.example"
			},
		},
	}
}

// uploaded sends a file and returns the name under which the app gets it.
func uploaded(t *testing.T, app http.Handler, name, content string) string {
	t.Helper()
	var b strings.Builder
	m := multipart.NewWriter(&b)
	part, err := m.CreateFormFile("f", name)
	if err != nil {
		t.Fatal(err)
	}
	io.WriteString(part, content)
	m.Close()
	return send(app, "POST", "/a", b.String(), "Content-Type", m.FormDataContentType()).Body.String()
}

func claimsOfAnswers() []claim {
	errors := between(func() (*errorpages.Guard, error) {
		return errorpages.New(errorpages.Config{}, errorpages.Site{Roots: []string{"/srv/shop"}, Logger: slog.New(slog.DiscardHandler)})
	})
	head := between(func() (*headers.Guard, error) { return headers.New(headers.Config{}) })
	shows := func(text string) func(*testing.T, http.Handler) bool {
		return func(_ *testing.T, app http.Handler) bool {
			return strings.Contains(send(app, "GET", "/a", "").Body.String(), text)
		}
	}
	field := func(name, value string) func(*testing.T, http.Handler) bool {
		return func(_ *testing.T, app http.Handler) bool {
			return strings.Contains(send(app, "GET", "/a", "", "Origin", "https://evil.example").Header().Get(name), value)
		}
	}
	const try = "import traceback\n@app.route('/a')\ndef a():\n    try:\n        return work()\n    except Exception as e:\n        return "
	return []claim{
		{
			"the text of an exception", try + "jsonify(error=str(e))\n", "error-text",
			page(http.StatusOK, "application/json", `{"error": "table users is locked by job 17"}`), errors, shows("job 17"),
		},
		{
			"a traceback", try + "jsonify(error=traceback.format_exc())\n", "error-text",
			page(http.StatusOK, "application/json", `{"error": "Traceback (most recent call last):\n  File \"/srv/shop/app.py\", line 9, in a\n    return work()\nKeyError: 17"}`), errors, shows("app.py"),
		},
		{
			"a redirect to anywhere", "@app.route('/a')\ndef a():\n    return redirect(request.args['to'])\n", "open-redirect",
			func(w http.ResponseWriter, r *http.Request) {
				http.Redirect(w, r, r.FormValue("to"), http.StatusFound)
			},
			between(func() (*redirects.Guard, error) { return redirects.New(redirects.Config{Mode: fumehood.Report}) }), func(_ *testing.T, app http.Handler) bool {
				return send(app, "GET", "/a?to=https://evil.example/", "").Header().Get("Location") == "https://evil.example/"
			},
		},
		{
			"a cookie without flags", "@app.route('/a')\ndef a():\n    r = jsonify(1)\n    r.set_cookie('session_id', 'x')\n    return r\n", "cookie-flags",
			page(http.StatusOK, "text/html", "", "Set-Cookie", "session_id=x"),
			between(func() (*cookies.Guard, error) { return cookies.New(cookies.Config{}, cookies.App{}) }), func(_ *testing.T, app http.Handler) bool {
				set := send(app, "GET", "/a", "").Header().Get("Set-Cookie")
				return set != "" && !(strings.Contains(set, "HttpOnly") && strings.Contains(set, "SameSite"))
			},
		},
		{
			"answers for every origin", "@app.route('/a')\ndef a():\n    r = jsonify(1)\n    r.headers['Access-Control-Allow-Origin'] = '*'\n    return r\n", "cors-any",
			page(http.StatusOK, "application/json", "1", "Access-Control-Allow-Origin", "*"),
			between(func() (*cors.Guard, error) { return cors.New(cors.Config{}) }), field("Access-Control-Allow-Origin", "*"),
		},
		{
			"frames of every site", "@app.after_request\ndef after(r):\n    r.headers['X-Frame-Options'] = 'ALLOWALL'\n    return r\n", "framing-allowed",
			page(http.StatusOK, "text/html", "", "X-Frame-Options", "ALLOWALL"), head, field("X-Frame-Options", "ALLOWALL"),
		},
		{
			"TLS forgotten", "@app.after_request\ndef after(r):\n    r.headers['Strict-Transport-Security'] = 'max-age=0'\n    return r\n", "weak-headers",
			page(http.StatusOK, "text/html", "", "Strict-Transport-Security", "max-age=0"), head, field("Strict-Transport-Security", "max-age=0"),
		},
	}
}
