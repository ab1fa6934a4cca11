package certs

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"

	"github.com/fumehood/fumehood/internal/hint"
)

// nssDB is a certificate database in the format of Mozilla's NSS. Chromium and Firefox on
// Linux believe it, not the system's store.
type nssDB struct{ name, dir string }

// nssDatabases are the databases of the user's browsers. With create, the one of Chromium
// is listed where Chromium is installed but was never started.
func (sys System) nssDatabases(create bool) []nssDB {
	var found []nssDB
	chromium := []string{".pki/nssdb", ".local/share/pki/nssdb", "snap/chromium/current/.pki/nssdb"}
	for _, dir := range chromium {
		dir = filepath.Join(sys.Home, dir)
		if isNSS(dir) {
			found = append(found, nssDB{"Chromium (" + dir + ")", dir})
		}
	}
	if len(found) == 0 && create && sys.hasChromium() {
		dir := filepath.Join(sys.Home, chromium[0])
		found = append(found, nssDB{"Chromium (" + dir + ")", dir})
	}
	for _, pattern := range []string{
		".mozilla/firefox/*", ".config/mozilla/firefox/*", "snap/firefox/common/.mozilla/firefox/*",
		".var/app/org.mozilla.firefox/.mozilla/firefox/*",
	} {
		profiles, _ := filepath.Glob(filepath.Join(sys.Home, pattern)) // the pattern is well-formed
		for _, dir := range profiles {
			if isNSS(dir) {
				found = append(found, nssDB{"Firefox (" + filepath.Base(dir) + ")", dir})
			}
		}
	}
	return found
}

func isNSS(dir string) bool {
	_, err := os.Stat(filepath.Join(dir, "cert9.db"))
	return err == nil
}

func (sys System) hasChromium() bool {
	for _, program := range []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "brave-browser", "microsoft-edge"} {
		if _, err := sys.LookPath(program); err == nil {
			return true
		}
	}
	return false
}

// certutil runs the tool of NSS on db.
func (sys System) certutil(ctx context.Context, db nssDB, args ...string) error {
	if _, err := sys.LookPath("certutil"); err != nil {
		return hint.With(errors.New("certutil is not installed"),
			"install it and run this again: sudo apt install libnss3-tools (Fedora: nss-tools, Arch: nss)")
	}
	err := sys.Run(ctx, "certutil", append([]string{"-d", "sql:" + db.dir}, args...)...)
	return hint.With(err, "close the browser and try again: certutil -d 'sql:"+db.dir+"' "+quoted(args))
}

func (sys System) installNSS(ctx context.Context, db nssDB, root Root) error {
	if !isNSS(db.dir) {
		if err := os.MkdirAll(db.dir, 0o700); err != nil {
			return fileError(err)
		}
		if err := sys.certutil(ctx, db, "-N", "--empty-password"); err != nil {
			return err
		}
	}
	// "C,," trusts it as an authority for TLS servers and for nothing else.
	return sys.certutil(ctx, db, "-A", "-t", "C,,", "-n", root.name(), "-i", root.File)
}

func (sys System) uninstallNSS(ctx context.Context, db nssDB, root Root) error {
	if _, err := sys.LookPath("certutil"); err == nil && sys.certutil(ctx, db, "-L", "-n", root.name()) != nil {
		return nil // not there
	}
	return sys.certutil(ctx, db, "-D", "-n", root.name())
}

func quoted(args []string) string {
	q := make([]string, len(args))
	for i, arg := range args {
		q[i] = arg
		if strings.ContainsAny(arg, " ,*") {
			q[i] = "'" + arg + "'"
		}
	}
	return strings.Join(q, " ")
}
