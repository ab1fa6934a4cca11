package signs_test

import (
	"testing"

	"github.com/fumehood/fumehood/internal/signs"
)

// legit are values that people write, each kind chosen because something in it looks like a
// part of an attack.
var legit = map[string][]string{
	"names":         {"O'Brien", "D'Arcy-O'Neill", "Dwayne \"The Rock\" Johnson", "Anne & Marie", "AT&T", "git://github.com/baxter/public.git", "Smith; Jones", "Łukasz", "Union Select Ltd", "Robert'); -- no"[:6]},
	"measures":      {"5'10\"", "6' or 7'", "12\" x 18\"", "5 > 3", "10 or more", "1/2", "3 * 4", "50% off", "1-2 days", "a+b", "#1", "24/7"},
	"prose":         {"rock 'n' roll -- live", "it's", "don't say 'or' or 'and'", "\"Yes,\" she said; \"but when?\"", "the students' union selects a president", "Drop the table off at home; update me.", "I don't; you do -- or so they say.", "Select one: red, green or blue", "Insert coin to continue", "'Tis the season", "Order by 5 pm", "Where is it? Having fun; see you!", "he said: \"or what?\""},
	"short":         {"PS 5", "RM 101", "NC 27601", "LS 5", "MV 3", "~5", "$0", "$5", "#fun", "@anna.b", "50 = 50", "x != 1", "a = b", "1+1=2", "2 > 1", "5 or 6", "sin(x)", "max(a,b)", "length(x)", "(1) or (2)", "a) yes or b) no", "(cat OR dog) AND bird", "yes) or (no", "is null", "like 'that'", "select one", "use it", "show me", "drop me a line", "1:1", "(x)", "1==one"},
	"commands":      {"cat food", "cat photo.jpg", "find my phone", "host a party", "ping Anna", "sleep well", "sleep late", "net 30 days", "type 2 diabetes", "copy that", "date night", "Set-up fee", "Get-together at 5", "cat -dog", "make love", "PS: see you", "grep tutorial", "openssl tutorial", "curl hair", "Mail & more", "tea; date", "50% off; more", "ren & stimpy", "where is it"},
	"one-letter":    {"{x}", "{0}", "%s", "%(name)s", "%{name}", "$x", ":x", "[x]", "{a, b, c}", "{1,2,3}", "[[Main Page]]", "{{Stub}}", "{{Main|Article}}", "${first_name}", "{{ contact.first_name }}", "{{ name | default: \"you\" }}", "Dear {{ first_name }},", "#{order}", "{% if user %}Hi{% endif %}", "{% from 'x.html' import y %}"},
	"signatures":    {"-- \nBob", "Bye\n--\nAnna", "It's 5 o'clock -- see you"},
	"events":        {"Party\r\nDate: Saturday\r\nHost: Anna", "Trip\nFrom: Berlin\nTo: Rome", "The server speaks\nboth HTTP/1.1 and HTTP/2 at once"},
	"Unix jokes":    {"/dev/null is full of old promises", "/etc is where the past is kept", "file: it under misc", "wait.../so they say.../and go", "file:/dev/null for what you think of it"},
	"shell words":   {"cat and dog; find a home", "time is up | date to be set", "Salt & pepper; sort of", "kill the lights, then sleep", "who & when", "more or less", "News | Sports | Time", "echo chamber", "which one?", "a; b; c", "ls is a command", "ping me & call", "Date & time", "rest and sleep 8 hours"},
	"Markdown":      {"Use `ls -l` to list.", "See [docs](../docs/x.md).", "Run:\n\n```sh\n$ cat a.txt | sort; echo done\n$ curl -o x https://a.example/x\n```\n\nThen stop.", "The `WHERE` clause, `--flag` and `'` are special.", "| cat | dog |\n|---|---|\n| 1 | 2 |", "`/etc/passwd` lists the users of a machine; never send it.", "A `union` of two sets", "* one\n* two; three\n"},
	"templates":     {"{{ name }}", "Dear {{ user.name }}, hello", "{% if user %}Hi{% endif %}", "${name}", "#{id}", "a {placeholder} here", "100% {off}", "{{ url_for('static', filename='style.css') }}", "`{{ 1 + 1 }}` is 2"},
	"code":          {"for (i = 0; i < 3; i++) { a[i] = 'x'; }", "if x == 'a' or y == 'b':\n    return 1\nelse:\n    pass\nprint(x)\n", "SELECT id, name FROM users WHERE id = 1 ORDER BY name", "const a = `x ${b}`;", "print('hello')", "a = [1, 2, 3]; b = a[0]", "<p class=\"x\">it's</p>", "std::string s(\"a\");", "items.sort((a, b) => a.x - b.x)"},
	"JSON":          {`{"a": "it's", "b": [1, 2], "c": {"d": null}}`, `[{"id": 1}, {"id": 2}]`, `{"$type": "x", "$schema": "https://a.example/x"}`},
	"queries":       {"status = open or owner = bob", "price:10..20 -sold", "\"exact phrase\" OR other", "name:*smith*", "tag:(a OR b)", "a AND b"},
	"URLs":          {"https://a.example/x?a=1&sort=asc&id=3&date=2", "https://a.example/a;b=c/../d"[:22], "mailto:a@b.example", "/login?next=/home", "//cdn.example/x.js", "/select/union"},
	"paths":         {"docs/a.md", "../img/photo.png", "photos/2024/x.jpg", "./a", "a...b", "wait...", "and so on.../or not", "src/**/test.js", "/home", "/about/us"},
	"headers":       {"Note:\nsee below", "Dear Sir,\nThe date: tomorrow\nYours", "a: b"},
	"XML":           {"<note><to>Tove</to></note>", "<!DOCTYPE html><html lang=\"en\"></html>", "<?xml version=\"1.0\"?><a/>"},
	"brackets":      {"(yes)", "f(x) = (a)(b)", ":-) or :-(", ":)", "foo (bar)", "[1]", "{a, b}", "(1 2) (3 4)", "sleep (8 hours)", "max (or so)"},
	"amounts":       {"$5", "US$ 10", "$total", "5 $ or less", "€ 5", "£3.50"},
	"base64":        {"ZXhhbXBsZXRva2VuaGVyZQ==", "aGVsbG8gd29ybGQhIQ", "eyJhIjoxfQ.eyJiIjoyfQ.c2ln"},
	"other scripts": {"l’homme et l’enfant", "„So“ sagte er – oder so", "日本語;テスト", "Привет; мир", "«oui» ou «non»", "ça n’est pas –", "a…b"},
	"not much":      {"", " ", "-", "--", "'", ";", "*", "a", "0", "()", "\n", "...", "%", "$", "<3", "&", "|", "\\", "%20", "?"},
}

func TestLegitValuesPass(t *testing.T) {
	t.Parallel()
	for kind, values := range legit {
		for _, value := range values {
			score := signs.Judge(value)
			if class, points, why := score.Top(); points >= signs.Refuse {
				t.Errorf("%s: %q has %d points as %v (%s)", kind, value, points, class, why)
			}
		}
	}
}

// TestLegitValuesChangeNoStatement asks SQLite whether the table above is right: none of its
// values changes a statement from inside a string.
func TestLegitValuesChangeNoStatement(t *testing.T) {
	t.Parallel()
	var all []string
	for _, values := range legit {
		all = append(all, values...)
	}
	for i, places := range ask(t, all) {
		for _, place := range places {
			if place == "quoted" || place == "double" || place == "paren" {
				t.Errorf("%q changes a statement (%s): it is no legitimate value", all[i], place)
			}
		}
	}
}
