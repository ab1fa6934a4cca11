package secret_test

import (
	"encoding/base64"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/fumehood/fumehood/audit/internal/secret"
)

func TestClassOf(t *testing.T) {
	t.Parallel()
	for want, names := range map[secret.Class][]string{
		secret.Password: {"password", "DB_PASSWORD", "dbPassword", "mail.passwd", "PGPASSWORD", "MYSQL_ROOT_PASSWORD", "smtp-pass", "pw", "passphrase"},
		secret.Key:      {"secret", "CLIENT_SECRET", "apiKey", "api-key", "AWS_SECRET_ACCESS_KEY", "stripe_secret_key", "ENCRYPTION_KEY", "access_token"},
		secret.Vague:    {"token", "key", "SLACK_TOKEN", "secret_word", "password_salt", "credentials"},
		secret.No: {"token_url", "PASSWORD_FILE", "password_field", "secret_name", "keyboard", "monkey", "primary_key", "PASSWORD_MIN_LENGTH", "passwordLabel", "no_password",
			"forgot_password", "password_reset", "API_KEY_HEADER", "user", "compass", "bypass"},
	} {
		for _, n := range names {
			if got := secret.ClassOf(n); got != want {
				t.Errorf("%s: %d, want %d", n, got, want)
			}
		}
	}
	for name, want := range map[string]bool{"SECRET_KEY": true, "secretKey": true, "JWT_SECRET_KEY": true, "SECRET_KEY_FILE": false, "SECRET_KEY_FALLBACKS": true, "API_SECRET": false, "SECRET_KEY_PROD": true, "SECRET_KEY_STORE": false} {
		if secret.Signs(name) != want {
			t.Errorf("%s signs: %v", name, !want)
		}
	}
}

