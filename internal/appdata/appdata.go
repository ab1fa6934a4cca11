// Package appdata keeps what Fumehood has to remember of an app from one start to the next:
// keys, when it was first seen, reports.
//
// It stops a key from being readable by others or lost at a restart. It stops nobody who
// can read the files of the user that Fumehood runs as. Where the folder cannot be
// written, the caller goes on without: then keys last for one run, and that is said.
package appdata

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/fumehood/fumehood/internal/hint"
)

// Dir is the folder of one app.
type Dir struct{ path string }

// Base is the folder of all that Fumehood keeps: the configured one (tls.storage), else
// "fumehood" in the user's data folder: XDG_DATA_HOME (XDG Base Directory Specification)
// or ~/.local/share, on macOS ~/Library/Application Support.
func Base(configured string) (string, error) {
	if configured != "" {
		return filepath.Abs(configured)
	}
	const name = "fumehood"
	if dir := os.Getenv("XDG_DATA_HOME"); filepath.IsAbs(dir) {
		return filepath.Join(dir, name), nil
	}
	home, err := os.UserHomeDir()
	if err != nil || home == "" {
		return "", hint.With(errors.New("no folder for certificates and keys: this user has no home folder"),
			"name one: --tls-storage /var/lib/fumehood")
	}
	if runtime.GOOS == "darwin" {
		return filepath.Join(home, "Library", "Application Support", name), nil
	}
	return filepath.Join(home, ".local", "share", name), nil
}

// Open makes the folder, below base, of the app that names tell from all others: its
// folder and target, or its upstream.
func Open(base string, names ...string) (*Dir, error) {
	sum := sha256.Sum256([]byte(strings.Join(names, "\x00")))
	d := &Dir{filepath.Join(base, "apps", hex.EncodeToString(sum[:8]))}
	if err := os.MkdirAll(d.path, 0o700); err != nil {
		return nil, err
	}
	// For whoever looks into the folder: which app it is.
	label := []byte(strings.Join(names, "\n") + "\n")
	if err := d.create("app", label); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, err
	}
	return d, nil
}

// Path returns the path of the file called name.
func (d *Dir) Path(name string) string { return filepath.Join(d.path, name) }

// create writes a file that is not there yet, whole or not at all: several processes may
// do so at once, and all must then read the same.
func (d *Dir) create(name string, data []byte) error {
	f, err := os.CreateTemp(d.path, "new-*") // mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, err = f.Write(data)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Link(f.Name(), d.Path(name))
}

const keySize = 32

// Key returns the random key called name, 32 bytes, and makes it where there is none.
func (d *Dir) Key(name string) ([]byte, error) {
	fresh := make([]byte, keySize)
	rand.Read(fresh)
	if err := d.create(name, fresh); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, err
	}
	info, err := os.Stat(d.Path(name))
	if err != nil {
		return nil, err
	}
	if perm := info.Mode().Perm(); perm&0o077 != 0 {
		return nil, hint.With(fmt.Errorf("other users can read or change the key %s (mode %04o)", d.Path(name), perm),
			"chmod 600 '"+d.Path(name)+"'")
	}
	key, err := os.ReadFile(d.Path(name))
	if err == nil && len(key) != keySize {
		err = hint.With(fmt.Errorf("the key %s has %d bytes instead of %d", d.Path(name), len(key), keySize),
			"remove it, and a new one is made: rm '"+d.Path(name)+"'")
	}
	return key, err
}

// Since returns when name was first asked for, which is now at the first time.
func (d *Dir) Since(name string, now time.Time) (time.Time, error) {
	if err := d.create(name, []byte(now.UTC().Format(time.RFC3339)+"\n")); err != nil && !errors.Is(err, fs.ErrExist) {
		return time.Time{}, err
	}
	text, err := os.ReadFile(d.Path(name))
	if err != nil {
		return time.Time{}, err
	}
	since, err := time.Parse(time.RFC3339, strings.TrimSpace(string(text)))
	if err != nil {
		return time.Time{}, hint.With(fmt.Errorf("%s holds no time: %w", d.Path(name), err), "remove it: rm '"+d.Path(name)+"'")
	}
	return since, nil
}
