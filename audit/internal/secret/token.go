package secret

import (
	"encoding/base64"
	"strings"
)

// Token is a key of a known form in a text, from the byte Start to End.
type Token struct {
	Start, End int
	What       string // such as "a GitHub token"
	Worth      Worth
}

// Worth is what whoever has a token gets.
type Worth uint8

// The worths.
const (
	Full    Worth = iota // an account
	Partial              // little, as with keys that pages show to every browser
	Sandbox              // a place for tests, or it ends by itself
)

// form is how the keys of a provider look: a prefix, and so many signs of a set behind it.
type form struct {
	prefix      string
	least, most int
	signs       set
	what        string
	worth       Worth
}

type set uint8

const (
	alnum set = iota
	hexSigns
	upper32 // A-Z and 2-7
	wordly  // letters, digits, _ and -
	dotted  // and dots
)

// forms are those that no other text has by chance.
var forms = [...]form{
	{"AKIA", 16, 16, upper32, "an AWS access key", Full},
	{"ASIA", 16, 16, upper32, "an AWS access key for a session", Sandbox},
	{"ghp_", 36, 255, alnum, "a GitHub token", Full},
	{"gho_", 36, 255, alnum, "a GitHub token", Full},
	{"ghu_", 36, 255, alnum, "a GitHub token", Full},
	{"ghs_", 36, 255, alnum, "a GitHub token", Full},
	{"ghr_", 36, 255, alnum, "a GitHub token", Full},
	{"github_pat_", 60, 255, wordly, "a GitHub token", Full},
	{"glpat-", 20, 300, dotted, "a GitLab token", Full},
	{"glrt-", 20, 300, dotted, "a GitLab token", Full},
	{"gldt-", 20, 300, dotted, "a GitLab token", Full},
	{"xoxb-", 20, 200, wordly, "a Slack token", Full},
	{"xoxp-", 20, 200, wordly, "a Slack token", Full},
	{"xoxa-", 20, 200, wordly, "a Slack token", Full},
	{"xoxr-", 20, 200, wordly, "a Slack token", Full},
	{"xoxs-", 20, 200, wordly, "a Slack token", Full},
	{"xoxe-", 20, 300, wordly, "a Slack token", Full},
	{"xapp-", 30, 300, wordly, "a Slack token", Full},
	{"sk_live_", 16, 250, alnum, "a Stripe key", Full},
	{"rk_live_", 16, 250, alnum, "a Stripe key", Full},
	{"sk_test_", 16, 250, alnum, "a Stripe key for tests", Sandbox},
	{"rk_test_", 16, 250, alnum, "a Stripe key for tests", Sandbox},
	{"whsec_", 24, 100, alnum, "a key of a webhook", Full},
	{"rzp_live_", 14, 40, alnum, "a Razorpay key", Full},
	{"AIza", 35, 35, wordly, "a Google API key", Partial},
	{"GOCSPX-", 24, 40, wordly, "a Google client secret", Full},
	{"ya29.", 60, 2000, wordly, "a Google access token", Sandbox},
	{"SG.", 60, 80, dotted, "a SendGrid key", Full},
	{"key-", 32, 32, hexSigns, "a Mailgun key", Full},
	{"sk-ant-", 40, 200, wordly, "an Anthropic key", Full},
	{"sk-proj-", 40, 300, wordly, "an OpenAI key", Full},
	{"sk-svcacct-", 40, 300, wordly, "an OpenAI key", Full},
	{"sk-or-v1-", 40, 100, hexSigns, "an OpenRouter key", Full},
	{"sk-", 32, 64, alnum, "an OpenAI key", Full},
	{"gsk_", 48, 60, alnum, "a Groq key", Full},
	{"hf_", 30, 50, alnum, "a Hugging Face token", Full},
	{"npm_", 36, 36, alnum, "an npm token", Full},
	{"pypi-AgE", 50, 400, wordly, "a PyPI token", Full},
	{"dop_v1_", 64, 64, hexSigns, "a DigitalOcean token", Full},
	{"doo_v1_", 64, 64, hexSigns, "a DigitalOcean token", Full},
	{"dckr_pat_", 27, 40, wordly, "a Docker Hub token", Full},
	{"shpat_", 32, 32, hexSigns, "a Shopify token", Full},
	{"shpss_", 32, 32, hexSigns, "a Shopify secret", Full},
	{"shpca_", 32, 32, hexSigns, "a Shopify token", Full},
	{"sq0atp-", 22, 22, wordly, "a Square token", Full},
	{"sq0csp-", 43, 43, wordly, "a Square secret", Full},
	{"dapi", 32, 34, hexSigns, "a Databricks token", Full},
	{"hvs.", 24, 200, wordly, "a Vault token", Full},
	{"lin_api_", 40, 40, alnum, "a Linear key", Full},
	{"PMAK-", 59, 59, wordly, "a Postman key", Full},
	{"NRAK-", 27, 27, alnum, "a New Relic key", Full},
	{"sntrys_", 60, 400, wordly, "a Sentry token", Full},
	{"sntryu_", 64, 64, hexSigns, "a Sentry token", Full},
	{"glsa_", 40, 45, wordly, "a Grafana token", Full},
	{"sbp_", 40, 40, hexSigns, "a Supabase token", Full},
	{"ntn_", 40, 60, alnum, "a Notion token", Full},
	{"dp.pt.", 40, 46, alnum, "a Doppler token", Full},
	{"tskey-auth-", 30, 80, wordly, "a Tailscale key", Full},
	{"SK", 32, 32, hexSigns, "a Twilio key", Full},
}

