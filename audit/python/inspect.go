package python

import "sort"

// Inspect calls f for a node and, if that returns true, for its children in the order of the
// source. Parts that are neither Expr nor Stmt, such as a Keyword or a Handler, are passed
// over: their children are children of the node that they belong to.
func Inspect(n Node, f func(Node) bool) {
	if n == nil || !f(n) {
		return
	}
	switch n := n.(type) {
	case *Name, *Str, *Number, *Constant: // most nodes, and nothing in them
	case *Attribute:
		Inspect(n.Value, f)
	case *Subscript:
		Inspect(n.Value, f)
		Inspect(n.Index, f)
	case *Slice:
		all(f, n.Low, n.High, n.Step)
	case *Call:
		Inspect(n.Func, f)
		arguments(n.Args, n.Keywords, f)
	case *FString:
		all(f, n.Parts...)
	case *Interpolation:
		Inspect(n.Value, f)
		all(f, n.Format...)
	case *BinOp:
		Inspect(n.Left, f)
		Inspect(n.Right, f)
	case *UnaryOp:
		Inspect(n.Operand, f)
	case *BoolOp:
		all(f, n.Values...)
	case *Compare:
		Inspect(n.Left, f)
		all(f, n.Rights...)
	case *IfExp:
		all(f, n.Body, n.Test, n.Else)
	case *Lambda:
		parameters(n.Params, f)
		Inspect(n.Body, f)
	case Stmt:
		inspectStmt(n, f)
	default:
		inspectMore(n, f)
	}
}

// Holding are those statements of a block, which stand in order, in which a place may be. A
// block of thousands is not searched whole.
func Holding(block []Stmt, at Span) []Stmt {
	first := sort.Search(len(block), func(i int) bool { return block[i].At().End >= at.Start })
	last := first
	for last < len(block) && block[last].At().Start <= at.Start {
		last++
	}
	return block[first:last]
}

func inspectMore(n Node, f func(Node) bool) {
	switch n := n.(type) {
	case *Tuple:
		all(f, n.Elts...)
	case *List:
		all(f, n.Elts...)
	case *Set:
		all(f, n.Elts...)
	case *Dict:
		for i, value := range n.Values {
			all(f, n.Keys[i], value)
		}
	case *Comprehension:
		all(f, n.Key, n.Elt)
		for i := range n.Fors {
			all(f, n.Fors[i].Target, n.Fors[i].Iter)
			all(f, n.Fors[i].Ifs...)
		}
	case *Await:
		Inspect(n.Value, f)
	case *Yield:
		all(f, n.Value)
	case *NamedExpr:
		Inspect(n.Target, f)
		Inspect(n.Value, f)
	case *Starred:
		Inspect(n.Value, f)
	case *PatternAs:
		all(f, n.Pattern)
	}
}

// all inspects the expressions that are there.
func all(f func(Node) bool, list ...Expr) {
	for _, e := range list {
		if e != nil {
			Inspect(e, f)
		}
	}
}

func body(f func(Node) bool, list []Stmt) {
	for _, s := range list {
		Inspect(s, f)
	}
}

// arguments inspects positional and named arguments as they are mixed in the source.
func arguments(args []Expr, keywords []Keyword, f func(Node) bool) {
	for _, k := range keywords {
		for len(args) > 0 && args[0].At().Start < k.Start {
			Inspect(args[0], f)
			args = args[1:]
		}
		Inspect(k.Value, f)
	}
	all(f, args...)
}

func parameters(p Params, f func(Node) bool) {
	for i := range p.List {
		all(f, p.List[i].Annotation, p.List[i].Default)
	}
}

func typeParameters(list []TypeParam, f func(Node) bool) {
	for i := range list {
		all(f, list[i].Bound, list[i].Default)
	}
}

func inspectStmt(s Stmt, f func(Node) bool) {
	switch s := s.(type) {
	case *Function:
		all(f, s.Decorators...)
		typeParameters(s.TypeParams, f)
		parameters(s.Params, f)
		all(f, s.Returns)
		body(f, s.Body)
	case *Class:
		all(f, s.Decorators...)
		typeParameters(s.TypeParams, f)
		arguments(s.Bases, s.Keywords, f)
		body(f, s.Body)
	case *For:
		all(f, s.Target, s.Iter)
		body(f, s.Body)
		body(f, s.Else)
	case *While:
		all(f, s.Test)
		body(f, s.Body)
		body(f, s.Else)
	case *If:
		all(f, s.Test)
		body(f, s.Body)
		body(f, s.Else)
	case *With:
		for i := range s.Items {
			all(f, s.Items[i].Value, s.Items[i].Target)
		}
		body(f, s.Body)
	case *Match:
		all(f, s.Subject)
		for i := range s.Cases {
			all(f, s.Cases[i].Pattern, s.Cases[i].Guard)
			body(f, s.Cases[i].Body)
		}
	case *Try:
		body(f, s.Body)
		for i := range s.Handlers {
			all(f, s.Handlers[i].Type)
			body(f, s.Handlers[i].Body)
		}
		body(f, s.Else)
		body(f, s.Finally)
	default:
		inspectSimple(s, f)
	}
}

func inspectSimple(s Stmt, f func(Node) bool) {
	switch s := s.(type) {
	case *Return:
		all(f, s.Value)
	case *Delete:
		all(f, s.Targets...)
	case *Assign:
		all(f, s.Targets...)
		all(f, s.Value)
	case *AugAssign:
		all(f, s.Target, s.Value)
	case *AnnAssign:
		all(f, s.Target, s.Annotation, s.Value)
	case *TypeAlias:
		typeParameters(s.TypeParams, f)
		all(f, s.Value)
	case *Raise:
		all(f, s.Exc, s.Cause)
	case *Assert:
		all(f, s.Test, s.Msg)
	case *ExprStmt:
		all(f, s.Value)
	}
}

// LastName is the name at the end of a name or an attribute: c of a.b.c; "" of all else.
func LastName(e Expr) string {
	switch e := e.(type) {
	case *Name:
		return e.ID
	case *Attribute:
		return e.Attr
	}
	return ""
}

// NameOrKey is LastName, or the key of an item: K of x["K"].
func NameOrKey(e Expr) string {
	item, ok := e.(*Subscript)
	if !ok {
		return LastName(e)
	}
	if key, ok := item.Index.(*Str); ok {
		return key.Value
	}
	return ""
}
