package fumehood_test

import (
	"math"
	"testing"

	fumehood "github.com/fumehood/fumehood"
)

func TestSizeText(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]fumehood.Size{
		"0": 0, "512": 512, "512B": 512, " 64KB ": 64 << 10, "64 kb": 64 << 10, "64K": 64 << 10,
		"64KiB": 64 << 10, "20MB": 20 << 20, "1g": 1 << 30, "1GiB": 1 << 30,
		"8589934591GB": math.MaxInt64 &^ (1<<30 - 1),
	} {
		var got fumehood.Size
		if err := got.UnmarshalText([]byte(in)); err != nil || got != want {
			t.Errorf("%q is %d, %v; want %d", in, got, err, want)
		}
	}
}

func TestSizeRefusesWhatIsNoSize(t *testing.T) {
	t.Parallel()
	for _, in := range []string{
		"", "KB", "-1", "+1", "-1KB", "1.5MB", "1TB", "1IB", "5I", "5BI", "1KBKB", "1 K B", "0x10", "1_000",
		"1e3", "ten", "1MB2", "8589934592GB", "9223372036854775808", "99999999999999999999", "١KB",
	} {
		got := fumehood.Size(7)
		if err := got.UnmarshalText([]byte(in)); err == nil {
			t.Errorf("%q was taken for %d", in, got)
		} else if got != 7 {
			t.Errorf("%q: the value was changed to %d by an error", in, got)
		}
	}
}

func FuzzSizeText(f *testing.F) {
	for _, in := range []string{"512", "64KB", "20 MiB", "1GB", "-1", "9223372036854775807"} {
		f.Add(in)
	}
	f.Fuzz(func(t *testing.T, in string) {
		var size fumehood.Size
		if size.UnmarshalText([]byte(in)) != nil {
			return
		}
		if size < 0 {
			t.Fatalf("%q is %d", in, size)
		}
		var again fumehood.Size
		if err := again.UnmarshalText([]byte(size.String())); err != nil || again != size {
			t.Fatalf("%q is %d, its text %q is %d, %v", in, size, size, again, err)
		}
	})
}

func TestModeText(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]fumehood.Mode{
		"": fumehood.Enforce, "enforce": fumehood.Enforce, "report": fumehood.Report, "off": fumehood.Off,
	} {
		var got fumehood.Mode
		if err := got.UnmarshalText([]byte(in)); err != nil || got != want {
			t.Errorf("%q is %q, %v", in, got, err)
		}
	}
	for _, in := range []string{"Off", "OFF", "false", "no", "disabled", "enforce ", "on"} {
		var got fumehood.Mode
		if err := got.UnmarshalText([]byte(in)); err == nil {
			t.Errorf("%q was taken for %q", in, got)
		}
	}
}
