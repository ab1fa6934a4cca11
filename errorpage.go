package fumehood

import "net/http"

// WantsHTML tells a browser's navigation from an API client: only the former lists
// text/html in Accept.
func WantsHTML(r *http.Request) bool { return wantsHTML(r) }

// PagePolicy is the Content-Security-Policy of the pages that Refuse and ErrorPage write.
const PagePolicy = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"

// ErrorPage returns what a guard puts in the place of an answer of the app: a page for a
// browser, problem+json (RFC 9457) for everything else, in the look of a refusal and with
// the request ID. advice is one sentence for the reader of the page; empty means the
// usual one. It writes nothing: a refusal is written by Refuse.
func ErrorPage(r *http.Request, refusal *Refusal, advice string) (contentType string, body []byte) {
	id := RequestID(r)
	if !wantsHTML(r) {
		return "application/problem+json", refusalJSON(refusal, id)
	}
	return "text/html; charset=utf-8", refusalHTML(refusal, id, advice)
}
