package ratelimit_test

import (
	"errors"
	"fmt"
	"net/http/httptest"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/fumehood/fumehood/guard/ratelimit"
)

// item is an Item of a List (RFC 9651 section 3.1) whose value is a String.
type item struct {
	name   string
	params map[string]string // as they are written
}

// readList reads a field of the draft, whose examples it is checked with.
func readList(s string) (list []item, err error) {
	for {
		it := item{params: map[string]string{}}
		if it.name, s, err = readString(s); err != nil {
			return nil, err
		}
		for strings.HasPrefix(s, ";") {
			end := strings.IndexAny(s[1:], ";,")
			param := s[1:]
			if end >= 0 {
				param = s[1 : 1+end]
			}
			s = s[1+len(param):]
			key, value, ok := strings.Cut(strings.TrimLeft(param, " "), "=")
			if !ok || key == "" || strings.Trim(key, "abcdefghijklmnopqrstuvwxyz-") != "" {
				return nil, fmt.Errorf("parameter %q", param)
			}
			it.params[key] = value
		}
		list = append(list, it)
		if s == "" {
			return list, nil
		}
		if !strings.HasPrefix(s, ",") {
			return nil, fmt.Errorf("%q follows an item", s)
		}
		s = strings.TrimLeft(s[1:], " \t")
	}
}

func readString(s string) (value, rest string, err error) {
	if !strings.HasPrefix(s, `"`) {
		return "", "", errors.New("the item is no String")
	}
	for i := 1; i < len(s); i++ {
		switch c := s[i]; {
		case c == '"':
			return value, s[i+1:], nil
		case c == '\\':
			if i++; i == len(s) || s[i] != '"' && s[i] != '\\' {
				return "", "", errors.New("a wrong escape")
			}
			value += s[i : i+1]
		case c < ' ' || c > '~':
			return "", "", errors.New("a character that cannot be there")
		default:
			value += s[i : i+1]
		}
	}
	return "", "", errors.New("the String does not end")
}

// check is what the draft asks of each item: section 3.1 for policies, 4.1 for limits.
func check(field string, it item) error {
	required, others := "q", []string{"w", "qu", "pk", "burst"}
	if field == "RateLimit" {
		required, others = "r", []string{"t", "pk"}
	}
	if it.params[required] == "" {
		return errors.New("there is no " + required)
	}
	for key, value := range it.params {
		switch key {
		case "q", "r", "w", "t":
			n, err := strconv.ParseUint(value, 10, 50) // RFC 9651: at most 15 digits
			if err != nil || key == "w" && n == 0 {
				return fmt.Errorf("%s=%s", key, value)
			}
		}
		if key != required && !slices.Contains(others, key) {
			return errors.New("a strange parameter " + key)
		}
	}
	return nil
}

// draft returns the examples, field and value.
func draft(t *testing.T, right bool) (examples [][2]string) {
	t.Helper()
	text, err := os.ReadFile("testdata/draft-10.txt")
	if err != nil {
		t.Fatal(err)
	}
	good, bad, _ := strings.Cut(string(text), "# against its own rules\n")
	if !right {
		good = bad
	}
	for line := range strings.SplitSeq(good, "\n") {
		if field, value, ok := strings.Cut(line, ": "); ok && line[0] != '#' {
			examples = append(examples, [2]string{field, value})
		}
	}
	return examples
}

// TestTheReader sees the examples of the draft as what they are.
func TestTheReader(t *testing.T) {
	t.Parallel()
	verdict := func(example [2]string) error {
		list, err := readList(example[1])
		for _, it := range list {
			err = errors.Join(err, check(example[0], it))
		}
		return err
	}
	right, wrong := draft(t, true), draft(t, false)
	if len(right) < 25 || len(wrong) != 5 {
		t.Fatalf("%d right and %d wrong examples", len(right), len(wrong))
	}
	for _, example := range right {
		if err := verdict(example); err != nil {
			t.Errorf("%s: %s: %v", example[0], example[1], err)
		}
	}
	for _, example := range wrong {
		if verdict(example) == nil {
			t.Errorf("%s: %s is taken", example[0], example[1])
		}
	}
}

