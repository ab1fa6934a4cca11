package record

import (
	"context"
	"log/slog"
	"net/http"
	"strings"
	"time"

	fumehood "github.com/fumehood/fumehood"
)

// What the client chose is cut to these lengths (bytes) in a record.
const (
	maxMethod = 32
	maxPath   = 1024
	maxHost   = 255
	maxAgent  = 200
	maxCause  = 1000
)

// StatusClientGone is recorded, never sent, for a request whose client went away before
// an answer began. The number is nginx's.
const StatusClientGone = 499

// write writes the one record of the request.
func (g *Guard) write(rec *recorder, r *http.Request, aborted bool) {
	if !g.access && rec.status < 500 {
		return
	}
	status := rec.status
	if status == 0 {
		switch {
		case r.Context().Err() != nil:
			status = StatusClientGone
		case !aborted:
			status = http.StatusOK // what net/http sends when a handler writes nothing
		}
	}
	level := slog.LevelInfo
	switch {
	case status >= 500 || status == 0:
		level = slog.LevelError
	case rec.x.Refused != nil:
		level = slog.LevelWarn
	}
	// The request's own context may have ended; the record must be written all the same.
	ctx := context.WithoutCancel(r.Context())
	if !g.logger.Enabled(ctx, level) {
		return
	}
	line := make([]slog.Attr, 0, 20)
	line = appendRequest(line, rec, r)
	line = append(line, slog.Int("status", status), slog.Int64("bytes", rec.sent()),
		milliseconds("duration_ms", time.Since(rec.x.Start)))
	if !rec.first.IsZero() {
		line = append(line, milliseconds("first_byte_ms", rec.first.Sub(rec.x.Start)))
	}
	if aborted {
		line = append(line, slog.Bool("aborted", true))
	}
	g.logger.LogAttrs(ctx, level, "request", appendOutcome(line, &rec.x)...)
}

// appendRequest adds what was asked, without anything that may be a secret: no header
// field but the user agent, and of the query only its length.
func appendRequest(line []slog.Attr, rec *recorder, r *http.Request) []slog.Attr {
	line = append(line, slog.String("id", rec.x.ID),
		slog.String("method", printable(r.Method, maxMethod)),
		slog.String("path", printable(r.URL.EscapedPath(), maxPath)))
	if n := len(r.URL.RawQuery); n > 0 {
		line = append(line, slog.Int("query_bytes", n))
	}
	line = append(line, slog.String("host", printable(r.Host, maxHost)),
		slog.String("proto", printable(r.Proto, maxMethod)),
		slog.String("scheme", fumehood.Scheme(r)))
	if ip := fumehood.ClientIP(r); ip.IsValid() {
		line = append(line, slog.String("client", ip.String()))
	} else {
		line = append(line, slog.String("client", "unix"))
	}
	if agent := r.Header.Get("User-Agent"); agent != "" {
		line = append(line, slog.String("agent", printable(agent, maxAgent)))
	}
	return line
}

// appendOutcome adds what the steps inside have noted.
func appendOutcome(line []slog.Attr, x *fumehood.Exchange) []slog.Attr {
	if x.Worker != 0 {
		line = append(line, slog.Int("worker", x.Worker), milliseconds("queued_ms", x.Queued))
	}
	if x.Refused != nil {
		line = append(line, slog.String("refused", x.Refused.Code))
		if x.Refused.Err != nil {
			line = append(line, slog.String("cause", printable(x.Refused.Err.Error(), maxCause)))
		}
	}
	if len(x.Reported) > 0 {
		codes := make([]string, len(x.Reported))
		for i, refusal := range x.Reported {
			codes[i] = refusal.Code
		}
		line = append(line, slog.String("reported", strings.Join(codes, " ")))
	}
	return line
}

// milliseconds is d as a number that means the same in every format of a log: slog writes
// a Duration as text in one and as nanoseconds in the other.
func milliseconds(key string, d time.Duration) slog.Attr {
	return slog.Float64(key, float64(d.Microseconds())/1000)
}

// printable returns at most limit bytes of s with everything but printable ASCII replaced:
// whatever the log is read with, a line must be a line and a terminal must stay as it is.
func printable(s string, limit int) string {
	if len(s) > limit {
		s = s[:limit]
	}
	for i := 0; i < len(s); i++ {
		if s[i] < ' ' || s[i] > '~' {
			return strings.Map(func(c rune) rune {
				if c < ' ' || c > '~' {
					return '?'
				}
				return c
			}, s)
		}
	}
	return s
}
