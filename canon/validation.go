package canon

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

// validate are requests that bring what no form of the app asks for.
func validate() []Attack {
	var attacks []Attack
	add := func(name, gain string, works func(s *Scene) bool) {
		attacks = append(attacks, Attack{Name: name, App: "believing", Gain: gain, Works: works})
	}
	const (
		seconds = "a small request keeps Python busy, or ends in an error"
		view    = "the view believes it"
		hook    = "what no view is for is done all the same"
	)
	object := func(n int) string {
		var text strings.Builder
		for i := range n {
			fmt.Fprintf(&text, `,"k%d":0`, i)
		}
		return "{" + text.String()[1:] + "}"
	}
	fields := func(n int) string { return strings.Repeat("a=&", n-1) + "a=" }

	// Without a policy.
	add("JSON as deep as 100,000", seconds, func(s *Scene) bool {
		answer := s.Try(s.Client(), s.JSON(http.MethodPost, "/anything", strings.Repeat("[", 100_000)+strings.Repeat("]", 100_000)))
		s.Logf("%d", answer.Status)
		return answer.Status >= 500
	})
	add("objects as deep as 100,000", seconds, func(s *Scene) bool {
		answer := s.Try(s.Client(), s.JSON(http.MethodPost, "/anything", strings.Repeat(`{"a":`, 100_000)+"1"+strings.Repeat("}", 100_000)))
		s.Logf("%d", answer.Status)
		return answer.Status >= 500
	})
	add("200,000 keys", seconds, func(s *Scene) bool {
		return s.reaches(s.JSON(http.MethodPost, "/anything", object(200_000)))
	})
	add("a number of 4,000 digits", seconds, func(s *Scene) bool {
		return s.reaches(s.JSON(http.MethodPost, "/anything", `{"n": `+strings.Repeat("9", 4000)+`}`))
	})
	add("100,000 fields", seconds, func(s *Scene) bool {
		return s.reaches(s.order("/anything", fields(100_000)))
	})
	add("2,300 parameters", seconds, func(s *Scene) bool {
		// gunicorn takes 4094 bytes of request line.
		return s.reaches(s.Request(http.MethodGet, "/anything?"+strings.Repeat("&", 1500)+fields(800), ""))
	})
	add("NaN", "more than 100 is paid: NaN is not", func(s *Scene) bool {
		return s.reaches(s.JSON(http.MethodPost, "/pay", `{"amount": NaN}`))
	})
	add("minus infinity", "no number that JSON knows", func(s *Scene) bool {
		return s.reaches(s.JSON(http.MethodPost, "/pay", `{"amount": -Infinity}`))
	})
	add("the same key twice", "what was checked on the way is not what the view sees", func(s *Scene) bool {
		return s.reaches(s.JSON(http.MethodPost, "/pay", `{"amount": 1000000, "amount": 1}`))
	})
	add("half a character", "what cannot be written to a database or a page", func(s *Scene) bool {
		return s.reaches(s.JSON(http.MethodPost, "/anything", `{"name": "\ud800"}`))
	})
	manage := func(method, path string) func(s *Scene) bool {
		return func(s *Scene) bool {
			answer := s.Try(s.Client(), s.JSON(method, path, `{"motd": "owned"}`))
			s.Logf("%d %.100q", answer.Status, answer.Text)
			return strings.Contains(answer.Text, "owned")
		}
	}
	add("a method that the view does not have", hook, manage(http.MethodPatch, "/motd"))
	add("a body for a view that takes none", hook, manage(http.MethodPost, "/motd"))
	add("a body for a page that is not there", hook, manage(http.MethodPost, "/nowhere"))

	// With the rules of the policy.
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
		add("form: "+rule.name, view, func(s *Scene) bool { return s.reaches(s.order("/order", rule.form)) })
		add("JSON: "+rule.name, view, func(s *Scene) bool { return s.reaches(s.JSON(http.MethodPost, "/order", rule.json)) })
	}
	add("parts: a long text", view, func(s *Scene) bool {
		return s.reaches(s.Parts("/order", nil, "name", strings.Repeat("x", 51), "amount", "1"))
	})
	add("parts: a file for a field", view, func(s *Scene) bool {
		r := s.Parts("/order", []File{{Name: "x.txt", Type: "text/plain", Content: "x"}}, "amount", "1")
		return s.reaches(r)
	})
	add("a list", view, func(s *Scene) bool {
		return s.reaches(s.JSON(http.MethodPost, "/order", `[["name", "x"], ["amount", 1000000]]`))
	})
	add("another content type", view, func(s *Scene) bool {
		return s.reaches(s.Request(http.MethodPost, "/order", `{"name": "x", "amount": 1000000}`, "Content-Type", "text/plain"))
	})
	add("no body", view, func(s *Scene) bool { return s.reaches(s.Request(http.MethodPost, "/order", "")) })
	add("fields in the query", view, func(s *Scene) bool {
		return s.reaches(s.order("/order?"+url.Values{"name": {"x"}, "amount": {"1"}}.Encode(), ""))
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
