// Package canon holds the attacks that the guides to Flask security warn of, one row for
// each practice. Each attack is carried out twice: it has to work on an app served by a
// plain WSGI server, or it would show nothing, and it has to fail when Fumehood serves the
// same files.
//
// It stops no attack itself and belongs to no chain; the package is for tests.
package canon

import "slices"

// Row is one practice that the guides teach: one of finding.Canon.
type Row struct {
	ID      string
	Attacks []Attack
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
		{"xss", slices.Concat(xss(), of("unjudged", xss()), of("unhelped", xss()), of("leaky", shopScripts()), of("leaky_unhelped", shopScripts()))},
		{"csp", csp()},
		{"csrf", csrf()},
		{"clickjacking", clickjacking()},
		{"headers", append(headers(), watching()...)},
		{"cookies", cookies()},
		{"https", https()},
		{"error-pages", errorPages()},
		{"debug-off", debugOff()},
		{"cors", cors()},
		{"data-exposure", dataExposure()},
		{"brute-force", bruteForce()},
		{"api-rate", apiRate()},
		{"upload-type", uploadType()},
		{"upload-name", slices.Concat(uploadName(), shopUploads())},
		{"upload-size", uploadSize()},
		{"sqli", sqli()},
		{"beyond", slices.Concat(beyond(), roundabout(), ruled())},
		{"config-leak", configLeak()},
		{"traversal", slices.Concat(traversal(), shopFiles())},
		{"validate", validate()},
	}
}
