package audit_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/fumehood/fumehood/audit"
	"github.com/fumehood/fumehood/audit/finding"
)

// kept is what a run has said.
type kept struct {
	config     *finding.Config
	found      []finding.Finding
	suppressed []finding.Suppressed
	skipped    []finding.Skipped
	notes      []finding.Note
	summary    *finding.Summary
	first      bool   // the first message was the configuration
	hook       func() // called when reading starts
}

func (k *kept) Handle(m finding.Message) error {
	if k.summary != nil {
		return errors.New("a message after the summary")
	}
	switch {
	case m.Config != nil:
		k.config, k.first = m.Config, k.config == nil && len(k.skipped)+len(k.found) == 0
	case m.Progress != nil && m.Progress.Stage == "reading" && m.Progress.Done == 0 && k.hook != nil:
		k.hook()
	case m.Finding != nil:
		k.found = append(k.found, *m.Finding)
	case m.Suppressed != nil:
		k.suppressed = append(k.suppressed, *m.Suppressed)
	case m.Skipped != nil:
		k.skipped = append(k.skipped, *m.Skipped)
	case m.Note != nil:
		k.notes = append(k.notes, *m.Note)
	case m.Summary != nil:
		k.summary = m.Summary
	}
	return nil
}

func (k *kept) Close() error { return nil }

// reason is why a file was skipped, "" if it was not.
func (k *kept) reason(file string) string {
	for _, s := range k.skipped {
		if s.Place.File == file {
			return s.Reason
		}
	}
	return ""
}

// run audits a folder that must be auditable.
func run(t *testing.T, o audit.Options) *kept {
	t.Helper()
	k := &kept{}
	if err := audit.Run(t.Context(), o, k); err != nil {
		t.Fatal(err)
	}
	if !k.first || k.summary == nil {
		t.Error("the configuration was not first, or there was no summary")
	}
	return k
}

// project writes files into a new folder.
func project(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		write(t, filepath.Join(dir, filepath.FromSlash(name)), text)
	}
	return dir
}

func write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// view is an app that has an injection at each of the lines given, which use name and db.
func view(lines ...string) string {
	return `import sqlite3
from flask import Flask, request
app = Flask(__name__)

@app.get("/find")
def find():
    name = request.args["name"]
    db = sqlite3.connect("shop.db")
    ` + strings.Join(lines, "\n    ") + `
    return ""
`
}

const injection = `db.execute("select * from items where name = '" + name + "'")`
