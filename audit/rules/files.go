package rules

import (
	"slices"
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
			filter := s.Arg(-1, "filter")
			if how, ok := literal(filter); ok && how == "fully_trusted" {
				filter = nil
			}
			switch {
			case filter != nil:
			case s.Path == "shutil.unpack_archive":
				if _, written := literal(s.Arg(0, "filename")); !written {
					p.Report(s.Func, s.Call, "the archive's names are believed")
				}
			case s.Method == "extractall" && s.Arg(-1, "members") == nil && archiveNear(p, s) && !ownArchive(s):
				if isZip(p, s) { // their names are made harmless; how much comes out is not
					p.Report(s.Func, s.Call, "nothing says how much comes out of the archive", Graded(finding.Low, finding.Likely))
					return
				}
				p.Report(s.Func, s.Call, "the archive's names are believed")
			}
		},
	}
}

// isZip reports whether the archive is a ZIP file for sure.
func isZip(p *Pass, s *Site) bool {
	if strings.Contains(s.Path, "zipfile.ZipFile()") {
		return true
	}
	return p.Facts.uses(s.Func, "ZipFile") && !p.Facts.uses(s.Func, "tarfile", "TarFile")
}

// ownArchive reports whether the archive is one that the program names itself.
func ownArchive(s *Site) bool {
	a, ok := s.Call.Func.(*python.Attribute)
	if !ok {
		return false
	}
	n, ok := a.Value.(*python.Name)
	if !ok {
		return false
	}
	sym, _ := s.Scope.Find(n.ID)
	if sym == nil || sym.Other || len(sym.Values) != 1 {
		return false
	}
	made, ok := sym.Values[0].(*python.Call)
	if !ok || len(made.Args) == 0 {
		return false
	}
	_, written := literal(made.Args[0])
	return written
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
		Words:  []string{"files"},
		Inside: true,
		Function: func(p *Pass, f *program.Function) {
			if !p.Facts.uses(f, "files") || !p.Facts.uses(f, "filename") || checksType(p, f) {
				return
			}
			for _, s := range f.Body {
				python.Inspect(s, func(n python.Node) bool {
					if _, inner := n.(*python.Function); inner {
						return false
					}
					if c, ok := n.(*python.Call); ok && len(c.Args) > 0 && (python.NameOrKey(c.Func) == "save" || opensForUpload(c)) {
						p.Report(f, c, "saved without a look at its type")
						return false
					}
					return true
				})
			}
		},
	}
}

// opensForUpload reports whether a call is open(..., "wb") of a path with the name of an
// upload in it.
func opensForUpload(c *python.Call) bool {
	if python.NameOrKey(c.Func) != "open" || len(c.Args) < 2 {
		return false
	}
	mode, _ := literal(c.Args[1])
	named := false
	python.Inspect(c.Args[0], func(n python.Node) bool {
		if a, ok := n.(*python.Attribute); ok {
			named = named || a.Attr == "filename"
		}
		return !named
	})
	return named && strings.HasPrefix(mode, "w")
}

// checksType reports whether a function looks at what kind of file it takes.
func checksType(p *Pass, f *program.Function) bool {
	for name := range p.Facts.namesIn(f) {
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
			if h, ok := headerOfCall(s); ok && h.name == "access-control-allow-origin" {
				originAllowed(p, s.Func, s.Call, h.value)
			}
			if s.Path != "flask_cors.CORS" && s.Path != "flask_cors.cross_origin" {
				return
			}
			credentials := isTrue(s.Arg(-1, "supports_credentials"))
			origins := s.Arg(-1, "origins")
			resources := s.Arg(-1, "resources")
			any := origins == nil && (resources == nil || anyOrigin(resources))
			any = any || isAnyOrigin(origins)
			if any {
				how := finding.Low
				if credentials {
					how = finding.High
				}
				p.Report(s.Func, s.Call, "any origin may read the answers", Graded(how, finding.Likely))
			}
		},
		Assign: func(p *Pass, a *Assignment) {
			if strings.EqualFold(a.Name, "Access-Control-Allow-Origin") {
				originAllowed(p, a.Func, a.Node, a.Value)
			}
			if a.Name == "CORS_ORIGINS" && isAnyOrigin(a.Value) && !development(a) {
				p.Report(a.Func, a.Node, "any origin may read the answers", Graded(finding.Low, finding.Likely))
			}
		},
	}
}

