package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/pflag"

	"github.com/fumehood/fumehood/internal/config"
	"github.com/fumehood/fumehood/internal/hint"
)

// overview is what fumehood alone prints.
func overview() string {
	var b strings.Builder
	b.WriteString(`  fumehood run app:app       serve the WSGI app "app" of app.py at https://localhost:8443

Fumehood serves a Flask app with every protection on, without a change to its code.

Usage: fumehood VERB [options]

Verbs:
`)
	for _, v := range verbs() {
		fmt.Fprintf(&b, "  %-10s %s\n", v.name, v.summary)
	}
	b.WriteString("\nfumehood help VERB explains one.\n")
	return b.String()
}

func runHelp(e *env, args []string) error {
	flags := pflag.NewFlagSet("help", pflag.ContinueOnError)
	all := flags.Bool("all", false, "")
	rest, err := e.parse(flags, args)
	switch {
	case err != nil:
		return err
	case len(rest) == 0:
		_, err = fmt.Fprint(e.stdout, overview())
		return err
	case len(rest) > 1:
		return usage(errors.New("help takes one verb"), "fumehood help "+rest[0])
	}
	var names []string
	for _, v := range verbs() {
		if v.name == rest[0] {
			_, err = fmt.Fprint(e.stdout, v.help(*all))
			return err
		}
		names = append(names, v.name)
	}
	err = fmt.Errorf("there is no verb %q", rest[0])
	if near := hint.Nearest(rest[0], names); near != "" {
		return usage(fmt.Errorf("%w; did you mean %s?", err, near), "fumehood help "+near)
	}
	return usage(err, "fumehood help")
}

func helpRun(all bool) string {
	text := `  fumehood run app:app                              the variable app of app.py
  fumehood run "app:create_app()"                   what the function create_app returns
  fumehood run --domain shop.example app:app        on the internet, with a certificate
  fumehood run --upstream http://127.0.0.1:5000     in front of an app that runs elsewhere

Serve an app over https. Without options it is at https://localhost:8443, in this machine's
worker processes, with every protection on. It stops at SIGINT or SIGTERM, when running
requests have ended; a second signal stops it at once.

Usage: fumehood run [options] TARGET
       fumehood run [options] --upstream URL

`
	text += config.Options(all)
	if !all {
		text += "\nfumehood help run --all has every option; each can also be set in " + config.FileName + ".\n"
	}
	return text
}

func helpTrust(bool) string {
	return `  fumehood trust

Let the browsers of this machine trust the certificates that Fumehood makes for localhost.
Fumehood makes a certificate authority of its own on the first run; its key stays on this
machine, and it can only certify names of this machine.

Usage: fumehood trust [options]

Options:
` + trustOptions
}

func helpConfig(bool) string {
	return `  fumehood config show                        what differs from the defaults, and why
  fumehood config explain workers.count       one setting: also --workers, FUMEHOOD_WORKERS_COUNT
  fumehood config check fumehood.toml         every mistake in a file

Usage: fumehood config show [--json] [--all] [options of run] [TARGET]
       fumehood config chain [--json] [options of run] [TARGET]
       fumehood config explain [--json] KEY
       fumehood config check [FILE]
       fumehood config schema

show     the configuration that run would have, as a fumehood.toml; --all adds the defaults
chain    the steps that a request passes, in their order
explain  what a setting is, takes and is now, and where it can be set
check    whether the configuration is right; exit code 1 if not
schema   the JSON schema of fumehood.toml, for editors
`
}

func helpVersion(bool) string {
	return `  fumehood version

Print the version of Fumehood, of Go, and the platform.

Usage: fumehood version [--json]
`
}

func helpHelp(bool) string {
	return `  fumehood help run

Explain a verb. VERB --help does the same.

Usage: fumehood help [--all] [VERB]
`
}
