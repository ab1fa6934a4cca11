package server

import (
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"
	"syscall"

	"github.com/fumehood/fumehood/internal/hint"
)

// sockets are listeners that the process was started with.
type sockets struct {
	main, redirect []net.Listener
	udp            []net.PacketConn
}

// inheritedSockets takes the sockets of a service manager (sd_listen_fds(3)): descriptors
// from 3 on, as many as LISTEN_FDS says, if LISTEN_PID is this process. One that has the
// name "http" in LISTEN_FDNAMES is for plain http; datagram sockets are for HTTP/3.
func inheritedSockets(pid int, getenv func(string) string) (sockets, error) {
	var s sockets
	if getenv("LISTEN_PID") != strconv.Itoa(pid) {
		return s, nil
	}
	const first, most = 3, 64
	count, err := strconv.Atoi(getenv("LISTEN_FDS"))
	if err != nil || count < 0 || count > most {
		return s, hint.With(fmt.Errorf("LISTEN_FDS is %q, not a number of sockets", getenv("LISTEN_FDS")),
			"it comes from the service manager; check the .socket unit")
	}
	names := strings.Split(getenv("LISTEN_FDNAMES"), ":")
	for _, name := range []string{"LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"} {
		os.Unsetenv(name) // for programs that this one starts
	}
	for i := range count {
		syscall.CloseOnExec(first + i)
		name := ""
		if i < len(names) {
			name = names[i]
		}
		if err := s.add(os.NewFile(uintptr(first+i), "LISTEN_FDS"), name); err != nil {
			return s, hint.With(fmt.Errorf("socket %d (%s) from the service manager: %w", first+i, name, err),
				"ListenStream= or ListenDatagram= of the .socket unit must name a port or a path")
		}
	}
	return s, nil
}

// add takes over f; the listener has its own duplicate.
func (s *sockets) add(f *os.File, name string) error {
	defer f.Close()
	l, err := net.FileListener(f)
	if err != nil {
		packets, packetErr := net.FilePacketConn(f)
		if packetErr != nil {
			return err
		}
		s.udp = append(s.udp, packets)
		return nil
	}
	if name == "http" {
		s.redirect = append(s.redirect, l)
	} else {
		s.main = append(s.main, l)
	}
	return nil
}
