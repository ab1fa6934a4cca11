package main

import (
	"errors"
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/pflag"
)

// version returns the version of this build: the tag or commit that Go stamped into it.
func version() string {
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" && info.Main.Version != "(devel)" {
		return info.Main.Version
	}
	return "devel"
}

func runVersion(e *env, args []string) error {
	flags := pflag.NewFlagSet("version", pflag.ContinueOnError)
	asJSON := flags.Bool("json", false, "")
	rest, err := e.parse(flags, args)
	if err != nil {
		return err
	}
	if len(rest) > 0 {
		return usage(errors.New("version takes no arguments"), "fumehood version")
	}
	platform := runtime.GOOS + "/" + runtime.GOARCH
	if *asJSON {
		return e.printJSON(struct {
			Version  string `json:"version"`
			Go       string `json:"go"`
			Platform string `json:"platform"`
		}{version(), runtime.Version(), platform})
	}
	_, err = fmt.Fprintf(e.stdout, "fumehood %s %s %s\n", version(), runtime.Version(), platform)
	return err
}
