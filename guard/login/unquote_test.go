package login_test

import (
	"bytes"
	"encoding/json"
	"math/rand/v2"
	"os/exec"
	"strings"
	"testing"

	"github.com/fumehood/fumehood/guard/login"
	"github.com/fumehood/fumehood/internal/testapp"
)

// parseCookie prints what it reads in each value, null where it finds no cookie.
const parseCookie = `
import json, sys
from werkzeug.http import parse_cookie
json.dump([parse_cookie("a=" + v).get("a") for v in json.load(sys.stdin)], sys.stdout)
`

func TestUnquoteAsWerkzeug(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(4, 2))
	values := []string{"", `"`, `""`, `"a`, `a"`, `"\"`, `"\\"`, `"a\"b"`, `"\145yJ"`, `"\400"`, `"\37"`, `"\8"`, `"\1234"`, `"\+12"`}
	for range 5000 {
		value := make([]byte, random.IntN(9))
		for i := range value {
			value[i] = `"\\0123789a+_ `[random.IntN(14)]
		}
		values = append(values, `"`+string(value)+`"`, string(value))
	}
	in, err := json.Marshal(values)
	if err != nil {
		t.Fatal(err)
	}
	python := exec.CommandContext(t.Context(), testapp.Python(t), "-c", parseCookie)
	python.Stdin = bytes.NewReader(in)
	out, err := python.Output()
	if err != nil {
		t.Fatal(err)
	}
	var theirs []*string
	if err := json.Unmarshal(out, &theirs); err != nil {
		t.Fatal(err)
	}
	compared := 0
	for i, value := range values {
		if theirs[i] == nil || value == "" || value[0] == ' ' || value[len(value)-1] == ' ' {
			continue
		}
		compared++
		want := *theirs[i]
		for strings.Contains(want, "\ufffd\ufffd") {
			want = strings.ReplaceAll(want, "\ufffd\ufffd", "\ufffd")
		}
		if got := login.Unquote(value); got != want {
			t.Errorf("%q: %q, Werkzeug reads %q", value, got, want)
		}
	}
	if compared < 1000 {
		t.Errorf("%d were compared", compared)
	}
}
