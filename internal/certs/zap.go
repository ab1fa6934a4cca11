package certs

import (
	"context"
	"log/slog"
	"slices"
	"strings"

	"go.uber.org/zap/zapcore"
)

// zapToSlog passes what certmagic logs to slog: errors as warnings, everything else for
// debugging only. What matters to the owner is logged by logEvent.
type zapToSlog struct {
	log    *slog.Logger
	fields []zapcore.Field
}

func slogLevel(level zapcore.Level) slog.Level {
	if level >= zapcore.ErrorLevel {
		return slog.LevelWarn
	}
	return slog.LevelDebug
}

func (z *zapToSlog) Enabled(level zapcore.Level) bool {
	return z.log.Enabled(context.Background(), slogLevel(level))
}

func (z *zapToSlog) With(fields []zapcore.Field) zapcore.Core {
	return &zapToSlog{log: z.log, fields: append(z.fields[:len(z.fields):len(z.fields)], fields...)}
}

func (z *zapToSlog) Check(entry zapcore.Entry, checked *zapcore.CheckedEntry) *zapcore.CheckedEntry {
	if z.Enabled(entry.Level) {
		return checked.AddCore(entry, z)
	}
	return checked
}

func (z *zapToSlog) Write(entry zapcore.Entry, fields []zapcore.Field) error {
	values := zapcore.NewMapObjectEncoder()
	for _, field := range z.fields {
		field.AddTo(values)
	}
	for _, field := range fields {
		field.AddTo(values)
	}
	attrs := make([]slog.Attr, 0, len(values.Fields))
	for name, value := range values.Fields {
		attrs = append(attrs, slog.Any(name, value))
	}
	slices.SortFunc(attrs, func(a, b slog.Attr) int { return strings.Compare(a.Key, b.Key) })
	z.log.LogAttrs(context.Background(), slogLevel(entry.Level), "acme: "+entry.Message, attrs...)
	return nil
}

func (*zapToSlog) Sync() error { return nil }
