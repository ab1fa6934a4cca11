package program

import (
	"strings"

	"github.com/fumehood/fumehood/audit/python"
)

// operation says how a function that is no view gets what a visitor sends: as its parameters,
// but for the first few.
type operation struct {
	yes     bool
	given   int             // how many of its parameters are the framework's: self, info
	numbers map[string]bool // parameters that the schema declares to be numbers and the like
	parsed  bool            // a decorator hands over what it parsed of the request
}

// Operation reports whether a visitor's request calls the function by its parameters: a
// handler that an OpenAPI document names (Connexion), or a resolver of GraphQL (Graphene,
// Ariadne, Strawberry).
func (p *Program) Operation(f *Function) bool { return f.operation.yes }

// Sent reports whether a visitor sends the i-th parameter of an operation, as text.
func (f *Function) Sent(i int) bool {
	return f.operation.yes && i >= f.operation.given && !f.operation.numbers[f.Node.Params.List[i].Name]
}

// Parsed reports whether a decorator of the view hands over a parameter that it has made of
// the request: use_args and use_kwargs of webargs and Flask-apispec, arguments of
// Flask-Smorest, input of APIFlask, validate of Flask-Pydantic.
func (f *Function) Parsed(i int) bool {
	if !f.operation.parsed || i == 0 && f.Class != nil {
		return false
	}
	for _, r := range f.Routes {
		if _, ofURL := r.Params[f.Node.Params.List[i].Name]; ofURL {
			return false
		}
	}
	return true
}

func parses(f *Function) bool {
	for _, d := range f.Node.Decorators {
		c, ok := d.(*python.Call)
		if !ok {
			continue
		}
		switch python.LastName(c.Func) {
		case "use_args", "use_kwargs", "arguments", "input", "validate", "use_params", "with_json", "parse_args":
			return true
		}
	}
	return false
}

func (p *Program) findOperations() {
	for _, f := range p.Functions {
		if f.Node == nil || f.Module.Test {
			continue
		}
		p.guard(f.Module, f.Node, func() {
			switch {
			case f.Parent == nil && p.described(f):
				f.operation = operation{yes: true}
				if f.Class != nil && !f.Static {
					f.operation.given = 1
				}
			case f.Class != nil && p.graphene(f):
				f.operation = operation{yes: true, given: 2, numbers: declared(f)}
			case p.decorates && p.resolver(f):
				f.operation = operation{yes: true, given: given(f)}
			case len(f.Routes) > 0 && parses(f):
				f.operation.parsed = true
			}
		})
	}
}

// described reports whether an API description names the function as a handler.
func (p *Program) described(f *Function) bool {
	if len(p.operations) == 0 {
		return false
	}
	name := f.Module.Name + "." + f.Name
	for {
		if p.operations[name] {
			return true
		}
		_, rest, ok := strings.Cut(name, ".")
		if !ok || !strings.Contains(rest, ".") {
			return false
		}
		name = rest
	}
}

// graphene reports whether a method resolves a field or mutates
// (https://docs.graphene-python.org: resolve_x of an ObjectType, mutate of a Mutation).
func (p *Program) graphene(f *Function) bool {
	if !strings.HasPrefix(f.Name, "resolve_") && f.Name != "mutate" && f.Name != "mutate_and_get_payload" && f.Name != "perform_mutation" {
		return false
	}
	return f.Class.Inherits(func(path string) bool { return strings.HasPrefix(path, "graphene") })
}

// makesResolvers tells the modules of libraries whose decorators make resolvers.
func makesResolvers(module string) bool {
	return strings.HasPrefix(module, "ariadne") || strings.HasPrefix(module, "strawberry")
}

// resolver reports whether a decorator makes the function a resolver:
// @query.field("x") of Ariadne, @strawberry.field, @strawberry.mutation.
func (p *Program) resolver(f *Function) bool {
	for _, d := range f.Node.Decorators {
		if c, ok := d.(*python.Call); ok {
			d = c.Func
		}
		path := p.Resolve(d, f.Scope.Parent).Path()
		switch {
		case strings.HasPrefix(path, "ariadne.") && (strings.HasSuffix(path, "().field") || strings.HasSuffix(path, "().source")),
			path == "strawberry.field", path == "strawberry.mutation", path == "strawberry.subscription":
			return true
		}
	}
	return false
}

// given is how many parameters of a resolver come from the framework: the parent object and
// info lead the list.
func given(f *Function) int {
	n := 0
	for i := range f.Node.Params.List {
		switch f.Node.Params.List[i].Name {
		case "self", "cls", "root", "parent", "obj", "_", "__", "_obj", "_root", "_parent", "info", "_info", "source":
			n = i + 1
		}
	}
	return n
}

// declared are the arguments of a Graphene field or mutation that are no text:
// total = graphene.Int(limit=graphene.Int()), class Arguments: limit = graphene.Int().
func declared(f *Function) map[string]bool {
	numbers := map[string]bool{}
	note := func(name string, e python.Expr) {
		c, ok := e.(*python.Call)
		if !ok {
			return
		}
		if len(c.Args) > 0 {
			e = c.Args[0] // graphene.Argument(graphene.Int), graphene.NonNull(graphene.Int)
		} else {
			e = c.Func
		}
		if inner, ok := e.(*python.Call); ok {
			e = inner.Func
		}
		switch python.LastName(e) {
		case "Int", "Float", "Boolean", "UUID", "Date", "DateTime", "Decimal":
			numbers[name] = true
		}
	}
	field := strings.TrimPrefix(f.Name, "resolve_")
	for _, s := range f.Class.Node.Body {
		switch s := s.(type) {
		case *python.Assign:
			if c, ok := s.Value.(*python.Call); ok && len(s.Targets) == 1 && python.LastName(s.Targets[0]) == field {
				for i := range c.Keywords {
					note(c.Keywords[i].Name, c.Keywords[i].Value)
				}
			}
		case *python.Class:
			if s.Name != "Arguments" && s.Name != "Input" {
				continue
			}
			for _, inner := range s.Body {
				if a, ok := inner.(*python.Assign); ok && len(a.Targets) == 1 {
					note(python.LastName(a.Targets[0]), a.Value)
				}
			}
		}
	}
	return numbers
}
