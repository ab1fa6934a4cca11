// Package content says what a file is: by its bytes, by the extension of its name and by
// the type that was declared for it, and whether the three agree.
//
// It stops files that are not what they say: a script named photo.png, HTML named
// notes.txt, a picture that is a zip archive or a script as well. It reads headers and walks
// the structure of the common kinds to the last byte; it decodes nothing, and so it does not
// stop a file that is harmful as the kind that it is: package reencode makes pictures anew,
// package archive looks into archives. guard/upload calls it for each file.
package content

// Reason is why Inspect said no.
type Reason string

// The reasons of a Mismatch.
const (
	NoExtension Reason = "no-extension" // the name has no extension
	Unknown     Reason = "unknown"      // the extension is of no kind that can be told apart
	Empty       Reason = "empty"        // there are no bytes
	Bytes       Reason = "bytes"        // the bytes are of another kind than the extension says
	Declared    Reason = "declared"     // the declared type is of another kind than the extension says
	Broken      Reason = "broken"       // the kind is right, its structure is not
	Trailing    Reason = "trailing"     // there is something behind the end of the picture or document
	Polyglot    Reason = "polyglot"     // it is a file of a second kind as well
	Active      Reason = "active"       // all agree, but what it holds can run
)

// Mismatch is the error of Inspect. It holds no bytes of the file.
type Mismatch struct {
	Kind     Kind   // what the bytes are; zero: not known
	Named    Kind   // what the extension says; zero: not known
	Declared string // the declared media type, without its parameters
	Reason   Reason
	What     string // what disagrees, for the owner's log
}

// Error implements error.
func (m *Mismatch) Error() string { return m.What }
