package clientip

// Config says whose word about the client is believed.
type Config struct {
	// TrustedProxies are the addresses or networks of proxies whose X-Forwarded-For and
	// X-Forwarded-Proto are believed, such as "10.0.0.7" or "10.0.0.0/8". Nobody is
	// trusted by default; "0.0.0.0/0" and "::/0" are refused. "unix" trusts peers on a
	// Unix socket.
	TrustedProxies []string `toml:"trusted_proxies" flag:"trusted-proxy"`

	// ForwardedHost believes X-Forwarded-Host of a trusted proxy, too. Set it only when the
	// proxy sets or removes that header itself: one that passes it on lets every visitor
	// choose the host.
	ForwardedHost bool `toml:"forwarded_host" flag:"forwarded-host"`
}
