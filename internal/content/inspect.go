package content

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/gabriel-vasile/mimetype"
)

// Inspect says what a file of size bytes is. filename is the client's name for it, of which
// only the extension counts; declared is the client's media type for it, which may be empty
// or application/octet-stream (what browsers send when they do not know one). The error is
// a *Mismatch, or r's own.
func Inspect(r io.ReaderAt, size int64, filename, declared string) (Kind, error) {
	v := &view{r: r, size: size}
	declared = mediaType(declared)
	ext := extension(filename)
	named := byExtension(ext)
	kind, err := v.inspect(named, declared)
	var mismatch *Mismatch
	if !errors.As(err, &mismatch) {
		return kind, err
	}
	if kind.Name == "" {
		kind = v.detect()
	}
	if ext == "" {
		mismatch.Reason, mismatch.What = NoExtension, "the file name has no extension"
	}
	mismatch.Kind, mismatch.Declared = kind, declared
	if named != nil {
		mismatch.Named = named.Kind
	}
	return kind, mismatch
}

func (v *view) inspect(named *format, declared string) (Kind, error) {
	switch {
	case named == nil:
		return Kind{}, fault(Unknown, "the file name has no extension of a known kind")
	case v.size == 0 && !named.text:
		return Kind{}, fault(Empty, "the file is empty")
	}
	if err := v.agree(named); err != nil {
		return Kind{}, err
	}
	if err := agreeDeclared(named, declared); err != nil {
		return named.Kind, err
	}
	if named.walk != nil {
		if err := named.walk(v); err != nil {
			return named.Kind, says(named, err)
		}
	}
	if err := v.polyglot(named); err != nil {
		return named.Kind, err
	}
	if named.Active {
		return named.Kind, fault(Active, "a %s file can hold what runs", named.Name)
	}
	return named.Kind, nil
}

// says puts the kind before what a walk found.
func says(f *format, err error) error {
	var m *Mismatch
	if errors.As(err, &m) {
		m.What = "the " + f.Name + " file is not whole: " + m.What
		if m.Reason != Broken {
			m.What = strings.Replace(m.What, " is not whole:", " is more than that:", 1)
		}
	}
	return err
}

// extension returns the extension of a file name in lower case, without the dot. Of a name
// such as .htaccess it is all behind the dot; tar.gz is one.
func extension(filename string) string {
	name := strings.ToLower(filename)
	i := strings.LastIndexByte(name, '.')
	if i < 0 {
		return ""
	}
	if strings.HasSuffix(name, ".tar.gz") {
		return "tgz"
	}
	return name[i+1:]
}

// mediaType returns a media type in lower case, without parameters.
func mediaType(declared string) string {
	declared, _, _ = strings.Cut(declared, ";")
	return strings.ToLower(strings.TrimSpace(declared))
}

// undecided are the media types that say nothing.
func undecided(declared string) bool {
	switch declared {
	case "", "*/*", "application/*", "application/octet-stream", "binary/octet-stream", "application/binary", "application/x-download", "application/force-download":
		return true
	}
	return false
}

func agreeDeclared(named *format, declared string) error {
	if undecided(declared) {
		return nil
	}
	family, any := strings.CutSuffix(declared, "*") // "image/*", as mobile apps write for what an input accepts
	for _, m := range named.MIME {
		if m == declared || any && family != "" && strings.HasPrefix(m, family) {
			return nil
		}
	}
	return fault(Declared, "the name says %s, the declared type says %s", named.Name, shorten(declared))
}

// shorten quotes what a client has sent for a log.
func shorten(s string) string {
	const longest = 60
	if len(s) > longest {
		s = s[:longest] + "..."
	}
	return fmt.Sprintf("%+q", s)
}

// agree says whether the bytes are of the kind that the extension names.
func (v *view) agree(named *format) error {
	is, err := v.is(named)
	if err != nil || is {
		return err
	}
	found := v.detect().Name
	if found == "" {
		found = "something unknown"
	}
	return fault(Bytes, "the name says %s, the bytes are %s", named.Name, found)
}

func (v *view) is(named *format) (bool, error) {
	if v.size == 0 {
		return true, nil
	}
	head, err := v.at(0, int(min(v.size, 4)))
	if err != nil {
		return false, err
	}
	switch {
	case string(head) == "PK\x03\x04" || string(head) == "PK\x05\x06":
		return v.isZip(named)
	case named.text:
		return isPlain(v, named)
	}
	for _, b := range named.begins {
		if start, err := v.at(0, int(min(v.size, int64(len(b))))); err != nil || string(start) == b {
			return err == nil, err
		}
	}
	want := named.magic
	if named.Name == "tgz" {
		want = byExtension("gz").magic
	}
	if len(want) == 0 { // a zip archive, which this is not, or known by its name alone
		return named.Active && !named.zipped, nil
	}
	for _, m := range v.magic() {
		for _, w := range want {
			if m == w {
				return true, nil
			}
		}
	}
	return false, nil
}

