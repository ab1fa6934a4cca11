package config_test

import (
	"errors"
	"flag"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	fumehood "github.com/fumehood/fumehood"
	"github.com/fumehood/fumehood/internal/config"
	"github.com/fumehood/fumehood/internal/hint"
)

var update = flag.Bool("update", false, "write the golden files")

// load loads with text as the fumehood.toml; no text means no file.
func load(t *testing.T, text string, environ []string, args ...string) (*config.Loaded, error) {
	t.Helper()
	dir := t.TempDir()
	if text != "" {
		write(t, filepath.Join(dir, config.FileName), text)
	}
	return config.Load(config.Sources{Dir: dir, Environ: environ, Args: args, App: config.MayApp})
}

func write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestDefault(t *testing.T) {
	t.Parallel()
	c := config.Default()
	if c.Workers.Threads != 32 || c.Server.HeaderTimeout != 10*time.Second || c.Limits.Body != 20*fumehood.MB ||
		!c.Log.Access || c.TLS.Mode != "auto" || c.Hosts.Mode != "" || c.Server.HTTP3 {
		t.Errorf("defaults are not those of the tags: %+v", c)
	}
	if err := config.Validate(c); err != nil {
		t.Errorf("the defaults are not valid: %v", err)
	}
	loaded, err := load(t, "", nil)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(loaded.Config, c) || loaded.File != "" {
		t.Errorf("loading nothing is not the default: %+v", loaded.Config)
	}
}

// TestPrecedence sets one value in more and more places.
func TestPrecedence(t *testing.T) {
	t.Parallel()
	file := "[workers]\n\ncount = 2\n"
	environ := []string{"HOME=/root", "FUMEHOOD_WORKERS_COUNT=3"}
	for _, test := range []struct {
		file    string
		environ []string
		args    []string
		want    int
		origin  string
	}{
		{"", nil, nil, 0, "default"},
		{file, nil, nil, 2, "fumehood.toml:3"},
		{file, environ, nil, 3, "env FUMEHOOD_WORKERS_COUNT"},
		{file, environ, []string{"-w", "4"}, 4, "flag --workers"},
		{file, environ, []string{"--workers=4", "-w5"}, 5, "flag --workers"},
		{"", nil, []string{"--workers", "0"}, 0, "flag --workers"}, // said, though it is the default
	} {
		loaded, err := load(t, test.file, test.environ, test.args...)
		if err != nil {
			t.Fatal(err)
		}
		if got := loaded.Config.Workers.Count; got != test.want {
			t.Errorf("%v %v: count %d, want %d", test.environ, test.args, got, test.want)
		}
		origin := loaded.Origin("workers.count").String()
		if !strings.HasSuffix(origin, test.origin) {
			t.Errorf("%v %v: origin %q, want %q", test.environ, test.args, origin, test.origin)
		}
	}
}

