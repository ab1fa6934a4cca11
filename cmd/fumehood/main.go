// Command fumehood serves a Flask app, or any other WSGI app, with every protection on.
//
// It stops no attack itself: it reads the command line, calls internal/server, and says
// what went wrong and what to do about it. Each verb has a file of its own.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends the process at once
	os.Exit(dispatch(newEnv(ctx), os.Args[1:]))
}

// verb is one thing that fumehood does.
type verb struct {
	name, summary string
	help          func(all bool) string
	run           func(*env, []string) error
}

func verbs() []verb {
	return []verb{
		{"run", "serve an app", helpRun, runRun},
		{"audit", "find what is insecure in the source and the templates of an app", helpAudit, runAudit},
		{"trust", "let this machine's browsers trust the local certificates", helpTrust, runTrust},
		{"csp", "what the Content-Security-Policy makes of an app, and what browsers reported", helpCSP, runCSP},
		{unlockVerb, "forget the failed logins of an account in the running server", helpUnlock, runUnlock},
		{"config", "show, check and explain the configuration", helpConfig, runConfig},
		{"version", "print the version", helpVersion, runVersion},
		{"help", "explain a verb", helpHelp, runHelp},
	}
}
