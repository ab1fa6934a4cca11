package main

import (
	"errors"
	"fmt"

	"github.com/spf13/pflag"

	"github.com/fumehood/fumehood/internal/certs"
	"github.com/fumehood/fumehood/internal/config"
	"github.com/fumehood/fumehood/internal/hint"
)

// trustOptions is the list of options in the help of trust.
const trustOptions = `      --print                     Print the file of the root certificate, for programs
                                  that are given one, and change nothing.
      --uninstall                 Take the trust back.
      --tls-storage DIR           The folder of the certificates, as for run.
  -h, --help                      This help.
`

// runTrust makes this machine's programs trust the local certificate authority.
func runTrust(e *env, args []string) error {
	flags := pflag.NewFlagSet("trust", pflag.ContinueOnError)
	onlyPrint := flags.Bool("print", false, "")
	uninstall := flags.Bool("uninstall", false, "")
	loaded, err := e.load(args, config.NoApp, flags)
	if err != nil {
		return err
	}
	if len(loaded.Rest) > 0 {
		return usage(errors.New("trust takes no arguments"), "fumehood trust")
	}
	if *onlyPrint && *uninstall {
		return usage(errors.New("--print and --uninstall exclude each other"), "fumehood trust --print")
	}
	sys, err := certs.ThisSystem()
	if err != nil {
		return err
	}
	root, err := certs.OpenRoot(loaded.Config.TLS.Storage)
	if err != nil {
		return err
	}
	if *onlyPrint {
		_, err := fmt.Fprintln(e.stdout, root.File)
		return err
	}
	act, done, undone := certs.InstallRoot, "trusted", "not trusted"
	if *uninstall {
		act, done, undone = certs.UninstallRoot, "removed", "not removed"
	}
	return e.tellOutcomes(act(e.ctx, sys, root), done, undone)
}

// tellOutcomes prints what happened in each place. Where one failed, the others count all
// the same, and the error is the last line.
func (e *env) tellOutcomes(outcomes []certs.Outcome, done, undone string) error {
	var failed []certs.Outcome
	for _, o := range outcomes {
		if o.Err == nil {
			fmt.Fprintf(e.stdout, "%-12s %s\n", done, o.Store)
			continue
		}
		failed = append(failed, o)
	}
	for _, o := range failed {
		fmt.Fprintf(e.stdout, "%-12s %s: %v\n", undone, o.Store, o.Err)
		if len(failed) > 1 {
			fmt.Fprintf(e.stdout, "%-12s %s\n", "", hint.Of(o.Err))
		}
	}
	switch {
	case len(failed) == 0:
		_, err := fmt.Fprintln(e.stdout, "Start browsers again that are open.")
		return err
	case len(failed) == 1:
		return hint.With(fmt.Errorf("%s in %s", undone, failed[0].Store), hint.Of(failed[0].Err))
	}
	return hint.With(fmt.Errorf("%s in %d of %d places", undone, len(failed), len(outcomes)), "run the commands above")
}
