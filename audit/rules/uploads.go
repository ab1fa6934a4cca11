package rules

import (
	"strings"

	"github.com/fumehood/fumehood/audit/finding"
	"github.com/fumehood/fumehood/audit/program"
	"github.com/fumehood/fumehood/audit/python"
)

func uploadOverwrite() *Rule {
	return &Rule{
		Rule: finding.Rule{
			ID: "upload-overwrite", Title: "An upload replaces another of the same name", CWE: 73, OWASP: "A04:2021", ASVS: []string{"5.3.2"},
			Severity: finding.Low, Confidence: finding.Unsure,
			Why:   "An upload is saved under the name that its sender gave it. Whoever sends a file of the same name replaces somebody else's.",
			Fix:   `f.save(os.path.join(folder, uuid4().hex + extension))`,
			Canon: []string{"upload-name"},
			Guard: "",
		},
		Words:  []string{"files"},
		Inside: true,
		Function: func(p *Pass, f *program.Function) {
			if !p.Facts.uses(f, "files") || !p.Facts.uses(f, "secure_filename") || ownNames(p, f) {
				return
			}
			eachCall(f, func(c *python.Call) {
				if python.NameOrKey(c.Func) == "save" && len(c.Args) > 0 {
					p.Report(f, c, "saved under the name that its sender gave it")
				}
			})
		},
	}
}

// ownNames reports whether a function gives files names of its own, or looks whether there is
// one already.
func ownNames(p *Pass, f *program.Function) bool {
	for name := range p.Facts.namesIn(f) {
		low := strings.ToLower(name)
		for _, w := range []string{"uuid", "token_hex", "urandom", "exists", "isfile", "is_file", "hexdigest", "time", "mkdtemp", "tempfile", "user_id", "current_user", "random", "unique"} {
			if strings.Contains(low, w) {
				return true
			}
		}
	}
	return false
}

// eachCall calls look for each call of a function, those of functions in it left out.
func eachCall(f *program.Function, look func(*python.Call)) {
	for _, s := range f.Body {
		python.Inspect(s, func(n python.Node) bool {
			switch n := n.(type) {
			case *python.Function, *python.Class:
				return false
			case *python.Call:
				look(n)
			}
			return true
		})
	}
}

func uploadUnlimited() *Rule {
	return &Rule{
		Rule: finding.Rule{
			ID: "upload-unlimited", Title: "Uploads of any size", CWE: 770, OWASP: "A04:2021", ASVS: []string{"5.2.1"},
			Severity: finding.Low, Confidence: finding.Unsure,
			Why:   "The app takes files and sets no limit for how much a request may bring. Whoever sends an endless one fills the disk, unless the server in front stops it.",
			Fix:   `app.config["MAX_CONTENT_LENGTH"] = 16 * 1024 * 1024`,
			Canon: []string{"upload-size"},
			Guard: "guard/limits",
		},
		Program: func(p *Pass) {
			if !p.Facts.mentions("request.files") || p.Facts.mentions("MAX_CONTENT_LENGTH", "max_content_length", "MAX_FORM_MEMORY_SIZE", "content_length", "UPLOAD_FILE_SIZE", "FileSize(") {
				return
			}
			if app := p.Facts.firstApp(); app != nil {
				p.Report(app.Func, app.Call, "MAX_CONTENT_LENGTH is not set")
			}
		},
		Assign: func(p *Pass, a *Assignment) {
			if a.Name == "MAX_CONTENT_LENGTH" && isConstant(a.Value, python.None) {
				p.Report(a.Func, a.Node, "MAX_CONTENT_LENGTH is switched off", Graded(finding.Low, finding.Likely))
			}
		},
	}
}

func uploadPublic() *Rule {
	return &Rule{
		Rule: finding.Rule{
			ID: "upload-public", Title: "Uploads are handed out as they are", CWE: 434, OWASP: "A04:2021", ASVS: []string{"5.2.2"},
			Severity: finding.Low, Confidence: finding.Unsure,
			Why:   "Uploads are saved where the app's own static files are. Whoever uploads a page or a picture with script in it has this site serve it.",
			Fix:   `app.config["UPLOAD_FOLDER"] = os.path.join(app.instance_path, "uploads")`,
			Canon: []string{"upload-name", "upload-type"},
			Guard: "guard/upload",
		},
		Assign: func(p *Pass, a *Assignment) {
			if len(a.Name) < 6 || !strings.EqualFold(a.Name[:6], "upload") || development(a) {
				return
			}
			text, ok := literal(a.Value)
			if c, isCall := a.Value.(*python.Call); isCall && python.NameOrKey(c.Func) == "join" {
				for _, x := range c.Args {
					if s, isText := literal(x); isText && !ok {
						text, ok = s, true
					}
				}
			}
			if text = strings.TrimPrefix(strings.TrimPrefix(text, "./"), "/"); ok && (strings.HasPrefix(text, "static/") || strings.Contains(text, "/static/")) {
				p.Report(a.Func, a.Node, "the folder of uploads is one of static files")
			}
		},
	}
}
