package jinja

import "github.com/fumehood/fumehood/audit/python"

// Walk calls f for each node in the order of the source and, where that returns true, for the
// nodes in its bodies.
func Walk(nodes []Node, f func(Node) bool) {
	for _, n := range nodes {
		if f(n) {
			Bodies(n, func(body []Node) { Walk(body, f) })
		}
	}
}

// Bodies calls f for each body of a node that is not empty.
func Bodies(n Node, f func([]Node)) {
	give := func(body []Node) {
		if len(body) > 0 {
			f(body)
		}
	}
	switch n := n.(type) {
	case *If:
		for i := range n.Tests {
			give(n.Tests[i].Body)
		}
	case *For:
		give(n.Body)
		give(n.Else)
	case *Trans:
		give(n.Body)
		give(n.Plural)
	case *Set:
		give(n.Body)
	case *Block:
		give(n.Body)
	case *Macro:
		give(n.Body)
	case *CallBlock:
		give(n.Body)
	case *FilterBlock:
		give(n.Body)
	case *With:
		give(n.Body)
	case *Autoescape:
		give(n.Body)
	case *Unknown:
		give(n.Body)
	}
}

// Expressions calls f for each expression of the node itself, those in its bodies left out, in
// the order of the source.
func Expressions(n Node, f func(python.Expr)) {
	give := func(list ...python.Expr) {
		for _, e := range list {
			if e != nil {
				f(e)
			}
		}
	}
	switch n := n.(type) {
	case *Output:
		f(n.Expr)
	case *If:
		for i := range n.Tests {
			give(n.Tests[i].Test)
		}
	case *For:
		give(n.Target, n.Iter, n.Test)
	case *Set:
		give(n.Targets...)
		give(n.Value, n.Filter)
	case *Extends:
		give(n.Template)
	case *Include:
		give(n.Template)
	case *Import:
		give(n.Template)
	case *FromImport:
		give(n.Template)
	case *Macro:
		defaults(n.Params, give)
	case *CallBlock:
		defaults(n.Params, give)
		give(n.Call)
	case *FilterBlock:
		give(n.Filter)
	case *With:
		for i := range n.Targets {
			give(n.Targets[i], n.Values[i])
		}
	case *Trans:
		for i := range n.Vars {
			give(n.Vars[i].Value)
		}
	case *Autoescape:
		give(n.Value)
	case *Do:
		give(n.Expr)
	}
}

func defaults(params python.Params, give func(...python.Expr)) {
	for i := range params.List {
		give(params.List[i].Default)
	}
}
