package rules

import (
	"slices"
	"strings"
)

// wordsOf splits a name, a URL pattern or a text into its words, in lower case: delete, user
// of deleteUser, delete_user and /delete-user/<int:id>.
func wordsOf(text string) []string {
	var all []string
	start, depth := -1, 0
	end := func(i int) {
		if start >= 0 {
			word := strings.ToLower(text[start:i])
			if bare := strings.TrimRight(word, "0123456789"); len(bare) > 1 { // login2 is one more login
				word = bare
			}
			all = append(all, word)
		}
		start = -1
	}
	for i := range len(text) {
		c := text[i]
		switch {
		case c == '<':
			depth++
			end(i)
		case c == '>':
			depth = max(depth-1, 0)
			end(i)
		case depth > 0:
		case c >= 'A' && c <= 'Z':
			if i > 0 && text[i-1] >= 'a' && text[i-1] <= 'z' {
				end(i)
			}
			if start < 0 {
				start = i
			}
		case c >= 'a' && c <= 'z', c >= '0' && c <= '9':
			if start < 0 {
				start = i
			}
		default:
			end(i)
		}
	}
	end(len(text))
	return all
}

// keepsLogins tells models, tables and variables of people who log in.
func keepsLogins(name string) bool {
	return isPerson(name) || hasWord(name, "login", "logins", "credential", "credentials", "admin", "admins", "teacher", "teachers", "doctor", "doctors", "seller", "sellers", "vendor", "vendors", "driver", "drivers", "librarian", "faculty",
		"manager", "managers", "voter", "voters", "candidate", "agent", "agents", "staff", "tutor", "instructor", "parent", "operator", "worker", "workers", "subscriber", "buyer", "player", "players", "guest", "author", "auth", "nurse",
		"moderator", "usermodel", "appuser", "owner", "company", "companies", "mentor", "trainer", "attendee", "participant", "recruiter", "hospital")
}

// hasWord reports whether one of the words is in a name.
func hasWord(name string, words ...string) bool {
	return slices.ContainsFunc(wordsOf(name), func(w string) bool { return slices.Contains(words, w) })
}

// isRoleWord tells names of what somebody may do: is_admin, role, permissions.
func isRoleWord(name string) bool {
	return hasWord(name, "admin", "admins", "administrator", "isadmin", "superadmin", "role", "roles", "superuser", "staff", "moderator", "permission", "permissions", "perm", "perms",
		"privilege", "privileges", "privileged", "acl", "scope", "scopes", "usertype") || strings.EqualFold(name, "user_type") || strings.EqualFold(name, "account_type") || strings.EqualFold(name, "access_level")
}

// isQuestion tells names of functions that check something: is_x, has_x, check_x, require_x.
func isQuestion(name string) bool {
	words := wordsOf(name)
	if len(words) == 0 {
		return false
	}
	switch words[0] {
	case "is", "has", "have", "check", "checks", "require", "requires", "required", "ensure", "assert", "can", "must", "may", "verify", "need", "needs", "validate", "abort", "authorize", "authorise",
		"authenticate", "allow", "allowed", "only", "enforce", "guard", "deny", "forbid", "refuse", "restrict":
		return true
	}
	if slices.Contains(words, "is") || slices.Contains(words, "has") || slices.Contains(words, "can") { // user_is_admin
		return true
	}
	switch words[len(words)-1] {
	case "required", "only", "allowed", "check", "or", "can", "guard":
		return true
	}
	return false
}

// isRoleQuestion tells functions that ask what somebody may do.
func isRoleQuestion(name string) bool {
	if name == "can" || name == "allows" || name == "is_granted" || name == "authorize" || name == "authorise" {
		return true
	}
	return isQuestion(name) && (isRoleWord(name) || hasWord(name, "access", "accessible", "can", "may", "allowed", "owner", "authorize", "authorization", "policy", "rights"))
}

// isLoginQuestion tells functions that ask who somebody is.
func isLoginQuestion(name string) bool {
	switch name {
	case "get_jwt_identity", "get_jwt", "get_jwt_claims", "verify_jwt_in_request", "get_current_user", "current_user", "get_user_from_token", "authenticate", "authorize", "get_current_team", "authed",
		"token_validator", "get_identity", "get_raw_jwt", "decode_token", "login_required", "get_logged_in_user", "logged_in", "whoami":
		return true
	}
	return isQuestion(name) && hasWord(name, "login", "logged", "auth", "authenticated", "authorized", "token", "jwt", "session", "credentials", "signature", "apikey", "api", "user") &&
		!hasWord(name, "csrf", "exists", "reset", "create", "type")
}
