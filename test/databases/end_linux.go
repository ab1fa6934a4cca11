package databases

import "syscall"

// dieWithUs has the kernel end the server when the test binary is killed.
func dieWithUs(attr *syscall.SysProcAttr, signal syscall.Signal) {
	attr.Pdeathsig = signal
}
