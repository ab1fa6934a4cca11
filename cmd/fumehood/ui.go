package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/spf13/pflag"
	"golang.org/x/sys/unix"

	"github.com/fumehood/fumehood/internal/config"
	"github.com/fumehood/fumehood/internal/hint"
)

// The exit codes.
const (
	exitOK      = 0
	exitFailure = 1
	exitUsage   = 2
	exitFound   = 3 // findings at or above --fail-on
)

// errFindings ends audit with exitFound; the report has said what there is to say.
var errFindings = errors.New("there are findings")

// env is the world that a verb sees. ctx ends at the first SIGINT or SIGTERM; it lives
// here because a verb's world is made once, by main.
type env struct {
	ctx            context.Context
	stdin          io.Reader
	stdout, stderr io.Writer
	environ        []string
	tty            bool // stderr is a terminal
	color          bool // stderr takes colours
}

func newEnv(ctx context.Context) *env {
	_, err := unix.IoctlGetTermios(int(os.Stderr.Fd()), ioctlReadTermios)
	e := &env{ctx: ctx, stdin: os.Stdin, stdout: os.Stdout, stderr: os.Stderr, environ: os.Environ(), tty: err == nil}
	e.color = e.tty && e.getenv("NO_COLOR") == "" && e.getenv("TERM") != "dumb"
	return e
}

// getenv returns a variable of the environment, or "".
func (e *env) getenv(name string) string {
	for i := len(e.environ) - 1; i >= 0; i-- {
		if key, value, _ := strings.Cut(e.environ[i], "="); key == name {
			return value
		}
	}
	return ""
}

// load reads the configuration for a verb that takes the options of run.
func (e *env) load(args []string, app config.AppArg, flags *pflag.FlagSet) (*config.Loaded, error) {
	return config.Load(config.Sources{Args: args, Environ: e.environ, App: app, Flags: flags})
}

// parse reads a verb's own options, for a verb that takes none of run's, and returns the
// other arguments.
func (e *env) parse(flags *pflag.FlagSet, args []string) ([]string, error) {
	flags.SetOutput(io.Discard)
	err := flags.Parse(args)
	if errors.Is(err, pflag.ErrHelp) {
		return nil, config.ErrHelp
	}
	if err != nil {
		return nil, wrongFlag(err, flags, args)
	}
	return flags.Args(), nil
}

// wrongFlag is the error of an option that there is not, or of one without its value.
func wrongFlag(err error, flags *pflag.FlagSet, args []string) error {
	var unknown *pflag.NotExistError
	if errors.As(err, &unknown) && unknown.GetSpecifiedShortnames() == "" {
		var names []string
		flags.VisitAll(func(f *pflag.Flag) { names = append(names, f.Name) })
		bad := unknown.GetSpecifiedName()
		near := hint.Nearest(bad, names)
		if near == "" { // --severity is --min-severity
			for _, name := range names {
				if strings.HasSuffix(name, "-"+bad) {
					near = name
				}
			}
		}
		if near != "" {
			return usage(fmt.Errorf("%w; did you mean --%s?", err, near), instead(flags.Name(), args, "--"+bad, "--"+near))
		}
	}
	return usage(err, "fumehood help "+flags.Name())
}

// instead is a command as it was typed, with one word of it put right: an argument, the name
// or the value of an option, or one of several values.
func instead(verb string, args []string, bad, good string) string {
	words := []string{"fumehood", verb}
	for _, arg := range args {
		name, value, hasValue := strings.Cut(arg, "=")
		if !strings.HasPrefix(arg, "--") {
			name, value, hasValue = "", arg, true
		} else if name == bad {
			name = good
		}
		list := strings.Split(value, ",")
		for i := range list {
			if hasValue && strings.TrimSpace(list[i]) == bad {
				list[i] = good
			}
		}
		if hasValue && name != "" {
			name += "="
		}
		words = append(words, hint.Shell(name+strings.Join(list, ",")))
	}
	return strings.Join(words, " ")
}

// usageError is an error of whoever typed the command.
type usageError struct{ error }

func (u usageError) Unwrap() error { return u.error }

// usage makes err end with the exit code for wrong use, and gives it a hint.
func usage(err error, text string) error { return usageError{hint.With(err, text)} }

// dispatch runs the verb that args name and returns the exit code.
func dispatch(e *env, args []string) int {
	if len(args) == 0 {
		fmt.Fprint(e.stderr, overview())
		return exitUsage
	}
	name := args[0]
	switch name {
	case "-h", "--help", "--help-all":
		name = "help"
	case "-V", "--version":
		name = "version"
	}
	var names []string
	for _, v := range verbs() {
		if v.name == name {
			return e.finish(v, v.run(e, args[1:]))
		}
		names = append(names, v.name)
	}
	err, fix := fmt.Errorf("there is no verb %q", name), "fumehood help"
	if near := hint.Nearest(name, names); near != "" {
		err, fix = fmt.Errorf("%w; did you mean %s?", err, near), "fumehood "+strings.Join(append([]string{near}, args[1:]...), " ")
	} else if name == "explain" && len(args) == 2 && len(rulesLike(args[1])) > 0 {
		fix = "fumehood audit --explain " + rulesLike(args[1])[0]
	} else if strings.HasPrefix(name, "-") || strings.Contains(name, ":") || strings.HasSuffix(name, ".py") {
		fix = "fumehood run " + strings.Join(args, " ")
	}
	return e.fail(usage(err, fix))
}

// finish turns the outcome of a verb into an exit code.
func (e *env) finish(v verb, err error) int {
	switch {
	case err == nil:
		return exitOK
	case errors.Is(err, errFindings):
		return exitFound
	case errors.Is(err, config.ErrHelp), errors.Is(err, config.ErrHelpAll):
		fmt.Fprint(e.stdout, v.help(errors.Is(err, config.ErrHelpAll)))
		return exitOK
	}
	return e.fail(err)
}

// fail prints an error and its hint and returns the exit code.
func (e *env) fail(err error) int {
	fmt.Fprintf(e.stderr, "%s %s\n", e.paint(red, "fumehood: error:"), printable(err.Error()))
	if text := hint.Of(err); text != "" {
		fmt.Fprintf(e.stderr, "%s %s\n", e.paint(bold, "hint:"), printable(text))
	}
	var wrong usageError
	var mistakes *config.Mistakes
	if errors.As(err, &wrong) || errors.As(err, &mistakes) && mistakes.Usage() {
		return exitUsage
	}
	return exitFailure
}

// The colours mark state; the words carry it.
const (
	bold   = "1"
	red    = "1;31"
	yellow = "33"
	dim    = "2"
)

// paint colours text for stderr, where colours are wanted.
func (e *env) paint(color, text string) string {
	if !e.color {
		return text
	}
	return "\x1b[" + color + "m" + text + "\x1b[0m"
}

// printable is a text without what a terminal acts on: errors have names of files in them,
// and lines of Python's.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if r == '\n' || r == '\t' || strconv.IsPrint(r) {
			return r
		}
		return utf8.RuneError
	}, text)
}

// printJSON writes v for programs.
func (e *env) printJSON(v any) error {
	enc := json.NewEncoder(e.stdout)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	return enc.Encode(v)
}