func (v *view) isZip(named *format) (bool, error) {
	kind, macros, err := zipKind(v)
	if err != nil {
		if m := (*Mismatch)(nil); errors.As(err, &m) && !named.zipped {
			return false, nil // a broken archive, under the name of something else
		}
		return false, says(named, err)
	}
	v.zip = kind
	if macros && !named.Active {
		return false, fault(Active, "the document holds macros")
	}
	macroKind := map[string]string{"docx": "docm", "xlsx": "xlsm", "pptx": "pptm"}[kind]
	return kind == named.Name || macros && macroKind == named.Name, nil
}

// isPlain says whether the file is text, and, where it is to be nothing more than text, that
// it does not begin like something that runs.
func isPlain(v *view, named *format) (bool, error) {
	text, err := isText(v)
	if err != nil || !text || named.Active {
		return text, err
	}
	t, err := plain(v, named.Name == "md")
	return t.name == "", err
}

// magic returns what the library calls the bytes, the most precise name first.
func (v *view) magic() []string {
	if v.names != nil {
		return v.names
	}
	head, err := v.at(0, int(min(v.size, headSize)))
	if err != nil {
		return nil
	}
	for m := mimetype.Detect(head); m != nil; m = m.Parent() {
		v.names = append(v.names, mediaType(m.String()))
	}
	return v.names
}

// detect names the kind of the bytes, for the log: zero when it is not known.
func (v *view) detect() Kind {
	if v.size == 0 {
		return Kind{}
	}
	if v.zip != "" {
		return byExtension(v.zip).Kind
	}
	if head, err := v.at(0, int(min(v.size, 4))); err == nil && string(head) == "PK\x03\x04" {
		return byExtension("zip").Kind
	}
	text, err := isText(v)
	if err == nil && text {
		if t, err := plain(v, false); err == nil && t.name != "" {
			return byExtension(t.kind).Kind
		}
	}
	for _, m := range v.magic() {
		if f := byMagic(m); f != nil {
			return f.Kind
		}
	}
	if err == nil && text {
		return byExtension("txt").Kind
	}
	return Kind{}
}

// polyglot looks for a second file in the file. Archives are not looked through here: they hold
// files by nature, and a zip archive was checked to fill its file.
func (v *view) polyglot(named *format) error {
	if v.size == 0 || v.zip != "" || named.Class == "archive" || named.text && named.Active {
		return nil
	}
	zip, err := v.appendedZip()
	if err != nil {
		return err
	}
	if zip {
		return fault(Polyglot, "the %s file is a zip archive as well", named.Name)
	}
	if named.Name == "pdf" {
		return nil
	}
	pdf, err := v.hidesPDF()
	if err != nil {
		return err
	}
	if pdf {
		return fault(Polyglot, "the %s file is a PDF as well", named.Name)
	}
	return nil
}

// hidesPDF says whether readers would take the file for a PDF: the header somewhere in the
// first 1 KB, at the beginning of a line or behind bytes that are no text, and the mark of the
// end in the last.
func (v *view) hidesPDF() (bool, error) {
	n := min(v.size, pdfTail)
	head, err := v.at(0, int(n))
	if err != nil {
		return false, err
	}
	i := bytes.Index(head, []byte("%PDF-"))
	if i < 0 {
		return false, nil
	}
	tail, err := v.at(v.size-n, int(n))
	return bytes.Contains(tail, []byte("%%EOF")), err
}

// appendedZip says whether some program would find a zip archive in a file that is something
// else: they look for the end record in the last 64 KB, and for the directory before it.
func (v *view) appendedZip() (bool, error) {
	const signature, length, most = "PK\x05\x06", 22, 16
	n, seen := min(v.size, tailSize), 0
	for off := v.size - n; off < v.size; off += blockLen - length {
		block, err := v.at(off, int(min(v.size-off, blockLen)))
		if err != nil {
			return false, err
		}
		block = bytes.Clone(block)
		for i := bytes.Index(block, []byte(signature)); i >= 0 && i+length <= len(block); {
			if seen++; seen > most { // by chance there is not even one
				return true, nil
			}
			at, record := off+int64(i), block[i:]
			size, start := int64(binary.LittleEndian.Uint32(record[12:])), int64(binary.LittleEndian.Uint32(record[16:]))
			for _, directory := range []int64{at - size, start} {
				if head, err := v.at(directory, 4); err == nil && string(head) == "PK\x01\x02" {
					return true, nil
				}
			}
			next := bytes.Index(block[i+1:], []byte(signature))
			if next < 0 {
				break
			}
			i += 1 + next
		}
	}
	return false, nil
}
