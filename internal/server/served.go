package server

import (
	"net"

	"github.com/fumehood/fumehood/guard/hosts"
)

// Served is what guard/hosts needs to know of the listeners.
func (s *Server) Served() hosts.Served {
	served := hosts.Served{Names: s.cfg.TLS.Domains, Known: len(s.main) > 0}
	add := func(name string) {
		for _, have := range served.Local {
			if have == name {
				return
			}
		}
		served.Local = append(served.Local, name)
	}
	for _, l := range s.main {
		addr, ok := l.Addr().(*net.TCPAddr)
		switch {
		case !ok: // whoever is in front of a Unix socket knows the names
			served.Known = false
		case addr.IP.IsLoopback():
			add("localhost")
			add("127.0.0.1")
			add("::1")
			add(addr.IP.String())
		case addr.IP.IsUnspecified():
			served.Known = false
			add("localhost")
		default:
			served.Known = false
			add(addr.IP.String())
		}
	}
	if host := s.bindHost(); host != "" {
		add(host)
	}
	if len(s.cfg.ClientIP.TrustedProxies) > 0 {
		served.Known = false // the proxy is reached by other names than this listener
	}
	return served
}
