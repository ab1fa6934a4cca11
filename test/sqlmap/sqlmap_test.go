// Package sqlmap has an attacker that nobody here has written: sqlmap, from Debian's
// packages. It has to find the injections of examples/leaky when a plain server serves it,
// and nothing when Fumehood does: with its defaults, with the sinks in the worker alone, and
// with the edge alone, before a server that knows of no sinks.
//
// It never leaves this machine.
package sqlmap_test

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/fumehood/fumehood/test/browser"
)

// patience is how long one run may take, on a machine that does other things too.
const patience = 8 * time.Minute

// program is the sqlmap to use.
func program(t *testing.T) string {
	t.Helper()
	if testing.Short() {
		t.Skip("short tests go without sqlmap; make test has it")
	}
	path, err := exec.LookPath("sqlmap")
	if err != nil {
		t.Fatal("no sqlmap\nhint: sudo apt install sqlmap")
	}
	return path
}

// hole is a place of the shop where a statement is put together from text.
type hole struct {
	name string
	path string // with the parameters of the query
	data string // a form, "" for none
	at   string // the parameter that is attacked
}

func holes() []hole {
	return []hole{
		{"login", "/login", "username=demo&password=demo", "username"}, // quoted
		{"search", "/search?q=beaker", "", "q"},                        // LIKE
		{"product", "/product?id=3", "", "id"},                         // a number
	}
}

// tampered are sqlmap's own ways around a filter.
func tampered() []string {
	return []string{"--random-agent", "--tamper=space2comment,randomcase,between,charencode"}
}

// TestBare: what is not found here would prove nothing below.
func TestBare(t *testing.T) {
	t.Parallel()
	sqlmap := program(t)
	site := browser.Bare(t, browser.Example(t, "leaky"), "app:app")
	for _, h := range holes() {
		for name, more := range map[string][]string{"": nil, ", tampered": tampered()} {
			t.Run(h.name+name, func(t *testing.T) {
				if said := run(t, sqlmap, site.URL, h, more...); !found(said) {
					t.Errorf("sqlmap does not find it:\n%s", said)
				}
			})
		}
	}
}

func TestDefaults(t *testing.T) {
	t.Parallel()
	sqlmap := program(t)
	nothing(t, sqlmap, browser.Fumehood(t, browser.Example(t, "leaky"), "app:app").URL)
}

// unhurried has no limit that could end an attack before it is over.
const unhurried = `
[ratelimit]
mode = "off"

[login]
mode = "off"
`

// TestSinksAlone: the edge lets everything through, and the guard in the worker sees each
// statement.
func TestSinksAlone(t *testing.T) {
	t.Parallel()
	sqlmap := program(t)
	dir := browser.Example(t, "leaky")
	policy(t, dir, unhurried+"[injection]\nmode = \"off\"\n")
	nothing(t, sqlmap, browser.Fumehood(t, dir, "app:app").URL)
}

// TestEdgeAlone: there is another server behind Fumehood, which knows of no sinks.
func TestEdgeAlone(t *testing.T) {
	t.Parallel()
	sqlmap := program(t)
	behind := browser.Bare(t, browser.Example(t, "leaky"), "app:app")
	dir := t.TempDir()
	policy(t, dir, unhurried)
	nothing(t, sqlmap, browser.Fumehood(t, dir, "--upstream="+behind.URL).URL)
}

func policy(t *testing.T, dir, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, "fumehood.toml"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// nothing has sqlmap attack each hole, as it is and with its ways around filters.
func nothing(t *testing.T, sqlmap, site string) {
	for _, h := range holes() {
		for name, more := range map[string][]string{"": nil, ", tampered": tampered()} {
			t.Run(h.name+name, func(t *testing.T) {
				t.Parallel()
				said := run(t, sqlmap, site, h, more...)
				if found(said) || !gaveUp.MatchString(said) || !refused.MatchString(said) {
					t.Errorf("sqlmap finds %v, want that it is refused and gives up:\n%s", found(said), said)
				}
			})
		}
	}
}

// What sqlmap says at the end.
var (
	points   = regexp.MustCompile(`identified the following injection point|appears to be '[^']*' injectable|is '[^']*' injectable|is vulnerable`)
	unlikely = regexp.MustCompile(`false positive or unexploitable`) // it has looked again, and changed its mind
	refused  = regexp.MustCompile(`4(?:00|03|29) \([\w ]+\) - \d{2,} times`)
	gaveUp   = regexp.MustCompile(`do(?:es)? not (?:appear|seem) to be injectable`)
)

// found says whether sqlmap has found a way in. What it took back does not count.
func found(said string) bool {
	return points.MatchString(said) && !(unlikely.MatchString(said) && gaveUp.MatchString(said))
}

// run has sqlmap attack one parameter and returns what it says. The parameter and the kind of
// database are told, as to somebody who has seen the source.
func run(t *testing.T, sqlmap, site string, h hole, more ...string) string {
	t.Helper()
	args := []string{
		"-u", site + h.path, "-p", h.at, "--batch", "--level=3", "--risk=2", "--technique=BEUST", "--dbms=SQLite", "--flush-session",
		"--output-dir=" + t.TempDir(), "--disable-coloring", "--timeout=20", "--retries=1", "--threads=2", "--time-sec=2",
		// What a page of the site would send.
		"--headers=Origin: " + site + "\nSec-Fetch-Site: same-origin", "--ignore-redirects",
	}
	if h.data != "" {
		args = append(args, "--data="+h.data)
	}
	if strings.HasPrefix(site, "https:") {
		args = append(args, "--force-ssl")
	}
	ctx, done := context.WithTimeout(t.Context(), patience)
	defer done()
	cmd := exec.CommandContext(ctx, sqlmap, append(args, more...)...)
	home := t.TempDir() // sqlmap remembers things, and must not
	cmd.Env = append(os.Environ(), "HOME="+home, "XDG_DATA_HOME="+home, "TERM=dumb", "PYTHONDONTWRITEBYTECODE=1")
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // it starts others
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	began := time.Now()
	err := cmd.Run()
	t.Logf("sqlmap took %s (%v)", time.Since(began).Round(time.Second), err)
	if ctx.Err() != nil {
		t.Fatalf("sqlmap is not done after %s:\n%s", patience, &out)
	}
	return out.String()
}
