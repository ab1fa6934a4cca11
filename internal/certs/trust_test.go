package certs_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/fumehood/fumehood/internal/certs"
	"github.com/fumehood/fumehood/internal/hint"
)

// machine is a made-up machine: its files are under a temporary folder, its programs are
// only written down.
type machine struct {
	certs.System
	ran      []string
	programs []string
	fail     string // a program that fails
}

func newMachine(t *testing.T, goos string, programs ...string) *machine {
	m := &machine{programs: programs}
	dir := t.TempDir()
	m.System = certs.System{
		OS: goos, Home: filepath.Join(dir, "home"), Slash: dir,
		LookPath: func(program string) (string, error) {
			if slices.Contains(m.programs, program) {
				return "/usr/bin/" + program, nil
			}
			return "", errors.New("not found")
		},
		Run: func(_ context.Context, program string, args ...string) error {
			m.ran = append(m.ran, program+" "+strings.Join(args, " "))
			if program == m.fail {
				return errors.New(program + ": exit status 1")
			}
			return nil
		},
	}
	return m
}

func (m *machine) file(t *testing.T, name string) string {
	t.Helper()
	path := filepath.Join(m.Slash, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

func openRoot(t *testing.T) certs.Root {
	t.Helper()
	root, err := certs.OpenRoot(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return root
}

func TestRootIsInstalledAndRemoved(t *testing.T) {
	t.Parallel()
	stores := map[string]struct{ dir, update string }{
		"Debian": {"usr/local/share/ca-certificates", "update-ca-certificates"},
		"Fedora": {"etc/pki/ca-trust/source/anchors", "update-ca-trust extract"},
		"SUSE":   {"usr/share/pki/trust/anchors", "update-ca-certificates"},
		"Arch":   {"etc/ca-certificates/trust-source/anchors", "trust extract-compat"},
	}
	for name, store := range stores {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			root := openRoot(t)
			m := newMachine(t, "linux", strings.Fields(store.update)[0], "certutil")
			m.file(t, store.dir+"/x")
			m.file(t, "home/.pki/nssdb/cert9.db")
			m.file(t, "home/.mozilla/firefox/abc.default-release/cert9.db")
			m.file(t, "home/.mozilla/firefox/empty/prefs.js")

			for _, o := range certs.InstallRoot(t.Context(), m.System, root) {
				if o.Err != nil {
					t.Errorf("%s: %v", o.Store, o.Err)
				}
			}
			want, _ := os.ReadFile(root.File)
			installed, _ := filepath.Glob(filepath.Join(m.Slash, store.dir, "fumehood-*"))
			if len(installed) != 1 {
				t.Fatalf("installed %v", installed)
			}
			if got, _ := os.ReadFile(installed[0]); string(got) != string(want) {
				t.Errorf("installed %q", got)
			}
			add := " -A -t C,, -n " + root.Cert.Subject.CommonName + " -i " + root.File
			wantRan := []string{
				strings.TrimSpace(store.update + " "),
				"certutil -d sql:" + m.Home + "/.pki/nssdb" + add,
				"certutil -d sql:" + m.Home + "/.mozilla/firefox/abc.default-release" + add,
			}
			for i := range m.ran {
				m.ran[i] = strings.TrimSpace(m.ran[i])
			}
			if !slices.Equal(m.ran, wantRan) {
				t.Errorf("ran  %q\nwant %q", m.ran, wantRan)
			}

			m.ran = nil
			for _, o := range certs.UninstallRoot(t.Context(), m.System, root) {
				if o.Err != nil {
					t.Errorf("uninstall, %s: %v", o.Store, o.Err)
				}
			}
			if _, err := os.Stat(installed[0]); err == nil {
				t.Error("still installed")
			}
			if !strings.Contains(strings.Join(m.ran, "\n"), " -D -n ") {
				t.Errorf("uninstall ran %q", m.ran)
			}
		})
	}
}

func TestRootOnMacOS(t *testing.T) {
	t.Parallel()
	root, m := openRoot(t), newMachine(t, "darwin", "security")
	certs.InstallRoot(t.Context(), m.System, root)
	certs.UninstallRoot(t.Context(), m.System, root)
	if len(m.ran) != 2 || !strings.HasPrefix(m.ran[0], "security add-trusted-cert -r trustRoot -p ssl -k ") ||
		!strings.HasPrefix(m.ran[1], "security delete-certificate -t -Z ") {
		t.Errorf("ran %q", m.ran)
	}
}

func TestChromiumThatWasNeverStartedGetsADatabase(t *testing.T) {
	t.Parallel()
	root, m := openRoot(t), newMachine(t, "linux", "chromium", "certutil")
	certs.InstallRoot(t.Context(), m.System, root)
	if len(m.ran) != 2 || !strings.Contains(m.ran[0], "-N --empty-password") || !strings.Contains(m.ran[1], "/.pki/nssdb -A") {
		t.Errorf("ran %q", m.ran)
	}
}

func TestEachFailureHasAHintAndStopsNoOther(t *testing.T) {
	t.Parallel()
	root := openRoot(t)
	t.Run("no certutil", func(t *testing.T) {
		m := newMachine(t, "linux", "update-ca-certificates")
		m.file(t, "usr/local/share/ca-certificates/x")
		m.file(t, "home/.pki/nssdb/cert9.db")
		o := certs.InstallRoot(t.Context(), m.System, root)
		if len(o) != 2 || o[0].Err != nil || !strings.Contains(hint.Of(o[1].Err), "libnss3-tools") {
			t.Errorf("%+v", o)
		}
	})
	t.Run("no permission", func(t *testing.T) { // a folder in the way stands for it: tests may run as root
		m := newMachine(t, "linux", "update-ca-certificates", "certutil")
		m.file(t, "home/.pki/nssdb/cert9.db")
		name := filepath.Join("usr/local/share/ca-certificates", filepath.Base(systemFile(t, root)))
		m.file(t, name+"/x")
		o := certs.InstallRoot(t.Context(), m.System, root)
		if len(o) != 2 || o[0].Err == nil || o[1].Err != nil {
			t.Fatalf("%+v", o)
		}
		want := "sudo install -m 644 '" + root.File + "' '" + filepath.Join(m.Slash, name) + "' && sudo update-ca-certificates"
		if got := hint.Of(o[0].Err); got != want {
			t.Errorf("hint %q, want %q", got, want)
		}
	})
	t.Run("no store", func(t *testing.T) {
		m := newMachine(t, "linux")
		if o := certs.InstallRoot(t.Context(), m.System, root); !strings.Contains(hint.Of(o[0].Err), "--print") {
			t.Errorf("%+v", o)
		}
	})
	t.Run("certutil fails", func(t *testing.T) {
		m := newMachine(t, "linux", "certutil")
		m.fail = "certutil"
		m.file(t, "home/.pki/nssdb/cert9.db")
		if o := certs.InstallRoot(t.Context(), m.System, root); !strings.Contains(hint.Of(o[1].Err), "certutil -d ") {
			t.Errorf("%+v", o)
		}
		if o := certs.UninstallRoot(t.Context(), m.System, root); o[1].Err != nil {
			t.Errorf("a database without the root: %v", o[1].Err)
		}
	})
}

// systemFile is the name under which root is installed.
func systemFile(t *testing.T, root certs.Root) string {
	m := newMachine(t, "linux", "update-ca-certificates")
	m.file(t, "usr/local/share/ca-certificates/x")
	certs.InstallRoot(t.Context(), m.System, root)
	files, _ := filepath.Glob(filepath.Join(m.Slash, "usr/local/share/ca-certificates/fumehood-*"))
	if len(files) != 1 {
		t.Fatalf("files %v", files)
	}
	return files[0]
}

func TestSudoIsRefused(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Setenv("HOME", t.TempDir())
		if _, err := certs.ThisSystem(); err != nil {
			t.Error(err)
		}
		return // sudo makes the user root; a test cannot
	}
	t.Setenv("SUDO_USER", "alice")
	if _, err := certs.ThisSystem(); err == nil || !strings.Contains(hint.Of(err), "alice") {
		t.Errorf("error %v, hint %q", err, hint.Of(err))
	}
}
