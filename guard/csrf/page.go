package csrf

import (
	"bytes"
	"context"
	"html"
	"net/http"
	"strings"

	fumehood "github.com/fumehood/fumehood"
	"github.com/fumehood/fumehood/internal/answer"
	"github.com/fumehood/fumehood/internal/htmlrewrite"
)

// shortPage is how much of a page is waited for to see whether it has a form (bytes).
const shortPage = 16 << 10

// reportedKey marks the context of a request that HeaderHandler has reported.
type reportedKey struct{}

func markReported(r *http.Request) *http.Request {
	return r.WithContext(context.WithValue(r.Context(), reportedKey{}, true))
}

func isReported(r *http.Request) bool { return r.Context().Value(reportedKey{}) != nil }

// TokenHandler asks for a token where one has to decide, takes it out of the request, and
// puts tokens into the pages of those who need them. It judges the headers again: what
// they say does not depend on who has looked before.
func (g *Guard) TokenHandler(next http.Handler) http.Handler {
	if g == nil || !g.ready {
		return notReady()
	}
	if g.mode == fumehood.Off {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked, verdict := g.judge(r)
		e := &edit{r: r}
		field := ""
		if k := bodyKind(r); k != noForm && !isSafe(r) {
			var err error
			if field, err = g.takeField(e, k); verdict == nil {
				verdict = err
			}
		}
		if verdict == nil && asked {
			verdict = g.checkToken(r, field)
		}
		if verdict != nil && !isReported(r) && fumehood.Decide(w, r, g.mode, verdict) {
			return
		}
		if g.postOnly && !g.postOnlyPass(w, e) {
			return
		}
		g.serve(w, r, e, next)
	})
}

// wantsTokens says whether pages for r get tokens: browsers that say where their requests
// come from need none.
func (g *Guard) wantsTokens(r *http.Request) bool {
	return g.token == always || g.token == auto && len(r.Header["Sec-Fetch-Site"]) == 0
}

// serve calls next with a request that has nothing of the guard's, and sees to the answer.
func (g *Guard) serve(w http.ResponseWriter, r *http.Request, e *edit, next http.Handler) {
	own, tokens := hasOwn(r.Header["Cookie"]), g.wantsTokens(r)
	if own {
		if cookies := withoutOwn(r.Header["Cookie"]); cookies != nil {
			e.request().Header["Cookie"] = cookies
		} else {
			delete(e.request().Header, "Cookie")
		}
	}
	if r.Header["X-Fumehood-Csrf"] != nil {
		delete(e.request().Header, "X-Fumehood-Csrf")
	}
	if tokens && r.Method != http.MethodHead {
		limitCodings(e)
	}
	if !own && !tokens {
		next.ServeHTTP(w, e.r)
		return
	}
	answer.Serve(w, e.r, &page{g: g, r: r, tokens: tokens}, next)
}

// limitCodings leaves of Accept-Encoding what htmlrewrite can undo.
func limitCodings(e *edit) {
	fields, found := e.r.Header["Accept-Encoding"]
	if !found {
		return
	}
	var kept []string
	all := true
	for _, field := range fields {
		for coding := range strings.SplitSeq(field, ",") {
			name, _, _ := strings.Cut(coding, ";")
			switch strings.ToLower(strings.Trim(name, " \t")) {
			case "gzip", "x-gzip", "deflate", "identity":
				kept = append(kept, strings.Trim(coding, " \t"))
			default:
				all = false
			}
		}
	}
	switch {
	case all:
	case kept == nil:
		e.request().Header["Accept-Encoding"] = []string{"identity"}
	default:
		e.request().Header["Accept-Encoding"] = []string{strings.Join(kept, ", ")}
	}
}

// page sees to one answer.
type page struct {
	g      *Guard
	r      *http.Request // as it came, with the guard's own cookie
	tokens bool          // pages get tokens
}

// Kind implements answer.Hook.
func (p *page) Kind() string { return "csrf" }

// Look implements answer.Looker. A short page without a form needs no token, and then no
// cookie, and may be cached.
func (p *page) Look(h *answer.Head) int {
	if !p.tokens || p.g.token == always || h.Refused != nil {
		return 0
	}
	if doc, ok := htmlrewrite.PageOf(h); !ok || doc.Coding != "" {
		return 0
	}
	return shortPage
}

// Head implements answer.Hook.
func (p *page) Head(h *answer.Head) {
	if h.Refused != nil {
		return
	}
	doc, rewrite := htmlrewrite.PageOf(h)
	if rewrite = rewrite && p.tokens; rewrite && p.g.token == auto && doc.Coding == "" && h.Whole {
		rewrite = hasForm(h.Body)
	}
	if rewrite {
		t := p.g.issue(p.r, h.Header)
		p.rewrite(h, doc, p.g.keys.token(t))
		return
	}
	// An answer that changes the session takes the browser's secret along.
	if _, valid, _ := p.g.ticketOf(p.r); valid {
		if _, changed := p.g.sessionHash(nil, h.Header["Set-Cookie"]); changed {
			p.g.issue(p.r, h.Header)
		}
	}
}

