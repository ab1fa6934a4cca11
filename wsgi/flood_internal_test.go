package wsgi

import (
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// TestFloodOfOneAttack: the first lines of a minute say what it is.
func TestFloodOfOneAttack(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var log strings.Builder
		f := flood{log: slog.New(slog.NewTextHandler(&log, nil))}
		send := func(n int, line equal) (written int) {
			for range n {
				if !f.more(line) {
					written++
				}
			}
			return written
		}
		one := equal{message: stopped, client: "192.0.2.1", sink: "sql", where: "app.py:3 in f", field: "form a"}
		other := one
		other.client = "192.0.2.2"
		if n := send(1000, one); n != mostEqual {
			t.Errorf("%d lines", n)
		}
		if n := send(5, other); n != 5 {
			t.Errorf("%d lines of somebody else", n)
		}
		time.Sleep(equalPeriod + time.Second)
		synctest.Wait()
		if text := log.String(); strings.Count(text, "\n") != 1 || !strings.Contains(text, "more=980 client=192.0.2.1") {
			t.Errorf("%s", text)
		}
		if n := send(30, one); n != mostEqual {
			t.Errorf("%d lines in the next minute", n)
		}
		f.end() // as Close does
		if text := log.String(); strings.Count(text, "\n") != 2 || !strings.Contains(text, "more=10 ") {
			t.Errorf("%s", text)
		}
		for n := range 3 * mostKinds {
			one.field = strings.Repeat("x", n)
			f.more(one)
		}
		if len(f.seen) > mostKinds+1 {
			t.Errorf("%d kinds of lines", len(f.seen))
		}
	})
}
