package certs

import (
	"context"
	"crypto/sha1" // macOS names certificates by it
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/fumehood/fumehood/internal/appdata"
	"github.com/fumehood/fumehood/internal/hint"
)

// Root is the root certificate of the local authority.
type Root struct {
	File string // PEM, without the key
	Cert *x509.Certificate
}

// OpenRoot returns the root of the local authority in storage (tls.storage; "" is the
// user's data folder) and makes the authority where there is none.
func OpenRoot(storage string) (Root, error) {
	dir, err := appdata.Base(storage)
	if err != nil {
		return Root{}, err
	}
	ca, _, err := openAuthority(dir, time.Now())
	if err != nil {
		return Root{}, err
	}
	return Root{File: ca.rootFile(), Cert: ca.cert}, nil
}

// System is the machine whose programs are to trust a root.
type System struct {
	OS       string // as runtime.GOOS
	Home     string // the user's home folder
	Slash    string // the root of the file system
	LookPath func(program string) (string, error)
	Run      func(ctx context.Context, program string, args ...string) error
}

// ThisSystem is the machine that the program runs on. It is an error under sudo: the
// authority belongs to a user, and root's would be another one.
func ThisSystem() (System, error) {
	if user := os.Getenv("SUDO_USER"); os.Geteuid() == 0 && user != "" && user != "root" {
		return System{}, hint.With(errors.New("under sudo this would be root's certificate authority, not that of "+user),
			"run it as "+user+" without sudo: fumehood trust; it prints the one command that needs sudo")
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return System{}, hint.With(err, "set HOME")
	}
	return System{OS: runtime.GOOS, Home: home, Slash: "/", LookPath: exec.LookPath, Run: run}, nil
}

func run(ctx context.Context, program string, args ...string) error {
	out, err := exec.CommandContext(ctx, program, args...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("%s: %w: %s", program, err, strings.TrimSpace(string(out)))
	}
	return nil
}

// Outcome is what happened in one place where programs look for trusted roots.
type Outcome struct {
	Store string // "system (curl, Python)", "Chromium", "Firefox profile x"
	Err   error  // nil when it was done; it has a hint
}

// InstallRoot makes programs of the machine trust root: the system's store, and the
// databases of Chromium and Firefox. One that fails does not stop the others.
func InstallRoot(ctx context.Context, sys System, root Root) []Outcome {
	if sys.OS == "darwin" {
		err := sys.Run(ctx, "security", "add-trusted-cert", "-r", "trustRoot", "-p", "ssl",
			"-k", sys.keychain(), root.File)
		return []Outcome{{"login keychain", hint.With(err, "open "+root.File+" in Keychain Access and trust it for SSL")}}
	}
	outcomes := []Outcome{{systemName, sys.installSystem(ctx, root)}}
	for _, db := range sys.nssDatabases(true) {
		outcomes = append(outcomes, Outcome{db.name, sys.installNSS(ctx, db, root)})
	}
	return outcomes
}

// UninstallRoot takes back what InstallRoot did. A place that does not have the root is
// no error.
func UninstallRoot(ctx context.Context, sys System, root Root) []Outcome {
	if sys.OS == "darwin" {
		err := sys.Run(ctx, "security", "delete-certificate", "-t",
			"-Z", fmt.Sprintf("%X", sha1.Sum(root.Cert.Raw)), sys.keychain())
		return []Outcome{{"login keychain", hint.With(err, "delete "+root.name()+" in Keychain Access")}}
	}
	outcomes := []Outcome{{systemName, sys.uninstallSystem(ctx, root)}}
	for _, db := range sys.nssDatabases(false) {
		outcomes = append(outcomes, Outcome{db.name, sys.uninstallNSS(ctx, db, root)})
	}
	return outcomes
}

const systemName = "system (curl, Python)"

func (r Root) name() string { return r.Cert.Subject.CommonName }

// fileName is stable for one root and differs between two.
func (r Root) fileName(ext string) string {
	return fmt.Sprintf("fumehood-%x%s", r.Cert.SerialNumber.Bytes()[:3], ext)
}

func (sys System) keychain() string {
	return filepath.Join(sys.Home, "Library", "Keychains", "login.keychain-db")
}

// systemStore is a folder for a machine's own roots and the command that takes them in.
type systemStore struct {
	dir, ext string
	update   []string
}

// systemStores are those of Debian, Ubuntu and Alpine; Fedora and RHEL; SUSE; Arch.
func systemStores() []systemStore {
	return []systemStore{
		{"etc/pki/ca-trust/source/anchors", ".pem", []string{"update-ca-trust", "extract"}},
		{"usr/local/share/ca-certificates", ".crt", []string{"update-ca-certificates"}},
		{"usr/share/pki/trust/anchors", ".crt", []string{"update-ca-certificates"}},
		{"etc/ca-certificates/trust-source/anchors", ".crt", []string{"trust", "extract-compat"}},
	}
}

func (sys System) systemStore() (systemStore, error) {
	for _, store := range systemStores() {
		store.dir = filepath.Join(sys.Slash, store.dir)
		if _, err := os.Stat(store.dir); err != nil {
			continue
		}
		if _, err := sys.LookPath(store.update[0]); err == nil {
			return store, nil
		}
	}
	return systemStore{}, hint.With(errors.New("no known store of trusted roots"),
		"install the package ca-certificates, or give programs the file: fumehood trust --print")
}

func (sys System) installSystem(ctx context.Context, root Root) error {
	store, err := sys.systemStore()
	if err != nil {
		return err
	}
	file := filepath.Join(store.dir, root.fileName(store.ext))
	command := fmt.Sprintf("sudo install -m 644 '%s' '%s' && sudo %s", root.File, file, strings.Join(store.update, " "))
	if err := os.WriteFile(file, encodeCert(root.Cert.Raw), 0o644); err != nil {
		return hint.With(err, command)
	}
	return hint.With(sys.Run(ctx, store.update[0], store.update[1:]...), command)
}

func (sys System) uninstallSystem(ctx context.Context, root Root) error {
	store, err := sys.systemStore()
	if err != nil {
		return err
	}
	file := filepath.Join(store.dir, root.fileName(store.ext))
	switch err := os.Remove(file); {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return hint.With(err, fmt.Sprintf("sudo rm '%s' && sudo %s", file, strings.Join(store.update, " ")))
	}
	return hint.With(sys.Run(ctx, store.update[0], store.update[1:]...), "sudo "+strings.Join(store.update, " "))
}
