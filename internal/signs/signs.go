// Package signs scores the structure of one value: is it an attack by what it would do in a
// statement, a command, a path or a template?
package signs

import (
	libinjection "github.com/corazawaf/libinjection-go"
)

// known says whether libinjection takes value for SQL.
func known(value string) bool {
	found, _ := libinjection.IsSQLi(value)
	return found
}
