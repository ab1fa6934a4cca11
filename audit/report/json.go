// Package report shows a run of the audit: as text for people, as a stream of JSON messages,
// as SARIF 2.1.0; and it writes the pages about the rules. It decides nothing: what is shown
// and what is silent comes from package audit.
package report

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"

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
	j.enc = json.NewEncoder(harmless{j.out})
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

// harmless escapes in JSON what a terminal acts on, or what turns other text: the audited
// source is in it, and somebody may look at it. It is given whole texts of UTF-8, as encoders
// write them.
type harmless struct{ out io.Writer }

func (h harmless) Write(text []byte) (int, error) {
	var b []byte
	from := 0
	for at := 0; at < len(text); {
		if text[at] < 0x7f {
			at++
			continue
		}
		r, size := utf8.DecodeRune(text[at:])
		if !strconv.IsPrint(r) {
			b = append(b, text[from:at]...)
			for _, unit := range utf16.Encode([]rune{r}) {
				b = fmt.Appendf(b, `\u%04x`, unit)
			}
			from = at + size
		}
		at += size
	}
	if from == 0 {
		return h.out.Write(text)
	}
	_, err := h.out.Write(append(b, text[from:]...))
	return len(text), err
}