// shortestToken is how long the keys are at the least.
const shortestToken = 18

// Tokens are the keys of known forms in a text, and private keys.
func Tokens(text string) []Token {
	var all []Token
	for at := 0; at < len(text); {
		if !sign(text[at]) {
			at++
			continue
		}
		end := at + 1
		for end < len(text) && sign(text[end]) {
			end++
		}
		if t, ok := tokenAt(text, at, end); ok {
			all = append(all, t)
		}
		at = end
	}
	return append(all, privateKeys(text)...)
}

// sign reports whether a byte is of those that tokens are made of.
func sign(c byte) bool { return signs[c] }

var signs = [256]bool{
	'0': true, '1': true, '2': true, '3': true, '4': true, '5': true, '6': true, '7': true, '8': true, '9': true, '_': true, '-': true, '.': true,
	'a': true, 'b': true, 'c': true, 'd': true, 'e': true, 'f': true, 'g': true, 'h': true, 'i': true, 'j': true, 'k': true, 'l': true, 'm': true,
	'n': true, 'o': true, 'p': true, 'q': true, 'r': true, 's': true, 't': true, 'u': true, 'v': true, 'w': true, 'x': true, 'y': true, 'z': true,
	'A': true, 'B': true, 'C': true, 'D': true, 'E': true, 'F': true, 'G': true, 'H': true, 'I': true, 'J': true, 'K': true, 'L': true, 'M': true,
	'N': true, 'O': true, 'P': true, 'Q': true, 'R': true, 'S': true, 'T': true, 'U': true, 'V': true, 'W': true, 'X': true, 'Y': true, 'Z': true,
}

// tokenAt looks at the word that stands between two bytes.
func tokenAt(text string, at, end int) (Token, bool) {
	if c := text[at]; end-at < shortestToken && c != 'h' && c != 'd' && c != 'A' { // of the words below
		return Token{}, false
	}
	word := strings.TrimRight(text[at:end], ".-")
	end = at + len(word)
	switch {
	case word == "hooks.slack.com" || word == "discord.com" || word == "discordapp.com":
		return webhook(text, at, end)
	case word == "AccountKey":
		return azureKey(text, at, end)
	case len(word) < shortestToken:
		return Token{}, false
	case strings.HasPrefix(word, "eyJ"):
		return webToken(word, at)
	case len(word) == 35 && strings.HasPrefix(word, "AA") && at > 8 && text[at-1] == ':' && allDigits(text[at-9:at-1]) && varied(word):
		return Token{at, end, "a Telegram token", Full}, true
	}
	for i := range forms {
		f := forms[i]
		rest, ok := strings.CutPrefix(word, f.prefix)
		if !ok || len(rest) < f.least || len(rest) > f.most || !f.signs.hasAll(rest) || !varied(rest) {
			continue
		}
		if f.prefix == "AKIA" && strings.HasSuffix(rest, "EXAMPLE") {
			return Token{}, false
		}
		return Token{at, end, f.what, f.worth}, true
	}
	return Token{}, false
}

func (s set) hasAll(text string) bool {
	for i := range len(text) {
		c := text[i]
		digit := c >= '0' && c <= '9'
		ok := digit || letter(c)
		switch s {
		case hexSigns:
			ok = isHex(c)
		case upper32:
			ok = c >= 'A' && c <= 'Z' || c >= '2' && c <= '7'
		case wordly:
			ok = ok || c == '_' || c == '-'
		case dotted:
			ok = ok || c == '_' || c == '-' || c == '.'
		}
		if !ok {
			return false
		}
	}
	return true
}