func TestTexts(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		"${KEY}": true, "$KEY": true, "{{ key }}": true, "": true, "%(key)s": true, "arn:aws:secretsmanager:x": true, "/run/secrets/key": true, "%KEY%": true, "a-${B}": true, "os.environ['KEY'],": true, "os.getenv('KEY')": true, "process.env.KEY": true,
		"secret": false, "$2b$12$abc": false, "$ecret": true, "100%": false,
	} {
		if secret.Elsewhere(text) != want {
			t.Errorf("%q elsewhere: %v", text, !want)
		}
	}
	for text, want := range map[string]string{"${A:-b}": "b", "${A-b c}": "b c", "${A:='b'}": "b", "${A}": "", "${A:?b}": "", "${A:-}": "", "${A:-${B}}": "", "a": ""} {
		if got, ok := secret.Fallback(text); got != want && ok || ok != (want != "") {
			t.Errorf("%q falls back to %q, %v", text, got, ok)
		}
	}
	for text, want := range map[string]bool{"<your key>": true, "changeme": true, "xxxxxxxx": true, "****": true, "string": true, "replace_this": true, "hunter2": false, "s3cr3t": false} {
		if secret.Placeholder(text) != want {
			t.Errorf("%q is a placeholder: %v", text, !want)
		}
	}
	for text, want := range map[string]bool{
		"9c2f7be01d5a48e3b6c0a1f4d7e8923b": true, "q8Zr4tVw1yXbN6mKc3Jd9sLf": true, "0b7f2f6e-53f1-4b3f-9a51-6a2d9b0c1e77": true,
		"my-super-secret-key-2020": false, "0123456789abcdef0123456789abcdef": false, "aaaaaaaaaaaaaaaaaaaa1": false, "short1": false, "allletterswithoutany": false, "text with spaces 123": false,
		"my_secret_key_for_the_app_2020": false, "the.name.of.a.module.with.dots7": false, "monkey2012monkey2012": false, "9c2f7be0-1d5a-48e3-b6c0-a1f4d7e8923b": true,
	} {
		if secret.Random(text) != want {
			t.Errorf("%q is random: %v", text, !want)
		}
	}
	for text, want := range map[string]string{
		"dev": "everybody", "My-Secret_Key": "everybody", "super secret key!": "everybody", "you-will-never-guess": "everybody", "_5#y2L\"F4Q8z\\n\\xec]/": "everybody",
		"k7Hg2": "short", "abababababababababab": "simple", "q8Zr4tVw1yXbN6mKc3Jd9sLf": "",
	} {
		if got := secret.Weak(text); want == "" && got != "" || !strings.Contains(got, want) {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

func TestInURL(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"postgresql://app:s3cr3t@db/app": "s3cr3t", "redis://:geheim@cache:6379/0": "geheim", "mysql+pymysql://ctfd:ctfd@db/ctfd": "ctfd", "https://bot:t0ken%40x@git.example.dev/a": "t0ken%40x",
		"mongodb://root:root@mongo:27017": "root", "postgres://postgres:postgres@localhost/x": "postgres", "postgres://a:b#c@db/x": "b#c",
		"driver://user:pass@localhost/dbname": "", "postgresql://user:password@localhost/db": "", "https://example.org/a:b@c": "", "postgres://${U}:${P}@db": "", "mongodb://u:<password>@h": "",
		"amqp://guest:guest@localhost//": "", "http://user@host/": "", "see postgres://a:b7@c for more": "", "postgres://app:%s@db": "", "ftp://a:b1@example.com/": "", "://a:b@c": "", "postgres://app:{pw}@db": "",
	} {
		if got, _, ok := secret.InURL(text); got != want || ok != (want != "") {
			t.Errorf("%q: %q %v", text, got, ok)
		}
	}
}

// TestTokens: keys of the forms of providers, made of parts so that nobody takes this file
// for a leak, and what only looks like them.
func TestTokens(t *testing.T) {
	t.Parallel()
	const r36 = "8fKq2LxTz7VbN4mRc6WyP1sJd9GhE3uAoXi0"
	const hex32 = "9c2f7be01d5a48e3b6c0a1f4d7e8923b"
	jwt := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"HS256"}`)) + "." + base64.RawURLEncoding.EncodeToString([]byte(`{"sub":"1"}`)) + "." + r36
	pem := "-----BEGIN RSA " + "PRIVATE KEY-----"
	body := strings.Repeat("\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj", 3)
	for text, want := range map[string]string{
		"x=ghp_" + r36: "GitHub", "https://a:ghp_" + r36 + "@github.com": "GitHub", "'github_pat_11ABCDEFG0" + r36 + "_" + r36 + "'": "GitHub", "AKIA" + "Q3EGWXLZ7N2PVKDT": "AWS", "xoxb-" + "2849301756-9182736450-" + r36[:24]: "Slack",
		"sk_live_" + r36[:24]: "Stripe", "rk_test_" + r36[:24]: "for tests", "AIza" + "Sy" + r36[:33]: "Google", "SG." + r36[:22] + "." + r36 + "abcdefg": "SendGrid", "key-" + hex32: "Mailgun", "glpat-" + r36[:20]: "GitLab",
		"npm_" + r36: "npm", "hf_" + r36[:34]: "Hugging", "sk-" + r36 + r36[:12]: "OpenAI", "https://hooks.slack.com/services/T" + "02AB3CD4E/B05FG6HI7J/" + r36[:24]: "Slack channel",
		"8273645019:AA" + "H" + r36[:32]: "Telegram", jwt: "signed", pem + body + "\n-----END": "private", strings.ReplaceAll(pem+body, "\n", `\n`): "private", "AccountKey=" + strings.Repeat(r36, 3)[:86] + "==": "Azure",
		"ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx": "", "ghp_short": "", "AKIAIOSFODNN7EXAMPLE": "", "sk_live_your_key_here_please_change": "", pem: "", "if x.startswith('" + pem + "')": "", "sk-learn-and-some-more-words-of-text-with-dashes": "",
		pem + strings.ReplaceAll(body, "\n", "\r\n\t    "): "private", pem + strings.ReplaceAll(body, "\n", "\" +\n  '"): "private", pem + strings.ReplaceAll(body, "M", "{"): "", pem + "\n" + strings.Repeat("ab12", 40): "",
		"npm_" + strings.Repeat("a7c9", 9): "", "82736a019:AA" + "H" + r36[:32]: "", strings.Replace(jwt, "eyJzdWIiOiIxIn0", base64.RawURLEncoding.EncodeToString([]byte(`{"name":"John Doe"}`)), 1): "",
		"-----BEGIN CERTIFICATE-----" + body: "", "-----BEGIN ENCRYPTED PRIVATE KEY-----" + body: "", "key-" + strings.Repeat("0", 32): "", "SKILLS_AND_MORE_OF_THEM_IN_A_LONG_NAME": "", "eyJhIjoxfQ.eyJiIjoxfQ.c": "",
	} {
		got := secret.Tokens(text)
		if len(got) != min(len(want), 1) || want != "" && !strings.Contains(got[0].What, want) {
			t.Errorf("%q: %+v, want %q", text, got, want)
		}
		for _, k := range got {
			if k.Start < 0 || k.End > len(text) || k.Start >= k.End {
				t.Errorf("%q: at %d to %d", text, k.Start, k.End)
			}
		}
	}
}

// TestProviders: a key of each provider is found wherever it is pasted, and what is one sign
// too short is none. Whoever has it gets what its worth says.
func TestProviders(t *testing.T) {
	t.Parallel()
	const word, hex, upper = "8fKq2LxTz7VbN4mRc6WyP1sJd9GhE3uAoXi0", "9c2f7be01d5a48e3b6c0a1f4d7e8923b", "Q3EGWXLZ7N2PVKDT"
	for _, c := range []struct {
		prefix string
		length int
		of     string
		worth  secret.Worth
	}{
		{"AKIA", 16, upper, secret.Full}, {"ASIA", 16, upper, secret.Sandbox}, {"ghp_", 36, word, secret.Full}, {"gho_", 36, word, secret.Full}, {"ghu_", 36, word, secret.Full},
		{"ghs_", 36, word, secret.Full}, {"ghr_", 36, word, secret.Full}, {"github_pat_", 60, word, secret.Full}, {"glpat-", 20, word, secret.Full}, {"glrt-", 20, word, secret.Full},
		{"gldt-", 20, word, secret.Full}, {"xoxb-", 20, word, secret.Full}, {"xoxp-", 20, word, secret.Full}, {"xoxa-", 20, word, secret.Full}, {"xoxr-", 20, word, secret.Full},
		{"xoxs-", 20, word, secret.Full}, {"xoxe-", 20, word, secret.Full}, {"xapp-", 30, word, secret.Full}, {"sk_live_", 16, word, secret.Full}, {"rk_live_", 16, word, secret.Full},
		{"sk_test_", 16, word, secret.Sandbox}, {"rk_test_", 16, word, secret.Sandbox}, {"whsec_", 24, word, secret.Full}, {"rzp_live_", 14, word, secret.Full}, {"AIza", 35, word, secret.Partial},
		{"GOCSPX-", 24, word, secret.Full}, {"ya29.", 60, word, secret.Sandbox}, {"SG.", 60, word, secret.Full}, {"key-", 32, hex, secret.Full}, {"sk-ant-", 40, word, secret.Full},
		{"sk-proj-", 40, word, secret.Full}, {"sk-svcacct-", 40, word, secret.Full}, {"sk-or-v1-", 40, hex, secret.Full}, {"sk-", 32, word, secret.Full}, {"gsk_", 48, word, secret.Full},
		{"hf_", 30, word, secret.Full}, {"npm_", 36, word, secret.Full}, {"pypi-AgE", 50, word, secret.Full}, {"dop_v1_", 64, hex, secret.Full}, {"doo_v1_", 64, hex, secret.Full},
		{"dckr_pat_", 27, word, secret.Full}, {"shpat_", 32, hex, secret.Full}, {"shpss_", 32, hex, secret.Full}, {"shpca_", 32, hex, secret.Full}, {"sq0atp-", 22, word, secret.Full},
		{"sq0csp-", 43, word, secret.Full}, {"dapi", 32, hex, secret.Full}, {"hvs.", 24, word, secret.Full}, {"lin_api_", 40, word, secret.Full}, {"PMAK-", 59, word, secret.Full},
		{"NRAK-", 27, word, secret.Full}, {"sntrys_", 60, word, secret.Full}, {"sntryu_", 64, hex, secret.Full}, {"glsa_", 40, word, secret.Full}, {"sbp_", 40, hex, secret.Full},
		{"ntn_", 40, word, secret.Full}, {"dp.pt.", 40, word, secret.Full}, {"tskey-auth-", 30, word, secret.Full}, {"SK", 32, hex, secret.Full},
	} {
		key := c.prefix + strings.Repeat(c.of, 3)[:c.length]
		got := secret.Tokens("token = '" + key + "'")
		if len(got) != 1 || got[0].Start != 9 || got[0].End != 9+len(key) || got[0].Worth != c.worth {
			t.Errorf("%s: %+v", key, got)
		}
		if got := secret.Tokens(key[:len(key)-1]); len(got) > 0 {
			t.Errorf("%s without its last sign: %+v", key, got)
		}
	}
	for claims, worth := range map[string]secret.Worth{`{"sub":"1"}`: secret.Partial, `{"sub":"1","exp":1}`: secret.Sandbox} {
		key := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"HS256"}`)) + "." + base64.RawURLEncoding.EncodeToString([]byte(claims)) + "." + word
		if got := secret.Tokens(key); len(got) != 1 || got[0].Worth != worth {
			t.Errorf("%s: %+v", claims, got)
		}
	}
}

