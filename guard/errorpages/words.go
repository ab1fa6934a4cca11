package errorpages

import (
	"net/http"

	fumehood "github.com/fumehood/fumehood"
)

// pageOf returns what a clean page of this status says. The codes are those of the app's
// answers, not of refusals: no guard has said no.
func pageOf(status int) *fumehood.Refusal {
	last := &fumehood.Refusal{}
	for _, row := range []struct {
		status       int
		code, public string
	}{
		{http.StatusBadRequest, "errorpages.bad-request", "The site does not understand this request."},
		{http.StatusUnauthorized, "errorpages.unauthorized", "You must sign in to see this."},
		{http.StatusForbidden, "errorpages.forbidden", "You are not allowed to see this."},
		{http.StatusNotFound, "errorpages.not-found", "There is no such page here."},
		{http.StatusMethodNotAllowed, "errorpages.method-not-allowed", "This page does not take requests of this kind."},
		{http.StatusGone, "errorpages.gone", "This page is gone."},
		{http.StatusRequestEntityTooLarge, "errorpages.too-large", "What you sent is too large."},
		{http.StatusUnsupportedMediaType, "errorpages.unsupported-type", "The site does not take this kind of content."},
		{http.StatusTooManyRequests, "errorpages.too-many", "There were too many requests."},
		{http.StatusBadGateway, "errorpages.bad-gateway", "The site does not answer properly at the moment."},
		{http.StatusServiceUnavailable, "errorpages.unavailable", "The site is not available at the moment."},
		{http.StatusGatewayTimeout, "errorpages.timeout", "The site took too long to answer."},
		{http.StatusInternalServerError, "errorpages.server-error", "Something went wrong on the site."},
	} {
		last.Status, last.Code, last.Public = row.status, row.code, row.public
		if row.status == status {
			return last
		}
	}
	if status < 500 {
		last = &fumehood.Refusal{
			Status: http.StatusBadRequest, Code: "errorpages.client-error", Public: "The site cannot do this.",
		}
	}
	last.Status = status
	return last
}

// adviceFor is the second sentence of a page: what its reader can do.
func adviceFor(status int) string {
	switch {
	case status == http.StatusNotFound, status == http.StatusGone:
		return "Check the address, or start from the home page."
	case status == http.StatusServiceUnavailable, status == http.StatusBadGateway, status == http.StatusGatewayTimeout, status == http.StatusTooManyRequests:
		return "Please try again in a moment."
	}
	return ""
}
