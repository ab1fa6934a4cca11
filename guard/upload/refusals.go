package upload

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"syscall"

	fumehood "github.com/fumehood/fumehood"
	"github.com/fumehood/fumehood/internal/archive"
)

func malformedBody(cause error) error {
	return &fumehood.Refusal{
		Status: http.StatusBadRequest, Code: "upload.malformed",
		Public: "The form that your browser or program sent is not well-formed.", Err: cause,
	}
}

func notAForm(contentType string) error {
	return &fumehood.Refusal{
		Status: http.StatusUnsupportedMediaType, Code: "upload.content-type",
		Public: "Files and forms must be sent as multipart/form-data.",
		Err:    fmt.Errorf("Content-Type %.100q", contentType),
	}
}

func tooManyParts(most int) error {
	return &fumehood.Refusal{
		Status: http.StatusRequestEntityTooLarge, Code: "upload.parts",
		Public: "This form has more fields than this site takes.",
		Err:    fmt.Errorf("more than upload.parts = %d", most),
	}
}

func tooManyFiles(most int) error {
	return &fumehood.Refusal{
		Status: http.StatusRequestEntityTooLarge, Code: "upload.files",
		Public: fmt.Sprintf("Only %d files can be uploaded at once.", most),
		Err:    fmt.Errorf("more than upload.files = %d", most),
	}
}

func tooLarge(most fumehood.Size, cause error) error {
	return &fumehood.Refusal{
		Status: http.StatusRequestEntityTooLarge, Code: "upload.too-large",
		Public: fmt.Sprintf("A file can have at most %s.", most), Err: cause,
	}
}

// wrongType is the refusal of a file that is of no kind that is taken. list names those.
func wrongType(list string, cause error) error {
	return &fumehood.Refusal{
		Status: http.StatusUnsupportedMediaType, Code: "upload.type",
		Public: fmt.Sprintf("Only %s files can be uploaded here.", list), Err: cause,
	}
}

func mismatch(cause error) error {
	return &fumehood.Refusal{
		Status: http.StatusUnsupportedMediaType, Code: "upload.mismatch",
		Public: "The content of this file is not what its name says, or it is damaged. Save it anew in the right format and upload that.",
		Err:    cause,
	}
}

func program(name string) error {
	return &fumehood.Refusal{
		Status: http.StatusUnsupportedMediaType, Code: "upload.program",
		Public: "Programs, settings and hidden files cannot be uploaded here.",
		Err:    fmt.Errorf("the name %.300q", name),
	}
}

func badName(cause error) error {
	return &fumehood.Refusal{
		Status: http.StatusBadRequest, Code: "upload.name",
		Public: "The name of this file has characters that cannot be used here. Rename the file and upload it again.",
		Err:    cause,
	}
}

func badImage(cause error) error {
	return &fumehood.Refusal{
		Status: http.StatusUnprocessableEntity, Code: "upload.image",
		Public: "This picture cannot be read. Save it anew and upload that.", Err: cause,
	}
}

func imageTooLarge(cause error) error {
	return &fumehood.Refusal{
		Status: http.StatusUnprocessableEntity, Code: "upload.pixels",
		Public: "This picture has too many pixels. Make it smaller and upload it again.", Err: cause,
	}
}

// badArchive says of an archive what its maker can change.
func badArchive(cause *archive.Refused) error {
	r := &fumehood.Refusal{
		Status: http.StatusUnprocessableEntity, Code: "upload.archive",
		Public: "This archive or document holds something that cannot be taken.", Err: cause,
	}
	switch cause.Reason {
	case archive.Encrypted:
		r.Public = "This archive or document is protected by a password, so that nobody can look into it. Upload it without one."
	case archive.Bomb:
		r.Err = fmt.Errorf("%w; see upload.archive_entries and upload.archive_total", cause)
		fallthrough
	case archive.Depth:
		r.Public = "This archive or document holds too much. Upload fewer or smaller files."
	case archive.Dangerous:
		r.Public = "This archive holds programs or settings, which cannot be uploaded here."
	case archive.Link:
		r.Public = "This archive holds links, which cannot be uploaded here. Pack the files themselves."
	case archive.Broken, archive.Differs:
		r.Public = "This archive or document is damaged. Save or pack it anew and upload that."
	case archive.Unknown:
		r.Public = "This archive or document is packed in a way that nobody can look into here. Pack it as an ordinary zip archive."
	}
	return r
}

// ofFile names the file that is refused, where there are several to choose from.
func ofFile(err error, p *part) error {
	var refusal *fumehood.Refusal
	const longest = 60
	name := []rune(strings.TrimSpace(mapRunes(baseName(p.filename), true)))
	if !errors.As(err, &refusal) || refusal.Status >= 500 || len(name) == 0 {
		return err
	}
	if len(name) > longest {
		name = append(name[:longest:longest], '…')
	}
	named := *refusal
	named.Public = fmt.Sprintf("“%s”: %s", string(name), refusal.Public)
	return &named
}

// storage is the refusal of a body that could not be read or written on this server.
func storage(cause error) error {
	if errors.Is(cause, syscall.ENOSPC) || errors.Is(cause, syscall.EDQUOT) {
		return &fumehood.Refusal{
			Status: http.StatusInsufficientStorage, Code: "upload.no-space",
			Public: "The server has no room for this upload at the moment.", Err: cause,
		}
	}
	return &fumehood.Refusal{
		Status: http.StatusInternalServerError, Code: "upload.storage",
		Public: "Something went wrong on the server.", Err: cause,
	}
}

// unreadable is the refusal of a body that did not arrive whole. A guard further out may
// have said why.
func unreadable(cause error) error {
	var refusal *fumehood.Refusal
	if errors.As(cause, &refusal) {
		return refusal
	}
	var tooMuch *http.MaxBytesError
	if errors.As(cause, &tooMuch) {
		return bodyTooLarge(cause)
	}
	return &fumehood.Refusal{
		Status: http.StatusBadRequest, Code: "upload.truncated",
		Public: "The upload ended early. Try again.", Err: cause,
	}
}

func bodyTooLarge(cause error) error {
	return &fumehood.Refusal{
		Status: http.StatusRequestEntityTooLarge, Code: "upload.body-too-large",
		Public: "This is more than can be uploaded at once.", Err: cause,
	}
}
