//go:build darwin || freebsd || netbsd || openbsd || dragonfly

package main

import "golang.org/x/sys/unix"

// ioctlReadTermios asks for the settings of a terminal; only a terminal answers.
const ioctlReadTermios = unix.TIOCGETA
