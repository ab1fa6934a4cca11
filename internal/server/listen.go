package server

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"strconv"
	"strings"
	"syscall"

	"github.com/fumehood/fumehood/internal/config"
	"github.com/fumehood/fumehood/internal/hint"
)

// listen opens the listeners of a bind address: "host:port", ":port" or "unix:/path".
// "localhost" is 127.0.0.1 and, where the machine has IPv6, ::1 on the same port, because
// browsers try both.
func listen(bind string) ([]net.Listener, error) {
	if path, ok := strings.CutPrefix(bind, "unix:"); ok {
		l, err := listenUnix(path)
		if err != nil {
			return nil, err
		}
		return []net.Listener{l}, nil
	}
	host, port, err := net.SplitHostPort(bind)
	if err != nil {
		return nil, hint.With(fmt.Errorf("%q is not an address to listen on", bind),
			"write host:port, :port or unix:/path, such as localhost:8443")
	}
	if host != "localhost" {
		l, err := listenTCP("tcp", host, port)
		if err != nil {
			return nil, err
		}
		return []net.Listener{l}, nil
	}
	const tries = 10 // for port 0: what is free on 127.0.0.1 may be taken on ::1
	for try := 1; ; try++ {
		listeners, err := listenLocalhost(port)
		if err == nil || port != "0" || try == tries || !errors.Is(err, syscall.EADDRINUSE) {
			return listeners, err
		}
	}
}

func listenLocalhost(port string) ([]net.Listener, error) {
	four, err := listenTCP("tcp4", "127.0.0.1", port)
	if err != nil {
		return nil, err
	}
	six, err := listenTCP("tcp6", "::1", strconv.Itoa(four.Addr().(*net.TCPAddr).Port))
	switch {
	case err == nil:
		return []net.Listener{four, six}, nil
	case errors.Is(err, syscall.EADDRINUSE):
		four.Close()
		return nil, err
	}
	return []net.Listener{four}, nil // no IPv6 here
}

func listenTCP(network, host, port string) (net.Listener, error) {
	var settings net.ListenConfig
	l, err := settings.Listen(context.Background(), network, net.JoinHostPort(host, port))
	if err != nil {
		return nil, listenError(host, port, err)
	}
	return l, nil
}

// listenError says who must change what.
func listenError(host, port string, err error) error {
	if host == "127.0.0.1" || host == "::1" {
		host = "localhost"
	}
	at := func(port int) string {
		if strings.Contains(host, ":") {
			return fmt.Sprintf("--bind '[%s]:%d'", host, port)
		}
		return fmt.Sprintf("--bind %s:%d", host, port)
	}
	number, _ := strconv.Atoi(port)
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		next := number + 1
		if number < 1024 {
			next = 8443
		}
		return hint.With(fmt.Errorf("port %s is taken by another program: %w", port, err),
			fmt.Sprintf("take another port: %s; or see who has it: ss -ltnp 'sport = :%s'", at(next), port))
	case errors.Is(err, fs.ErrPermission):
		return hint.With(fmt.Errorf("port %s needs a privilege: %w", port, err),
			fmt.Sprintf(`take a port from 1024 on: %s; or allow it once: sudo setcap cap_net_bind_service=+ep "$(command -v fumehood)"`, at(8443)))
	case errors.Is(err, syscall.EADDRNOTAVAIL):
		return hint.With(fmt.Errorf("this machine does not have the address %s: %w", host, err),
			"use one that it has (ip addr), or all of them: --bind :"+port)
	}
	return hint.With(fmt.Errorf("listen: %w", err), "write host:port, :port or unix:/path, such as localhost:8443")
}

// listenUDP opens the UDP port of each TCP listener, for HTTP/3.
func listenUDP(listeners []net.Listener) ([]net.PacketConn, error) {
	var conns []net.PacketConn
	for _, l := range listeners {
		addr, ok := l.Addr().(*net.TCPAddr)
		if !ok {
			continue
		}
		conn, err := net.ListenUDP("udp", &net.UDPAddr{IP: addr.IP, Port: addr.Port, Zone: addr.Zone})
		if err != nil {
			for _, c := range conns {
				c.Close()
			}
			return nil, hint.With(fmt.Errorf("HTTP/3: UDP port %d: %w", addr.Port, err),
				fmt.Sprintf("see who has it: ss -lunp 'sport = :%d'; or leave out --http3", addr.Port))
		}
		conns = append(conns, conn)
	}
	if len(conns) == 0 {
		return nil, hint.With(errors.New("HTTP/3 needs a UDP port, and server.bind has none"), "bind host:port, or leave out --http3")
	}
	return conns, nil
}

// plainAllowed keeps the rule for tls.mode "off": only where nobody can read along, or
// where somebody was named who encrypts. It looks at the addresses that were opened, not
// at what was written.
func plainAllowed(listeners []net.Listener, c config.Config) error {
	if c.TLS.DangerouslyServePlainHTTP {
		return nil
	}
	for _, proxy := range c.ClientIP.TrustedProxies {
		if proxy != "unix" { // a proxy on a Unix socket does not encrypt a TCP port
			return nil
		}
	}
	for _, l := range listeners {
		if addr, ok := l.Addr().(*net.TCPAddr); ok && !addr.IP.IsLoopback() {
			return hint.With(fmt.Errorf("tls.mode \"off\" would serve passwords and sessions in the clear on %s", addr),
				"bind localhost, name the proxy that encrypts with --trusted-proxy ADDRESS, or leave out --tls off")
		}
	}
	return nil
}
