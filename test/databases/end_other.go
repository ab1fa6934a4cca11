//go:build !linux

package databases

import "syscall"

// dieWithUs does nothing where no kernel ends a server with us.
func dieWithUs(*syscall.SysProcAttr, syscall.Signal) {}
