package ratelimit_test

import (
	"strings"
	"testing"
	"time"

	"github.com/fumehood/fumehood/guard/ratelimit"
	"github.com/fumehood/fumehood/internal/hint"
)

func TestParseLimit(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]struct {
		burst    int64
		interval time.Duration
		window   time.Duration
		shown    string
	}{
		"5/minute":                    {5, 12 * time.Second, time.Minute, "5/minute"},
		"5 per minute":                {5, 12 * time.Second, time.Minute, "5/minute"},
		" 5 / minute ":                {5, 12 * time.Second, time.Minute, "5/minute"},
		"300/minute":                  {300, 200 * time.Millisecond, time.Minute, "300/minute"},
		"10/second":                   {10, 100 * time.Millisecond, time.Second, "10/second"},
		"1000/hour":                   {1000, 3600 * time.Millisecond, time.Hour, "1000/hour"},
		"1/day":                       {1, 24 * time.Hour, 24 * time.Hour, "1/day"},
		"50/second burst 300":         {300, 20 * time.Millisecond, 6 * time.Second, "50/second burst 300"},
		"50 per second  burst 50":     {50, 20 * time.Millisecond, time.Second, "50/second"},
		"7/second":                    {7, 142857143, 1000000001, "7/second"}, // up, never down
		"1000000/second":              {1000000, time.Microsecond, time.Second, "1000000/second"},
		"1/day burst 366":             {366, 24 * time.Hour, 366 * 24 * time.Hour, "1/day burst 366"},
		"60000000/minute burst 1":     {1, time.Microsecond, time.Microsecond, "60000000/minute burst 1"},
		"1/second burst 000000000060": {60, time.Second, time.Minute, "1/second burst 60"},
	} {
		l, err := ratelimit.ParseLimit(text)
		if err != nil || l.Burst() != want.burst || l.Interval() != want.interval || l.Window() != want.window || l.String() != want.shown {
			t.Errorf("%q: %v (burst %d, interval %v, window %v), %v", text, l, l.Burst(), l.Interval(), l.Window(), err)
		}
	}
}

func TestParseLimitRefuses(t *testing.T) {
	t.Parallel()
	for text, advice := range map[string]string{
		"":                                   "",
		"5":                                  "",
		"minute":                             "",
		"5/min":                              `"5/minute"`,
		"5/m":                                `"5/minute"`,
		"5/s":                                `"5/second"`,
		"5/Minute":                           `"5/minute"`,
		"5/hours":                            `"5/hour"`,
		"5/min burst 9":                      `"5/minute burst 9"`,
		"5/fortnight":                        "second, minute, hour and day",
		"5/5minute":                          "second, minute, hour and day",
		"5/10 minutes":                       "",
		"5//minute":                          "",
		"5/minute/":                          "",
		"5 minute":                           "",
		"0/minute":                           `mode = "off"`,
		"-5/minute":                          "",
		"+5/minute":                          "",
		"5.5/minute":                         "",
		"5e3/minute":                         "",
		"0x5/minute":                         "",
		"٥/minute":                           "",
		"off":                                "",
		"5/minute burst":                     "",
		"5/minute burst 0":                   "burst",
		"5/minute burst -1":                  "burst",
		"5/minute, 9/hour":                   "",
		"5/minute; 9/hour":                   "",
		"1000001/second":                     `mode = "off"`,
		"9223372036854775807/day":            `mode = "off"`,
		"9223372036854775808/day":            "",
		"1/day burst 367":                    "smaller burst",
		"5/minute burst 9999999999999999":    "smaller burst",
		"1/second burst 9223372036854775807": "smaller burst",
	} {
		l, err := ratelimit.ParseLimit(text)
		if err == nil || l != (ratelimit.Limit{}) {
			t.Errorf("%q was taken as %v", text, l)
			continue
		}
		if h := hint.Of(err); h == "" || !strings.Contains(h, advice) {
			t.Errorf("%q: %v; the hint %q does not say %s", text, err, h, advice)
		}
	}
}

func TestNewLimitRefuses(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		count int64
		per   time.Duration
		burst int64
	}{{0, time.Second, 1}, {-1, time.Second, 1}, {1, 0, 1}, {1, -time.Second, 1}, {1, time.Second, -1}, {1, 1 << 62, 2}} {
		if l, err := ratelimit.NewLimit(c.count, c.per, c.burst); err == nil || hint.Of(err) == "" || l.Takes(1) {
			t.Errorf("%v: %v %v", c, l, err)
		}
	}
	if (ratelimit.Limit{}).Takes(0) {
		t.Error("the zero Limit lets something through")
	}
}

// FuzzParseLimit: what is taken keeps its bounds, and is what it says it is.
func FuzzParseLimit(f *testing.F) {
	for _, text := range []string{"5/minute", "5 per hour", "50/second burst 300", "1/day burst 366", "/", "5//minute", "9223372036854775807/second", "1/second burst 1 "} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		l, err := ratelimit.ParseLimit(text)
		if err != nil {
			if l != (ratelimit.Limit{}) || hint.Of(err) == "" {
				t.Fatalf("%q: %v, hint %q", text, l, hint.Of(err))
			}
			return
		}
		if l.Burst() < 1 || l.Interval() < time.Microsecond || l.Window() < l.Interval() || l.Window() > 366*24*time.Hour {
			t.Fatalf("%q: burst %d, interval %v, window %v", text, l.Burst(), l.Interval(), l.Window())
		}
		again, err := ratelimit.ParseLimit(l.String())
		if err != nil || again != l {
			t.Fatalf("%q is %q, which is %v, %v", text, l, again, err)
		}
		// It lets through what it says, in memory, and then one in each interval.
		c := &clock{}
		m := ratelimit.NewMemory(8, c.Now)
		all := int64(int(l.Burst()))
		if d, err := m.Take(t.Context(), ratelimit.Key{1}, l, int(all)); err != nil || !d.OK || d.Remaining != 0 {
			t.Fatalf("%q: %v %v", text, d, err)
		}
		c.Advance(l.Interval() - 1)
		if d := take(t, m, ratelimit.Key{1}, l); d.OK || d.Wait != 1 {
			t.Fatalf("%q: %v", text, d)
		}
		c.Advance(1)
		if d := take(t, m, ratelimit.Key{1}, l); !d.OK {
			t.Fatalf("%q: %v", text, d)
		}
	})
}
