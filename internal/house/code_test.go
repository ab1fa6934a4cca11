package house_test

import (
	"fmt"
	"go/ast"
	"go/token"
	"path"
	"slices"
	"strconv"
	"strings"
	"testing"
)

func sprint(format string, args ...any) string { return fmt.Sprintf(format, args...) }

func TestNoInit(t *testing.T) {
	t.Parallel()
	broken := map[string]string{}
	for _, f := range goFiles(t) {
		for _, decl := range f.file.Decls {
			if d, ok := decl.(*ast.FuncDecl); ok && d.Recv == nil && d.Name.Name == "init" {
				broken[f.path] = "has an init function: what happens before main, nobody called"
			}
		}
	}
	report(t, "init", broken)
}

// TestNoMutableGlobals: a package variable must be an error, a compiled pattern, an
// embedded file, or a table that nothing writes to.
func TestNoMutableGlobals(t *testing.T) {
	t.Parallel()
	byDir := map[string][]*goFile{}
	for _, f := range goFiles(t) {
		if !f.test && !f.generated {
			byDir[f.dir] = append(byDir[f.dir], f)
		}
	}
	broken := map[string]string{}
	for dir, files := range byDir {
		written := writtenNames(files)
		for _, f := range files {
			for _, decl := range f.file.Decls {
				group, ok := decl.(*ast.GenDecl)
				if !ok || group.Tok != token.VAR {
					continue
				}
				for _, spec := range group.Specs {
					v := spec.(*ast.ValueSpec)
					for i, name := range v.Names {
						if reason := mutable(v, i, group, written); reason != "" && name.Name != "_" {
							broken[dir+" "+name.Name] = sprint("the package variable %s %s; make it a field, a parameter or a function (%s:%d)",
								name.Name, reason, path.Base(f.path), f.line(name.Pos()))
						}
					}
				}
			}
		}
	}
	report(t, "package variable", broken)
}

// constantCalls make values that nothing changes afterwards.
func constantCalls() []string {
	return []string{
		"errors.New", "fmt.Errorf", "regexp.MustCompile", "template.Must", "strings.NewReplacer",
		"netip.MustParsePrefix", "netip.MustParseAddr", "http.NotFoundHandler",
	}
}

// mutable says why the i-th variable of v can change, "" if it cannot.
func mutable(v *ast.ValueSpec, i int, group *ast.GenDecl, written map[string]bool) string {
	for _, doc := range []*ast.CommentGroup{v.Doc, group.Doc} {
		if doc != nil && slices.ContainsFunc(doc.List, func(c *ast.Comment) bool { return strings.HasPrefix(c.Text, "//go:embed ") }) {
			return ""
		}
	}
	if written[v.Names[i].Name] {
		return "is written to"
	}
	if i >= len(v.Values) {
		return "has no value, so something must write it"
	}
	value := v.Values[i]
	if u, ok := value.(*ast.UnaryExpr); ok && u.Op == token.AND {
		value = u.X
	}
	switch e := value.(type) {
	case *ast.CompositeLit:
		if s, ok := e.Type.(*ast.SelectorExpr); ok {
			if pkg, ok := s.X.(*ast.Ident); ok && (pkg.Name == "sync" || pkg.Name == "atomic") {
				return "holds state"
			}
		}
		return ""
	case *ast.CallExpr:
		if s, ok := e.Fun.(*ast.SelectorExpr); ok {
			if pkg, ok := s.X.(*ast.Ident); ok && slices.Contains(constantCalls(), pkg.Name+"."+s.Sel.Name) {
				return ""
			}
		}
		if _, conversion := e.Fun.(*ast.ArrayType); conversion {
			return ""
		}
		return "is the result of a call that may return anything"
	case *ast.FuncLit, *ast.BasicLit, *ast.BinaryExpr:
		return ""
	case *ast.SelectorExpr, *ast.Ident:
		return ""
	}
	return "has a value that may change"
}

