package main

import (
	"encoding/json"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"sync"

	"github.com/fumehood/fumehood/internal/appdata"
)

// skeletonsFile has the statements that each route of an app makes, without their values.
const skeletonsFile = "skeletons.json"

// mostSkeletons bounds what is learned: beyond it an app makes its statements up.
const mostSkeletons = 10_000

// skeletons are the statements that are known of an app: its routes, for each the skeletons,
// for each an example.
type skeletons struct {
	path string
	log  *slog.Logger

	mu    sync.Mutex
	known map[string]map[string]string
	count int
}

// openSkeletons reads what was learned of an app before.
func openSkeletons(data *appdata.Dir, log *slog.Logger) (*skeletons, error) {
	s := &skeletons{path: data.Path(skeletonsFile), log: log, known: map[string]map[string]string{}}
	text, err := os.ReadFile(s.path)
	if errors.Is(err, fs.ErrNotExist) {
		return s, nil
	}
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal(text, &s.known); err != nil {
		return nil, err
	}
	for _, of := range s.known {
		s.count += len(of)
	}
	return s, nil
}

// lists are the skeletons of each route.
func (s *skeletons) lists() map[string][]string {
	s.mu.Lock()
	defer s.mu.Unlock()
	lists := map[string][]string{}
	for route, of := range s.known {
		for skeleton := range of {
			lists[route] = append(lists[route], skeleton)
		}
	}
	return lists
}

// learned keeps one more. It is written at once: a worker says each one once, while the app
// is tested.
func (s *skeletons) learned(route, skeleton, example string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, had := s.known[route][skeleton]; had || s.count >= mostSkeletons {
		return
	}
	if s.known[route] == nil {
		s.known[route] = map[string]string{}
	}
	s.known[route][skeleton] = example
	s.count++
	s.log.Info("learned a statement", "route", route, "statement", example)
	if err := s.write(); err != nil {
		s.log.Warn("what was learned is not kept", "cause", err)
	}
}

// write replaces the file, whole or not at all.
func (s *skeletons) write() error {
	text, err := json.MarshalIndent(s.known, "", "  ")
	if err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(s.path), "new-*") // mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, err = f.Write(append(text, '\n'))
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), s.path)
}
