package program

import "github.com/fumehood/fumehood/audit/internal/table"

// API is one thing that the project gets from outside of it, named by the way that leads to
// it: flask.request.args.get() is the result of calling the attribute get of ... of the
// module flask. Nodes are made once, so that two of them are equal if their ways are.
type API struct {
	Path   string
	parent *API
	attrs  table.Of[*API]
	call   *API
	item   *API
}

// APIs is the tree of all ways that were met. It is not safe for use by several goroutines.
type APIs struct{ modules map[string]*API }

// Module is the external module or package of a dotted name.
func (a *APIs) Module(name string) *API {
	if a.modules == nil {
		a.modules = map[string]*API{}
	}
	if node := a.modules[name]; node != nil {
		return node
	}
	for i := len(name) - 1; i >= 0; i-- { // a.b is the attribute b of a: import a.b and from a import b meet
		if name[i] == '.' {
			node := a.Module(name[:i]).Attr(name[i+1:])
			a.modules[name] = node
			return node
		}
	}
	node := &API{Path: name}
	a.modules[name] = node
	return node
}

// like is the node of the tree with the same way as one that may be of another tree.
func (a *APIs) like(n *API) *API {
	if n.parent == nil {
		return a.Module(n.Path)
	}
	to := a.like(n.parent)
	switch step := n.Path[len(n.parent.Path):]; step {
	case "()":
		return to.Call()
	case "[]":
		return to.Item()
	default:
		return to.Attr(step[1:])
	}
}

// maxWay bounds a way, for code that walks in circles: x = x.next.
const maxWay = 120

// Attr is the attribute name of the node.
func (n *API) Attr(name string) *API {
	if next := n.attrs.Get(name); next != nil {
		return next
	}
	next := n
	if len(n.Path) < maxWay {
		next = &API{Path: n.Path + "." + name, parent: n}
	}
	n.attrs.Set(name, next)
	return next
}

// Call is what calling the node gives.
func (n *API) Call() *API {
	if n.call == nil {
		n.call = n
		if len(n.Path) < maxWay {
			n.call = &API{Path: n.Path + "()", parent: n}
		}
	}
	return n.call
}

// Item is an element of the node: node[i], or what a loop over it gives.
func (n *API) Item() *API {
	if n.item == nil {
		n.item = n
		if len(n.Path) < maxWay {
			n.item = &API{Path: n.Path + "[]", parent: n}
		}
	}
	return n.item
}

// Parent is the node that this one was reached from; nil for a module.
func (n *API) Parent() *API { return n.parent }
