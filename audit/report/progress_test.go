package report_test

import (
	"bytes"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/fumehood/fumehood/audit/finding"
	"github.com/fumehood/fumehood/audit/report"
)

// TestProgress: what takes less than a second shows nothing; what takes longer shows how far
// it is, and nothing of that is left when the report follows.
func TestProgress(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		takes time.Duration
		want  []string
	}{
		{900 * time.Millisecond, nil},
		{2 * time.Second, []string{"reading: 3 of 7 files", "following values ...", "following values: 256 of 900 functions"}},
	} {
		synctest.Test(t, func(t *testing.T) {
			var report1, terminal bytes.Buffer
			p := report.NewProgress(report.NewJSON(&report1), &terminal)
			say := func(m finding.Message) {
				if err := p.Handle(m); err != nil {
					t.Fatal(err)
				}
			}
			say(finding.Message{Progress: &finding.Progress{Stage: "reading", Done: 3, Total: 7}})
			time.Sleep(c.takes * 5 / 8)
			say(finding.Message{Progress: &finding.Progress{Stage: "following values", Total: 1}})
			time.Sleep(c.takes / 8)
			say(finding.Message{Progress: &finding.Progress{Stage: "following values", Done: 256, Total: 900}})
			time.Sleep(c.takes / 4)
			say(finding.Message{Summary: &finding.Summary{}})
			if err := p.Close(); err != nil {
				t.Fatal(err)
			}
			for _, want := range c.want {
				if !strings.Contains(terminal.String(), want) {
					t.Errorf("no %q in %q", want, terminal.String())
				}
			}
			if text := terminal.String(); c.want == nil && text != "" || c.want != nil && !strings.HasSuffix(text, "\r\x1b[K") {
				t.Errorf("%q", text)
			}
			if n := strings.Count(report1.String(), "\n"); n != 4 {
				t.Errorf("%d messages were handed on", n)
			}
		})
	}
}
