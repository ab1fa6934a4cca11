package clientip

// Config says whose word about the client is believed.
type Config struct {
	// TrustedProxies are the addresses or networks of proxies whose X-Forwarded-For and
	// X-Forwarded-Proto are believed, such as "10.0.0.7" or "10.0.0.0/8". Nobody is
	// trusted by default; "0.0.0.0/0" and "::/0" are refused. "unix" trusts peers on a
	// Unix socket.
	TrustedProxies []string `toml:"trusted_proxies" flag:"trusted-proxy"`
}