func TestEveryKindFromEverySource(t *testing.T) {
	t.Parallel()
	want := config.Default()
	want.App.Target = "shop:create_app()"
	want.Server.HTTP3, want.Log.Access = true, false
	want.Workers.Threads = 8
	want.Workers.Timeout = 90 * time.Second
	want.Limits.Body = 5 * fumehood.MB
	want.Hosts.Allow = []string{"shop.example", "*.shop.example"}
	want.Hosts.Mode = fumehood.Report
	want.Log.Format = "json"
	for name, try := range map[string]func() (*config.Loaded, error){
		"file": func() (*config.Loaded, error) {
			return load(t, `
app.target = "shop:create_app()"
server = { http3 = true }
[workers]
threads = 8
timeout = "1m30s"
[limits]
body = 5_242_880
[hosts]
allow = ["shop.example", '*.shop.example']
mode = "report"
[log]
access = false
format = "json"
`, nil)
		},
		"environment": func() (*config.Loaded, error) {
			return load(t, "", []string{
				"FUMEHOOD_APP_TARGET=shop:create_app()", "FUMEHOOD_SERVER_HTTP3=true", "FUMEHOOD_LOG_ACCESS=0",
				"FUMEHOOD_WORKERS_THREADS=8", "FUMEHOOD_WORKERS_TIMEOUT=90s", "FUMEHOOD_LIMITS_BODY=5MB",
				"FUMEHOOD_HOSTS_ALLOW=shop.example, *.shop.example", "FUMEHOOD_HOSTS_MODE=report", "FUMEHOOD_LOG_FORMAT=json",
				"FUMEHOOD_TEST_ANYTHING=ours",
			})
		},
		"flags, mixed with the target": func() (*config.Loaded, error) {
			return load(t, "", nil, "--http3", "--no-access-log", "--threads", "8", "shop:create_app()", "-t", "90s",
				"--limit-request-body=5MB", "--host", "shop.example", "--host", "*.shop.example", "--hosts-mode", "report", "--log-format", "json")
		},
	} {
		loaded, err := try()
		if err != nil {
			t.Errorf("%s: %v", name, err)
		} else if !reflect.DeepEqual(loaded.Config, want) {
			t.Errorf("%s: got %+v", name, loaded.Config)
		}
	}
}

// TestPaths: a path in the file starts at the file, all others at the current folder.
func TestPaths(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, filepath.Join(dir, "conf/site.toml"), `
app = { chdir = "../src", python = "venv/bin/python" }
tls = { certfile = "cert.pem", keyfile = "/etc/key.pem", storage = "" }
`)
	loaded, err := config.Load(config.Sources{Dir: dir, Args: []string{"-c", "conf/site.toml", "--acme-root", "root.pem"}})
	if err != nil {
		t.Fatal(err)
	}
	c := loaded.Config
	got := []string{c.App.Chdir, c.App.Python, c.TLS.CertFile, c.TLS.KeyFile, c.TLS.Storage, c.TLS.ACMERoot, loaded.File}
	want := []string{"src", "conf/venv/bin/python", "conf/cert.pem", "/etc/key.pem", "", "root.pem", "conf/site.toml"}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	write(t, filepath.Join(dir, "conf/named.toml"), `app.python = "python3.12"`)
	loaded, err = config.Load(config.Sources{Dir: dir, Environ: []string{"FUMEHOOD_CONFIG=conf/named.toml"}})
	if err != nil || loaded.Config.App.Python != "python3.12" {
		t.Errorf("a program without a slash is for PATH: %v", err)
	}
}

func TestWhichFile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, name := range []string{"fumehood.toml", "sub/fumehood.toml", "flag.toml", "env.toml"} {
		write(t, filepath.Join(dir, name), `tls.email = "x@`+strings.ReplaceAll(name, "/", ".")+`"`)
	}
	for _, test := range []struct {
		environ, args []string
		want          string
	}{
		{nil, nil, "x@fumehood.toml"},
		{nil, []string{"--chdir", "sub"}, "x@sub.fumehood.toml"},
		{[]string{"FUMEHOOD_APP_CHDIR=sub"}, nil, "x@sub.fumehood.toml"},
		{[]string{"FUMEHOOD_APP_CHDIR=sub"}, []string{"--chdir=."}, "x@fumehood.toml"},
		{[]string{"FUMEHOOD_CONFIG=env.toml"}, []string{"--chdir", "sub"}, "x@env.toml"},
		{[]string{"FUMEHOOD_CONFIG=env.toml"}, []string{"-c", "flag.toml"}, "x@flag.toml"},
	} {
		loaded, err := config.Load(config.Sources{Dir: dir, Environ: test.environ, Args: test.args})
		if err != nil {
			t.Errorf("%v %v: %v", test.environ, test.args, err)
		} else if loaded.Config.TLS.Email != test.want {
			t.Errorf("%v %v: read %s, want %s", test.environ, test.args, loaded.Config.TLS.Email, test.want)
		}
	}
}

