package injection

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	fumehood "github.com/fumehood/fumehood"
	"github.com/fumehood/fumehood/internal/hint"
)

// Config says how the values of requests are judged.
type Config struct {
	// Mode says what happens to a request with an attack in a value: enforce, report or off. Off
	// keeps the sinks in the workers at work.
	Mode fumehood.Mode `toml:"mode" default:"enforce"`

	// Engine is what judges: fumehood, or crs for the OWASP Core Rule Set (section
	// crs), which takes milliseconds for a request and refuses more honest ones.
	Engine string `toml:"engine" default:"fumehood" enum:"fumehood,crs"`

	// Threshold is from how many points on a value is refused. 10 is the structure of an attack;
	// 5 is a weak sign, such as a quote followed by a word of SQL. Nothing has more than 10.
	Threshold int `toml:"threshold" default:"10" min:"5" max:"10"`

	// Strict refuses at once what otherwise a sink in the worker decides about, which knows
	// whether the value does anything there.
	Strict bool `toml:"strict"`

	// SkipFields are names of fields that are not judged, such as "template" in an editor of
	// templates; "*" at the end stands for anything. The sinks still know their values.
	SkipFields []string `toml:"skip_fields"`

	// MaxBody is how much of a body is looked at, the content of files not counted. A longer
	// form, JSON or XML is refused, except where sinks in the worker decide.
	MaxBody fumehood.Size `toml:"max_body" default:"2MB" min:"1KB" max:"64MB"`

	// MaxValues is how many values of one request are looked at. One with more is treated as one
	// with a longer body.
	MaxValues int `toml:"max_values" default:"20000" min:"10" max:"1000000"`

	// Memory says whether it is remembered what each field normally holds, so that a weak sign in
	// a field that has only ever held numbers, or numbers with letters such as A-17, is enough:
	// on or off.
	Memory string `toml:"memory" default:"on" enum:"on,off"`

	// Repeat is for how long the same client is refused the same attack at once, after a sink in
	// the worker has stopped it.
	Repeat time.Duration `toml:"repeat" default:"10m" min:"1s" max:"24h"`
}

// complete gives zero values their defaults and returns every mistake.
func (cfg *Config) complete() (mistakes []error) {
	cfg.Mode, mistakes = hint.Mode("injection.mode", cfg.Mode)
	mistakes = slices.Concat(mistakes,
		hint.Between("injection.threshold", &cfg.Threshold, 10, 5, 10),
		hint.Between("injection.max_values", &cfg.MaxValues, 20_000, 10, 1_000_000),
		hint.Between("injection.max_body", &cfg.MaxBody, 2*fumehood.MB, fumehood.KB, 64*fumehood.MB),
		hint.Between("injection.repeat", &cfg.Repeat, 10*time.Minute, time.Second, 24*time.Hour))
	for _, word := range []struct{ key, value, first, second string }{
		{"engine", cfg.Engine, "fumehood", "crs"}, {"memory", cfg.Memory, "on", "off"},
	} {
		if word.value != "" && word.value != word.first && word.value != word.second {
			mistakes = append(mistakes, hint.With(fmt.Errorf("injection.%s: %q is neither %s nor %s", word.key, word.value, word.first, word.second),
				"write "+word.first+" or "+word.second))
		}
	}
	for _, name := range cfg.SkipFields {
		wrong := func(format, advice string) {
			mistakes = append(mistakes, hint.With(fmt.Errorf("injection.skip_fields: "+format, name), advice))
		}
		switch {
		case name == "" || name == "*":
			wrong("%q is no name of a field", `for all fields of a route: injection = { mode = "off" }`)
		case strings.TrimSpace(name) != name:
			wrong("%q begins or ends with a blank, and no field does", fmt.Sprintf("write %q", strings.TrimSpace(name)))
		case strings.Contains(name[:len(name)-1], "*"):
			wrong(`%q never matches: "*" stands for anything only at the end`, `write the names out, or what they begin with: "html*"`)
		}
	}
	return mistakes
}

// Validate returns every mistake in cfg, as New does, and makes nothing.
func (cfg Config) Validate() error { return errors.Join(cfg.complete()...) }
