package crs

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"strings"

	"github.com/corazawaf/coraza/v3/types"
	fumehood "github.com/fumehood/fumehood"
	"github.com/fumehood/fumehood/internal/wholebody"
)

// body gives the rules the body of r, if it is one that they can read. Others are not
// looked at: a picture is no form.
func (e *Engine) body(tx types.Transaction, r *http.Request) error {
	whole, ok := r.Body.(wholebody.Whole)
	if !ok || whole.Size() == 0 {
		return nil
	}
	kind, params, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil && kind == "" {
		return nil // no framework reads it either; the rules refuse most such headers
	}
	var content io.Reader = bytes.NewReader(whole.Bytes())
	if file := whole.File(); file != nil {
		content = file // each call of File begins at its start again
	}
	switch {
	case kind == "multipart/form-data":
		return e.fields(tx, content, params["boundary"])
	case kind != "application/x-www-form-urlencoded" && !strings.HasSuffix(kind, "json") && !strings.HasSuffix(kind, "xml"):
		return nil
	case whole.Size() > e.cap:
		return tooLong(e.cap)
	}
	_, _, err = tx.ReadRequestBodyFrom(content)
	return err
}

// fields gives the rules the fields and file names of a multipart body. Coraza's own reader
// would write each file to a disk.
func (e *Engine) fields(tx types.Transaction, content io.Reader, boundary string) error {
	form, left := multipart.NewReader(content, boundary), e.cap
	for {
		part, err := form.NextRawPart()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return damaged(fmt.Errorf("form: %w", err))
		}
		name, value := part.FormName(), part.FileName()
		if value == "" {
			text, err := io.ReadAll(io.LimitReader(part, left+1))
			if err != nil {
				return damaged(fmt.Errorf("form: %w", err))
			}
			value = string(text)
		}
		if left -= int64(len(name) + len(value)); left < 0 {
			return tooLong(e.cap)
		}
		tx.AddPostRequestArgument(name, value)
	}
}

// damaged is the refusal of a body that cannot be read: the app's reader might.
func damaged(err error) error {
	return &fumehood.Refusal{
		Status: http.StatusBadRequest, Code: "injection.crs-damaged",
		Public: "What was sent is damaged.",
		Err:    fmt.Errorf("the Core Rule Set cannot read the body: %w", err),
	}
}

// tooLong is the refusal of a body that is longer than what is looked at.
func tooLong(most int64) error {
	return &fumehood.Refusal{
		Status: http.StatusRequestEntityTooLarge, Code: "injection.crs-long",
		Public: "What was sent is too long.",
		Err:    fmt.Errorf("a form, JSON or XML body has more than the %d bytes that crs.body allows", most),
	}
}
