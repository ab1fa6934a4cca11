package hosts

import fumehood "github.com/fumehood/fumehood"

// Config names the hosts that are served.
type Config struct {
	// Allow are the names served, such as "shop.example" or "*.shop.example"; a port is
	// not part of a name. The names of tls.domains are added to them. Empty means the
	// names of this machine: localhost and the addresses that the listener has.
	Allow []string `toml:"allow" flag:"host"`

	// Mode says what happens to a request for another host: enforce, report or off.
	// Empty means enforce where names are known (allow, tls.domains, or a listener on
	// loopback) and report where they are not.
	Mode fumehood.Mode `toml:"mode" flag:"hosts-mode"`
}
