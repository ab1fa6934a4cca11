package body

import (
	"time"

	fumehood "github.com/fumehood/fumehood"
)

// Config says how a request body is read before the app sees the request.
type Config struct {
	// Memory is the part of a body that is kept in memory; what is longer goes to a
	// temporary file that has no name.
	Memory fumehood.Size `toml:"memory" default:"64KB" flag:"body-memory" min:"0" max:"16MB"`

	// Idle is the longest time that a client may send nothing in the middle of a body.
	Idle time.Duration `toml:"idle" default:"15s" flag:"body-idle-timeout" min:"1s"`

	// MinRate is the lowest rate, in bytes a second, at which a body may arrive once
	// Grace has passed.
	MinRate fumehood.Size `toml:"min_rate" default:"500" flag:"body-min-rate" min:"1"`

	// Grace is the time before MinRate is asked for.
	Grace time.Duration `toml:"grace" default:"10s" flag:"body-grace" min:"0s"`

	// TempDir is where long bodies go. Empty means the system's folder for temporary files.
	TempDir string `toml:"temp_dir" flag:"body-temp-dir"`
}
