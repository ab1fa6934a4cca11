package secret

import "strings"

// InURL is the password in a URL with one, such as postgres://user:password@host/, and
// the host. ok is false for texts that are no such URL and for those whose password comes
// from elsewhere or is a sample.
func InURL(text string) (password, host string, ok bool) {
	scheme, rest, found := strings.Cut(text, "://")
	if !found || len(scheme) > 24 || scheme == "" || strings.ContainsAny(scheme, " /\"'<>(){}[],;=") || scheme == "driver" || strings.ContainsAny(text, " \t\r\n\\|^<>*") {
		return "", "", false
	}
	end := strings.IndexAny(rest, "/?#")
	if end < 0 {
		end = len(rest)
	}
	if at := strings.LastIndexByte(rest, '@'); at > end && strings.Contains(rest[:end], ":") && !strings.Contains(rest[:end], "@") && !strings.ContainsAny(rest[end:at], "/?") {
		end = len(rest) // a # in the password
	}
	userinfo, host, found := lastCut(rest[:end], "@")
	if !found {
		return "", "", false
	}
	user, password, found := strings.Cut(userinfo, ":")
	if !found || password == "" || strings.ContainsAny(password, "{}%$[]") && !escaped(password) {
		return "", "", false
	}
	host, _, _ = strings.Cut(host, ":")
	if host == "" && !strings.HasPrefix(scheme, "sqlite") {
		return "", "", false
	}
	if samplePair(user, password) || sampleHost(host) || Placeholder(password) && !Known(password) {
		return "", "", false
	}
	return password, host, true
}

func lastCut(s, sep string) (before, after string, found bool) {
	if i := strings.LastIndex(s, sep); i >= 0 {
		return s[:i], s[i+len(sep):], true
	}
	return s, "", false
}

// escaped reports whether the only signs of a template in a password are escapes such as %40.
func escaped(password string) bool {
	if strings.ContainsAny(password, "{}$[]") {
		return false
	}
	for i := range len(password) {
		if password[i] == '%' && (i+2 >= len(password) || !isHex(password[i+1]) || !isHex(password[i+2])) {
			return false
		}
	}
	return true
}

func isHex(c byte) bool { return c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'f' }

// samplePair tells user:pass of documentations, and the account that RabbitMQ lets in from its
// own machine only.
func samplePair(user, password string) bool {
	u, p := strings.ToLower(user), strings.ToLower(password)
	switch p {
	case "pass", "password", "passwd", "pwd", "pw", "secret", "passw0rd":
		return u == "" || u == "user" || u == "username" || u == "usr" || u == "name" || u == "u" || p == "password" && u != "postgres" && u != "root" && u != "admin"
	case "guest":
		return u == "guest"
	case "p", "b", "y", "bar":
		return true
	}
	return false
}

func sampleHost(host string) bool {
	h := strings.ToLower(host)
	switch h {
	case "host", "hostname", "example.com", "example.org", "example.net", "server", "address", "domain", "domain.com", "...":
		return true
	}
	return strings.HasSuffix(h, ".example.com") || strings.HasSuffix(h, ".example.org") || strings.HasSuffix(h, ".example") || strings.HasPrefix(h, "your")
}

// Local reports whether a host is the machine itself.
func Local(host string) bool {
	return host == "localhost" || host == "127.0.0.1" || host == "::1" || host == "0.0.0.0"
}
