package finding

// Row is one practice that the well-known guides to the security of Flask apps teach.
type Row struct {
	ID       string
	Practice string
}

// Canon are the rows: each has an attack in package canon or in the tests of a guard, what
// stops it, and rules that find where it is missing. The rows of a rule are in Rule.Canon.
func Canon() []Row {
	return []Row{
		{"secret-key", "secret and API keys are never in the source; they are strong and come from the environment or a secret store"},
		{"debug-off", "debug mode is never on in production"},
		{"config-leak", "credentials, source and data are not files of the site"},
		{"xss", "user input never becomes script"},
		{"csp", "only the site's own scripts and styles run"},
		{"csrf", "state changes need proof of origin"},
		{"sqli", "user input is data, never SQL"},
		{"brute-force", "a password is guessed a few times, not until it is right"},
		{"fixation", "a new session at login, which ends when idle, when old and at logout"},
		{"mfa", "a second factor for those who want it"},
		{"rbac", "only the roles that are allowed see a page"},
		{"idor", "a user reaches only their own objects"},
		{"password-hash", "passwords are kept as salted, slow hashes"},
		{"login-state", "what needs a login asks for it, and nobody forges one"},
		{"outdated", "dependencies with known faults are found; versions are pinned"},
		{"upload-type", "only allowed types, by content; nothing that runs"},
		{"upload-name", "the server names files, and they are not a part of the app"},
		{"upload-size", "an upload costs what it has, and no more than is allowed"},
		{"error-pages", "no internals in errors"},
		{"logging", "logs tell the owner what happened, hold no secrets and cannot be forged"},
		{"validate", "input is what the app asks for, before the app sees it"},
		{"headers", "every answer says what a browser may do with it, and not what made it"},
		{"clickjacking", "the site cannot be framed"},
		{"cookies", "Secure, HttpOnly and SameSite on every cookie"},
		{"https", "all traffic over TLS that is checked"},
		{"traversal", "no path leaves its folder"},
		{"jwt-api", "calls of an API carry a verified token"},
		{"cors", "cross-origin use of an API is explicit"},
		{"api-rate", "a client has a rate, whoever it says it is"},
		{"data-exposure", "passwords, tokens and personal data stay in"},
		{"ci-audit", "findings in the editor and in CI; a new one fails the build, an old one is not forgotten"},
		{"beyond", "user input is no template, command, program, object, query or address"},
	}
}
