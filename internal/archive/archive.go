// Package archive looks into an archive before anybody unpacks it.
//
// It stops archives that unpack to more than they say or than the disk holds (zip bombs:
// nested, overlapping, of lying sizes), entries that leave the folder (../, absolute names,
// links), entries that two programs read differently, and names that the caller calls
// dangerous. It does not look at what the entries mean. Memory stays the same whatever the
// archive holds; a zip archive within another is unpacked to a file without a name.
// guard/upload calls it for each archive that its policy allows.
package archive

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"strconv"
)

// Limits bound what an archive may hold. A zero field is the default in brackets.
type Limits struct {
	Entries   int                    // entries, with those of nested archives (10000)
	Total     int64                  // bytes that it unpacks to, with nested archives (256 MiB)
	Ratio     int                    // bytes unpacked for one packed, once there are more than 10 MiB (200)
	Depth     int                    // archives within it, one in another (3); below 0: none
	Dangerous func(name string) bool // whether an entry of that name is refused; nil: none
	Opaque    bool                   // let nested archives pass that cannot be looked into (7z, rar, xz, zstd)
	Folder    string                 // for the unnamed files that hold nested archives; "": the system's
	Tally     *Tally                 // what several archives share that come together; nil: nothing
}

// Tally is what the archives of one upload hold together, so that a hundred small ones do not
// cost a hundred times what one may. The zero Tally is that of no archives. All of them may
// unpack to four times Limits.Total, and Limits.Ratio counts for their sums.
type Tally struct{ packed, total int64 }

// tallied is how many times Limits.Total all archives of a Tally may unpack to.
const tallied = 4

// The defaults of Limits. A docx in a zip is an archive in an archive, and a table in that
// docx is one more.
const (
	defaultEntries = 10_000
	defaultTotal   = 256 << 20
	defaultRatio   = 200
	defaultDepth   = 3

	ratioFrom = 10 << 20 // bytes up to which no ratio does harm
)

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
	Entry  string // the name of the entry, cut and quoted; "" for the whole archive
	What   string // for the owner's log
}

// Error implements error.
func (r *Refused) Error() string {
	if r.Entry == "" {
		return "archive: " + r.What
	}
	return "archive: entry " + r.Entry + ": " + r.What
}

func refuse(reason Reason, entry, format string, args ...any) *Refused {
	const longest = 80
	if len(entry) > longest {
		entry = entry[:longest] + "..."
	}
	if entry != "" {
		entry = strconv.QuoteToASCII(entry)
	}
	return &Refused{Reason: reason, Entry: entry, What: fmt.Sprintf(format, args...)}
}

// Check reads the whole archive r of size bytes, unpacks it to nowhere, and says what is
// wrong with it: a *Refused, or r's or ctx's own error. kind is the name of a content.Kind:
// zip and what is made of it (docx, xlsx, pptx, odt, ods, odp, odg, epub, jar, apk, whl), tar,
// tgz, gz, bz2. The older office files (doc, xls, ppt, rtf) are no archives and pass. It takes
// time and, for nested archives, disk up to Limits.Total.
func Check(ctx context.Context, r io.ReaderAt, size int64, kind string, lim Limits) error {
	lim.Entries = cmp.Or(max(lim.Entries, 0), defaultEntries)
	lim.Total = cmp.Or(max(lim.Total, 0), defaultTotal)
	lim.Ratio = cmp.Or(max(lim.Ratio, 0), defaultRatio)
	lim.Depth = cmp.Or(lim.Depth, defaultDepth)
	if lim.Tally == nil {
		lim.Tally = &Tally{}
	}
	lim.Tally.packed += size
	w, src := &walk{ctx: ctx, lim: lim}, &source{ReaderAt: r}
	return src.or(w.outermost(src, size, kind))
}

func (w *walk) outermost(r io.ReaderAt, size int64, kind string) error {
	switch kind {
	case "zip", "docx", "xlsx", "pptx", "odt", "ods", "odp", "odg", "epub", "jar", "apk", "whl",
		"docm", "xlsm", "pptm":
		return w.zip(r, size, 0)
	case "doc", "xls", "ppt", "rtf": // office files that hold no entries
		return nil
	case "tar":
		return w.tar(&meter{w, io.NewSectionReader(r, 0, size)}, 0)
	case "tgz", "gz":
		return w.gzip(io.NewSectionReader(r, 0, size), "", 0)
	case "bz2":
		return w.bzip2(io.NewSectionReader(r, 0, size), "", 0)
	}
	return refuse(Unknown, "", "%s cannot be looked into", kind)
}
