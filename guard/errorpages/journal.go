package errorpages

import (
	"context"
	"log/slog"
	"sync/atomic"
	"time"

	fumehood "github.com/fumehood/fumehood"
	"github.com/fumehood/fumehood/internal/answer"
)

// journal writes the originals of replaced answers to the owner's log, a bounded amount
// each minute: who finds a page that fails could fill the disk with it.
type journal struct {
	log  *slog.Logger
	keep int // bytes of an original
	now  func() time.Time

	minute atomic.Int64
	used   atomic.Int64 // bytes of originals in that minute
}

// perMinute is how many bytes of originals are logged in a minute.
const perMinute = 4 << 20

// replaced logs an answer that was replaced.
func (j *journal) replaced(h *answer.Head, original []byte, verdict *fumehood.Refusal) {
	j.write(slog.LevelError, "answer replaced", h, original, verdict)
}

// shown logs an answer that would have been replaced.
func (j *journal) shown(h *answer.Head, original []byte, verdict *fumehood.Refusal) {
	j.write(slog.LevelError, "answer shows internals", h, original, verdict)
}

// suspect logs an answer that holds what may be internals.
func (j *journal) suspect(h *answer.Head, verdict *fumehood.Refusal) {
	j.write(slog.LevelWarn, "answer may show internals", h, nil, verdict)
}

// cut logs the place in a stream where it shows internals, and says whether mode ends it.
func (j *journal) cut(h *answer.Head, place []byte, verdict *fumehood.Refusal, mode fumehood.Mode) bool {
	fumehood.Note(h.Request, verdict)
	if mode == fumehood.Report {
		j.write(slog.LevelError, "answer shows internals", h, place, verdict)
		return false
	}
	j.write(slog.LevelError, "answer cut", h, place, verdict)
	return true
}

func (j *journal) write(level slog.Level, message string, h *answer.Head, original []byte, verdict *fumehood.Refusal) {
	attributes := []slog.Attr{
		slog.String("request", fumehood.RequestID(h.Request)), slog.String("method", h.Request.Method),
		slog.String("path", h.Request.URL.Path), slog.Int("status", h.Status),
		slog.String("code", verdict.Code), slog.String("cause", verdict.Err.Error()),
	}
	if len(original) > 0 {
		original = original[:min(len(original), j.keep)]
		if j.allows(len(original)) {
			attributes = append(attributes, slog.String("original", string(original)))
		} else {
			attributes = append(attributes, slog.String("original", "left out: there were too many in this minute"))
		}
	}
	j.log.LogAttrs(context.WithoutCancel(h.Request.Context()), level, message, attributes...)
}

// allows says whether n more bytes may be logged in this minute. Two goroutines that meet
// at the turn of a minute may log a little more.
func (j *journal) allows(n int) bool {
	minute := j.now().Unix() / 60
	if j.minute.Swap(minute) != minute {
		j.used.Store(0)
	}
	return j.used.Add(int64(n)) <= perMinute
}
