package rules

import (
	"github.com/fumehood/fumehood/audit/finding"
	"github.com/fumehood/fumehood/audit/flow"
)

// injection are the rules for a visitor's text that is run, rendered or sent as something
// else than text.
func injection() []*Rule {
	return []*Rule{sqlInjection(), commandInjection(), codeInjection(), templateInjection(), deserialisation(), ldapInjection(), xpathInjection(), xxe(), nosqlInjection()}
}

func sqlInjection() *Rule {
	return &Rule{
		Rule: finding.Rule{
			ID: "sql-injection", Title: "SQL injection", CWE: 89, OWASP: "A03:2021", ASVS: []string{"1.2.4"},
			Severity: finding.High, Confidence: finding.Sure,
			Why:   "A visitor's text becomes part of an SQL statement. Whoever sends a quote and more SQL reads or changes any table.",
			Fix:   `db.execute("select * from users where name = ?", (name,))`,
			Canon: []string{"sqli"},
			Guard: "guard/sinks",
		},
		Flows: flow.SQL,
	}
}

func commandInjection() *Rule {
	return &Rule{
		Rule: finding.Rule{
			ID: "command-injection", Title: "Command injection", CWE: 78, OWASP: "A03:2021", ASVS: []string{"1.2.5"},
			Severity: finding.High, Confidence: finding.Sure,
			Why:   "A visitor's text becomes part of a command line. Whoever sends a semicolon and a program runs that program on the server.",
			Fix:   `subprocess.run(["ping", "-c", "1", "--", host])`,
			Canon: []string{"beyond"},
			Guard: "guard/sinks",
		},
		Flows: flow.Command | flow.Program,
	}
}

func codeInjection() *Rule {
	return &Rule{
		Rule: finding.Rule{
			ID: "code-injection", Title: "Code injection", CWE: 94, OWASP: "A03:2021", ASVS: []string{"1.3.2"},
			Severity: finding.High, Confidence: finding.Sure,
			Why:   "A visitor's text is run as Python. Whoever sends an expression runs whatever they like in the app's process.",
			Fix:   `value = ast.literal_eval(text)`,
			Canon: []string{"beyond"},
			Guard: "guard/sinks",
		},
		Flows: flow.Code,
	}
}

func templateInjection() *Rule {
	return &Rule{
		Rule: finding.Rule{
			ID: "template-injection", Title: "Template injection", CWE: 1336, OWASP: "A03:2021", ASVS: []string{"1.3.7"},
			Severity: finding.High, Confidence: finding.Sure,
			Why:   "A visitor's text becomes part of a template's source. Whoever sends {{ ... }} reads the app's configuration and runs programs.",
			Fix:   `render_template_string("Hello {{ name }}", name=name)`,
			Canon: []string{"beyond"},
			Guard: "guard/sinks",
		},
		Flows: flow.Template,
	}
}

func deserialisation() *Rule {
	return &Rule{
		Rule: finding.Rule{
			ID: "unsafe-deserialisation", Title: "Unsafe deserialisation", CWE: 502, OWASP: "A08:2021", ASVS: []string{"1.5.2"},
			Severity: finding.High, Confidence: finding.Sure,
			Why:   "Bytes from a visitor are read by a loader that can make any object. Whoever sends a made-up pickle runs code on the server.",
			Fix:   `data = json.loads(text)`,
			Canon: []string{"beyond"},
			Guard: "guard/sinks",
		},
		Flows: flow.Deserialise,
	}
}

func ldapInjection() *Rule {
	return &Rule{
		Rule: finding.Rule{
			ID: "ldap-injection", Title: "LDAP injection", CWE: 90, OWASP: "A03:2021", ASVS: []string{"1.2.6"},
			Severity: finding.High, Confidence: finding.Sure,
			Why:   "A visitor's text becomes part of a directory filter. Whoever sends *)(uid=* finds entries that they should not, or logs in as another.",
			Fix:   `conn.search_s(base, ldap.SCOPE_SUBTREE, "(uid=%s)" % escape_filter_chars(uid))`,
			Canon: []string{"beyond"},
			Guard: "guard/injection",
		},
		Flows: flow.LDAP,
	}
}

func xpathInjection() *Rule {
	return &Rule{
		Rule: finding.Rule{
			ID: "xpath-injection", Title: "XPath injection", CWE: 643, OWASP: "A03:2021", ASVS: []string{"1.2.7"},
			Severity: finding.High, Confidence: finding.Sure,
			Why:   "A visitor's text becomes part of an XPath expression. Whoever sends a quote and more reads the whole document.",
			Fix:   `tree.xpath("//user[@name = $name]", name=name)`,
			Canon: []string{"beyond"},
			Guard: "guard/injection",
		},
		Flows: flow.XPath,
	}
}

func xxe() *Rule {
	return &Rule{
		Rule: finding.Rule{
			ID: "xxe", Title: "XML with external entities", CWE: 611, OWASP: "A05:2021", ASVS: []string{"1.5.1"},
			Severity: finding.High, Confidence: finding.Sure,
			Why:   "A visitor's XML is read by a parser that loads entities. Whoever declares one reads files of the server, or has it ask other hosts.",
			Fix:   `etree.fromstring(data, etree.XMLParser(resolve_entities=False, no_network=True))`,
			Canon: []string{"beyond"},
			Guard: "guard/injection",
		},
		Flows: flow.XML,
	}
}

func nosqlInjection() *Rule {
	return &Rule{
		Rule: finding.Rule{
			ID: "nosql-injection", Title: "Injection into a document store's query", CWE: 943, OWASP: "A03:2021", ASVS: []string{"1.2.4"},
			Severity: finding.High, Confidence: finding.Likely,
			Why:   "A visitor's JSON becomes a query. Whoever sends {\"$ne\": null} in the place of a password logs in without one.",
			Fix:   `users.find_one({"name": str(data["name"])})`,
			Canon: []string{"beyond"},
			Guard: "guard/injection",
		},
		Flows: flow.NoSQL,
	}
}
