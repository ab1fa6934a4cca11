package config

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"github.com/fumehood/fumehood/internal/hint"
)

const (
	// FileName is the configuration file that is looked for in the folder of the app.
	FileName = "fumehood.toml"

	envPrefix = "FUMEHOOD_"
	// envFile names the configuration file, as --config does.
	envFile = envPrefix + "CONFIG"
	// envTest begins the variables of this repository's own tests, which start fumehood.
	envTest = envPrefix + "TEST_"

	// maxFile is far above any real file and far below what hurts.
	maxFile = 1 << 20
)

// AppArg says what a verb does with an app on its command line.
type AppArg int

// The ways to take an app.
const (
	NoApp   AppArg = iota // arguments are the verb's own; they end up in Loaded.Rest
	MayApp                // the first argument, if any, is app.target
	NeedApp               // app.target or app.upstream must come from somewhere
)

// Sources are the places that a configuration is loaded from. A flag beats the
// environment, the environment beats the file, the file beats the default.
type Sources struct {
	// Dir is the folder that FileName is looked for in when nothing says --config,
	// --chdir, FUMEHOOD_CONFIG or FUMEHOOD_APP_CHDIR. Empty means the current folder.
	Dir string

	// File is read instead of all that Dir says. It must exist.
	File string

	// Environ is the environment, as os.Environ gives it.
	Environ []string

	// Args is the command line after the verb; options and arguments may be mixed.
	Args []string

	// App says whether the first argument is the app.
	App AppArg

	// Flags are the verb's own options, or nil. Load parses them too.
	Flags *pflag.FlagSet
}

// Loaded is a configuration and where each value of it comes from. It is only read.
type Loaded struct {
	Config Config
	File   string   // the file that was read, "" when there is none
	Rest   []string // the arguments that are not options and not the app

	schema   *node
	origins  map[string]Origin
	mistakes Mistakes

	fromSources int // of mistakes: those before check
}

// Default returns the configuration that nobody has changed.
func Default() Config {
	return Defaults().Config
}

// Defaults is what Load returns for no sources at all: the defaults of the struct's tags.
func Defaults() *Loaded {
	l := &Loaded{schema: newSchema(docs()), origins: map[string]Origin{}}
	root := reflect.ValueOf(&l.Config).Elem()
	for _, v := range l.schema.settable() {
		if v.def == "" {
			continue
		}
		if err := v.fromText(root.FieldByIndex(v.index), v.def); err != nil {
			panic("config: default of " + v.key + ": " + err.Error())
		}
	}
	return l
}

// Load reads the configuration from all its sources and checks it. Its error is ErrHelp,
// ErrHelpAll, or has every mistake at once as a *Mistakes and a hint.
func Load(src Sources) (*Loaded, error) {
	l := Defaults()
	line := l.parseArgs(src.Args, src.Flags)
	if line.helpAll {
		return nil, ErrHelpAll
	}
	if line.help {
		return nil, ErrHelp
	}
	env := environ(src.Environ)
	if err := l.readFile(src, line, env); err != nil {
		return nil, err
	}
	l.environment(env)
	l.flags(line)
	l.positional(line, src.App)
	l.inherit()
	l.fromSources = len(l.mistakes.List)
	for _, p := range check(&l.Config) {
		if !l.blamed(p.key) { // a follow-up of what is already said
			l.note(Mistake{Origin: l.origin(p.key), Key: p.key, Text: p.text, Hint: p.hint})
		}
	}
	if err := l.mistakes.err(); err != nil {
		return nil, err
	}
	return l, nil
}

// Origin returns where the value of key comes from. The origin of an element
// ("tls.domains[1]") is that of its list where it has none of its own.
func (l *Loaded) Origin(key string) Origin { return l.origin(key) }

func (l *Loaded) origin(key string) Origin {
	for key != "" {
		if o, ok := l.origins[key]; ok {
			return o
		}
		cut := strings.LastIndexAny(key, ".[")
		if cut < 0 {
			break
		}
		key = key[:cut]
	}
	return Origin{}
}

func (l *Loaded) note(m Mistake) { l.mistakes.List = append(l.mistakes.List, m) }

// blamed says whether the sources made a mistake at key or below it.
func (l *Loaded) blamed(key string) bool {
	return slices.ContainsFunc(l.mistakes.List[:l.fromSources], func(m Mistake) bool {
		return m.Key == key || strings.HasPrefix(m.Key, key+".") || strings.HasPrefix(m.Key, key+"[")
	})
}