// TestPoliciesOfTheDraft: for the same quota and window we write the same bytes.
func TestPoliciesOfTheDraft(t *testing.T) {
	t.Parallel()
	compared := 0
	for _, example := range draft(t, true) {
		list, err := readList(example[1])
		if err != nil {
			t.Fatal(err)
		}
		for _, it := range list {
			unit := map[string]string{"1": "second", "60": "minute", "3600": "hour", "86400": "day"}[it.params["w"]]
			if example[0] != "RateLimit-Policy" || unit == "" || len(it.params) != 2 {
				continue
			}
			g := newGuard(t, ratelimit.Config{Rate: it.params["q"] + "/" + unit}, ratelimit.Site{Name: it.name})
			h := g.Handler(ok)
			var got string
			for range 10_000 {
				if got = send(h, get("192.0.2.1")).Header().Get("RateLimit-Policy"); got != "" {
					break
				}
			}
			if want := fmt.Sprintf(`%q;q=%s;w=%s`, it.name, it.params["q"], it.params["w"]); got != want || !strings.Contains(example[1], got) {
				t.Errorf("%s, want %s", got, want)
			}
			compared++
		}
	}
	if compared < 5 {
		t.Errorf("only %d policies were compared", compared)
	}
}

// TestFields reads the fields of each answer as the draft has them.
func TestFields(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"", "POST /login", `a "quoted" \ name`, "GET /größe/{id}", "x\r\nSet-Cookie: a=b"} {
		c := &clock{}
		store := ratelimit.NewMemory(64, c.Now)
		h := newGuard(t, ratelimit.Config{Rate: "6/minute burst 10"}, ratelimit.Site{Name: name, Memory: store}).Handler(ok)
		for request := 1; request <= 12; request++ {
			w := send(h, get("192.0.2.1"))
			policy, limit := w.Header()["Ratelimit-Policy"], w.Header()["Ratelimit"]
			if request <= 5 { // half of it is left
				if policy != nil || limit != nil || w.Code != 200 {
					t.Errorf("%q, request %d: %q %q %d", name, request, policy, limit, w.Code)
				}
				continue
			}
			if len(policy) != 1 || len(limit) != 1 {
				t.Fatalf("%q, request %d: %q %q", name, request, policy, limit)
			}
			policies, err1 := readList(policy[0])
			limits, err2 := readList(limit[0])
			if err1 != nil || err2 != nil || len(policies) != 1 || len(limits) != 1 {
				t.Fatalf("%q: %q %q %v %v", name, policy, limit, err1, err2)
			}
			if err := errors.Join(check("RateLimit-Policy", policies[0]), check("RateLimit", limits[0])); err != nil {
				t.Error(err)
			}
			if policies[0].name != limits[0].name || name != "" && len(policies[0].name) < 11 {
				t.Errorf("%q is called %q and %q", name, policies[0].name, limits[0].name)
			}
			if got := fmt.Sprint(policies[0].params, limits[0].params); got != fmt.Sprintf("map[q:10 w:100] map[r:%d t:10]", max(10-request, 0)) {
				t.Errorf("%q, request %d: %s", name, request, got)
			}
			if code := w.Code; code != 200 && request <= 10 || code != 429 && request > 10 {
				t.Errorf("%q, request %d: %d", name, request, code)
			}
		}
	}
}

// TestRetryAfterIsTrue: who waits as long as the 429 says gets through; a second less is
// too little.
func TestRetryAfterIsTrue(t *testing.T) {
	t.Parallel()
	for _, rate := range []string{"5/minute", "7/minute", "10/second", "1/hour", "1000/day burst 3"} {
		c := &clock{}
		h := newGuard(t, ratelimit.Config{Rate: rate}, ratelimit.Site{Memory: ratelimit.NewMemory(64, c.Now)}).Handler(ok)
		var w *httptest.ResponseRecorder
		for range 2000 {
			if w = send(h, get("192.0.2.1")); w.Code != 200 {
				break
			}
		}
		seconds, err := strconv.Atoi(w.Header().Get("Retry-After"))
		if err != nil || w.Code != 429 || seconds < 1 {
			t.Fatalf("%s: %d %v", rate, w.Code, w.Header())
		}
		list, err := readList(w.Header().Get("RateLimit"))
		if err != nil || list[0].params["r"] != "0" || list[0].params["t"] != strconv.Itoa(seconds) {
			t.Errorf("%s: %v, Retry-After %d", rate, w.Header(), seconds)
		}
		c.Advance(time.Duration(seconds-1) * time.Second)
		if w := send(h, get("192.0.2.1")); w.Code != 429 {
			t.Errorf("%s: a second too early: %d", rate, w.Code)
		}
		c.Advance(time.Second)
		if w := send(h, get("192.0.2.1")); w.Code != 200 {
			t.Errorf("%s: after the wait: %d", rate, w.Code)
		}
	}
}
