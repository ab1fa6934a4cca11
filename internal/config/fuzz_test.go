package config_test

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/fumehood/fumehood/internal/config"
)

// roundTrip checks that an accepted configuration, written as config show does, loads to
// the same values.
func roundTrip(t *testing.T, dir string, loaded *config.Loaded) {
	t.Helper()
	for _, all := range []bool{false, true} {
		text := loaded.TOML(all)
		write(t, filepath.Join(dir, "again.toml"), text)
		again, err := config.Load(config.Sources{Dir: dir, File: "again.toml"})
		if err != nil {
			t.Fatalf("config show is not accepted: %v\n%s", err, text)
		}
		if !reflect.DeepEqual(again.Config, loaded.Config) {
			t.Fatalf("config show loads to other values\n%s\ngot  %+v\nwant %+v", text, again.Config, loaded.Config)
		}
	}
}

// FuzzFile: no file makes the loader panic, every mistake has a text, and what is
// accepted can be written and read again.
func FuzzFile(f *testing.F) {
	seeds, err := filepath.Glob("testdata/mistakes/*.toml")
	if err != nil {
		f.Fatal(err)
	}
	for _, seed := range seeds {
		data, err := os.ReadFile(seed)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Add([]byte(config.Sample()))
	f.Add([]byte("[[route]]\nmatch='/'\nmax_body='1GB'\n[[route]]\nmatch='POST /x'\ntimeout='1h0.5s'\nstream_body=true"))
	f.Add([]byte("app.target=\"größe.ü:x\"\nhosts={allow=['a','b\\\\\"']}\nworkers.timeout='1h'\nlimits.body=7"))
	f.Add([]byte("route=[{match='/a'},{match='/b'}]"))
	f.Add([]byte("[[route]]\n[[route.route]]\n[route.x]\n[[route]]\n\"\"=1"))
	f.Fuzz(func(t *testing.T, data []byte) {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, config.FileName), data, 0o644); err != nil {
			t.Fatal(err)
		}
		loaded, err := config.Load(config.Sources{Dir: dir})
		if err == nil {
			roundTrip(t, dir, loaded)
			return
		}
		checkMistakes(t, err)
	})
}

func checkMistakes(t *testing.T, err error) {
	t.Helper()
	var mistakes *config.Mistakes
	if !errors.As(err, &mistakes) {
		return // the file could not be read
	}
	if len(mistakes.List) == 0 || mistakes.Error() == "" || mistakes.Detail() == "" {
		t.Fatalf("an error without a mistake: %#v", mistakes)
	}
	for _, m := range mistakes.List {
		if m.Text == "" {
			t.Fatalf("a mistake without a text: %#v", m)
		}
	}
}

// FuzzCommandLine: the same for the environment and the arguments, one entry a line.
func FuzzCommandLine(f *testing.F) {
	f.Add("FUMEHOOD_WORKERS_COUNT=3\nFUMEHOOD_HOSTS_ALLOW=a,b", "-w\n4\napp:app\n--no-access-log\n--host=x")
	f.Add("FUMEHOOD_=\nFUMEHOOD_X\nFUMEHOOD_TLS_EMAIL=\xff", "--\n-\n---\n-wt\n--=\n--x=y\n-w=4\n-zzw")
	f.Add("FUMEHOOD_CONFIG=/dev/null", "-c\n\n--config=\n--chdir\n..")
	f.Fuzz(func(t *testing.T, environ, args string) {
		dir := t.TempDir()
		split := func(s string) []string {
			var list []string
			for line := range strings.SplitSeq(s, "\n") {
				// Only files of this test: the fuzzer must not read the machine's.
				if !strings.Contains(line, "/") {
					list = append(list, line)
				}
			}
			return list
		}
		loaded, err := config.Load(config.Sources{Dir: dir, Environ: split(environ), Args: split(args), App: config.MayApp})
		switch {
		case err == nil:
			roundTrip(t, dir, loaded)
		case !errors.Is(err, config.ErrHelp) && !errors.Is(err, config.ErrHelpAll):
			checkMistakes(t, err)
		}
	})
}
