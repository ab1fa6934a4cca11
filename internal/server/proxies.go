package server

import (
	"fmt"
	"log/slog"
	"net/http"
	"sync/atomic"

	"github.com/fumehood/fumehood/guard/clientip"
)

// settled is guard/clientip with a word to the owner who has put a proxy in front and has
// not named it: nothing looks wrong then, but every visitor has the proxy's address, and
// one who guesses passwords or asks too much is all of them. It is said once in a run, by
// the first such request.
func settled(ip *clientip.Guard, log *slog.Logger) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		next = ip.Handler(next)
		if log == nil {
			return next
		}
		var told atomic.Bool
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if !told.Load() {
				if proxy := ip.UnnamedProxy(r); proxy != "" && told.CompareAndSwap(false, true) {
					warnOfProxy(log, proxy)
				}
			}
			next.ServeHTTP(w, r)
		})
	}
}

func warnOfProxy(log *slog.Logger, proxy string) {
	log.Warn("requests seem to come through a proxy that is not named: rate limits and login limits take all its visitors for one",
		"proxy", proxy, "hint", fmt.Sprintf("if it is yours: clientip.trusted_proxies = [%q], or --trusted-proxy %s", proxy, proxy))
}
