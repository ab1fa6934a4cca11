package signs_test

import (
	"strings"
	"testing"

	"github.com/fumehood/fumehood/internal/signs"
)

// inputs are what a site gets all day, and the worst of what it may get.
var inputs = map[string]string{
	"word":     "aubergine",
	"name":     "Sinéad O'Brien-Smith",
	"prose":    strings.Repeat("It's a rock 'n' roll show; we don't know who plays (yet), \"live\" -- or not. See a/b & c.\n", 115),
	"markdown": strings.Repeat("Use `ls -l`, then:\n\n```\n$ cat a.txt | sort && echo done; exit\n```\n\nSee [docs](../docs/x.md) and {{ name }}.\n", 100),
	"json":     `{"items": [` + strings.Repeat(`{"id": 12, "title": "Tea & cake", "tags": ["a", "b"], "note": "it's $5"},`, 140) + `{}]}`,
	"base64":   strings.Repeat("aGVsbG8gd29ybGQhIQ0K", 512),
	"attack":   "1' UNION ALL SELECT name, password FROM users -- -",
}

func BenchmarkJudge(b *testing.B) {
	for name, value := range inputs {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(value)))
			for b.Loop() {
				signs.Judge(value)
			}
		})
	}
}
