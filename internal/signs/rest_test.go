package signs_test

import (
	"testing"

	"github.com/fumehood/fumehood/internal/signs"
)

// TestJudgeRest: of its classes, it finds what Judge finds.
func TestJudgeRest(t *testing.T) {
	t.Parallel()
	for _, value := range []string{
		"x\r\nSet-Cookie: session=evil", "a@example.com\r\nBcc: all@example.com", `{"$ne": null}`, `*)(uid=*))(|(uid=*`, `'; return true; //`,
		`<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>`, "it's (fine)\nSee: <b>x</b>", "words only", "' OR 1=1 --",
	} {
		all, rest := signs.Judge(value), signs.JudgeRest(value)
		for _, class := range []signs.Class{signs.Header, signs.XML, signs.NoSQL} {
			if all.Points(class) != rest.Points(class) {
				t.Errorf("%q: %d points for %v, want %d", value, rest.Points(class), class, all.Points(class))
			}
		}
		if rest.Points(signs.SQL) != 0 {
			t.Errorf("%q was judged as SQL", value)
		}
	}
}
