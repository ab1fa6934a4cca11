package main

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestReadCorpus(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for name, text := range map[string]string{
		"benign/prose.txt":     "\"How are you?\"\n",
		"attack/sqli.txt":      "\"1' or 1=1 --\"\n\"two\\nlines\"\n",
		"meta/attack/sqli.src": "lists/a.txt\ncrs/942100\n",
	} {
		file := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	got, err := readCorpus(dir, "")
	if err != nil || len(got) != 2 || got[0].name != "sqli" || got[0].values[1] != "two\nlines" || got[0].source(1) != "crs/942100" || got[1].kind != "benign" {
		t.Errorf("%+v, %v", got, err)
	}
	if _, err := readCorpus(dir, "nothing"); err == nil {
		t.Error("no error for a class that is not there")
	}
}

func TestARefusalAndItsCauseAreSeen(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"ours", "coraza"} {
		s, err := start(context.Background(), name, t.TempDir())
		if err != nil {
			t.Fatal(name, err)
		}
		t.Cleanup(s.stop)
		for _, place := range []string{"query", "form", "json"} {
			refused, why, err := s.judge(context.Background(), place, "1' UNION SELECT name, pass FROM users -- ")
			if !refused || !strings.HasPrefix(why, "injection.") || err != nil {
				t.Errorf("%s, %s: %v, %q, %v", name, place, refused, why, err)
			}
			if refused, why, err := s.judge(context.Background(), place, "Shall we meet at five o'clock?"); refused || err != nil {
				t.Errorf("%s, %s, an honest value: %v, %q, %v", name, place, refused, why, err)
			}
		}
	}
}

func TestTheTableSaysWhichBarsAreMet(t *testing.T) {
	t.Parallel()
	classes := []class{{kind: "attack", name: "xss", values: make([]string, 100)}, {kind: "benign", name: "prose", values: make([]string, 100)}}
	table := newTally(classes, []string{"ours"})
	for n := range 100 {
		table.add(0, verdict{Server: "ours", Kind: "attack", Class: "xss", Refused: n < 97})
		table.add(1, verdict{Server: "ours", Kind: "benign", Class: "prose", Line: n, Refused: n == 7, Why: "injection.html: a secret"})
	}
	var out strings.Builder
	table.write(&out, options{place: "form"})
	for _, want := range []string{"97 (97.00 %) | >= 97 %: met", "1 (1.00 %) | <= 0 %: MISSED", "- prose line 7: injection.html\n"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is not in\n%s", want, out.String())
		}
	}
}

func TestQuantile(t *testing.T) {
	t.Parallel()
	times := []time.Duration{4, 1, 3, 2, 5}
	if quantile(times, 0.5) != 3 || quantile(times, 1) != 5 || quantile(nil, 0.5) != 0 {
		t.Error(quantile(times, 0.5), quantile(times, 1), quantile(nil, 0.5))
	}
}
