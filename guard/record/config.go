package record

import "log/slog"

// Config says where the record of each request goes.
type Config struct {
	// Logger gets the records; nil discards them.
	Logger *slog.Logger

	// Access writes one line for each request. Without it only answers with a 5xx status
	// and panics are written.
	Access bool
}
