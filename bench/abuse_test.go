package main

import (
	"net/netip"
	"testing"
)

// Each of the 5 million clients is another one.
func TestClientsDiffer(t *testing.T) {
	t.Parallel()
	seen := map[netip.Prefix]bool{}
	for i := 0; i < clients; i += 97 {
		address := netip.MustParseAddr(visit(i).Header.Get("X-Forwarded-For"))
		bits := 64
		if address.Is4() {
			bits = 32
		}
		network := netip.PrefixFrom(address, bits).Masked()
		if seen[network] {
			t.Fatalf("client %d is not the first one from %v", i, network)
		}
		seen[network] = true
	}
}
