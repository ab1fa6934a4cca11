// Package freeport finds ports for servers that cannot be handed a socket.
//
// It is for tests only, and stops no attack.
package freeport

import (
	"crypto/rand"
	"fmt"
	"math/big"
	"net"
	"testing"
)

// Of returns a port of 127.0.0.1 that nobody has for TCP or UDP. It is below those that the
// system gives out by itself: another test that asks for any never gets it in between.
func Of(t testing.TB) int {
	t.Helper()
	for range 100 {
		n, err := rand.Int(rand.Reader, big.NewInt(20000))
		if err != nil {
			t.Fatal(err)
		}
		port := 10000 + int(n.Int64())
		addr := fmt.Sprintf("127.0.0.1:%d", port)
		tcp, err := net.Listen("tcp", addr)
		if err != nil {
			continue
		}
		tcp.Close()
		udp, err := net.ListenPacket("udp", addr)
		if err != nil {
			continue
		}
		udp.Close()
		return port
	}
	t.Fatal("no free port")
	return 0
}
