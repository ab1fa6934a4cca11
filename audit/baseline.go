package audit

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/fumehood/fumehood/audit/finding"
)

// baselineVersion is the version of the form of baseline files.
const baselineVersion = 1

// known is one finding of a baseline. The fingerprint decides; rule and file are for people.
type known struct {
	Fingerprint string `json:"fingerprint"`
	Rule        string `json:"rule"`
	File        string `json:"file"`
}

// baseline are the findings that are known; nil has none.
type baseline struct {
	known map[string]bool // by fingerprint: whether it was found again
}

// readBaseline reads the file called name; "" is no baseline.
func readBaseline(name string) (*baseline, error) {
	if name == "" {
		return nil, nil
	}
	data, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, wrongUse(fmt.Errorf("there is no baseline %s", name), "make one: fumehood audit --write-baseline "+name)
	}
	if err != nil {
		return nil, err
	}
	var file struct {
		Version  int     `json:"version"`
		Findings []known `json:"findings"`
	}
	if err := json.Unmarshal(data, &file); err != nil {
		return nil, wrongUse(fmt.Errorf("%s is no baseline: %w", name, err), "make it anew: fumehood audit --write-baseline "+name)
	}
	if file.Version != baselineVersion {
		return nil, wrongUse(fmt.Errorf("%s is a baseline of version %d, not %d", name, file.Version, baselineVersion), "make it anew: fumehood audit --write-baseline "+name)
	}
	b := &baseline{known: make(map[string]bool, len(file.Findings))}
	for _, k := range file.Findings {
		b.known[k.Fingerprint] = false
	}
	return b, nil
}

// has reports whether the finding is known, and remembers that it was found again.
func (b *baseline) has(f *finding.Finding) bool {
	if b == nil {
		return false
	}
	_, ok := b.known[f.Fingerprint]
	if ok {
		b.known[f.Fingerprint] = true
	}
	return ok
}

// unused is how many were not found again.
func (b *baseline) unused() int {
	n := 0
	if b != nil {
		for _, found := range b.known {
			if !found {
				n++
			}
		}
	}
	return n
}

// WriteBaseline writes the findings into a file that Options.Baseline takes: sorted, one on
// each line, so that a change of it is easy to read. The file is replaced as a whole.
func WriteBaseline(name string, found []finding.Finding) error {
	list := make([]known, 0, len(found))
	for _, f := range found {
		list = append(list, known{Fingerprint: f.Fingerprint, Rule: f.Rule, File: f.Place.File})
	}
	slices.SortFunc(list, func(a, b known) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Rule, b.Rule), cmp.Compare(a.Fingerprint, b.Fingerprint))
	})
	var b bytes.Buffer
	fmt.Fprintf(&b, "{\n  \"version\": %d,\n  \"findings\": [", baselineVersion)
	for i, k := range slices.Compact(list) {
		line, err := json.Marshal(k)
		if err != nil {
			return err
		}
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString("\n    ")
		b.Write(line)
	}
	if len(list) > 0 {
		b.WriteString("\n  ")
	}
	b.WriteString("]\n}\n")
	return ReplaceFile(name, b.Bytes())
}

// ReplaceFile writes a file, such as a report, so that nobody sees half of it. What is there
// and is no file, such as a device, is written to as it is.
func ReplaceFile(name string, data []byte) error {
	if info, err := os.Stat(name); err == nil && !info.Mode().IsRegular() {
		return os.WriteFile(name, data, 0o644)
	}
	temp, err := os.CreateTemp(filepath.Dir(name), ".fumehood-*")
	if err != nil {
		return err
	}
	defer os.Remove(temp.Name())
	_, err = temp.Write(data)
	err = errors.Join(err, temp.Chmod(0o644), temp.Close())
	if err != nil {
		return err
	}
	return os.Rename(temp.Name(), name)
}
