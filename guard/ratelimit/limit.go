package ratelimit

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/fumehood/fumehood/internal/hint"
)

// Limit is how many requests are let through: a burst at once, and one more in each
// interval. Make one with NewLimit or ParseLimit; the zero Limit lets nothing through.
type Limit struct {
	count    int64
	per      time.Duration
	burst    int64
	interval int64 // nanoseconds from one request to the next
}

// Bounds of a limit. Below a microsecond for one request there is nothing to limit; with
// the longest memory all sums of times stay far from the ends of an int64 (292 years).
const (
	leastInterval = int64(time.Microsecond)
	longestMemory = int64(366 * 24 * time.Hour)
)

// ErrLimit is what a Store says of the zero Limit, or of a cost that its burst never has.
var ErrLimit = errors.New("ratelimit: not a limit, or more at once than it ever lets through")

// NewLimit returns the limit of count requests in per, burst of them at once; a burst of 0
// means count.
func NewLimit(count int64, per time.Duration, burst int64) (Limit, error) {
	if burst == 0 {
		burst = count
	}
	switch {
	case count <= 0 || per <= 0:
		return Limit{}, hint.With(errors.New("a rate of nothing lets nobody in"), `write "5/minute", or mode = "off"`)
	case burst < 0:
		return Limit{}, hint.With(errors.New("a burst is at least 1"), `write "50/second burst 300"`)
	case int64(per)/count < leastInterval:
		return Limit{}, hint.With(errors.New("more than a million a second is no limit"), `to limit nobody, write mode = "off"`)
	}
	// Rounded up: never more than the rate.
	l := Limit{count: count, per: per, burst: burst, interval: (int64(per) + count - 1) / count}
	if burst > longestMemory/l.interval {
		return Limit{}, hint.With(fmt.Errorf("a burst of %d takes more than a year to come back", burst), "take a smaller burst, or a higher rate")
	}
	return l, nil
}

// units are the words of a rate.
func units() []struct {
	name string
	is   time.Duration
} {
	return []struct {
		name string
		is   time.Duration
	}{{"second", time.Second}, {"minute", time.Minute}, {"hour", time.Hour}, {"day", 24 * time.Hour}}
}

// ParseLimit reads "5/minute", "5 per minute" or "50/second burst 300".
func ParseLimit(text string) (Limit, error) {
	words := strings.Fields(strings.Replace(text, "/", " per ", 1))
	if len(words) != 3 && len(words) != 5 || words[1] != "per" || len(words) == 5 && words[3] != "burst" {
		return Limit{}, hint.With(fmt.Errorf("%q is no rate", text), `write one such as "5/minute" or "50/second burst 300"`)
	}
	count, err := parseCount(words[0])
	if err != nil {
		return Limit{}, hint.With(fmt.Errorf("%q is no rate: %q is no number", text, words[0]), `write one such as "5/minute"`)
	}
	var burst int64
	if len(words) == 5 {
		if burst, err = parseCount(words[4]); err != nil || burst == 0 {
			return Limit{}, hint.With(fmt.Errorf("%q is no rate: a burst is a number from 1", text), `write one such as "50/second burst 300"`)
		}
	}
	for _, unit := range units() {
		if words[2] == unit.name {
			l, err := NewLimit(count, unit.is, burst)
			if err != nil {
				err = fmt.Errorf("%q: %w", text, err)
			}
			return l, err
		}
	}
	advice := "the units are second, minute, hour and day"
	for _, unit := range units() { // "min", "s", "hours"
		if strings.HasPrefix(unit.name, strings.ToLower(words[2])) || strings.EqualFold(words[2], unit.name+"s") {
			advice = fmt.Sprintf("write %q", strings.Join(append([]string{words[0] + "/" + unit.name}, words[3:]...), " "))
			break
		}
	}
	return Limit{}, hint.With(fmt.Errorf("%q is no rate: there is no unit %q", text, words[2]), advice)
}

// parseCount reads a number of digits alone; a sign is not one.
func parseCount(text string) (int64, error) {
	n, err := strconv.ParseUint(text, 10, 63)
	return int64(n), err
}

// String returns the text that ParseLimit reads, where it has a unit for the time.
func (l Limit) String() string {
	per := l.per.String()
	for _, unit := range units() {
		if unit.is == l.per {
			per = unit.name
		}
	}
	text := strconv.FormatInt(l.count, 10) + "/" + per
	if l.burst != l.count {
		text += " burst " + strconv.FormatInt(l.burst, 10)
	}
	return text
}

// Burst is how many requests may come at once.
func (l Limit) Burst() int64 { return l.burst }

// Interval is the time in which one more request may come.
func (l Limit) Interval() time.Duration { return time.Duration(l.interval) }

// Window is the time in which a whole burst comes back.
func (l Limit) Window() time.Duration { return time.Duration(l.interval * l.burst) }

// Takes says whether cost is one that this limit can ever let through.
func (l Limit) Takes(cost int) bool {
	return l.interval > 0 && cost >= 0 && int64(cost) <= l.burst
}

// decide is the generic cell rate algorithm (ITU-T I.371, annex A). at is the theoretical
// arrival time of the key, the moment at which its burst is whole again, and now the
// present, both in nanoseconds of one clock. It returns the new theoretical arrival time.
// A cost of 0 looks whether one request would be let through.
func (l Limit) decide(at, now int64, cost int) (int64, Decision) {
	window := l.interval * l.burst
	// Later than any request can have set it: the clock went back, or the limit was another
	// one. The burst counts as used up, and no more than that.
	at = min(max(at, now), now+window)
	free := now + window - at
	if need := int64(max(cost, 1)) * l.interval; need > free {
		return at, Decision{Remaining: free / l.interval, Wait: time.Duration(need - free)}
	}
	spent := int64(cost) * l.interval
	free -= spent
	d := Decision{OK: true, Remaining: free / l.interval}
	if free < window {
		d.Wait = time.Duration(l.interval - free%l.interval)
	}
	return at + spent, d
}

// bounded keeps the times of a clock far from where sums overflow.
func bounded(now int64) int64 { return min(max(now, math.MinInt64/4), math.MaxInt64/4) }
