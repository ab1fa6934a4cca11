package canon

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// validate are requests that bring what no form of the app asks for.
func validate() []Attack { return slices.Concat(costly(), nowhere(), againstRules()) }

// believed is an attack on the views that believe what they get.
func believed(name, gain string, works func(s *Scene) bool) Attack {
	return Attack{Name: name, App: "believing", Gain: gain, Works: works}
}

// costly are requests that Python should not have to read, whatever the app is.
func costly() []Attack {
	const seconds = "a small request keeps Python busy, or ends in an error"
	breaks := func(body string) func(s *Scene) bool {
		return func(s *Scene) bool {
			answer := s.Try(s.Client(), s.JSON(http.MethodPost, "/anything", body))
			s.Logf("%d", answer.Status)
			return answer.Status >= 500
		}
	}
	post := func(path, body string) func(s *Scene) bool {
		return func(s *Scene) bool { return s.reaches(s.JSON(http.MethodPost, path, body)) }
	}
	fields := func(n int) string { return strings.Repeat("a=&", n-1) + "a=" }
	return []Attack{
		believed("JSON as deep as 100,000", seconds, breaks(strings.Repeat("[", 100_000)+strings.Repeat("]", 100_000))),
		believed("objects as deep as 100,000", seconds, breaks(strings.Repeat(`{"a":`, 100_000)+"1"+strings.Repeat("}", 100_000))),
		believed("200,000 keys", seconds, func(s *Scene) bool {
			var object strings.Builder
			for i := range 200_000 {
				fmt.Fprintf(&object, `,"k%d":0`, i)
			}
			return s.reaches(s.JSON(http.MethodPost, "/anything", "{"+object.String()[1:]+"}"))
		}),
		believed("a number of 4,000 digits", seconds, post("/anything", `{"n": `+strings.Repeat("9", 4000)+`}`)),
		believed("100,000 fields", seconds, func(s *Scene) bool { return s.reaches(s.order("/anything", fields(100_000))) }),
		believed("2,300 parameters", seconds, func(s *Scene) bool { // gunicorn takes 4094 bytes of request line
			return s.reaches(s.Request(http.MethodGet, "/anything?"+strings.Repeat("&", 1500)+fields(800), ""))
		}),
		believed("NaN", "more than 100 is not paid, but NaN is not more", post("/pay", `{"amount": NaN}`)),
		believed("minus infinity", "no number that JSON knows", post("/pay", `{"amount": -Infinity}`)),
		believed("the same key twice", "what was checked on the way is not what the view sees", post("/pay", `{"amount": 1000000, "amount": 1}`)),
		believed("half a character", "what cannot be written to a database or a page", post("/anything", `{"name": "\ud800"}`)),
	}
}

// nowhere are requests that no view is for, but that a before_request function acts on.
func nowhere() []Attack {
	const hook = "what no view is for is done all the same"
	manage := func(method, path string) func(s *Scene) bool {
		return func(s *Scene) bool {
			answer := s.Try(s.Client(), s.JSON(method, path, `{"motd": "owned"}`))
			s.Logf("%d %.100q", answer.Status, answer.Text)
			return strings.Contains(answer.Text, "owned")
		}
	}
	return []Attack{
		believed("a method that the view does not have", hook, manage(http.MethodPatch, "/motd")),
		believed("a body for a view that takes none", hook, manage(http.MethodPost, "/motd")),
		believed("a body for a page that is not there", hook, manage(http.MethodPost, "/nowhere")),
	}
}

// againstRules are requests that break a rule of the policy, believing.toml.
func againstRules() []Attack {
	var attacks []Attack
	add := func(name string, request func(s *Scene) *http.Request) {
		attacks = append(attacks, believed(name, "the view believes it", func(s *Scene) bool { return s.reaches(request(s)) }))
	}
	for _, rule := range []struct{ name, form, json string }{
		{"a missing field", `amount=1`, `{"amount": 1}`},
		{"an empty field", `name=&amount=1`, `{"name": "", "amount": 1}`},
		{"a long text", `amount=1&name=` + strings.Repeat("x", 51), `{"amount": 1, "name": "` + strings.Repeat("x", 51) + `"}`},
		{"a word for a number", `name=x&amount=many`, `{"name": "x", "amount": "many"}`},
		{"a large number", `name=x&amount=1000000`, `{"name": "x", "amount": 1000000}`},
		{"a negative number", `name=x&amount=-1`, `{"name": "x", "amount": -1}`},
		{"half a number", `name=x&amount=1.5`, `{"name": "x", "amount": 1.5}`},
		{"no address", `name=x&amount=1&mail=x`, `{"name": "x", "amount": 1, "mail": "x"}`},
		{"two addresses", `name=x&amount=1&mail=a@example.org%0d%0abcc:b@example.org`, `{"name": "x", "amount": 1, "mail": "a@example.org\r\nbcc:b@example.org"}`},
		{"another word", `name=x&amount=1&size=huge`, `{"name": "x", "amount": 1, "size": "huge"}`},
		{"another pattern", `name=x&amount=1&code=ABC-12345`, `{"name": "x", "amount": 1, "code": "xABC-1234"}`},
		{"a second value", `name=x&amount=1&amount=1000000`, `{"name": "x", "amount": [1, 1000000]}`},
		{"an object for a text", `name[a]=x&amount=1`, `{"name": {"$ne": ""}, "amount": 1}`},
		{"a field that nobody asked for", `name=x&amount=1&role=admin`, `{"name": "x", "amount": 1, "role": "admin"}`},
	} {
		add("form: "+rule.name, func(s *Scene) *http.Request { return s.order("/order", rule.form) })
		add("JSON: "+rule.name, func(s *Scene) *http.Request { return s.JSON(http.MethodPost, "/order", rule.json) })
	}
	add("parts: a long text", func(s *Scene) *http.Request {
		return s.Parts("/order", nil, "name", strings.Repeat("x", 51), "amount", "1")
	})
	add("parts: a file for a field", func(s *Scene) *http.Request {
		return s.Parts("/order", []File{{Name: "x.txt", Type: "text/plain", Content: "x"}}, "amount", "1")
	})
	add("a list", func(s *Scene) *http.Request {
		return s.JSON(http.MethodPost, "/order", `[["name", "x"], ["amount", 1000000]]`)
	})
	add("another content type", func(s *Scene) *http.Request {
		return s.Request(http.MethodPost, "/order", `{"name": "x", "amount": 1000000}`, "Content-Type", "text/plain")
	})
	add("no body", func(s *Scene) *http.Request { return s.Request(http.MethodPost, "/order", "") })
	add("fields in the query", func(s *Scene) *http.Request {
		return s.order("/order?"+url.Values{"name": {"x"}, "amount": {"1"}}.Encode(), "")
	})
	return attacks
}

// order sends a form that is written already.
func (s *Scene) order(path, form string) *http.Request {
	s.Helper()
	return s.Request(http.MethodPost, path, form, "Content-Type", "application/x-www-form-urlencoded")
}

// reaches says whether a request gets to the view.
func (s *Scene) reaches(r *http.Request) bool {
	s.Helper()
	return s.says(r, "keys") >= 0
}
