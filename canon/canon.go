// Package canon holds the attacks that the guides to Flask security warn of, one row for
// each practice. Each attack is carried out twice: it has to work on an app served by a
// plain WSGI server, or it would show nothing, and it has to fail when Fumehood serves the
// same files.
//
// It stops no attack itself and belongs to no chain; the package is for tests.
package canon

import "slices"

// Row is one practice that the guides teach.
type Row struct {
	ID       string // as the audit and the documentation call it
	Practice string
	Attacks  []Attack
}

// Attack is one way to get what the practice is there to prevent.
type Attack struct {
	Name string
	Gain string // what the attacker has when it works

	// App is the module that is served: a file of testdata, which is put beside the notes
	// app and changes one thing about it; "" is the notes app as it is, and "leaky" the shop
	// of examples/leaky; a name that begins so is put beside that one. Where testdata has a
	// policy of the same name, that is Fumehood's; else it has its defaults.
	App string

	// Works carries the attack out and says whether it worked. Whatever else goes wrong
	// (a login that fails, a page that does not open) ends the test.
	Works func(s *Scene) bool
}

// Rows returns the rows that have attacks here.
func Rows() []Row {
	return []Row{
		{"xss", "user input never becomes script", slices.Concat(xss(), of("unjudged", xss()), of("unhelped", xss()), of("leaky", shopScripts()), of("leaky_unhelped", shopScripts()))},
		{"csp", "only the site's own scripts and styles run", csp()},
		{"csrf", "state changes need proof of origin", csrf()},
		{"clickjacking", "the site cannot be framed", clickjacking()},
		{"headers", "every answer says what a browser may do with it, and not what made it", append(headers(), watching()...)},
		{"cookies", "Secure, HttpOnly and SameSite on every cookie", cookies()},
		{"https", "all traffic over TLS, http redirected", https()},
		{"error-pages", "no internals in errors", errorPages()},
		{"debug-off", "debug mode never in production", debugOff()},
		{"cors", "cross-origin API use is explicit", cors()},
		{"data-exposure", "personal pages stay with the person", dataExposure()},
		{"brute-force", "a password is guessed a few times, not until it is right", bruteForce()},
		{"api-rate", "a client has a rate, whoever it says it is", apiRate()},
		{"upload-type", "only allowed types, by content; nothing that runs", uploadType()},
		{"upload-name", "the server names files, and they are not a part of the app", slices.Concat(uploadName(), shopUploads())},
		{"upload-size", "an upload costs what it has, and no more than is allowed", uploadSize()},
		{"sqli", "user input is data, never SQL", sqli()},
		{"beyond", "user input is no template, command, program, object or address", slices.Concat(beyond(), roundabout(), ruled())},
		{"config-leak", "credentials, source and data are not files of the site", configLeak()},
		{"traversal", "no path leaves its folder", slices.Concat(traversal(), shopFiles())},
		{"validate", "input is what the app asks for, before the app sees it", validate()},
	}
}
