package rules

import (
	"strings"

	"github.com/fumehood/fumehood/audit/internal/secret"
)

// fewestRandom is how long a text must be that is taken for a key because it looks made by
// chance: shorter ones are names and numbers.
const fewestRandom = 20

// randomKey tells routing_key = "R027X9KQ...": the name alone says little, but what looks made by
// chance and is called a key opens something. It is "" for others.
func randomKey(a *Assignment) string {
	text, how := literalSecret(a.Value)
	if how == "" || len(text) < fewestRandom || len(text) > 200 || secret.ClassOf(a.Name) != secret.No || !opens(a.Name) {
		return ""
	}
	if !secret.Random(text) || secret.Placeholder(text) || secret.Elsewhere(text) || isUUID(text) || len(secret.Tokens(text)) > 0 {
		return ""
	}
	for i := range len(text) { // a path, a text, an expression, a data URL
		switch c := text[i]; {
		case c >= '0' && c <= '9', c|0x20 >= 'a' && c|0x20 <= 'z', c == '-', c == '_', c == '=', c == '+', c == '/':
		default:
			return ""
		}
	}
	if strings.Count(text, "/") > 3 || strings.HasPrefix(text, "/") || strings.HasPrefix(strings.ToLower(text), "sha") || strings.Count(text, "_")+strings.Count(text, "-") > 4 {
		return ""
	}
	return a.Name + " is " + how
}

// opens tells names of what a service asks for, but for those of what is public and of what is
// looked up.
func opens(name string) bool {
	words := wordsOf(name)
	if len(words) < 2 && !strings.EqualFold(name, "credential") {
		return false
	}
	switch words[len(words)-1] {
	case "key", "apikey", "credential", "keys", "authtoken":
	default:
		return false
	}
	return !hasWord(name, "public", "publishable", "site", "sitekey", "cache", "primary", "foreign", "sort", "partition", "index", "map", "object", "dict", "storage", "store", "s3", "bucket", "file", "filename", "row", "hash", "registry", "redis", "session", "cookie", "config",
		"setting", "translation", "message", "label", "ssh", "host", "gpg", "pgp", "verify", "verification", "vapid", "client", "test", "sample", "lookup", "unique", "group", "idempotency", "dedup", "event", "asset", "integrity", "checksum", "etag", "fingerprint", "version", "node", "block", "search")
}

// isUUID tells 8-4-4-4-12 hexadecimal digits: numbers of things more often than keys.
func isUUID(text string) bool {
	if len(text) != 36 {
		return false
	}
	for i := range len(text) {
		if dash := i == 8 || i == 13 || i == 18 || i == 23; dash != (text[i] == '-') {
			return false
		}
	}
	return true
}
