package errorpages

import (
	"bufio"
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"errors"
	"io"
	"strings"
)

// readable says whether inflate can read an encoding.
func readable(encoding string) bool {
	switch strings.ToLower(strings.TrimSpace(encoding)) {
	case "identity", "gzip", "x-gzip", "deflate":
		return true
	}
	return false
}

// inflater is what reading a compressed body needs, for the next one.
type inflater struct {
	in *bufio.Reader
	gz gzip.Reader
}

// inflate returns the first lookSize bytes that body, compressed, stands for, and whether
// they are all. However small a bomb is, no more than that is unpacked.
func (g *Guard) inflate(encoding string, body []byte) (out []byte, whole bool, err error) {
	z, _ := g.inflaters.Get().(*inflater)
	if z == nil {
		z = &inflater{in: bufio.NewReaderSize(nil, 512)}
	}
	defer g.inflaters.Put(z)
	z.in.Reset(bytes.NewReader(body))
	var r io.Reader
	if strings.ToLower(strings.TrimSpace(encoding)) != "deflate" {
		if err := z.gz.Reset(z.in); err != nil {
			return nil, false, err
		}
		r = &z.gz
	} else if r, err = zlib.NewReader(z.in); err != nil { // some send it without zlib's head
		z.in.Reset(bytes.NewReader(body))
		r = flate.NewReader(z.in)
	}
	out = make([]byte, lookSize)
	n, err := io.ReadFull(r, out)
	switch {
	case err == nil:
		return out, false, nil
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		// ReadFull says the same of a short stream and of one that breaks off.
		_, end := r.Read(make([]byte, 1))
		return out[:n], end == io.EOF, nil
	case n > 0:
		return out[:n], false, nil
	}
	return nil, false, err
}
