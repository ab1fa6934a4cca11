package wsgi

import (
	"fmt"
	"io"
	"os"

	"github.com/fumehood/fumehood/internal/unnamed"
)

// openPart returns size bytes of f from offset on, in a shape that net/http hands to
// sendfile. f shares its position with the app's own file object, which other requests
// may be using, so it is opened anew where the system can do that.
func openPart(f *os.File, offset, size int64) (part io.Reader, done func(), err error) {
	own, err := os.Open(fmt.Sprintf("/proc/self/fd/%d", f.Fd()))
	if err != nil { // no /proc, or a file that only the app may open
		return io.NewSectionReader(f, offset, size), func() {}, nil
	}
	if _, err := own.Seek(offset, io.SeekStart); err != nil {
		own.Close()
		return nil, nil, err
	}
	return io.LimitReader(own, size), func() { own.Close() }, nil
}

// spill puts a body that is too long for a frame into a file in dir.
func spill(dir string, b []byte) (*os.File, error) {
	f, err := unnamed.File(dir)
	if err != nil {
		return nil, err
	}
	if _, err = f.Write(b); err == nil {
		_, err = f.Seek(0, io.SeekStart)
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}
