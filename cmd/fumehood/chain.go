package main

import (
	"fmt"

	"github.com/spf13/pflag"

	fumehood "github.com/fumehood/fumehood"
	"github.com/fumehood/fumehood/internal/config"
	"github.com/fumehood/fumehood/internal/server"
)

// configChain prints the steps that run would put in front of the app.
func configChain(e *env, args []string) error {
	flags := pflag.NewFlagSet("config", pflag.ContinueOnError)
	asJSON := flags.Bool("json", false, "")
	loaded, err := e.load(args, config.MayApp, flags)
	if err != nil {
		return err
	}
	steps, err := server.Steps(loaded.Config, server.Site{Hosts: server.ServedBy(loaded.Config)})
	if err != nil {
		return err
	}
	type row struct {
		Name  string        `json:"name"`
		Mode  fumehood.Mode `json:"mode"`
		About string        `json:"about"`
	}
	rows := make([]row, len(steps))
	for i, s := range steps {
		rows[i] = row{s.Name, s.Mode, s.About}
	}
	if *asJSON {
		return e.printJSON(rows)
	}
	for _, r := range rows {
		if _, err := fmt.Fprintf(e.stdout, "%-10s %-8s %s\n", r.Name, r.Mode, r.About); err != nil {
			return err
		}
	}
	app := "the app"
	if a := loaded.Config.App; a.Upstream != "" || a.Target != "" {
		app = a.Target + a.Upstream
	}
	_, err = fmt.Fprintf(e.stdout, "%-10s %-8s %s\n", "app", "", app)
	return err
}
