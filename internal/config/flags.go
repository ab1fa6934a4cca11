package config

import (
	"errors"
	"io"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"github.com/fumehood/fumehood/internal/hint"
)

// ErrHelp and ErrHelpAll are the errors of Load when -h, --help or --help-all is given.
var (
	ErrHelp    = errors.New("help was asked for")
	ErrHelpAll = errors.New("all help was asked for")
)

// given is one use of an option: what the command line says about one value.
type given struct {
	node *node
	as   string // the option as written, such as "--workers"
	text string
}

// commandLine is what the arguments say.
type commandLine struct {
	given         []given
	config        string // --config
	help, helpAll bool
	rest          []string // positional arguments
	guess         bool     // an unknown option may have left its value among rest
}

// recorder is a pflag.Value that only writes down what was given: the values are set
// later, over those of the file and the environment.
type recorder struct {
	line *commandLine
	node *node
	as   string
	not  bool // --no-NAME
}

func (r *recorder) String() string { return "" }
func (r *recorder) Type() string   { return r.node.placeholder() }

func (r *recorder) Set(text string) error {
	if r.not {
		text = map[string]string{"true": "false", "false": "true"}[text]
	}
	r.line.given = append(r.line.given, given{r.node, r.as, text})
	return nil
}

// flagSet makes the options of all settings, for one parse into line.
func (n *node) flagSet(line *commandLine, verb *pflag.FlagSet) *pflag.FlagSet {
	fs := pflag.NewFlagSet("fumehood", pflag.ContinueOnError)
	fs.SetOutput(io.Discard)
	fs.StringVarP(&line.config, "config", "c", "", "")
	fs.BoolVarP(&line.help, "help", "h", false, "")
	fs.BoolVar(&line.helpAll, "help-all", false, "")
	for _, v := range n.settable() {
		if v.flag == "" {
			continue
		}
		f := fs.VarPF(&recorder{line: line, node: v, as: "--" + v.flag}, v.flag, v.short, "")
		if v.kind != kindBool {
			continue
		}
		f.NoOptDefVal = "true"
		if v.def == "true" {
			name := "no-" + v.flag
			fs.VarPF(&recorder{line, v, "--" + name, true}, name, "", "").NoOptDefVal = "true"
		}
	}
	if verb != nil {
		fs.AddFlagSet(verb)
	}
	return fs
}

// parseArgs reads the command line. A wrong option is noted and taken out, and the rest
// is read again, so that all wrong ones are found.
func (l *Loaded) parseArgs(args []string, verb *pflag.FlagSet) *commandLine {
	args = slices.Clone(args)
	guess := false
	for {
		line := &commandLine{guess: guess}
		fs := l.schema.flagSet(line, verb)
		err := fs.Parse(args)
		if err == nil {
			line.rest = fs.Args()
			return line
		}
		var bad string
		var unknown *pflag.NotExistError
		var bare *pflag.ValueRequiredError
		var invalid *pflag.InvalidValueError
		switch {
		case errors.As(err, &unknown):
			bad = dashes(unknown.GetSpecifiedName(), unknown.GetSpecifiedShortnames())
			l.unknownFlag(fs, bad)
			line.guess = true
		case errors.As(err, &bare):
			bad = dashes(bare.GetSpecifiedName(), bare.GetSpecifiedShortnames())
			l.note(Mistake{Origin: Origin{Flag: bad}, Text: "needs a value", Hint: bad + " " + placeholder(bare.GetFlag())})
		case errors.As(err, &invalid): // only an option of the verb itself checks its value
			bad = "--" + invalid.GetFlag().Name
			l.note(Mistake{Origin: Origin{Flag: bad}, Text: invalid.Unwrap().Error()})
		default:
			l.note(Mistake{Origin: Origin{Flag: "--"}, Text: err.Error()})
		}
		at := slices.IndexFunc(args, func(arg string) bool {
			return arg == bad || strings.HasPrefix(arg, bad+"=") ||
				!strings.HasPrefix(bad, "--") && strings.HasPrefix(arg, bad)
		})
		if bad == "" || at < 0 {
			return line
		}
		args, guess = slices.Delete(args, at, at+1), line.guess
	}
}

// dashes writes an option as it stood: "--name", or the letters "-xyz" it was among.
func dashes(name, letters string) string {
	if letters != "" {
		return "-" + letters
	}
	return "--" + name
}

func (l *Loaded) unknownFlag(fs *pflag.FlagSet, bad string) {
	m := Mistake{Origin: Origin{Flag: bad}, Text: "unknown option", Hint: "fumehood help run --all lists the options"}
	var names []string
	fs.VisitAll(func(f *pflag.Flag) { names = append(names, "--"+f.Name) })
	key := strings.ReplaceAll(strings.TrimLeft(bad, "-"), "-", "_")
	if near := hint.Nearest(bad, names); near != "" && strings.HasPrefix(bad, "--") {
		m.Text, m.Hint = "unknown option; did you mean "+near+"?", "fumehood config explain "+near
	} else if v := l.schema.find(key); v != nil && v.flag != "" { // --workers.count
		m.Text, m.Hint = "unknown option; did you mean --"+v.flag+"?", "fumehood config explain "+key
	}
	l.note(m)
}

func placeholder(f *pflag.Flag) string {
	if r, ok := f.Value.(*recorder); ok {
		return r.node.placeholder()
	}
	return "VALUE"
}

// placeholder is what help calls the value: "NUMBER", "auto|off".
func (n *node) placeholder() string {
	switch {
	case n.valueName != "":
		return n.valueName
	case len(n.enum) > 0:
		return strings.Join(n.enum, "|")
	}
	switch n.kind {
	case kindInt:
		return "NUMBER"
	case kindDuration:
		return "TIME"
	case kindSize:
		return "SIZE"
	}
	parts := strings.Split(n.flag, "-")
	return strings.ToUpper(parts[len(parts)-1])
}

// flags sets what the command line says. A list option may be given several times.
func (l *Loaded) flags(line *commandLine) {
	lists := map[string]string{}
	for _, g := range line.given {
		text := g.text
		if before, ok := lists[g.node.key]; ok {
			text = before + "," + text
		}
		if g.node.kind == kindList {
			lists[g.node.key] = text
		}
		l.setText(g.node, text, Origin{Flag: g.as})
	}
}

// positional takes the arguments that no option took: the target first, where the verb
// has one.
func (l *Loaded) positional(line *commandLine, app AppArg) {
	l.Rest = line.rest
	if app == NoApp || line.guess {
		return
	}
	for _, v := range l.schema.settable() {
		if v.arg != "" && len(l.Rest) > 0 {
			l.setText(v, l.Rest[0], Origin{Flag: v.arg})
			l.Rest = l.Rest[1:]
		}
	}
	for _, arg := range l.Rest {
		l.note(Mistake{Origin: Origin{Flag: arg}, Text: "one argument too many",
			Hint: "give one app; options for the app itself go into its own configuration"})
	}
	if app == NeedApp && l.Config.App.Target == "" && l.Config.App.Upstream == "" {
		l.note(Mistake{Origin: Origin{Flag: "TARGET"}, Text: "the app to serve is missing",
			Hint: "fumehood run app:app, for a variable app in app.py"})
	}
}

// suggest adds a hint to err if it has none.
func suggest(err error, text string) error {
	if hint.Of(err) != "" {
		return err
	}
	return hint.With(err, text)
}
