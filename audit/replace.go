package audit

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// Writable says why a file cannot be written, before a run that would be in vain. It leaves no
// trace.
func Writable(name string) error {
	info, err := os.Stat(name)
	switch {
	case err == nil && info.IsDir():
		return errors.New(name + " is a folder")
	case err == nil && info.Mode().Perm()&0o222 == 0:
		return errors.New(name + " is read-only")
	case err == nil:
		return mayWrite(name)
	case !errors.Is(err, fs.ErrNotExist):
		return errors.New(name + ": " + reason(err))
	}
	folder := filepath.Dir(name)
	info, err = os.Stat(folder)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return errors.New("there is no folder " + folder)
	case err == nil && !info.IsDir():
		return errors.New(folder + " is no folder")
	case err != nil:
		return errors.New(folder + ": " + reason(err))
	}
	return mayWrite(folder)
}

// mayWrite asks the system whether this process may write something.
func mayWrite(name string) error {
	const write = 2 // W_OK of access(2)
	if err := syscall.Access(name, write); err != nil {
		return errors.New(name + ": " + err.Error())
	}
	return nil
}

// ReplaceFile writes a file, such as a report, so that nobody sees half of it. It keeps the
// rights of a file that is there, and what a link leads to is written in its place. What is
// no file, such as a device, and what cannot be replaced, such as a mounted file, is written
// to as it is.
func ReplaceFile(name string, data []byte) error {
	if err := Writable(name); err != nil {
		return err
	}
	if to, err := filepath.EvalSymlinks(name); err == nil {
		name = to
	}
	mode := fs.FileMode(0o666) // less what the umask takes
	info, err := os.Stat(name)
	there := err == nil
	switch {
	case there && !info.Mode().IsRegular():
		return os.WriteFile(name, data, mode)
	case there:
		mode = info.Mode().Perm()
	}
	temp := filepath.Join(filepath.Dir(name), ".fumehood-"+rand.Text())
	err = writeNew(temp, data, mode, there)
	if err == nil {
		err = os.Rename(temp, name)
	}
	if err == nil {
		return nil
	}
	os.Remove(temp)
	full := errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) || errors.Is(err, syscall.EFBIG)
	if there && !full && os.WriteFile(name, data, mode) == nil {
		return nil // where there is no room, what is there would be lost too
	}
	if errors.Is(err, fs.ErrNotExist) {
		return errors.New(name + ": no file can be made there")
	}
	var why syscall.Errno
	if errors.As(err, &why) {
		err = why // without the name of temp
	}
	return fmt.Errorf("%s: %w", name, err)
}

// writeNew writes a file that is not there yet. exact is whether the umask does not count.
func writeNew(name string, data []byte, mode fs.FileMode, exact bool) error {
	file, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		return err
	}
	_, err = file.Write(data)
	if exact {
		err = errors.Join(err, file.Chmod(mode))
	}
	return errors.Join(err, file.Close())
}
