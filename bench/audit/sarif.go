package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
)

// tool is a program that audits a folder and writes SARIF.
type tool struct {
	command []string // {} is the folder
	seen    map[string][]found
}

// found is one result: a place, and the weaknesses that it may be.
type found struct {
	File string // relative to the folder
	Line int
	Rule string
	CWEs []int
}

func build(ctx context.Context, bin string) error {
	cmd := exec.CommandContext(ctx, "go", "build", "-o", bin, "./cmd/fumehood")
	cmd.Stderr = os.Stderr
	return cmd.Run()
}

// audit runs the tool on a folder, once for each.
func (t *tool) audit(ctx context.Context, dir string) ([]found, error) {
	if all, ok := t.seen[dir]; ok {
		return all, nil
	}
	out, err := t.output(ctx, dir)
	if err != nil {
		return nil, err
	}
	all, err := parse(out, dir)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", dir, err)
	}
	if t.seen == nil {
		t.seen = map[string][]found{}
	}
	t.seen[dir] = all
	return all, nil
}

// output is what the tool writes. Its exit code says only whether it found something.
func (t *tool) output(ctx context.Context, dir string) ([]byte, error) {
	args := make([]string, len(t.command))
	for i, a := range t.command {
		args[i] = strings.ReplaceAll(a, "{}", dir)
	}
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	var errs bytes.Buffer
	cmd.Stderr = &errs
	out, err := cmd.Output()
	if len(out) == 0 {
		return nil, fmt.Errorf("%s: %v: %s", strings.Join(args, " "), err, errs.String())
	}
	return out, nil
}

// log is the part of SARIF 2.1.0 that matters here.
type log struct {
	Runs []struct {
		Tool struct {
			Driver struct {
				Rules []struct {
					ID         string
					Properties struct{ Tags []string }
				}
			}
		}
		Results []struct {
			RuleID       string
			Suppressions []json.RawMessage
			Locations    []struct {
				PhysicalLocation struct {
					ArtifactLocation struct{ URI string }
					Region           struct{ StartLine int }
				}
			}
		}
	}
}

// cweTag matches the ways in which tools write a weakness into a tag.
var cweTag = regexp.MustCompile(`(?i)cwe[-/ ]?0*(\d+)`)

func parse(out []byte, dir string) ([]found, error) {
	var l log
	if err := json.Unmarshal(out, &l); err != nil {
		return nil, err
	}
	var all []found
	for _, r := range l.Runs {
		cwes := map[string][]int{}
		for _, rule := range r.Tool.Driver.Rules {
			for _, tag := range rule.Properties.Tags {
				for _, m := range cweTag.FindAllStringSubmatch(tag, -1) {
					n, _ := strconv.Atoi(m[1])
					cwes[rule.ID] = append(cwes[rule.ID], n)
				}
			}
		}
		for _, res := range r.Results {
			if len(res.Locations) == 0 || len(res.Suppressions) > 0 {
				continue
			}
			at := res.Locations[0].PhysicalLocation
			all = append(all, found{File: relative(at.ArtifactLocation.URI, dir), Line: at.Region.StartLine, Rule: res.RuleID, CWEs: cwes[res.RuleID]})
		}
	}
	return all, nil
}

// relative is the path of a URI below the folder: tools write it from there, from the root of
// the file system, or with a scheme.
func relative(uri, dir string) string {
	uri = strings.TrimPrefix(uri, "file://")
	if abs, err := filepath.Abs(dir); err == nil {
		if rest, ok := strings.CutPrefix(uri, abs+"/"); ok {
			return rest
		}
	}
	return strings.TrimPrefix(strings.TrimPrefix(uri, dir+"/"), "./")
}
