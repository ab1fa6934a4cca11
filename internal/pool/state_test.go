package pool

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

var update = flag.Bool("update", false, "write the diagram of the states into docs/internals.md")

func TestStateStrings(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for s := range states {
		name := s.String()
		if name == "" || name == "unknown" || seen[name] {
			t.Errorf("state %d is called %q", s, name)
		}
		seen[name] = true
	}
	if states.String() != "unknown" {
		t.Errorf("a state that is none is called %q", states)
	}
}

// TestTableHasNoWayBack: from every state a worker may be lost, Gone is final, and nothing
// comes back to where it was.
func TestTableHasNoWayBack(t *testing.T) {
	t.Parallel()
	for from := range states {
		if want := from != Gone; Allowed(from, Gone) != want {
			t.Errorf("%v -> gone: %v, want %v", from, !want, want)
		}
		if len(transitions[Gone]) != 0 {
			t.Errorf("gone leads to %v", transitions[Gone])
		}
		reached, next := map[State]bool{}, append([]State(nil), transitions[from]...)
		for len(next) > 0 {
			s := next[0]
			next = next[1:]
			if !reached[s] {
				reached[s] = true
				next = append(next, transitions[s]...)
			}
		}
		if reached[from] {
			t.Errorf("%v can be reached from itself", from)
		}
		if from != Importing && !reachable(Importing, from) {
			t.Errorf("%v is never reached", from)
		}
	}
	if Allowed(states, Gone) || Allowed(Gone, states) {
		t.Error("a state that is none is in the table")
	}
}

func reachable(from, to State) bool {
	for _, s := range transitions[from] {
		if s == to || reachable(s, to) {
			return true
		}
	}
	return false
}

// TestRandomEvents: whatever is asked of a machine, it does what a model says that looks
// only at the table.
func TestRandomEvents(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	for range 2000 {
		var m machine
		model := Importing
		for range 12 {
			from, to := State(random.IntN(int(states)+1)), State(random.IntN(int(states)+1))
			var did, want bool
			if random.IntN(2) == 0 {
				did, want = m.move(from, to), from == model && Allowed(model, to)
			} else {
				did, want = m.reach(to), Allowed(model, to)
			}
			if want {
				model = to
			}
			if did != want || m.now() != model {
				t.Fatalf("%v to %v: did it: %v, want %v; now %v, want %v", from, to, did, want, m.now(), model)
			}
		}
	}
}

// TestRacingEvents: of many that ask for a step at the same time one gets it, and all the
// steps together are one way through the table.
func TestRacingEvents(t *testing.T) {
	t.Parallel()
	for seed := range uint64(200) {
		var m machine
		var mu sync.Mutex
		entered := map[State]int{Importing: 1}
		var all sync.WaitGroup
		begin := make(chan struct{})
		for n := range uint64(8) {
			all.Go(func() {
				random := rand.New(rand.NewPCG(seed, n))
				<-begin
				for range 20 {
					from, to := State(random.IntN(int(states))), State(random.IntN(int(states)))
					before := m.now()
					if !m.move(from, to) {
						continue
					}
					mu.Lock()
					entered[to]++
					mu.Unlock()
					if !Allowed(from, to) || before > from {
						t.Errorf("went from %v to %v, was %v", from, to, before)
					}
				}
			})
		}
		close(begin)
		all.Wait()
		for state, times := range entered {
			if times != 1 {
				t.Errorf("%v was entered %d times", state, times)
			}
		}
		if entered[m.now()] != 1 {
			t.Errorf("%v is the state now and was never entered", m.now())
		}
	}
}

// The diagram in docs/internals.md stands between these lines.
const (
	diagramBegins = "<!-- states: written by go test ./internal/pool -update -->\n"
	diagramEnds   = "<!-- /states -->\n"
)

// diagram draws the table.
func diagram() string {
	var b strings.Builder
	b.WriteString("```mermaid\nstateDiagram-v2\n")
	fmt.Fprintf(&b, "    [*] --> %v\n", Importing)
	for from := range states {
		for _, to := range transitions[from] {
			fmt.Fprintf(&b, "    %v --> %v\n", from, to)
		}
	}
	fmt.Fprintf(&b, "    %v --> [*]\n```\n", Gone)
	return b.String()
}

// TestDiagram: the diagram in docs/internals.md is the table.
func TestDiagram(t *testing.T) {
	t.Parallel()
	path := filepath.Join("..", "..", "docs", "internals.md")
	page, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, begins := strings.Cut(string(page), diagramBegins)
	shown, after, ends := strings.Cut(rest, diagramEnds)
	if !begins || !ends {
		t.Fatalf("%s has no place for the diagram:\n%s%s", path, diagramBegins, diagramEnds)
	}
	if shown == diagram() {
		return
	}
	if !*update {
		t.Fatalf("%s shows other states than the table has; write them with -update:\n%s", path, diagram())
	}
	if err := os.WriteFile(path, []byte(before+diagramBegins+diagram()+diagramEnds+after), 0o644); err != nil {
		t.Fatal(err)
	}
}