// hasForm says whether there may be a form in an HTML document.
func hasForm(doc []byte) bool {
	for {
		i := bytes.IndexByte(doc, '<')
		if i < 0 || i+5 > len(doc) {
			return false
		}
		if equalFold(string(doc[i+1:i+5]), "form") {
			return true
		}
		doc = doc[i+1:]
	}
}

// issue returns the ticket of the browser that gets this answer, and sets the cookie where
// the browser does not have it yet. The secret stays as long as the browser has the
// session that it was made for: it survives that session's refreshes and a login, but is
// of no use to whoever planted it together with a session of theirs.
func (g *Guard) issue(r *http.Request, answer http.Header) ticket {
	t, valid, fits := g.ticketOf(r)
	if !valid || !fits {
		t = newTicket()
	}
	session, _ := g.sessionHash(r.Header["Cookie"], answer["Set-Cookie"])
	if !valid || !fits || t.session != session {
		t.session = session
		answer.Add("Set-Cookie", ownCookie(cookieName(r), g.keys.seal(t)))
	}
	return t
}

// rewrite puts token into the page.
func (p *page) rewrite(h *answer.Head, doc htmlrewrite.Page, token string) {
	neverStore(h.Header)
	delete(h.Header, "Content-Encoding")
	options := htmlrewrite.Options{
		Scheme: fumehood.Scheme(p.r), Host: p.r.Host, Charset: doc.Charset,
		Head: []byte("<meta name=" + MetaName + " content=" + token + ">"),
		Form: []byte("<input type=hidden name=" + Field + " value=" + token + ">"),
	}
	ctx := p.r.Context()
	h.Filter(func(next answer.Sink) answer.Sink {
		rewriter := htmlrewrite.New(next, options)
		if doc.Coding == "" {
			return rewriter
		}
		return htmlrewrite.Inflate(ctx, doc.Coding, rewriter)
	})
}

// neverStore keeps a page with a token out of every cache.
func neverStore(header http.Header) {
	for _, name := range []string{"Expires", "Surrogate-Control", "Cdn-Cache-Control", "X-Accel-Expires"} {
		delete(header, name)
	}
	header["Cache-Control"] = []string{"private, no-store"}
}

// postOnlyPass lets an answer to the guard's question through, as the GET that the app
// expects, and asks it first. It reports whether the request goes on.
func (g *Guard) postOnlyPass(w http.ResponseWriter, e *edit) bool {
	switch method := e.r.Method; {
	case method == http.MethodGet || method == http.MethodHead:
		refusal := &fumehood.Refusal{
			Status: http.StatusMethodNotAllowed, Code: "csrf.post-only",
			Public: "This address does something, so it must be asked with POST.",
			Err:    wrongMethod(method),
			Header: http.Header{"Allow": {"POST"}},
		}
		if g.mode == fumehood.Report || method == http.MethodHead || !wantsHTML(e.r) {
			return !fumehood.Decide(w, e.r, g.mode, refusal)
		}
		g.ask(w, e.r)
		return false
	case method == http.MethodPost && g.mode != fumehood.Report:
		r := e.request()
		r.Method, r.Body, r.ContentLength, r.TransferEncoding = http.MethodGet, http.NoBody, 0, nil
		for _, name := range []string{"Content-Type", "Content-Length", "Content-Encoding", "Transfer-Encoding"} {
			delete(r.Header, name)
		}
	}
	return true
}

// wrongMethod is the private cause of csrf.post-only.
type wrongMethod string

// Error implements error.
func (method wrongMethod) Error() string {
	return string(method) + " on a route with csrf.post_only"
}

// wantsHTML tells a browser that shows a page from everything else.
func wantsHTML(r *http.Request) bool {
	for _, accept := range r.Header["Accept"] {
		if strings.Contains(accept, "text/html") {
			return true
		}
	}
	return false
}

// ask shows the page that asks. The form has no action: it goes to the address of the
// page, as the visitor's browser has it.
func (g *Guard) ask(w http.ResponseWriter, r *http.Request) {
	header := w.Header()
	field := ""
	if g.token != never {
		field = "<input type=hidden name=" + Field + " value=" + g.keys.token(g.issue(r, header)) + ">"
	}
	neverStore(header)
	header["Content-Type"] = []string{"text/html; charset=utf-8"}
	header["X-Content-Type-Options"] = []string{"nosniff"}
	header["X-Frame-Options"] = []string{"DENY"} // the click must be the visitor's own
	header["Content-Security-Policy"] = []string{"default-src 'none'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"}
	page := strings.NewReplacer("{address}", html.EscapeString(r.Host+r.URL.Path), "{field}", field).Replace(question)
	w.Write([]byte(page))
}

// question has no style: whatever policy for styles the site has, the page obeys it.
const question = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark">
<title>Please confirm</title>
</head>
<body>
<h1>Do you want to go on?</h1>
<p>You have opened <b>{address}</b>. This address does not only show something, it does something. If that is what you want, press the button; if you do not know why you are here, close this page.</p>
<form method="post">{field}<button>Go on</button></form>
</body>
</html>
`
