package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"github.com/fumehood/fumehood/internal/config"
	"github.com/fumehood/fumehood/internal/hint"
	"github.com/fumehood/fumehood/internal/server"
)

func runConfig(e *env, args []string) error {
	verbs := []struct {
		name string
		run  func(*env, []string) error
	}{
		{"show", configShow},
		{"chain", configChain},
		{"explain", configExplain},
		{"check", configCheck},
		{"schema", configSchema},
	}
	if len(args) == 0 {
		return usage(errors.New("config needs to know what to do"), "fumehood config show")
	}
	var names []string
	for _, v := range verbs {
		if v.name == args[0] {
			return v.run(e, args[1:])
		}
		names = append(names, v.name)
	}
	if slices.Contains([]string{"-h", "--help", "--help-all"}, args[0]) {
		return config.ErrHelp
	}
	err := fmt.Errorf("config has no %q", args[0])
	if near := hint.Nearest(args[0], names); near != "" {
		return usage(fmt.Errorf("%w; did you mean %s?", err, near), "fumehood config "+near)
	}
	return usage(err, "there are "+strings.Join(names, ", "))
}

func configShow(e *env, args []string) error {
	flags := pflag.NewFlagSet("config", pflag.ContinueOnError)
	asJSON := flags.Bool("json", false, "")
	all := flags.Bool("all", false, "")
	loaded, err := e.load(args, config.MayApp, flags)
	if err != nil {
		return err
	}
	if !*asJSON {
		text := loaded.TOML(*all)
		if text == "" {
			text = "# every setting has its default; --all shows them\n"
		}
		_, err = fmt.Fprint(e.stdout, text)
		return err
	}
	settings := []config.Setting{}
	for _, s := range loaded.Settings() {
		if *all || s.Changed() {
			settings = append(settings, s)
		}
	}
	return e.printJSON(struct {
		File     string           `json:"file"`
		Settings []config.Setting `json:"settings"`
	}{loaded.File, settings})
}

func configExplain(e *env, args []string) error {
	// The key may look like an option (--workers), so the command line is read by hand.
	asJSON := false
	var keys []string
	for _, arg := range args {
		switch arg {
		case "-h", "--help":
			return config.ErrHelp
		case "--json":
			asJSON = true
		default:
			keys = append(keys, arg)
		}
	}
	if len(keys) != 1 {
		return usage(errors.New("explain needs one key"), "fumehood config explain workers.count")
	}
	loaded, wrong := e.load(nil, config.NoApp, nil)
	if wrong != nil { // whoever asks may be about to mend that very mistake
		loaded = config.Defaults()
	}
	x, err := loaded.Explain(keys[0])
	if err != nil {
		return usage(err, hint.Of(err))
	}
	if wrong != nil {
		x.Value, x.Origin = nil, ""
		fmt.Fprintf(e.stderr, "%s the value now is not known: %v\n", e.paint(yellow, "fumehood: warning:"), wrong)
	}
	if asJSON {
		return e.printJSON(x)
	}
	_, err = fmt.Fprint(e.stdout, explanation(x))
	return err
}

// explanation writes x for people.
func explanation(x *config.Explanation) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n\n", x.Key)
	for _, line := range config.Wrap(x.Doc, 78) {
		fmt.Fprintf(&b, "  %s\n", line)
	}
	fmt.Fprintln(&b)
	row := func(name, value string) {
		if value != "" {
			fmt.Fprintf(&b, "  %-10s%s\n", name, strings.ReplaceAll(value, "\n", "\n            "))
		}
	}
	if x.Keys != nil {
		row("in a file", x.File)
		row("settings", strings.Join(x.Keys, "\n"))
		return b.String()
	}
	if x.Origin != "" {
		row("now", shown(x.Value)+"   ("+x.Origin+")")
	}
	if x.Default != nil {
		row("default", shown(x.Default))
	}
	row("takes", strings.TrimSuffix(x.Kind+": "+x.Allowed, ": "))
	row("in a file", x.File)
	row("option", x.Flag)
	row("variable", x.Env)
	switch {
	case x.Route != "":
		row("route", "may override it, with "+x.Route)
	case x.PerRoute:
		row("route", "is set for each [[route]]")
	default:
		row("route", "cannot override it")
	}
	return b.String()
}

// shown writes a value for people: what is empty must still be seen.
func shown(value any) string {
	switch value := value.(type) {
	case string:
		if value == "" {
			return "empty"
		}
	case []string:
		if len(value) == 0 {
			return "empty"
		}
		return strings.Join(value, ", ")
	}
	return fmt.Sprint(value)
}

func configCheck(e *env, args []string) error {
	rest, err := e.parse(pflag.NewFlagSet("config", pflag.ContinueOnError), args)
	if err != nil {
		return err
	}
	src := config.Sources{Environ: e.environ}
	switch len(rest) {
	case 0:
	case 1:
		src = config.Sources{File: rest[0]} // it alone, wherever it will be used
	default:
		return usage(errors.New("check takes one file"), "fumehood config check "+rest[0])
	}
	loaded, err := config.Load(src)
	var mistakes *config.Mistakes
	if errors.As(err, &mistakes) {
		return errors.New(mistakes.Detail())
	}
	if err != nil {
		return err
	}
	what := loaded.File
	if what == "" {
		what = "no " + config.FileName + " here; the environment"
	}
	if err := server.CheckRules(loaded.Config); err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	_, err = fmt.Fprintf(e.stdout, "%s: no mistakes\n", what)
	return err
}

func configSchema(e *env, args []string) error {
	rest, err := e.parse(pflag.NewFlagSet("config", pflag.ContinueOnError), args)
	if err != nil {
		return err
	}
	if len(rest) > 0 {
		return usage(errors.New("schema takes no arguments"), "fumehood config schema")
	}
	_, err = e.stdout.Write(config.JSONSchema())
	return err
}
