package fumehood

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Size is a number of bytes. Its text form has a unit: "512", "64KB", "20MB", "1GB",
// all powers of 1024 ("KiB", "MiB" and "GiB" mean the same).
type Size int64

// The units of Size.
const (
	KB Size = 1 << 10
	MB Size = 1 << 20
	GB Size = 1 << 30
)

// UnmarshalText implements encoding.TextUnmarshaler.
func (s *Size) UnmarshalText(text []byte) error {
	in := strings.TrimSpace(string(text))
	end := strings.LastIndexAny(in, "0123456789") + 1
	unit, known := sizeUnit(strings.TrimLeft(in[end:], " "))
	n, err := strconv.ParseUint(in[:end], 10, 63)
	if err != nil || !known || n > math.MaxInt64/uint64(unit) {
		return fmt.Errorf("%q is not a size: write 512, 64KB, 20MB or 1GB", in)
	}
	*s = Size(n) * unit
	return nil
}

func sizeUnit(name string) (unit Size, known bool) {
	switch strings.ToUpper(name) {
	case "", "B":
		return 1, true
	case "K", "KB", "KIB":
		return KB, true
	case "M", "MB", "MIB":
		return MB, true
	case "G", "GB", "GIB":
		return GB, true
	}
	return 0, false
}

// String returns the shortest exact text form.
func (s Size) String() string {
	for _, u := range []struct {
		size Size
		name string
	}{{GB, "GB"}, {MB, "MB"}, {KB, "KB"}} {
		if s != 0 && s%u.size == 0 {
			return strconv.FormatInt(int64(s/u.size), 10) + u.name
		}
	}
	return strconv.FormatInt(int64(s), 10)
}

// MarshalText implements encoding.TextMarshaler.
func (s Size) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// Mode is what a guard does when its check says no. The zero Mode is Enforce.
type Mode string

// The modes of a guard.
const (
	Enforce Mode = "enforce" // refuse
	Report  Mode = "report"  // let it through and log what would have been refused
	Off     Mode = "off"     // do not check
)

// UnmarshalText implements encoding.TextUnmarshaler.
func (m *Mode) UnmarshalText(text []byte) error {
	switch v := Mode(text); v {
	case Enforce, Report, Off:
		*m = v
		return nil
	case "":
		*m = Enforce
		return nil
	}
	return fmt.Errorf("%q is not a mode: write enforce, report or off", text)
}
