// Package unnamed makes temporary files that have no name.
//
// It stops what others on the machine could do with a temporary file that they can open or
// find after a crash: the file is its owner's only (0600), loses its name at once, and its
// bytes are gone with the process. It does not bound how much is written; who writes does.
// guard/body, wsgi and internal/pool use it for what must not stay in memory.
package unnamed

import "os"

// File returns a new file in dir, or in the system's folder for temporary files when dir
// is empty. Closing it, or ending the process, gives its space back.
func File(dir string) (*os.File, error) {
	file, err := os.CreateTemp(dir, "fumehood-") // 0600
	if err != nil {
		return nil, err
	}
	if err := os.Remove(file.Name()); err != nil {
		file.Close()
		return nil, err
	}
	return file, nil
}
