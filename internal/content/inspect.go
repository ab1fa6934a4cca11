package content

import "io"

func inspect(r io.ReaderAt, size int64, filename, declared string) (Kind, error) {
	return Kind{}, &Mismatch{Declared: declared, Reason: Unknown, What: "the kind of the file is not known"}
}
