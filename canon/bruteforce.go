package canon

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
)

// pair is a guess: an account and a password.
type pair struct{ name, password string }

// wordList are n passwords for an account; the last one is right.
func wordList(p Person, n int) []pair {
	var guesses []pair
	for i := range n - 1 {
		guesses = append(guesses, pair{p.Name, "guess" + strconv.Itoa(i)})
	}
	return append(guesses, pair{p.Name, p.Password})
}

// everybody is one password for n accounts; it is that of the last one.
func everybody(p Person, n int) []pair {
	var guesses []pair
	for i := range n - 1 {
		guesses = append(guesses, pair{fmt.Sprintf("staff%03d", i), p.Password})
	}
	return append(guesses, pair{p.Name, p.Password})
}

// stolen are n accounts and passwords that were stolen elsewhere; the last one is the same
// here. Most of them are of people who have no account here.
func stolen(p Person, n int) []pair {
	var guesses []pair
	for i := range n - 1 {
		name := fmt.Sprintf("stranger%03d", i)
		if i%5 == 0 {
			name = fmt.Sprintf("staff%03d", i%500)
		}
		guesses = append(guesses, pair{name, "stolen" + strconv.Itoa(i)})
	}
	return append(guesses, pair{p.Name, p.Password})
}

// bruteForce are ways to an account whose password is guessed. Nobody asks for the login
// page first: a program need not.
func bruteForce() []Attack {
	attack := func(name, gain string, works func(s *Scene) bool) Attack {
		return Attack{Name: name, App: "counting", Gain: gain, Works: works}
	}
	return []Attack{
		attack("word list", "the account, sooner or later", func(s *Scene) bool {
			return s.guess("/login", form, wordList(s.Join(), 200), s.Elsewhere())
		}),
		attack("word list as a form of parts", "the account, by the form that nobody looks at", func(s *Scene) bool {
			return s.guess("/login", parts, wordList(s.Join(), 60), s.Elsewhere())
		}),
		attack("word list with a decoy", "each guess counts for another account", func(s *Scene) bool {
			return s.guess("/login", decoy, wordList(s.Join(), 60), s.Elsewhere())
		}),
		attack("word list, all at once", "all guesses are made before the first one counts", func(s *Scene) bool {
			return s.guessAtOnce(wordList(s.Join(), 200), s.Elsewhere())
		}),
		attack("word list from many addresses", "no address guesses often", func(s *Scene) bool {
			return s.guess("/login", form, wordList(s.Join(), 200), s.many(100)...)
		}),
		attack("word list with a login between", "a login of the attacker's own forgives the failures", func(s *Scene) bool {
			own := s.Join()
			var guesses []pair
			for i, guess := range wordList(s.Join(), 100) {
				if i%4 == 3 {
					guesses = append(guesses, pair{own.Name, own.Password})
				}
				guesses = append(guesses, guess)
			}
			return s.guess("/login", form, guesses, s.Elsewhere())
		}),
		attack("one password for 500 accounts", "somebody has it", func(s *Scene) bool {
			return s.guess("/login", form, everybody(s.Join(), 500), s.Elsewhere())
		}),
		attack("one password from a network", "somebody has it, and no address asks often", func(s *Scene) bool {
			from := []string{s.Elsewhere()}
			for i := range 24 {
				from = append(from, Neighbour(from[0], i))
			}
			return s.guess("/login", form, everybody(s.Join(), 250), from...)
		}),
		attack("stolen passwords from many addresses", "whoever has one password for two sites", func(s *Scene) bool {
			return s.guess("/login", form, stolen(s.Join(), 600), s.many(75)...)
		}),
		attack("stranger locks the victim out", "nobody logs in whom the stranger does not like", func(s *Scene) bool {
			return s.lockedOut(s.Elsewhere())
		}),
	}
}

// many are addresses in n networks.
func (s *Scene) many(n int) []string {
	var from []string
	for range n {
		from = append(from, s.Elsewhere())
	}
	return from
}

// The ways to send a login.
func form(s *Scene, path string, p pair) *http.Request {
	return s.login(path, url.Values{"username": {p.name}, "password": {p.password}})
}

// decoy names another account, too. Flask takes the first one.
func decoy(s *Scene, path string, p pair) *http.Request {
	other := url.QueryEscape("other " + p.password)
	return s.login(path+"?username="+other, url.Values{"username": {p.name, other}, "password": {p.password, other}})
}

func parts(s *Scene, path string, p pair) *http.Request {
	return s.Parts(path, nil, "username", p.name, "password", p.password)
}

func (s *Scene) login(path string, fields url.Values) *http.Request {
	return s.Request(http.MethodPost, path, fields.Encode(), "Content-Type", "application/x-www-form-urlencoded")
}

// guess tries one guess after the other, each address in turn as many of them, and says
// whether the last one has led in.
func (s *Scene) guess(path string, how func(*Scene, string, pair) *http.Request, guesses []pair, from ...string) bool {
	s.Helper()
	refused, in := 0, false
	each := (len(guesses) + len(from) - 1) / len(from)
	for i, address := range from {
		client := s.ClientFrom(address)
		for _, guess := range guesses[min(i*each, len(guesses)):min((i+1)*each, len(guesses))] {
			answer := s.Send(client, how(s, path, guess))
			if in = answer.Status == http.StatusFound; answer.Status == http.StatusTooManyRequests {
				refused++
			}
		}
		client.CloseIdleConnections()
	}
	s.Logf("%d of %d guesses from %d addresses were refused", refused, len(guesses), len(from))
	return in
}

// guessAtOnce sends the guesses over many connections at the same time, and the right one
// when all others are on their way.
func (s *Scene) guessAtOnce(guesses []pair, from string) bool {
	s.Helper()
	const lines = 20
	client := s.ClientFrom(from)
	queue := make(chan pair)
	statuses := make(chan int, len(guesses))
	var group sync.WaitGroup
	for range lines {
		group.Go(func() {
			for guess := range queue {
				statuses <- s.Try(client, form(s, "/login", guess)).Status
			}
		})
	}
	last := len(guesses) - 1
	for _, guess := range guesses[:last] {
		queue <- guess
	}
	in := s.Try(client, form(s, "/login", guesses[last])).Status == http.StatusFound
	close(queue)
	group.Wait()
	return in
}

// lockedOut says whether somebody who has logged in before cannot do so any more, after a
// stranger's hundred guesses.
func (s *Scene) lockedOut(strangers ...string) bool {
	s.Helper()
	const path = "/staff/login"
	victim := s.Join()
	home := s.Client()
	if answer := s.Send(home, form(s, path, pair{victim.Name, victim.Password})); answer.Status != http.StatusFound {
		s.Fatalf("the victim never could log in: %d\n%.300s", answer.Status, answer.Text)
	}
	wrong := wordList(victim, 101)[:100]
	s.guess(path, form, wrong, strangers...)
	s.Get(home, "/logout")
	answer := s.Send(home, form(s, path, pair{victim.Name, victim.Password}))
	s.Logf("the victim: %d, locked: %v", answer.Status, strings.Contains(answer.Text, "locked"))
	return answer.Status != http.StatusFound
}
