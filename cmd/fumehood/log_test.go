package main

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"testing"
	"time"

	"github.com/fumehood/fumehood/internal/config"
)

// TestJSONDurations: in the JSON log a duration is a number of milliseconds and says so, in
// a group too.
func TestJSONDurations(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	log := newLogger(&env{stderr: &out}, config.Log{Format: "json", Level: "info"})
	log.Info("x", "wait", 1500*time.Microsecond, slog.Group("g", "wait", time.Minute), "n", 7)
	var line struct {
		Wait *float64 `json:"wait_ms"`
		N    int
		G    struct {
			Wait float64 `json:"wait_ms"`
		}
	}
	if err := json.Unmarshal(out.Bytes(), &line); err != nil {
		t.Fatal(err)
	}
	if line.Wait == nil || *line.Wait != 1.5 || line.G.Wait != 60_000 || line.N != 7 {
		t.Errorf("%s", out.String())
	}
}
