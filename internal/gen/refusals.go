package gen

import (
	"bytes"
	"errors"
	"fmt"
	"go/ast"
	"go/token"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Refusal is one "no" as the source has it.
type Refusal struct {
	Code    string
	Status  int
	Public  string
	Package string // its folder, or several
	Place   string // file:line
}

// Refusals finds every refusal in the source: the literals of fumehood.Refusal, those
// that a helper function makes from its arguments or fills in case by case, and the rows
// {status, code, sentence} of a table. One whose code it cannot find is an error: it would
// be on no page.
func Refusals(root string) ([]Refusal, error) {
	packages, err := parse(root)
	if err != nil {
		return nil, err
	}
	byCode := map[string]Refusal{}
	var mistakes []error
	finders := make([]*finder, len(packages))
	for i, p := range packages {
		finders[i] = &finder{Package: p, constants: constants(p)}
	}
	for _, f := range finders {
		f.find(finders)
		mistakes = append(mistakes, f.mistakes...)
		for _, r := range f.found {
			other, ok := byCode[r.Code]
			switch {
			case !ok:
				byCode[r.Code] = r
			case other.Status != r.Status:
				mistakes = append(mistakes, fmt.Errorf("%s: the code %q has the status %d here and %d at %s", r.Place, r.Code, r.Status, other.Status, other.Place))
			case !slices.Contains(strings.Split(other.Package, ", "), r.Package):
				other.Package += ", " + r.Package
				byCode[r.Code] = other
			}
		}
	}
	all := make([]Refusal, 0, len(byCode))
	for _, r := range byCode {
		all = append(all, r)
	}
	slices.SortFunc(all, func(a, b Refusal) int { return strings.Compare(a.Code, b.Code) })
	return all, errors.Join(mistakes...)
}

// finder looks through one package.
type finder struct {
	*Package
	constants map[string]ast.Expr
	found     []Refusal
	mistakes  []error
	rows      int // of tables
	fromTable []token.Pos
}

// constants returns the package's constants by name.
func constants(p *Package) map[string]ast.Expr {
	all := map[string]ast.Expr{}
	for _, file := range p.Files {
		ast.Inspect(file, func(n ast.Node) bool {
			if decl, ok := n.(*ast.GenDecl); ok && decl.Tok == token.CONST {
				for _, spec := range decl.Specs {
					v := spec.(*ast.ValueSpec)
					for i, name := range v.Names {
						if i < len(v.Values) {
							all[name.Name] = v.Values[i]
						}
					}
				}
			}
			return true
		})
	}
	return all
}

func (f *finder) find(all []*finder) {
	for _, file := range f.Files {
		for _, decl := range file.Decls {
			function, _ := decl.(*ast.FuncDecl)
			ast.Inspect(decl, func(n ast.Node) bool {
				literal, ok := n.(*ast.CompositeLit)
				if !ok {
					return true
				}
				if f.isRefusal(literal.Type) {
					f.literal(literal, function, all)
				} else {
					f.row(literal)
				}
				return true
			})
		}
	}
	if f.rows == 0 {
		for _, pos := range f.fromTable {
			f.wrong(pos, "the code of this Refusal is neither a constant, nor an argument, nor in a table of {status, code, sentence}")
		}
	}
}

// isRefusal recognises fumehood.Refusal, in the root package just Refusal.
func (f *finder) isRefusal(t ast.Expr) bool {
	switch t := t.(type) {
	case *ast.SelectorExpr:
		pkg, ok := t.X.(*ast.Ident)
		return ok && pkg.Name == "fumehood" && t.Sel.Name == "Refusal"
	case *ast.Ident:
		return f.Dir == "." && t.Name == "Refusal"
	}
	return false
}

func (f *finder) wrong(pos token.Pos, format string, args ...any) {
	f.mistakes = append(f.mistakes, fmt.Errorf("%s: %s", f.place(pos), fmt.Sprintf(format, args...)))
}

func (f *finder) place(pos token.Pos) string {
	at := f.Fset.Position(pos)
	name := at.Filename[strings.LastIndexAny(at.Filename, `/\`)+1:]
	return fmt.Sprintf("%s/%s:%d", f.Dir, name, at.Line)
}

// literal takes one Refusal{...}.
func (f *finder) literal(literal *ast.CompositeLit, function *ast.FuncDecl, all []*finder) {
	fields := map[string]ast.Expr{}
	for _, e := range literal.Elts {
		if kv, ok := e.(*ast.KeyValueExpr); ok {
			if key, ok := kv.Key.(*ast.Ident); ok {
				fields[key.Name] = kv.Value
			}
		}
	}
	if len(literal.Elts) == 0 {
		return // a zero value, such as a target for errors.As
	}
	if f.add(literal.Pos(), fields["Status"], fields["Code"], fields["Public"]) {
		return
	}
	if function != nil && (fields["Code"] == nil && f.assigned(function, fields["Status"]) || f.calls(function, fields, all)) {
		return
	}
	f.fromTable = append(f.fromTable, literal.Pos())
}

// add takes a refusal whose three parts are known; it returns whether they are.
func (f *finder) add(pos token.Pos, status, code, public ast.Expr) bool {
	c, ok1 := f.text(code)
	s, ok2 := f.status(status)
	p, ok3 := f.text(public)
	if !ok1 || !ok2 || !ok3 {
		return false
	}
	f.found = append(f.found, Refusal{Code: c, Status: s, Public: p, Package: f.Dir, Place: f.place(pos)})
	if s < 400 || s > 599 {
		f.wrong(pos, "%d is not a status of a refusal", s)
	}
	if p == "" || !strings.HasSuffix(p, ".") {
		f.wrong(pos, "the public text of %s is not a sentence: %q", c, p)
	}
	return true
}

// assigned takes a literal whose code and sentence are set later, as in
//
//	case errors.Is(err, errBusy):
//		refusal.Code, refusal.Public = "pool.busy", "The server is busy."
func (f *finder) assigned(function *ast.FuncDecl, status ast.Expr) bool {
	found := false
	ast.Inspect(function.Body, func(n ast.Node) bool {
		var list []ast.Stmt
		switch n := n.(type) {
		case *ast.BlockStmt:
			list = n.List
		case *ast.CaseClause:
			list = n.Body
		}
		fields := map[string]ast.Expr{"Status": status}
		for _, statement := range list {
			assign, ok := statement.(*ast.AssignStmt)
			if !ok || len(assign.Lhs) != len(assign.Rhs) {
				continue
			}
			for i, left := range assign.Lhs {
				if field, ok := left.(*ast.SelectorExpr); ok {
					fields[field.Sel.Name] = assign.Rhs[i]
				}
			}
		}
		if fields["Code"] != nil {
			found = true
			if !f.add(fields["Code"].Pos(), fields["Status"], fields["Code"], fields["Public"]) {
				f.wrong(fields["Code"].Pos(), "status, code and public sentence of this refusal must be constants")
			}
		}
		return true
	})
	return found
}

// calls takes a literal in a helper function whose code has a parameter of it: each call
// of the helper is a refusal of the caller's package.
func (f *finder) calls(function *ast.FuncDecl, fields map[string]ast.Expr, all []*finder) bool {
	var parameters []string
	for _, group := range function.Type.Params.List {
		for _, name := range group.Names {
			parameters = append(parameters, name.Name)
		}
	}
	uses := false
	ast.Inspect(fields["Code"], func(n ast.Node) bool {
		ident, ok := n.(*ast.Ident)
		uses = uses || ok && slices.Contains(parameters, ident.Name)
		_, selector := n.(*ast.SelectorExpr) // a field of a parameter is no argument
		return !selector
	})
	if !uses {
		return false
	}
	for _, caller := range all {
		if caller != f && !function.Name.IsExported() {
			continue
		}
		for _, file := range caller.Files {
			ast.Inspect(file, func(n ast.Node) bool {
				call, ok := n.(*ast.CallExpr)
				if ok && f.isCalled(call, function, caller) && len(call.Args) == len(parameters) {
					caller.call(call, parameters, f, fields)
				}
				return true
			})
		}
	}
	return true
}

// call takes one call, in f, of a helper of the package that helper looked through.
func (f *finder) call(call *ast.CallExpr, parameters []string, helper *finder, fields map[string]ast.Expr) {
	bound := &finder{Package: f.Package, constants: maps.Clone(helper.constants)}
	for i, name := range parameters {
		delete(bound.constants, name) // the parameter hides it
		if text, ok := f.text(call.Args[i]); ok {
			bound.constants[name] = &ast.BasicLit{Kind: token.STRING, Value: strconv.Quote(text)}
		} else if status, ok := f.status(call.Args[i]); ok {
			bound.constants[name] = &ast.BasicLit{Kind: token.INT, Value: strconv.Itoa(status)}
		}
	}
	if !bound.add(call.Pos(), fields["Status"], fields["Code"], fields["Public"]) {
		bound.wrong(call.Pos(), "status, code and public sentence of this refusal must be constants")
	}
	helper.found = append(helper.found, bound.found...)
	helper.mistakes = append(helper.mistakes, bound.mistakes...)
}

// isCalled says whether call, in caller, calls function of f's package.
func (f *finder) isCalled(call *ast.CallExpr, function *ast.FuncDecl, caller *finder) bool {
	switch fun := call.Fun.(type) {
	case *ast.Ident:
		return caller == f && fun.Name == function.Name.Name
	case *ast.SelectorExpr:
		pkg, ok := fun.X.(*ast.Ident)
		return ok && fun.Sel.Name == function.Name.Name && (caller == f || pkg.Name == f.Name)
	}
	return false
}

func calledName(call *ast.CallExpr) string {
	if selector, ok := call.Fun.(*ast.SelectorExpr); ok {
		return selector.Sel.Name
	}
	return ""
}

var verbForm = regexp.MustCompile(`%[-+# 0-9.]*[a-zA-Z]`)

var codeForm = regexp.MustCompile(`^[a-z0-9]+\.[a-z0-9][a-z0-9.-]*$`)

// row takes {http.StatusX, "package.reason", "Sentence."} in a table.
func (f *finder) row(literal *ast.CompositeLit) {
	if len(literal.Elts) < 3 || literal.Type != nil {
		return
	}
	elts := literal.Elts
	if code, ok := f.text(elts[1]); ok && codeForm.MatchString(code) && f.add(literal.Pos(), elts[0], elts[1], elts[2]) {
		f.rows++
	}
}

// text resolves a string constant.
func (f *finder) text(e ast.Expr) (string, bool) {
	switch e := e.(type) {
	case *ast.BasicLit:
		s, err := strconv.Unquote(e.Value)
		return s, err == nil && e.Kind == token.STRING
	case *ast.CallExpr: // fmt.Sprintf: the page has the format
		if calledName(e) != "Sprintf" || len(e.Args) == 0 {
			return "", false
		}
		format, ok := f.text(e.Args[0])
		return verbForm.ReplaceAllString(format, "..."), ok
	case *ast.BinaryExpr:
		x, ok1 := f.text(e.X)
		y, ok2 := f.text(e.Y)
		return x + y, ok1 && ok2 && e.Op == token.ADD
	case *ast.Ident:
		if value, ok := f.constants[e.Name]; ok {
			return f.text(value)
		}
	}
	return "", false
}

// status resolves 403, http.StatusForbidden or a constant of the package.
func (f *finder) status(e ast.Expr) (int, bool) {
	switch e := e.(type) {
	case *ast.BasicLit:
		n, err := strconv.Atoi(e.Value)
		return n, err == nil
	case *ast.Ident:
		if value, ok := f.constants[e.Name]; ok {
			return f.status(value)
		}
	case *ast.SelectorExpr:
		if pkg, ok := e.X.(*ast.Ident); ok && pkg.Name == "http" {
			return statusConstant(e.Sel.Name)
		}
	}
	return 0, false
}

// statusConstant returns the number of a constant of net/http: they are named after
// http.StatusText, but for the teapot.
func statusConstant(name string) (int, bool) {
	squeeze := strings.NewReplacer(" ", "", "-", "", "'", "")
	for code := 100; code < 600; code++ {
		if text := http.StatusText(code); text != "" && name == "Status"+squeeze.Replace(text) {
			return code, true
		}
	}
	return 0, false
}

func refusalsPage(all []Refusal) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, `<!-- Made from the source by go generate ./internal/config; do not edit. -->
# Refusals

Fumehood says no in %d ways. The client gets the status, the code, the sentence and the number of the request; the log has
the cause. Browsers get a page, everything else problem+json (RFC 9457). A code never changes its meaning.

| code | status | what the client reads | made in |
|---|---|---|---|
`, len(all))
	for _, r := range all {
		status := strconv.Itoa(r.Status)
		if text := http.StatusText(r.Status); text != "" {
			status += " " + text
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", r.Code, status, strings.ReplaceAll(r.Public, "|", `\|`), r.Package)
	}
	return b.Bytes()
}
