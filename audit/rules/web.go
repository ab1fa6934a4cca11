package rules

import (
	"github.com/fumehood/fumehood/audit/finding"
	"github.com/fumehood/fumehood/audit/flow"
)

// web are the rules for a visitor's text in pages, addresses, paths, headers and logs.
func web() []*Rule {
	return []*Rule{xss(), pathTraversal(), ssrf(), openRedirect(), headerInjection(), logInjection(), massAssignment(), trustBoundary(), errorText()}
}

func xss() *Rule {
	return &Rule{
		Rule: finding.Rule{
			ID: "xss", Title: "Cross-site scripting", CWE: 79, OWASP: "A03:2021", ASVS: []string{"1.2.1", "1.2.3"},
			Severity: finding.High, Confidence: finding.Sure,
			Why:   "A visitor's text becomes part of a page as it is. Whoever gets a script into it acts as everybody who sees the page.",
			Fix:   `return render_template("hello.html", name=name)`,
			Canon: []string{"xss"},
			Guard: "guard/csp",
		},
		Flows: flow.HTML | flow.HTMLAttr | flow.URL | flow.Script,
	}
}

func pathTraversal() *Rule {
	return &Rule{
		Rule: finding.Rule{
			ID: "path-traversal", Title: "A path that leaves its folder", CWE: 22, OWASP: "A01:2021", ASVS: []string{"5.3.2"},
			Severity: finding.High, Confidence: finding.Sure,
			Why:   "A visitor's text becomes part of the name of a file. Whoever sends ../ reads or writes files outside of the folder that was meant.",
			Fix:   `return send_from_directory("files", name)`,
			Canon: []string{"traversal", "upload-name"},
			Guard: "guard/sinks",
		},
		Flows: flow.Path,
	}
}

func ssrf() *Rule {
	return &Rule{
		Rule: finding.Rule{
			ID: "ssrf", Title: "Requests to where a visitor says", CWE: 918, OWASP: "A10:2021", ASVS: []string{"1.3.6"},
			Severity: finding.High, Confidence: finding.Sure,
			Why:   "The server fetches an address that a visitor gave. Whoever gives an inside one reads what only the server may reach, such as the keys of the cloud.",
			Fix:   `if urlparse(url).hostname not in ALLOWED: abort(400)`,
			Canon: []string{"beyond"},
			Guard: "guard/sinks",
		},
		Flows: flow.Address,
	}
}

func openRedirect() *Rule {
	return &Rule{
		Rule: finding.Rule{
			ID: "open-redirect", Title: "Redirects to where a visitor says", CWE: 601, OWASP: "A01:2021", ASVS: []string{"3.7.2"},
			Severity: finding.Medium, Confidence: finding.Sure,
			Why:   "A link to this site sends people on to any other. Whoever shares such a link borrows the site's good name for a false login page.",
			Fix:   `return redirect(url_for("home"))`,
			Canon: []string{"beyond"},
			Guard: "guard/redirects",
		},
		Flows: flow.Redirect,
	}
}

func headerInjection() *Rule {
	return &Rule{
		Rule: finding.Rule{
			ID: "header-injection", Title: "A visitor's text in a header", CWE: 113, OWASP: "A03:2021", ASVS: []string{"4.1.4"},
			Severity: finding.Low, Confidence: finding.Likely,
			Why:   "A visitor's text becomes a header of the answer. Where a server lets line breaks through, it can add headers and a second answer.",
			Fix:   `response.headers["X-Name"] = quote(name)`,
			Canon: []string{"beyond"},
			Guard: "fumehood run",
		},
		Flows: flow.Header,
	}
}

func logInjection() *Rule {
	return &Rule{
		Rule: finding.Rule{
			ID: "log-injection", Title: "A visitor's text in a line of the log", CWE: 117, OWASP: "A09:2021", ASVS: []string{"16.4.1"},
			Severity: finding.Low, Confidence: finding.Likely,
			Why:   "A visitor's text is written to the log as it is. Whoever sends a line break forges lines, and hides what they did.",
			Fix:   `log.info("login of %r failed", name)`,
			Canon: []string{"logging"},
			Guard: "",
		},
		Flows: flow.Log,
	}
}

func massAssignment() *Rule {
	return &Rule{
		Rule: finding.Rule{
			ID: "mass-assignment", Title: "A visitor says which attributes are set", CWE: 915, OWASP: "A08:2021", ASVS: []string{"15.3.3"},
			Severity: finding.Medium, Confidence: finding.Sure,
			Why:   "Names of attributes come from the request. Whoever adds is_admin to a form becomes one.",
			Fix:   `user.email = data["email"]`,
			Canon: []string{"beyond"},
			Guard: "",
		},
		Flows: flow.Attributes,
	}
}

func trustBoundary() *Rule {
	return &Rule{
		Rule: finding.Rule{
			ID: "trust-boundary", Title: "A visitor's text kept as if it were our own", CWE: 501, OWASP: "A04:2021", ASVS: []string{"2.2.1"},
			Severity: finding.Low, Confidence: finding.Likely,
			Why:   "What a visitor sent is put into the session without a check. Code that reads it later takes it for the app's own.",
			Fix:   `session["lang"] = lang if lang in LANGS else "en"`,
			Canon: []string{"validate"},
			Guard: "",
		},
		Flows: flow.Trust,
	}
}

func errorText() *Rule {
	return &Rule{
		Rule: finding.Rule{
			ID: "error-text", Title: "The text of an exception in an answer", CWE: 209, OWASP: "A05:2021", ASVS: []string{"16.5.1"},
			Severity: finding.Medium, Confidence: finding.Sure,
			Why:   "The text of an exception is sent to the visitor. It tells of statements, paths and versions, which the next attack needs.",
			Fix:   `app.logger.exception("..."); return {"error": "Something went wrong."}, 500`,
			Canon: []string{"error-pages"},
			Guard: "guard/errorpages",
		},
		Flows: flow.Exposure,
	}
}

func styleInjection() *Rule {
	return &Rule{
		Rule: finding.Rule{
			ID: "style-injection", Title: "A visitor's text in a style", CWE: 74, OWASP: "A03:2021", ASVS: []string{"1.2.1"},
			Severity: finding.Low, Confidence: finding.Likely,
			Why:   "A visitor's text becomes part of a style, where escaping for HTML does not help. Whoever sends rules of their own hides or covers parts of the page, or loads addresses that tell what is in it.",
			Fix:   `<div class="{{ 'warm' if warm else 'cold' }}">`,
			Canon: []string{"xss"},
			Guard: "",
		},
		Flows: flow.Style,
	}
}
