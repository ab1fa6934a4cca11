package main

import "errors"

// trustOptions is the list of options in the help of trust.
const trustOptions = "      -h, --help                  This help.\n"

func runTrust(e *env, args []string) error { return errors.New("trust is not built in yet") }
