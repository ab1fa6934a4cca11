package pool

import "sync/atomic"

// State is where a worker is in its life.
type State uint32

// The states of a worker.
const (
	Importing State = iota // the process runs and imports the app
	Probing                // the app is there; its reading thread has not answered yet
	Ready                  // takes requests
	Draining               // finishes what it has, takes nothing new
	Stopping               // was told to end
	Gone                   // the process is no more
	states
)

// String returns the name that logs and `fumehood workers` show.
func (s State) String() string {
	if s < states {
		return [...]string{"importing", "probing", "ready", "draining", "stopping", "gone"}[s]
	}
	return "unknown"
}

// transitions is the one table of what may follow what. Everything may be lost at any
// time; nothing comes back.
var transitions = [states][]State{
	Importing: {Probing, Stopping, Gone},
	Probing:   {Ready, Stopping, Gone},
	Ready:     {Draining, Stopping, Gone},
	Draining:  {Stopping, Gone},
	Stopping:  {Gone},
	Gone:      {},
}

// Allowed says whether a worker may go from one state to the other.
func Allowed(from, to State) bool {
	if from >= states {
		return false
	}
	for _, next := range transitions[from] {
		if next == to {
			return true
		}
	}
	return false
}

// machine holds one worker's state. Its zero value is Importing.
type machine struct{ state atomic.Uint32 }

func (m *machine) now() State { return State(m.state.Load()) }

// move goes from one state to another in one step. It returns false, and changes
// nothing, when the worker is not in from or the table does not allow the step: whoever
// asked has lost a race and must not act.
func (m *machine) move(from, to State) bool {
	return Allowed(from, to) && m.state.CompareAndSwap(uint32(from), uint32(to))
}

// reach goes to a state from wherever the worker is, and returns false when the table
// does not lead there.
func (m *machine) reach(to State) bool {
	for {
		from := m.now()
		if !Allowed(from, to) {
			return false
		}
		if m.move(from, to) {
			return true
		}
	}
}
