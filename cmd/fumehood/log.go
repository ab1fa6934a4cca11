package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/fumehood/fumehood/internal/config"
)

// newLogger makes the logger that cfg asks for. "auto" is for people on a terminal and
// JSON everywhere else.
func newLogger(e *env, cfg config.Log) *slog.Logger {
	var level slog.Level
	if err := level.UnmarshalText([]byte(cfg.Level)); err != nil {
		level = slog.LevelInfo // the configuration was checked before
	}
	options := &slog.HandlerOptions{Level: level, ReplaceAttr: inMilliseconds}
	if cfg.Format == "json" || cfg.Format == "auto" && !e.tty {
		return slog.New(slog.NewJSONHandler(e.stderr, options))
	}
	return slog.New(&textHandler{env: e, out: e.stderr, level: level, mu: &sync.Mutex{}})
}

// inMilliseconds sees to it that no duration is a bare number: slog's JSON has nanoseconds
// and does not say so.
func inMilliseconds(_ []string, a slog.Attr) slog.Attr {
	if a.Value.Kind() != slog.KindDuration {
		return a
	}
	return slog.Float64(a.Key+"_ms", float64(a.Value.Duration().Microseconds())/1000)
}

// textHandler writes log lines for people: the time of day, what happened, and the facts.
// What the app prints is shown as the app printed it.
type textHandler struct {
	env   *env
	out   io.Writer
	level slog.Level
	mu    *sync.Mutex
	attrs []slog.Attr
	group string
}

// Enabled implements slog.Handler.
func (h *textHandler) Enabled(_ context.Context, level slog.Level) bool { return level >= h.level }

// WithAttrs implements slog.Handler.
func (h *textHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	c := *h
	c.attrs = append(c.attrs[:len(c.attrs):len(c.attrs)], attrs...)
	return &c
}

// WithGroup implements slog.Handler.
func (h *textHandler) WithGroup(name string) slog.Handler {
	c := *h
	c.group += name + "."
	return &c
}

// Handle implements slog.Handler.
func (h *textHandler) Handle(_ context.Context, r slog.Record) error {
	attrs := h.attrs
	r.Attrs(func(a slog.Attr) bool {
		attrs = append(attrs[:len(attrs):len(attrs)], a)
		return true
	})
	var b bytes.Buffer
	if r.Message == "app" && len(attrs) == 2 {
		fmt.Fprintf(&b, "%s %s\n", h.env.paint(dim, "worker "+attrs[0].Value.String()+" |"), attrs[1].Value.String())
	} else {
		b.WriteString(h.env.paint(dim, r.Time.Format(time.TimeOnly)))
		if r.Level >= slog.LevelWarn || r.Level < slog.LevelInfo {
			color := map[bool]string{true: red, false: yellow}[r.Level >= slog.LevelError]
			b.WriteByte(' ')
			b.WriteString(h.env.paint(color, strings.ToLower(r.Level.String())))
		}
		b.WriteByte(' ')
		b.WriteString(r.Message)
		var long []string
		for _, a := range attrs {
			h.fact(&b, h.group, a, &long)
		}
		b.WriteByte('\n')
		for _, text := range long {
			b.WriteString(text)
		}
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	_, err := h.out.Write(b.Bytes())
	return err
}

// fact writes one attribute; a text of several lines, such as a traceback, goes below.
func (h *textHandler) fact(b *bytes.Buffer, prefix string, a slog.Attr, long *[]string) {
	v := a.Value.Resolve()
	if v.Kind() == slog.KindGroup {
		if a.Key != "" {
			prefix += a.Key + "."
		}
		for _, member := range v.Group() {
			h.fact(b, prefix, member, long)
		}
		return
	}
	text := v.String()
	if strings.Contains(text, "\n") {
		var indented strings.Builder
		for line := range strings.Lines(text) {
			indented.WriteString("    " + printableLine(strings.TrimRight(line, "\n")) + "\n")
		}
		*long = append(*long, indented.String())
		return
	}
	if needsQuotes(text) {
		text = strconv.Quote(text)
	}
	b.WriteString(" " + h.env.paint(dim, prefix+a.Key+"=") + text)
}

// needsQuotes says whether a value could be taken for more than one value, or holds what
// a terminal acts on.
func needsQuotes(s string) bool {
	return s == "" || strings.ContainsFunc(s, func(r rune) bool {
		return r <= ' ' || r == '"' || r == '=' || !strconv.IsPrint(r)
	})
}

func printableLine(s string) string {
	return strings.Map(func(r rune) rune {
		if r != '\t' && !strconv.IsPrint(r) {
			return '\uFFFD'
		}
		return r
	}, s)
}
