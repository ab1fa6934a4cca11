package rules

import (
	"strings"

	"github.com/fumehood/fumehood/audit/finding"
	"github.com/fumehood/fumehood/audit/python"
)

// transport are the rules for TLS and SSH.
func transport() []*Rule { return []*Rule{tlsOff(), tlsVersion()} }

func tlsOff() *Rule {
	return &Rule{
		Rule: finding.Rule{
			ID: "tls-verify-off", Title: "Certificates are not checked", CWE: 295, OWASP: "A02:2021", ASVS: []string{"12.3.2"},
			Severity: finding.Medium, Confidence: finding.Sure,
			Why:   "A request goes out without a look at the other side's certificate. Whoever sits on the way reads and changes it.",
			Fix:   `requests.get(url, timeout=5)`,
			Canon: []string{"https"},
			Guard: "",
		},
		Call: func(p *Pass, s *Site) {
			if why, at := unverified(p.Facts, s); why != "" {
				p.Report(s.Func, at, why)
			}
		},
		Assign: func(p *Pass, a *Assignment) {
			t, ok := a.Target.(*python.Attribute)
			if !ok {
				return
			}
			switch {
			case t.Attr == "verify" && isConstant(a.Value, python.False):
				p.Report(a.Func, a.Node, "certificates are not checked")
			case t.Attr == "check_hostname" && isConstant(a.Value, python.False):
				p.Report(a.Func, a.Node, "the name in the certificate is not checked")
			case t.Attr == "verify_mode" && python.NameOrKey(a.Value) == "CERT_NONE":
				p.Report(a.Func, a.Node, "certificates are not checked")
			case t.Attr == "_create_default_https_context" && python.NameOrKey(a.Value) == "_create_unverified_context":
				p.Report(a.Func, a.Node, "no request checks certificates any more")
			}
		},
	}
}

// unverified says why a call takes any certificate or key, and where; "" if it does not.
func unverified(f *Facts, s *Site) (why string, at python.Node) {
	switch {
	case isConstant(s.Arg(-1, "verify"), python.False) && !strings.HasPrefix(s.Path, "jwt.") && s.Method != "decode":
		return "verify=False takes any certificate", s.Arg(-1, "verify")
	case s.Path == "ssl._create_unverified_context":
		return "a context that takes any certificate", s.Call
	case s.Method == "setopt" && len(s.Call.Args) == 2:
		name := python.NameOrKey(s.Call.Args[0])
		n, ok := s.Call.Args[1].(*python.Number)
		if (name == "SSL_VERIFYPEER" || name == "SSL_VERIFYHOST") && (isConstant(s.Call.Args[1], python.False) || ok && n.Text == "0") {
			return name + " is off", s.Call
		}
	case s.Method == "set_missing_host_key_policy" && len(s.Call.Args) == 1:
		policy := s.Call.Args[0]
		if c, ok := policy.(*python.Call); ok {
			policy = c.Func
		}
		if n := python.NameOrKey(policy); n == "AutoAddPolicy" || n == "WarningPolicy" {
			return "any key of the other host is taken", s.Call
		}
	}
	for _, name := range []string{"ssl", "verify_ssl"} {
		if v := s.Arg(-1, name); isConstant(v, python.False) && f.modulesWith("aiohttp")[s.Func.Module] {
			return name + "=False takes any certificate", v
		}
	}
	if v := s.Arg(-1, "cert_reqs"); v != nil {
		if text, _ := literal(v); text == "CERT_NONE" || python.NameOrKey(v) == "CERT_NONE" {
			return "CERT_NONE takes any certificate", v
		}
	}
	return "", nil
}

func tlsVersion() *Rule {
	return &Rule{
		Rule: finding.Rule{
			ID: "tls-version", Title: "A version of TLS that is broken", CWE: 327, OWASP: "A02:2021", ASVS: []string{"12.1.1"},
			Severity: finding.Medium, Confidence: finding.Sure,
			Why:   "SSL and TLS before 1.2 are broken. Whoever sits on the way reads parts of what is sent.",
			Fix:   `context.minimum_version = ssl.TLSVersion.TLSv1_2`,
			Canon: []string{"https"},
			Guard: "",
		},
		Call: func(p *Pass, s *Site) {
			v := s.Arg(0, "protocol")
			if s.Path != "ssl.SSLContext" && lastOf(s.Path) != "Context" {
				v = s.Arg(-1, "ssl_version")
			}
			if v != nil && isOldTLS(python.NameOrKey(v)) {
				p.Report(s.Func, v, python.NameOrKey(v)+" is broken")
			}
		},
		Assign: func(p *Pass, a *Assignment) {
			if t, ok := a.Target.(*python.Attribute); ok && t.Attr == "minimum_version" && isOldTLS(python.NameOrKey(a.Value)) {
				p.Report(a.Func, a.Node, python.NameOrKey(a.Value)+" is broken")
			}
		},
	}
}

// isOldTLS tells the names of broken versions. PROTOCOL_SSLv23 means the best that both have.
func isOldTLS(name string) bool {
	switch name {
	case "PROTOCOL_SSLv2", "PROTOCOL_SSLv3", "PROTOCOL_TLSv1", "PROTOCOL_TLSv1_1", "SSLv2_METHOD", "SSLv3_METHOD", "TLSv1_METHOD", "TLSv1_1_METHOD", "SSLv3", "TLSv1", "TLSv1_1", "MINIMUM_SUPPORTED":
		return true
	}
	return false
}
