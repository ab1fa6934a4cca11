package hint_test

import (
	"testing"
	"time"

	fumehood "github.com/fumehood/fumehood"
	"github.com/fumehood/fumehood/internal/hint"
)

func TestBetween(t *testing.T) {
	t.Parallel()
	says := func(mistakes []error) string {
		if len(mistakes) == 0 {
			return ""
		}
		return mistakes[0].Error() + "; " + hint.Of(mistakes[0])
	}
	number, period, size := 0, time.Duration(0), 64*fumehood.GB
	for _, c := range [][2]string{
		{says(hint.Between("a.number", &number, 5, 1, 9)), ""},
		{says(hint.Between("a.period", &period, time.Minute, time.Second, time.Hour)), ""},
		{says(hint.Between("a.size", &size, fumehood.MB, fumehood.KB, fumehood.GB)), `a.size: 64GB is not between 1KB and 1GB; a.size = "1MB"`},
	} {
		if c[0] != c[1] {
			t.Errorf("%s, want %s", c[0], c[1])
		}
	}
	if number != 5 || period != time.Minute {
		t.Errorf("the usual values are %d and %v", number, period)
	}
	number, period = 10, time.Millisecond
	if got := says(hint.Between("a.number", &number, 5, 1, 9)); got != "a.number: 10 is not between 1 and 9; a.number = 5" {
		t.Error(got)
	}
	if got := says(hint.Between("a.period", &period, time.Minute, time.Second, time.Hour)); got != `a.period: 1ms is not between 1s and 1h0m0s; a.period = "1m0s"` {
		t.Error(got)
	}
}
