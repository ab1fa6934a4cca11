package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// class is one file of the corpus.
type class struct {
	kind    string // "attack" or "benign"
	name    string
	values  []string
	sources []string // of each value, or nil
}

func (c class) source(n int) string {
	if n < len(c.sources) {
		return c.sources[n]
	}
	return ""
}

// The classes in the order of the table; what else is there comes after them.
var order = []string{"xss", "sqli", "traversal", "command", "template", "prose", "richtext", "markdown", "names", "json", "base64", "crs-negatives", "code"}

// readCorpus reads the classes that only names, separated by commas; "" are all of them.
func readCorpus(dir, only string) ([]class, error) {
	if dir == "" {
		return nil, errors.New("-corpus DIR says where the values are")
	}
	var all []class
	for _, kind := range []string{"attack", "benign"} {
		files, err := filepath.Glob(filepath.Join(dir, kind, "*.txt"))
		if err != nil {
			return nil, err
		}
		for _, file := range files {
			name := strings.TrimSuffix(filepath.Base(file), ".txt")
			if only != "" && !slices.Contains(strings.Split(only, ","), name) {
				continue
			}
			c := class{kind: kind, name: name}
			if c.values, err = readValues(file); err != nil {
				return nil, err
			}
			if text, err := os.ReadFile(filepath.Join(dir, "meta", kind, name+".src")); err == nil {
				c.sources = strings.Split(strings.TrimRight(string(text), "\n"), "\n")
			}
			all = append(all, c)
		}
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("%s has no attack/*.txt or benign/*.txt", dir)
	}
	place := func(c class) int {
		if i := slices.Index(order, c.name); i >= 0 {
			return i
		}
		return len(order)
	}
	slices.SortStableFunc(all, func(a, b class) int { return place(a) - place(b) })
	return all, nil
}

// readValues reads a file with a JSON string on each line.
func readValues(file string) (values []string, err error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 4<<20)
	for n := 1; lines.Scan(); n++ {
		var value string
		if err := json.Unmarshal(lines.Bytes(), &value); err != nil {
			return nil, fmt.Errorf("%s:%d: %w", file, n, err)
		}
		values = append(values, value)
	}
	return values, lines.Err()
}
