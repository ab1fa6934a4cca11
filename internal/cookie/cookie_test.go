package cookie_test

import (
	"fmt"
	"testing"

	"github.com/fumehood/fumehood/internal/cookie"
)

func TestEach(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		fields []string
		want   string
	}{
		{nil, ""},
		{[]string{"a=1; b=2", "c=3"}, "[a 1][b 2][c 3]"},
		{[]string{" a = 1 ;\tb=\t2\t"}, "[a 1][b 2]"},
		{[]string{`a="1;2"; b="\062"`}, `[a "1][2" ][b "\062"]`}, // a semicolon ends a cookie, whatever is around it
		{[]string{"a; =b; ;a=b=c"}, "[a ][ b][ ][a b=c]"},
	} {
		got := ""
		cookie.Each(tt.fields, func(name, value string) { got += fmt.Sprintf("[%s %s]", name, value) })
		if got != tt.want {
			t.Errorf("%q: %s, want %s", tt.fields, got, tt.want)
		}
	}
}

func TestEachAllocatesNothing(t *testing.T) {
	fields, found := []string{"session=eyJ1c2VyX2lkIjoxfQ.aSGQ1w.0123; theme=dark"}, 0
	if n := testing.AllocsPerRun(100, func() {
		cookie.Each(fields, func(name, _ string) {
			if name == "session" {
				found++
			}
		})
	}); n != 0 || found == 0 {
		t.Errorf("%v allocations, found %d times", n, found)
	}
}

func TestUnprefixed(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"session": "session", "__Host-session": "session", "__Secure-session": "session", "__Http-session": "session",
		"__Host-Http-session": "session", "__HOST-session": "session", "__session": "__session", "_": "_", "": "",
	} {
		if got := cookie.Unprefixed(name); got != want {
			t.Errorf("%q: %q, want %q", name, got, want)
		}
	}
}