// writtenNames returns the names that the files assign to, count up or take the address
// of. It goes by the name alone: a local variable of the same name counts too, and is
// worth another name.
func writtenNames(files []*goFile) map[string]bool {
	written := map[string]bool{}
	for _, f := range files {
		ast.Inspect(f.file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.AssignStmt:
				for _, left := range n.Lhs {
					if n.Tok != token.DEFINE {
						written[base(left)] = true
					}
				}
			case *ast.IncDecStmt:
				written[base(n.X)] = true
			case *ast.UnaryExpr:
				if _, composite := n.X.(*ast.CompositeLit); n.Op == token.AND && !composite {
					written[base(n.X)] = true
				}
			}
			return true
		})
	}
	return written
}

// base returns the variable that an expression such as v.field[i] is a part of.
func base(e ast.Expr) string {
	for {
		switch x := e.(type) {
		case *ast.SelectorExpr:
			e = x.X
		case *ast.IndexExpr:
			e = x.X
		case *ast.StarExpr:
			e = x.X
		case *ast.ParenExpr:
			e = x.X
		case *ast.Ident:
			return x.Name
		default:
			return ""
		}
	}
}

// leaves are the internal packages that a guard may import.
func leaves() []string {
	return []string{"internal/hint", "internal/answer", "internal/htmlrewrite", "internal/templates", "internal/unnamed",
		"internal/content", "internal/reencode", "internal/archive", "internal/urlmap", "internal/cookie", "internal/wholebody",
		"internal/inputs", "internal/active", "internal/signs", "internal/sink"}
}

// TestImports keeps the arrow cmd -> server -> {config, pool, wsgi, guard} -> root.
func TestImports(t *testing.T) {
	t.Parallel()
	broken := map[string]string{}
	for _, f := range goFiles(t) {
		if f.test {
			continue
		}
		for _, spec := range f.file.Imports {
			imported, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				t.Fatal(err)
			}
			if why := forbidden(f.dir, imported); why != "" {
				broken[f.dir+" imports "+imported] = why
			}
		}
	}
	report(t, "import", broken)
}

// forbidden says why the package in dir may not import imported, "" if it may.
func forbidden(dir, imported string) string {
	inside, ours := strings.CutPrefix(imported, module+"/")
	ours = ours || imported == module
	std := !strings.Contains(strings.Split(imported, "/")[0], ".")
	switch {
	case std, imported == module && dir != ".":
		return ""
	case dir == ".":
		return "the root package is words that all share: it imports only the standard library"
	case path.Dir(dir) == "guard" && !(ours && (slices.Contains(leaves(), inside) || strings.HasPrefix(inside, dir+"/"))) &&
		!strings.HasPrefix(imported, "golang.org/x/net/") && !strings.HasPrefix(imported, "golang.org/x/text/"):
		return "a guard imports only the standard library, x/net, x/text, packages inside its own, the root package and " + strings.Join(leaves(), ", ")
	case ours && strings.HasPrefix(inside, "cmd/"):
		return "nothing imports a command"
	case inside == "internal/server" && !slices.Contains([]string{"cmd/fumehood", "hood", "bench"}, dir) && !strings.HasPrefix(dir, "test/"):
		return "only commands and the front door import internal/server"
	case inside == "internal/config" && (dir == "wsgi" || dir == "internal/pool" || dir == "internal/strict" || dir == "internal/frame"):
		return "it is below the configuration: take a Config of its own"
	}
	return ""
}

// TestSkips: a test that is left out must say what is missing.
func TestSkips(t *testing.T) {
	t.Parallel()
	broken := map[string]string{}
	for _, f := range goFiles(t) {
		if !f.test && !strings.HasPrefix(f.dir, "test/") {
			continue
		}
		ast.Inspect(f.file, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			fun, ok := call.Fun.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			place := sprint("%s:%d", f.path, f.line(call.Pos()))
			switch fun.Sel.Name {
			case "SkipNow":
				broken[place] = "SkipNow gives no reason: call Skip with one"
			case "Skip", "Skipf":
				reason := ""
				if len(call.Args) > 0 {
					if lit, ok := call.Args[0].(*ast.BasicLit); ok {
						reason, _ = strconv.Unquote(lit.Value)
					} else {
						reason = "computed at run time"
					}
				}
				if len(reason) < 10 {
					broken[place] = "skips without a reason"
				}
			}
			return true
		})
	}
	report(t, "skip", broken)
}
