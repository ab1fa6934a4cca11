package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/pflag"

	"github.com/fumehood/fumehood/guard/login"
	"github.com/fumehood/fumehood/internal/appdata"
	"github.com/fumehood/fumehood/internal/config"
	"github.com/fumehood/fumehood/internal/control"
	"github.com/fumehood/fumehood/internal/hint"
)

func helpUnlock(bool) string {
	return `  fumehood unlock alice

Forget the failed logins of an account in the running server, so that the next login need
not wait. Write the account as people do in the login form; case and spaces do not matter.
Who uses two names, such as a mail address too, may need both. For a page that asks for a
password only, write its path. A network that waits because it tried many accounts goes on
waiting. The server is the one of the app in fumehood.toml or of TARGET, else the only one
of this user that is running.

Usage: fumehood unlock [options] ACCOUNT [TARGET]

Options:
      --json             print it as JSON
      --tls-storage DIR  the folder of the certificates and keys, as for run
      --upstream URL     the app that runs elsewhere, as for run
  -h, --help             this help
`
}

// unlockVerb is the name of the command.
const unlockVerb = "unlock"

// unlocking is what the command says.
type unlocking struct {
	Account string `json:"account"`
}

// unlockIn is the verb as the running server carries it out.
func unlockIn(state *login.State) control.Verb {
	return func(_ context.Context, in json.RawMessage) (any, error) {
		var said unlocking
		if err := json.Unmarshal(in, &said); err != nil {
			return nil, err
		}
		return state.Unlock(said.Account), nil
	}
}

// takeCommands has the running server take commands until ctx is done. Without a folder
// there is nowhere to send them, and that is logged.
func takeCommands(ctx context.Context, data *appdata.Dir, verbs map[string]control.Verb, log *slog.Logger) {
	if data == nil {
		return
	}
	l, err := control.Listen(data.Path(""))
	if err == nil {
		err = control.Serve(ctx, l, verbs, log)
	}
	if err != nil {
		log.Warn("no commands are taken, such as fumehood unlock", "cause", err, "hint", hint.Of(err))
	}
}

func runUnlock(e *env, args []string) error {
	flags := pflag.NewFlagSet(unlockVerb, pflag.ContinueOnError)
	asJSON := flags.Bool("json", false, "")
	loaded, err := e.load(args, config.NoApp, flags)
	if err != nil {
		return err
	}
	cfg := loaded.Config
	switch len(loaded.Rest) {
	case 1:
	case 2:
		cfg.App.Target = loaded.Rest[1]
	case 0:
		return usage(errors.New("the account is missing"), "fumehood unlock alice")
	default:
		return usage(errors.New("unlock takes one account"), "fumehood unlock '"+strings.Join(loaded.Rest, " ")+"'")
	}
	account := loaded.Rest[0]
	dir, err := e.runningIn(cfg)
	if err != nil {
		return err
	}
	answers, err := control.Call[login.Forgotten](e.ctx, dir, unlockVerb, unlocking{account})
	if errors.Is(err, control.ErrNotRunning) {
		return notRunning()
	}
	if len(answers) == 0 {
		return err
	}
	var all login.Forgotten
	for _, a := range answers {
		all.Failures += a.Failures
		all.Places += a.Places
		all.Waiting = all.Waiting || a.Waiting
	}
	if *asJSON {
		return errors.Join(e.printJSON(all), err)
	}
	_, wrote := fmt.Fprintln(e.stdout, told(account, all))
	return errors.Join(wrote, err)
}

// told says what was forgotten.
func told(account string, f login.Forgotten) string {
	if f.Failures == 0 && !f.Waiting {
		return fmt.Sprintf("%s was not locked: no failed logins are remembered", account)
	}
	logins, places := "1 failed login", "1 place"
	if f.Failures != 1 {
		logins = fmt.Sprintf("%d failed logins", f.Failures)
	}
	if f.Places != 1 {
		places = fmt.Sprintf("%d places", f.Places)
	}
	text := fmt.Sprintf("%s: forgot %s from %s", account, logins, places)
	if f.Waiting {
		text += "; the next login need not wait"
	}
	return text
}

func notRunning() error {
	return hint.With(errors.New("no server of this app is running"),
		"when a server stops it forgets failed logins anyway; is it another user's, or does it have another --tls-storage?")
}

// runningIn returns the folder of the app that is meant: the configured one, else the only
// one that has a server running.
func (e *env) runningIn(cfg config.Config) (string, error) {
	if cfg.App.Target != "" || cfg.App.Upstream != "" {
		data, err := openData(cfg)
		if err != nil {
			return "", err
		}
		return data.Path(""), nil
	}
	base, err := appdata.Base(cfg.TLS.Storage)
	if err != nil {
		return "", err
	}
	apps := filepath.Join(base, "apps")
	entries, err := os.ReadDir(apps)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", err
	}
	var running, names []string
	for _, entry := range entries {
		dir := filepath.Join(apps, entry.Name())
		if !control.Running(e.ctx, dir) {
			continue
		}
		running = append(running, dir)
		if text, err := os.ReadFile(filepath.Join(dir, "app")); err == nil {
			names = append(names, strings.Join(strings.Fields(string(text)), " "))
		}
	}
	switch len(running) {
	case 0:
		return "", notRunning()
	case 1:
		return running[0], nil
	}
	return "", hint.With(fmt.Errorf("%d apps are running: %s", len(running), strings.Join(names, ", ")),
		"go to the folder of one and name it: fumehood unlock ACCOUNT app:app")
}
