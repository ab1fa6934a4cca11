package audit

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/fumehood/fumehood/audit/finding"
)

// fingerprintLines is how many lines of a finding count: what is below in a long function may
// change and leave the finding what it is. Of a line that is longer than fingerprintLine only
// a piece counts, from the finding on.
const (
	fingerprintLines = 3
	fingerprintLine  = 2000
)

// fingerprints gives each finding its own: of the rule, the file, the text of its lines
// without the spaces around words, and which one of those with the same it is. It stays when
// lines move, and when lines are indented; it changes with the text and with the file's name,
// which another one leaves out. The findings are sorted by place.
func fingerprints(found []finding.Finding, t *texts) {
	count := map[[sha256.Size]byte]int{}
	for i := range found {
		f := &found[i]
		h, text := sha256.New(), sha256.New()
		fmt.Fprintf(h, "%s\x00%s\x00", f.Rule, f.Place.File)
		fmt.Fprintf(text, "%s\x00", f.Rule)
		last := min(f.Place.EndLine, f.Place.Line+fingerprintLines-1)
		for n := f.Place.Line; n <= max(last, f.Place.Line); n++ {
			line := t.line(f.Place.File, n)
			if len(line) > fingerprintLine { // no line that people wrote
				column := 1
				if n == f.Place.Line {
					column = f.Place.Column
				}
				line = cut(t.from(f.Place.File, n, column))
			}
			for _, word := range strings.Fields(line) {
				fmt.Fprintf(h, "%s ", word)
				fmt.Fprintf(text, "%s ", word)
			}
		}
		var same [sha256.Size]byte
		h.Sum(same[:0])
		if n := count[same]; n > 0 {
			fmt.Fprintf(h, "\x00%d", n)
		}
		count[same]++
		f.Fingerprint = hex.EncodeToString(h.Sum(nil)[:16])
		f.Text = hex.EncodeToString(text.Sum(nil)[:16])
	}
}
