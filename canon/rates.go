package canon

import (
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

// apiRate are requests beyond the rate that reach the app all the same.
func apiRate() []Attack {
	return []Attack{
		// What Fumehood lets through when nobody says anything: 300 at once, and 50 a second.
		{Name: "flood", App: "counting", Gain: "one client takes the app from all others", Works: func(s *Scene) bool {
			client, began := s.Client(), time.Now()
			reached := s.flood(client, 1000, 16, "/api/notes")
			allowed := 300 + int(50*(time.Since(began).Seconds()+1))
			s.Logf("%d reached the app, where %d may", reached, allowed)
			return reached > allowed
		}},
		{Name: "over the rate of the policy", App: "counting", Gain: "the API is read out whole", Works: func(s *Scene) bool {
			return s.flood(s.Client(), 40, 4, "/api/tally") > 10
		}},
		{Name: "over the rate by new connections", App: "counting", Gain: "the API is read out whole", Works: func(s *Scene) bool {
			address, reached := s.Elsewhere(), 0
			for range 40 {
				reached += s.flood(s.ClientFrom(address), 1, 1, "/api/tally")
			}
			return reached > 10
		}},
		{Name: "over the rate with made up addresses", App: "counting", Gain: "each request is another client's", Works: func(s *Scene) bool {
			return s.madeUp("/api/tally") > 10
		}},
		{Name: "the app's own limit with made up addresses", App: "counting", Gain: "each request is another client's", Works: func(s *Scene) bool {
			return s.madeUp("/api/limited") > 10
		}},
	}
}

// flood asks n times over so many connections, and says how often the app has answered.
func (s *Scene) flood(client *http.Client, n, lines int, path string) int {
	s.Helper()
	var reached, asked atomic.Int64
	var group sync.WaitGroup
	for range lines {
		group.Go(func() {
			for int(asked.Add(1)) <= n {
				if answer := s.Try(client, s.Request(http.MethodGet, path, "")); answer.Status != http.StatusTooManyRequests && answer.Status != 0 {
					reached.Add(1)
				}
			}
		})
	}
	group.Wait()
	return int(reached.Load())
}

// madeUp asks 40 times, each time as a proxy would ask for somebody else.
func (s *Scene) madeUp(path string) (reached int) {
	s.Helper()
	client := s.Client()
	for i := range 40 {
		address := "203.0.113." + strconv.Itoa(i)
		answer := s.Get(client, path, "X-Forwarded-For", address, "X-Real-IP", address, "Forwarded", "for="+address)
		if answer.Status == http.StatusOK {
			reached++
		}
	}
	s.Logf("%d of 40 reached the app", reached)
	return reached
}
