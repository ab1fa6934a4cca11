// Package report shows a run of the audit: as text for people, as a stream of JSON messages,
// as SARIF 2.1.0; and it writes the pages about the rules. It decides nothing: what is shown
// and what is silent comes from package audit.
package report

import (
	"bufio"
	"encoding/json"
	"io"

	"github.com/fumehood/fumehood/audit/finding"
)

// JSON writes each message as one line of JSON.
type JSON struct {
	out *bufio.Writer
	enc *json.Encoder
}

// NewJSON makes a handler that writes to out.
func NewJSON(out io.Writer) *JSON {
	j := &JSON{out: bufio.NewWriter(out)}
	j.enc = json.NewEncoder(j.out)
	j.enc.SetEscapeHTML(false)
	return j
}

// Handle writes a message.
func (j *JSON) Handle(m finding.Message) error {
	if err := j.enc.Encode(m); err != nil {
		return err
	}
	if m.Progress != nil || m.Summary != nil {
		return j.out.Flush() // whoever shows the progress reads it now
	}
	return nil
}

// Close writes what is left.
func (j *JSON) Close() error { return j.out.Flush() }
