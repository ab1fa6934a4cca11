package login

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/netip"
	"runtime"
)

// Flood has n different accounts fail in n different networks.
func (s *State) Flood(n int) {
	l := limits{5, 60e9, 900e9, 30, 20}
	for i := range n {
		account := key{rand.Uint64(), rand.Uint64()}
		net := key{rand.Uint64(), rand.Uint64()}
		t := ticket{limits: l, account: account, place: place{key: net, net: net, network: netip.Prefix{}}}
		now := s.clock()
		pair := key{account[0] ^ net[0], account[1] ^ net[1]} // the hash of both would be as random
		s.tries.update(pair, now, func(v *tries) bool {
			v.admit(t, now)
			v.failed(t, now)
			return true
		})
		if i%8 != 0 {
			continue
		}
		s.admitNetwork(t, now)
		s.admitAccount(t, now)
		s.site.failed(net, now)
	}
}

// Heap is what is in use after a collection (bytes).
func Heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// Fold is fold.
func Fold(name string) string { return fold(name) }

// Network is network, as text.
func Network(ip string) string { return fmt.Sprint(network(netip.MustParseAddr(ip))) }

// Common is the list of common passwords.
func Common() []string { return commonPasswords() }

// Read is read with the fields username and password.
func Read(r *http.Request) (again *http.Request, accounts []string, attempt bool, err error) {
	again, found, err := read(r, names{account: []string{"username"}, password: []string{"password"}})
	return again, found.accounts, found.attempt, err
}

// FormsIn is formsIn, as text.
func FormsIn(page string) (forms []string) {
	found, base := formsIn([]byte(page))
	for _, f := range found {
		forms = append(forms, fmt.Sprintf("%v account %v password %v new %v", f.actions, f.account, f.password, f.fresh))
	}
	if base != "" {
		forms = append(forms, "base "+base)
	}
	return forms
}

// Leads is leads.
func Leads(page, base, action string) string {
	p, ok := leads("https", "shop.example", page, base, action)
	if !ok {
		return "elsewhere"
	}
	return p
}

// Unquote is unquote.
func Unquote(value string) string { return unquote(value) }
