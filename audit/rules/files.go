package rules

import (
	"strings"

	"github.com/fumehood/fumehood/audit/finding"
	"github.com/fumehood/fumehood/audit/flow"
	"github.com/fumehood/fumehood/audit/program"
	"github.com/fumehood/fumehood/audit/python"
)

// files are the rules for uploads and archives, and a few for other sinks.
func files() []*Rule {
	return []*Rule{unsafeExtraction(), uploadUnchecked(), corsAny(), regexInjection(), secretLogged(), formatString(), csvInjection()}
}

func unsafeExtraction() *Rule {
	return &Rule{
		Rule: finding.Rule{
			ID: "unsafe-extraction", Title: "An archive is unpacked as it comes", CWE: 22, OWASP: "A01:2021", ASVS: []string{"5.3.2"},
			Severity: finding.Medium, Confidence: finding.Likely,
			Why:   "The names in an archive decide where its files go, and its sizes how much is written. Whoever sends ../../app.py in a name replaces the app.",
			Fix:   `tar.extractall(folder, filter="data")`,
			Canon: []string{"upload-name", "upload-size"},
			Guard: "guard/upload",
		},
		Call: func(p *Pass, s *Site) {
			switch {
			case s.Path == "shutil.unpack_archive" && s.Arg(-1, "filter") == nil:
				p.Report(s.Func, s.Call, "the archive's names are believed")
			case s.Method == "extractall" && s.Arg(-1, "filter") == nil && s.Arg(-1, "members") == nil && archiveNear(p, s):
				p.Report(s.Func, s.Call, "the archive's names are believed")
			}
		},
	}
}

// archiveNear reports whether the function has to do with archives and does not look at their
// names itself.
func archiveNear(p *Pass, s *Site) bool {
	if p.Facts.uses(s.Func, "namelist", "getmembers", "infolist", "is_relative_to", "commonpath", "realpath", "safe_join") {
		return false
	}
	return p.Facts.uses(s.Func, "ZipFile", "tarfile", "zipfile", "TarFile", "zip_ref", "tar", "archive", "open")
}

func uploadUnchecked() *Rule {
	return &Rule{
		Rule: finding.Rule{
			ID: "upload-unchecked", Title: "Files of any type are taken", CWE: 434, OWASP: "A04:2021", ASVS: []string{"5.2.2"},
			Severity: finding.Medium, Confidence: finding.Likely,
			Why:   "An upload is saved under its own name and without a look at its type. Whoever uploads a page or a program has the server hand it out or run it.",
			Fix:   `if extension(f.filename) not in {"png", "jpg"}: abort(400)`,
			Canon: []string{"upload-type"},
			Guard: "guard/upload",
		},
		Function: func(p *Pass, f *program.Function) {
			if !p.Facts.uses(f, "files") || !p.Facts.uses(f, "filename") || checksType(p, f) {
				return
			}
			for _, s := range f.Body {
				python.Inspect(s, func(n python.Node) bool {
					if _, inner := n.(*python.Function); inner {
						return false
					}
					if c, ok := n.(*python.Call); ok && lastPart(c.Func) == "save" && len(c.Args) > 0 {
						p.Report(f, c, "saved without a look at its type")
						return false
					}
					return true
				})
			}
		},
	}
}

// checksType reports whether a function looks at what kind of file it takes.
func checksType(p *Pass, f *program.Function) bool {
	for name := range p.Facts.of(f) {
		low := strings.ToLower(name)
		for _, w := range []string{"allowed", "extension", "splitext", "mimetype", "content_type", "endswith", "suffix", "magic", "imghdr", "validate", "rsplit", "filetype"} {
			if strings.Contains(low, w) {
				return true
			}
		}
	}
	return false
}

