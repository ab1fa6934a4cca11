package hint_test

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/fumehood/fumehood/internal/hint"
)

// FuzzNearest: what is suggested is a candidate, and a right word suggests itself.
func FuzzNearest(f *testing.F) {
	f.Add("trusted_origin", "trusted_origins trusted_proxies")
	f.Add("WORKERS", "workers worker")
	f.Add("", "a")
	f.Fuzz(func(t *testing.T, word, list string) {
		candidates := strings.Fields(list)
		near := hint.Nearest(word, candidates)
		if near != "" && !slices.Contains(candidates, near) {
			t.Fatalf("%q is no candidate", near)
		}
		if len(word) <= 64 && slices.Contains(candidates, word) && !strings.EqualFold(strings.ReplaceAll(near, "-", "_"), strings.ReplaceAll(word, "-", "_")) {
			t.Fatalf("%q is right, and %q was suggested", word, near)
		}
	})
}

func TestNearest(t *testing.T) {
	t.Parallel()
	keys := []string{"count", "threads", "queue", "queue_timeout", "timeout", "boot_timeout", "trusted_proxies", "log", "tls"}
	for word, want := range map[string]string{
		"trusted_proxy": "trusted_proxies", "cuont": "count", "thread": "threads", "Boot-Timeout": "boot_timeout",
		"timeuot": "timeout", "truste": "trusted_proxies", "tsl": "tls", "logs": "log",
		"banana": "", "x": "", "": "", "upload": "",
		strings.Repeat("count", 100): "",
	} {
		if got := hint.Nearest(word, keys); got != want {
			t.Errorf("Nearest(%q) = %q, want %q", word, got, want)
		}
	}
}

// TestNearestForgivesOneSlip: every key with one letter lost, doubled or swapped is found.
func TestNearestForgivesOneSlip(t *testing.T) {
	t.Parallel()
	keys := []string{"header_timeout", "connections", "trusted_proxies", "request_line", "storage", "certfile"}
	random := rand.New(rand.NewPCG(1, 2))
	for _, key := range keys {
		for range 50 {
			at := 1 + random.IntN(len(key)-2)
			for _, slip := range []string{
				key[:at] + key[at+1:],
				key[:at] + key[at:at+1] + key[at:],
				key[:at] + key[at+1:at+2] + key[at:at+1] + key[at+2:],
			} {
				if got := hint.Nearest(slip, keys); got != key {
					t.Errorf("Nearest(%q) = %q, want %q", slip, got, key)
				}
			}
		}
	}
}