// set records the outcome of setting one value.
func (l *Loaded) set(n *node, key string, origin Origin, err error) {
	if err != nil {
		h := hint.Of(err)
		if h == "" {
			h = "fumehood config explain " + n.key
		}
		l.note(Mistake{Origin: origin, Key: key, Text: err.Error(), Hint: h})
		return
	}
	for old := range l.origins { // an earlier source's elements of this list
		if strings.HasPrefix(old, key+"[") {
			delete(l.origins, old)
		}
	}
	l.origins[key] = origin
}

func (l *Loaded) setText(n *node, text string, origin Origin) {
	v := reflect.ValueOf(&l.Config).Elem().FieldByIndex(n.index)
	l.set(n, n.key, origin, n.fromText(v, text))
}

// variable is one FUMEHOOD_ variable of the environment.
type variable struct{ name, value string }

// environ picks the FUMEHOOD_ variables out of the environment.
func environ(all []string) []variable {
	var ours []variable
	for _, entry := range all {
		name, value, ok := strings.Cut(entry, "=")
		if ok && strings.HasPrefix(name, envPrefix) {
			ours = append(ours, variable{name, value})
		}
	}
	return ours
}

func lookup(env []variable, name string) string {
	for i := len(env) - 1; i >= 0; i-- {
		if env[i].name == name {
			return env[i].value
		}
	}
	return ""
}

// environment sets what the FUMEHOOD_ variables say. One that nothing reads is a
// mistake: a misspelt name must not leave a protection off.
func (l *Loaded) environment(env []variable) {
	byName := map[string]*node{}
	names := []string{envFile}
	for _, v := range l.schema.settable() {
		if name := v.env(); name != "" {
			byName[name] = v
			names = append(names, name)
		}
	}
	for _, variable := range env {
		origin := Origin{Env: variable.name}
		if v := byName[variable.name]; v != nil {
			l.setText(v, variable.value, origin)
			continue
		}
		if variable.name == envFile || strings.HasPrefix(variable.name, envTest) {
			continue
		}
		m := Mistake{Origin: origin, Text: "unknown", Hint: "unset " + variable.name}
		if near := hint.Nearest(variable.name, names); near != "" {
			m.Text, m.Hint = "unknown; did you mean "+near+"?", "unset "+variable.name+", or name it "+near
		} else if strings.HasPrefix(variable.name, envPrefix+"ROUTE") {
			m.Hint = "routes are set in " + FileName
		}
		l.note(m)
	}
}

// readFile reads the file that the sources name, or the one in the app's folder if there
// is one. Its error is about the file as such, before anything is known of the contents.
func (l *Loaded) readFile(src Sources, line *commandLine, env []variable) error {
	name, named := src.File, "the file"
	if name == "" {
		name, named = line.config, "--config"
	}
	if name == "" {
		name, named = lookup(env, envFile), envFile
	}
	must := name != ""
	if !must {
		name = filepath.Join(appDir(line, env), FileName)
	}
	path := name
	if src.Dir != "" && !filepath.IsAbs(path) {
		path = filepath.Join(src.Dir, path)
	}
	data, err := readLimited(path)
	if errors.Is(err, fs.ErrNotExist) && !must {
		return nil
	}
	if err != nil {
		var pathErr *fs.PathError
		if errors.As(err, &pathErr) {
			err = pathErr.Err // the name is said below, as the user wrote it
		}
		err = fmt.Errorf("cannot read %s: %w", name, err)
		if must {
			return suggest(err, named+" must name a file that can be read; without it, "+FileName+" in the app's folder is read if it is there")
		}
		return suggest(err, "make "+name+" readable for this user, or move it away")
	}
	l.File, l.mistakes.file = name, name
	l.file(name, data)
	return nil
}

// appDir is the app's folder as far as it is known before the file is read.
func appDir(line *commandLine, env []variable) string {
	dir := lookup(env, envPrefix+"APP_CHDIR")
	for _, g := range line.given {
		if g.node.key == "app.chdir" {
			dir = g.text
		}
	}
	return dir
}

// readLimited reads a regular file of at most maxFile bytes; a pipe would hang the start.
func readLimited(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, errors.New("it is not a regular file")
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err == nil && len(data) > maxFile {
		err = fmt.Errorf("it is larger than %d bytes", maxFile)
	}
	return data, err
}