// TestKnown: the list is sorted, has each once, and as plain texts.
func TestKnown(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile("known.txt")
	if err != nil {
		t.Fatal(err)
	}
	list := strings.Split(strings.TrimSpace(string(data)), "\n")
	if !slices.IsSorted(list) || len(slices.Compact(slices.Clone(list))) != len(list) || len(list) < 900 {
		t.Errorf("%d lines, not sorted or not unique", len(list))
	}
	for _, k := range list {
		if !secret.Known(k) {
			t.Errorf("%q is not as it is looked up", k)
		}
	}
}

func FuzzTokens(f *testing.F) {
	for _, s := range []string{"", "ghp_a", "eyJhbGciOiJub25lIn0.e30.x", "-----BEGIN PRIVATE KEY-----\nMII", "hooks.slack.com/services/T", "AccountKey=a", "${A:-b}", "a://b:c@d"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, k := range secret.Tokens(text) {
			if k.Start < 0 || k.End > len(text) || k.Start >= k.End {
				t.Errorf("%+v of %d bytes", k, len(text))
			}
		}
		secret.InURL(text)
		secret.Fallback(text)
		secret.Weak(text)
		secret.Random(text)
		secret.ClassOf(text)
		secret.Elsewhere(text)
		secret.Placeholder(text)
	})
}