func corsAny() *Rule {
	return &Rule{
		Rule: finding.Rule{
			ID: "cors-any", Title: "Every site may read the answers", CWE: 942, OWASP: "A05:2021", ASVS: []string{"3.4.2"},
			Severity: finding.Medium, Confidence: finding.Likely,
			Why:   "Any origin is allowed to read what the app answers. Another site reads the data of whoever visits it, with their cookies where these are allowed.",
			Fix:   `CORS(app, origins=["https://app.example.org"])`,
			Canon: []string{"cors"},
			Guard: "guard/cors",
		},
		Call: func(p *Pass, s *Site) {
			if s.Path != "flask_cors.CORS" && s.Path != "flask_cors.cross_origin" {
				return
			}
			credentials := isTrue(s.Arg(-1, "supports_credentials"))
			origins := s.Arg(-1, "origins")
			any := origins == nil && s.Arg(-1, "resources") == nil
			if o, ok := literal(origins); ok && o == "*" {
				any = true
			}
			if any {
				how := finding.Low
				if credentials {
					how = finding.High
				}
				p.Report(s.Func, s.Call, "any origin may read the answers", Graded(how, finding.Likely))
			}
		},
		Assign: func(p *Pass, a *Assignment) {
			if t, ok := literal(a.Value); ok && t == "*" && strings.EqualFold(a.Name, "Access-Control-Allow-Origin") {
				p.Report(a.Func, a.Node, "any origin may read the answer", Graded(finding.Low, finding.Likely))
			}
		},
	}
}

func regexInjection() *Rule {
	return &Rule{
		Rule: finding.Rule{
			ID: "regex-injection", Title: "A visitor's text as a pattern", CWE: 1333, OWASP: "A03:2021", ASVS: []string{"1.3.12"},
			Severity: finding.Medium, Confidence: finding.Sure,
			Why:   "A visitor's text is used as a regular expression. Whoever sends a costly one keeps a worker busy for minutes.",
			Fix:   `re.search(re.escape(words), text)`,
			Canon: []string{"beyond"},
			Guard: "",
		},
		Flows: flow.Regex,
	}
}

func secretLogged() *Rule {
	return &Rule{
		Rule: finding.Rule{
			ID: "secret-logged", Title: "A password in the log", CWE: 532, OWASP: "A09:2021", ASVS: []string{"16.2.5"},
			Severity: finding.Medium, Confidence: finding.Likely,
			Why:   "A password or a token is written to the log. Whoever reads the log, or a copy of it, can use it.",
			Fix:   `log.info("login of %r", name)`,
			Canon: []string{"logging"},
			Guard: "",
		},
		Call: func(p *Pass, s *Site) {
			switch {
			case s.Path == "builtins.print":
			case (s.Method == "info" || s.Method == "debug" || s.Method == "warning" || s.Method == "error") && s.Callee.Function == nil:
			default:
				return
			}
			for _, a := range s.Call.Args {
				if printed(a) {
					p.Report(s.Func, s.Call, "a secret is written out")
					return
				}
			}
		},
	}
}

// printed reports whether an argument is a secret, alone or in a text.
func printed(e python.Expr) bool {
	switch e := e.(type) {
	case *python.Name, *python.Attribute:
		name := strings.ToLower(lastPart(e))
		return isPassword(name) && !strings.Contains(name, "hash") && !strings.Contains(name, "field") || name == "access_token" || name == "secret_key" || name == "api_key" || name == "refresh_token"
	case *python.FString:
		for _, p := range e.Parts {
			if i, ok := p.(*python.Interpolation); ok && printed(i.Value) {
				return true
			}
		}
	case *python.BinOp:
		return printed(e.Left) || printed(e.Right)
	}
	return false
}

func formatString() *Rule {
	return &Rule{
		Rule: finding.Rule{
			ID: "format-string", Title: "A visitor's text as a format", CWE: 134, OWASP: "A03:2021", ASVS: []string{"1.3.10"},
			Severity: finding.Medium, Confidence: finding.Sure,
			Why:   "A visitor's text is the format, not a value in it. Whoever sends {0.__class__} reads attributes of what is formatted, up to the app's keys.",
			Fix:   `"Hello {}".format(name)`,
			Canon: []string{"beyond"},
		},
		Flows: flow.Format,
	}
}

func csvInjection() *Rule {
	return &Rule{
		Rule: finding.Rule{
			ID: "csv-injection", Title: "A visitor's text in a spreadsheet", CWE: 1236, OWASP: "A03:2021", ASVS: []string{"1.2.10"},
			Severity: finding.Low, Confidence: finding.Likely,
			Why:   "A visitor's text becomes a cell of an exported table. Whoever sends =HYPERLINK(...) has a formula run where somebody opens it.",
			Fix:   `writer.writerow(["'" + cell if cell[:1] in "=+-@\t\r" else cell for cell in row])`,
			Canon: []string{"beyond"},
		},
		Flows: flow.CSV,
	}
}