// TestUnreadableFile: a file that is named and cannot be read stops the start.
func TestUnreadableFile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, filepath.Join(dir, "big.toml"), strings.Repeat("#", 1<<20+1))
	if err := os.Mkdir(filepath.Join(dir, "folder.toml"), 0o755); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"none.toml":   "cannot read none.toml: no such file or directory",
		"folder.toml": "cannot read folder.toml: it is not a regular file",
		"big.toml":    "cannot read big.toml: it is larger than 1048576 bytes",
	} {
		_, err := config.Load(config.Sources{Dir: dir, Args: []string{"--config", name}})
		if err == nil || err.Error() != want || hint.Of(err) == "" {
			t.Errorf("%s: %v (hint %q), want %s", name, err, hint.Of(err), want)
		}
	}
	if err := os.Mkdir(filepath.Join(dir, "fumehood.toml"), 0o755); err != nil {
		t.Fatal(err)
	}
	if _, err := config.Load(config.Sources{Dir: dir}); err == nil {
		t.Error("a fumehood.toml that cannot be read was passed over")
	}
}

func TestHelpIsNoMistake(t *testing.T) {
	t.Parallel()
	for arg, want := range map[string]error{"-h": config.ErrHelp, "--help": config.ErrHelp, "--help-all": config.ErrHelpAll} {
		if _, err := load(t, "", nil, "app:app", arg, "--nonsense"); !errors.Is(err, want) {
			t.Errorf("%s: %v", arg, err)
		}
	}
}

func TestApp(t *testing.T) {
	t.Parallel()
	need := func(args ...string) error {
		_, err := config.Load(config.Sources{Dir: t.TempDir(), Args: args, App: config.NeedApp})
		return err
	}
	if err := need("app:app"); err != nil {
		t.Error(err)
	}
	if err := need("--upstream", "http://127.0.0.1:5000"); err != nil {
		t.Error(err)
	}
	var mistakes *config.Mistakes
	if err := need(); !errors.As(err, &mistakes) || !mistakes.Usage() {
		t.Errorf("no app: %v", err)
	}
	loaded, err := config.Load(config.Sources{Dir: t.TempDir(), Args: []string{"a", "b", "--", "--c"}})
	if err != nil || !reflect.DeepEqual(loaded.Rest, []string{"a", "b", "--c"}) {
		t.Errorf("NoApp: %v, %v", loaded, err)
	}
}

// TestMistakes has a golden file for each configuration in testdata/mistakes: FILE.toml,
// its first lines may be "#env NAME=VALUE" and "#args ...", and FILE.golden with what is
// said of it.
func TestMistakes(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/mistakes/*.toml")
	if err != nil || len(files) == 0 {
		t.Fatal("no testdata", err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var environ, args []string
		for line := range strings.Lines(string(data)) {
			if env, ok := strings.CutPrefix(line, "#env "); ok {
				environ = append(environ, strings.TrimSpace(env))
			} else if more, ok := strings.CutPrefix(line, "#args "); ok {
				args = strings.Fields(more)
			}
		}
		var said string
		_, err = load(t, string(data), environ, args...)
		var mistakes *config.Mistakes
		if !errors.As(err, &mistakes) {
			t.Errorf("%s: %v", file, err)
			continue
		}
		for _, m := range mistakes.List {
			if m.Hint == "" {
				t.Errorf("%s: no hint: %v", file, m)
			}
		}
		said = mistakes.Error() + "\n\n" + mistakes.Detail() + "\n\nhint: " + hint.Of(err) + "\n"
		golden := strings.TrimSuffix(file, ".toml") + ".golden"
		if *update {
			write(t, golden, said)
		}
		want, err := os.ReadFile(golden)
		if err != nil || string(want) != said {
			t.Errorf("%s (-update writes it):\n%s\nwant\n%s", golden, said, want)
		}
	}
}
