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
	"strings"

	"github.com/fumehood/fumehood/audit/finding"
	"github.com/fumehood/fumehood/internal/hint"
)

// baselineVersion is the version of the form of baseline files.
const baselineVersion = 1

// known is one finding of a baseline. The fingerprint decides; rule and file are for people.
type known struct {
	Fingerprint string `json:"fingerprint"`
	Rule        string `json:"rule"`
	File        string `json:"file"`
	Text        string `json:"text,omitempty"` // by which it is known where the file is gone
}

// baseline are the findings that are known; nil has none.
type baseline struct {
	known map[string]*entry   // by fingerprint
	moved map[string][]*entry // by that of the text, of files that are gone
}

// entry is a finding of a baseline in a run.
type entry struct {
	known
	again bool // it was found again
}

// readBaseline reads the file called name, which is about root; "" is no baseline.
func readBaseline(name, root string) (*baseline, error) {
	if name == "" {
		return nil, nil
	}
	data, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, wrongUse(fmt.Errorf("there is no baseline %s", name), "make one: fumehood audit --write-baseline "+hint.Shell(name)+at(root))
	}
	if err != nil {
		return nil, fmt.Errorf("--baseline %s: %s", name, reason(err))
	}
	var file struct {
		Version  int     `json:"version"`
		Findings []known `json:"findings"`
	}
	if err := json.Unmarshal(data, &file); err != nil {
		why := "it has something else in it"
		if broken := new(json.SyntaxError); errors.As(err, &broken) {
			why = fmt.Sprintf("it is no JSON from line %d on", bytes.Count(data[:min(int(broken.Offset), len(data))], []byte("\n"))+1)
		}
		return nil, wrongUse(fmt.Errorf("%s is no baseline: %s", name, why), "take it from git again, or make another: fumehood audit --write-baseline audit-baseline-new.json"+at(root))
	}
	switch {
	case file.Version == 0:
		return nil, wrongUse(fmt.Errorf("%s is no baseline: it names no version", name), "make one: fumehood audit --write-baseline audit-baseline.json"+at(root))
	case file.Version != baselineVersion:
		return nil, wrongUse(fmt.Errorf("%s is a baseline of version %d, not %d", name, file.Version, baselineVersion), "make it anew: fumehood audit --write-baseline "+hint.Shell(name)+at(root))
	}
	b := &baseline{known: make(map[string]*entry, len(file.Findings))}
	for _, k := range file.Findings {
		b.known[k.Fingerprint] = &entry{known: k}
	}
	return b, nil
}

// findMoved has those of files that are no longer in the folder be known by their text.
func (b *baseline) findMoved(folder string) {
	if b == nil {
		return
	}
	b.moved = map[string][]*entry{}
	gone := map[string]bool{}
	for _, one := range b.known {
		if _, asked := gone[one.File]; !asked {
			_, err := os.Lstat(filepath.Join(folder, filepath.FromSlash(one.File)))
			gone[one.File] = errors.Is(err, fs.ErrNotExist)
		}
		if one.Text != "" && gone[one.File] {
			b.moved[one.Text] = append(b.moved[one.Text], one)
		}
	}
	for _, same := range b.moved {
		slices.SortFunc(same, func(x, y *entry) int { return x.compare(y.known) })
	}
}

// at is PATH as a command ends with it; it can be left out where it is this folder.
func at(root string) string {
	if root == "." {
		return ""
	}
	return " " + hint.Shell(root)
}

// has reports whether the finding is known, by another name of its file too, and remembers that
// it was found again.
func (b *baseline) has(f *finding.Finding) bool {
	if b == nil {
		return false
	}
	k := b.known[f.Fingerprint]
	if k == nil {
		same := b.moved[f.Text]
		i := slices.IndexFunc(same, func(k *entry) bool { return !k.again })
		if i < 0 {
			return false
		}
		k = same[i]
	}
	k.again = true
	return true
}

// stale are those that were not found again, by file.
func (b *baseline) stale() []known {
	var all []known
	if b != nil {
		for _, k := range b.known {
			if !k.again {
				all = append(all, k.known)
			}
		}
	}
	slices.SortFunc(all, known.compare)
	return all
}

func (k known) compare(other known) int {
	return cmp.Or(cmp.Compare(k.File, other.File), cmp.Compare(k.Rule, other.Rule), cmp.Compare(k.Fingerprint, other.Fingerprint))
}

// namedStale is how many findings of a baseline that are gone are named.
const namedStale = 3

// strangeNote says that a baseline is of another folder, "" if it is not: then nothing in it
// silences anything, and what is known looks new.
func (r *run) strangeNote() string {
	if r.baseline == nil || len(r.baseline.known) == 0 {
		return ""
	}
	for _, k := range r.baseline.known {
		if _, err := os.Lstat(filepath.Join(r.folder.base, filepath.FromSlash(k.File))); k.again || err == nil {
			return ""
		}
	}
	return "no file that " + r.Baseline + " names is here: its names start from the folder that was audited when it was written"
}

// staleNote says which lines of the baseline can go, "" if none.
func (r *run) staleNote() string {
	gone := r.baseline.stale()
	if len(gone) == 0 {
		return ""
	}
	var names []string
	for _, k := range gone[:min(namedStale, len(gone))] {
		names = append(names, k.Rule+" in "+k.File)
	}
	if more := len(gone) - namedStale; more > 0 {
		names = append(names, fmt.Sprintf("%d more", more))
	}
	what := "1 finding in " + r.Baseline + " is"
	if len(gone) > 1 {
		what = fmt.Sprintf("%d findings in %s are", len(gone), r.Baseline)
	}
	return fmt.Sprintf("%s no longer found (%s): --write-baseline %s leaves out what is gone", what, strings.Join(names, ", "), r.Baseline)
}

// MayReplace says why a file is no place for a baseline: there is one with something else in it.
func MayReplace(name string) error {
	if info, err := os.Stat(name); err != nil || !info.Mode().IsRegular() {
		return nil // a pipe or a terminal would never be read to its end
	}
	data, err := os.ReadFile(name)
	if err != nil || len(bytes.TrimSpace(data)) == 0 {
		return nil // there is none; what else is wrong writing it tells
	}
	var file struct {
		Version *int `json:"version"`
	}
	if json.Unmarshal(data, &file) != nil || file.Version == nil {
		return fmt.Errorf("%s is no baseline, and would be lost", name)
	}
	return nil
}

// WriteBaseline writes the findings into a file that Options.Baseline takes: sorted, one on
// each line, so that a change of it is easy to read. The file is replaced as a whole.
func WriteBaseline(name string, found []finding.Finding) error {
	list := make([]known, 0, len(found))
	for _, f := range found {
		list = append(list, known{f.Fingerprint, f.Rule, f.Place.File, f.Text})
		for _, twin := range f.Also {
			list = append(list, known{twin.Fingerprint, f.Rule, f.Place.File, twin.Text})
		}
	}
	slices.SortFunc(list, known.compare)
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