// isAnyOrigin tells "*", alone or in a list.
func isAnyOrigin(e python.Expr) bool {
	if list, ok := e.(*python.List); ok {
		return slices.ContainsFunc(list.Elts, isAnyOrigin)
	}
	o, ok := literal(e)
	return ok && o == "*"
}

// anyOrigin reports whether CORS(resources={...: {"origins": "*"}}) allows all.
func anyOrigin(resources python.Expr) bool {
	found := false
	python.Inspect(resources, func(n python.Node) bool {
		if d, ok := n.(*python.Dict); ok {
			for i, k := range d.Keys {
				key, _ := literal(k)
				if v, isText := literal(d.Values[i]); isText && key == "origins" && v == "*" {
					found = true
				}
			}
		}
		return !found
	})
	return found
}

// originAllowed looks at what is set as the origin that may read an answer: any, or the one
// that asks. Only the latter is sent cookies.
func originAllowed(p *Pass, f *program.Function, at python.Node, value python.Expr) {
	how := finding.Low
	if p.Facts.uses(f, "'Access-Control-Allow-Credentials") {
		how = finding.High
	}
	switch t, _ := literal(value); {
	case t == "*":
		p.Report(f, at, "any origin may read the answer", Graded(finding.Low, finding.Likely))
	case asksOrigin(value) || asksOriginBefore(f, value):
		p.Report(f, at, "whatever origin asks may read the answer", Graded(how, finding.Likely))
	}
}

// asksOriginBefore is asksOrigin for a variable that no list of origins is asked for. A part of
// its text, such as "example.org" in origin, is in others' names too.
func asksOriginBefore(f *program.Function, value python.Expr) bool {
	name, ok := value.(*python.Name)
	if !ok {
		return false
	}
	asks, checked := false, false
	for _, s := range f.Body {
		python.Inspect(s, func(n python.Node) bool {
			switch n := n.(type) {
			case *python.Assign:
				for _, t := range n.Targets {
					if x, isName := t.(*python.Name); isName && x.ID == name.ID {
						asks = asks || asksOrigin(n.Value)
					}
				}
			case *python.If:
				checked = checked || mentions(n.Test, map[string]bool{name.ID: true}) && !weakTest(n.Test)
			case *python.Compare:
				left, isName := n.Left.(*python.Name)
				_, text := n.Left.(*python.Str)
				checked = checked || isName && left.ID == name.ID || !text && mentions(n, map[string]bool{name.ID: true})
			case *python.Call:
				if m := python.NameOrKey(n.Func); m != "endswith" && m != "startswith" && m != "get" && m != "add" && m != "set" && m != "add_header" {
					checked = checked || slices.ContainsFunc(n.Args, func(a python.Expr) bool { return mentions(a, map[string]bool{name.ID: true}) })
				}
			}
			return true
		})
	}
	return asks && !checked
}

// weakTest tells conditions on a text that other texts meet too: a part of it, its end, that
// there is one.
func weakTest(e python.Expr) bool {
	switch e := e.(type) {
	case *python.Name:
		return true
	case *python.Compare:
		_, text := e.Left.(*python.Str)
		return text && e.Ops[0] == python.In
	case *python.Call:
		m := python.NameOrKey(e.Func)
		return m == "endswith" || m == "startswith"
	case *python.BoolOp:
		return !slices.ContainsFunc(e.Values, func(v python.Expr) bool { return !weakTest(v) })
	}
	return false
}

// asksOrigin reports whether an expression is the Origin of the request as it came.
func asksOrigin(e python.Expr) bool {
	switch e := e.(type) {
	case *python.Call:
		if len(e.Args) == 0 || python.NameOrKey(e.Func) != "get" {
			return false
		}
		a, ok := e.Func.(*python.Attribute)
		name, _ := literal(e.Args[0])
		return ok && python.NameOrKey(a.Value) == "headers" && strings.EqualFold(name, "origin")
	case *python.Subscript:
		return python.NameOrKey(e.Value) == "headers" && strings.EqualFold(python.NameOrKey(e), "origin")
	case *python.Attribute:
		r, ok := e.Value.(*python.Name)
		return ok && r.ID == "request" && e.Attr == "origin"
	case *python.BoolOp:
		return asksOrigin(e.Values[0])
	}
	return false
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