// varied tells a key from what somebody typed in its place: xxxx, 1234, YOUR_TOKEN_HERE.
func varied(text string) bool {
	var seen [256]bool
	different := 0
	for i := range len(text) {
		if !seen[text[i]] {
			seen[text[i]] = true
			different++
		}
	}
	low := strings.ToLower(text)
	for _, w := range [...]string{"xxxx", "your", "example", "placeholder", "0000000", "1234567890", "abcdefgh", "redacted", "test-token", "fake"} {
		if strings.Contains(low, w) {
			return false
		}
	}
	return different >= min(8, len(text)/2) && !words(text) && !counted(text)
}

func allDigits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}

// webhook is an address that takes messages from whoever knows it.
func webhook(text string, at, end int) (Token, bool) {
	rest, ok := strings.CutPrefix(text[end:], "/services/T")
	what, least := "the address of a Slack channel", 30
	if !ok {
		rest, ok = strings.CutPrefix(text[end:], "/api/webhooks/")
		what, least = "the address of a Discord channel", 60
	}
	if !ok {
		return Token{}, false
	}
	n := 0
	for n < len(rest) && (sign(rest[n]) || rest[n] == '/') {
		n++
	}
	if n < least || !varied(rest[:n]) {
		return Token{}, false
	}
	return Token{at, len(text) - len(rest) + n, what, Partial}, true
}

func azureKey(text string, at, end int) (Token, bool) {
	rest, ok := strings.CutPrefix(text[end:], "=")
	n := base64Len(rest)
	if !ok || n < 80 || !varied(rest[:n]) || strings.HasPrefix(rest, "Eby8vdM02xNOcq") { // of the emulator, the same for all
		return Token{}, false
	}
	return Token{at, end + 1 + n, "a key of an Azure account", Full}, true
}

func base64Len(s string) int {
	n := 0
	for n < len(s) && (letter(s[n]) || s[n] >= '0' && s[n] <= '9' || s[n] == '+' || s[n] == '/' || s[n] == '=') {
		n++
	}
	return n
}

// webToken is a JSON web token. One that ends, and the sample that everybody copies, open
// nothing for long.
func webToken(word string, at int) (Token, bool) {
	head, rest, ok := strings.Cut(word, ".")
	body, signature, ok2 := strings.Cut(rest, ".")
	if !ok || !ok2 || len(signature) < 20 || strings.Contains(signature, ".") {
		return Token{}, false
	}
	header, err := base64.RawURLEncoding.DecodeString(head)
	claims, err2 := base64.RawURLEncoding.DecodeString(body)
	if err != nil || err2 != nil || !strings.Contains(string(header), `"alg"`) || strings.Contains(string(claims), `"John Doe"`) {
		return Token{}, false
	}
	worth := Partial
	if strings.Contains(string(claims), `"exp"`) {
		worth = Sandbox
	}
	return Token{at, at + len(word), "a signed token", worth}, true
}

// privateKeys finds keys in PEM.
func privateKeys(text string) []Token {
	var all []Token
	const begin = "-----BEGIN "
	for at := 0; ; {
		i := strings.Index(text[at:], begin)
		if i < 0 {
			return all
		}
		at += i
		kind, rest, ok := strings.Cut(text[at+len(begin):], "-----")
		if !ok || len(kind) > 40 {
			at += len(begin)
			continue
		}
		from := len(text) - len(rest)
		if strings.HasSuffix(strings.TrimSuffix(kind, " BLOCK"), "PRIVATE KEY") && !strings.HasPrefix(kind, "ENCRYPTED") && !strings.Contains(rest[:min(120, len(rest))], "ENCRYPTED") && keyBody(rest) {
			end := from
			if n := strings.Index(rest[:min(len(rest), 8<<10)], "-----END "); n >= 0 {
				end += n
			}
			all = append(all, Token{at, end, "a private key", Full})
		}
		at = from
	}
}

// keyBody reports whether a key follows, and not only the words around one.
func keyBody(rest string) bool {
	n := 0
	var seen [256]bool
	different := 0
	for i := 0; i < len(rest) && i < 400 && n < 60; i++ {
		switch c := rest[i]; {
		case c == '\\' && i+1 < len(rest): // \n
			i++
		case c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '"' || c == '\'' || c == '#' || c == '+' || c == '/' || c == '=':
		case letter(c) || c >= '0' && c <= '9':
			n++
			if !seen[c] {
				seen[c] = true
				different++
			}
		default:
			return false
		}
	}
	return n >= 60 && different >= 16
}
