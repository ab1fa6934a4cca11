package certs

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"

	"github.com/fumehood/fumehood/internal/hint"
)

// storageDir returns tls.storage, or where it is empty the folder "fumehood" in the
// user's data folder: XDG_DATA_HOME (XDG Base Directory Specification) or
// ~/.local/share, on macOS ~/Library/Application Support.
func storageDir(configured string) (string, error) {
	if configured != "" {
		return filepath.Abs(configured)
	}
	const name = "fumehood"
	if dir := os.Getenv("XDG_DATA_HOME"); filepath.IsAbs(dir) {
		return filepath.Join(dir, name), nil
	}
	home, err := os.UserHomeDir()
	if err != nil || home == "" {
		return "", hint.With(errors.New("no folder for certificates: this user has no home folder"),
			"name one: --tls-storage /var/lib/fumehood")
	}
	if runtime.GOOS == "darwin" {
		return filepath.Join(home, "Library", "Application Support", name), nil
	}
	return filepath.Join(home, ".local", "share", name), nil
}
