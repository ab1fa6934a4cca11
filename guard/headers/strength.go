package headers

import "strings"

// The functions below judge what the app has set against ours; they return what to send
// and whether the app's was less. ours is nil where policy leaves the field to the app:
// then the app's stays, as one field.

// frameOptions: the app may say DENY (RFC 7034; ALLOW-FROM no browser reads any more).
// Browsers that find two values that differ let nobody frame (HTML, section 7.7).
func frameOptions(app, ours []string) (value []string, weaker bool) {
	deny, same, other := false, false, false
	eachToken(app, func(word string) {
		switch {
		case strings.EqualFold(word, "deny"):
			deny = true
		case strings.EqualFold(word, "sameorigin"):
			same = true
		default:
			other = true
		}
	})
	switch {
	case deny || ours != nil && ours[0] == "DENY":
		return []string{"DENY"}, !deny
	case same || ours != nil:
		return []string{"SAMEORIGIN"}, other && !same
	}
	return app[:1], false
}

// shown is what a request carries of the page that it comes from: 0 nothing, 1 its origin,
// 2 its address; to the same origin, to another one, and to one that is less secure.
type shown [3]uint8

// referrerPolicies is the table of the policies (Referrer Policy, sections 3.1 to 3.8).
var referrerPolicies = map[string]shown{
	"no-referrer":                     {0, 0, 0},
	"same-origin":                     {2, 0, 0},
	"strict-origin":                   {1, 1, 0},
	"origin":                          {1, 1, 1},
	"strict-origin-when-cross-origin": {2, 1, 0},
	"origin-when-cross-origin":        {2, 1, 1},
	"no-referrer-when-downgrade":      {2, 2, 0},
	"unsafe-url":                      {2, 2, 2},
}

// referrerPolicy: the app may show less in every case. Of several policies browsers take
// the last one they know (section 8.1).
func referrerPolicy(app, ours []string) (value []string, weaker bool) {
	name := ""
	eachToken(app, func(word string) {
		word = strings.ToLower(word)
		if _, known := referrerPolicies[word]; known {
			name = word
		}
	})
	switch {
	case ours == nil && name == "":
		return app[:1], false
	case ours == nil:
		return []string{name}, false
	case name == "" || name == ours[0]:
		return ours, false
	}
	theirs, limit := referrerPolicies[name], referrerPolicies[ours[0]]
	for i := range theirs {
		if theirs[i] > limit[i] {
			return ours, true
		}
	}
	return []string{name}, false
}

// Strengths of the values of the Cross-Origin policies. noopener-allow-popups is stricter
// than same-origin to openers, and less strict to the windows that a page opens; so it is
// above same-origin-allow-popups only.
var (
	openerStrength   = map[string]int{"unsafe-none": 1, "same-origin-allow-popups": 2, "noopener-allow-popups": 3, "same-origin": 4}
	embedderStrength = map[string]int{"unsafe-none": 1, "credentialless": 2, "require-corp": 3}
	resourceStrength = map[string]int{"cross-origin": 1, "same-site": 2, "same-origin": 3}
)

func openerPolicy(app, ours []string) ([]string, bool) { return stronger(app, ours, openerStrength) }
func embedderPolicy(app, ours []string) ([]string, bool) {
	return stronger(app, ours, embedderStrength)
}

// resourcePolicy has no parameters, and no list: "same-site, same-origin" is void (Fetch,
// section 3.8).
func resourcePolicy(app, ours []string) ([]string, bool) {
	value, weaker := stronger(app, ours, resourceStrength)
	if policy, parameters, _ := strings.Cut(value[0], ";"); parameters != "" {
		return []string{policy}, weaker
	}
	return value, weaker
}

// stronger keeps the app's value when it is a known one that is at least as strict. The
// fields are items (RFC 9651): one that comes twice, or is malformed, browsers ignore.
func stronger(app, ours []string, strength map[string]int) (value []string, weaker bool) {
	best, most := "", 0
	for _, line := range app {
		line = strings.Trim(line, " \t")
		policy, parameters, found := strings.Cut(line, ";")
		if found && !reportTo(parameters) {
			line = policy
		}
		if s := strength[policy]; s > most {
			best, most = line, s
		}
	}
	switch {
	case ours == nil && most == 0:
		return app[:1], false
	case ours == nil || most >= strength[ours[0]]:
		if len(app) == 1 && app[0] == best {
			return app, false
		}
		return []string{best}, false
	}
	return ours, true
}

// reportTo says whether parameters are a well-formed report-to="name".
func reportTo(parameters string) bool {
	name, ok := strings.CutPrefix(strings.TrimLeft(parameters, " "), `report-to="`)
	if !ok || !strings.HasSuffix(name, `"`) {
		return false
	}
	return visible(name[:len(name)-1])
}

// eachToken calls f with each element of a list that may be spread over several fields.
func eachToken(lines []string, f func(string)) {
	for _, line := range lines {
		for word := range strings.SplitSeq(line, ",") {
			if word = strings.Trim(word, " \t"); word != "" {
				f(word)
			}
		}
	}
}
