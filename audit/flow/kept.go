package flow

import (
	"github.com/fumehood/fumehood/audit/program"
	"github.com/fumehood/fumehood/audit/python"
)

// The places that all requests of an app share, or that live as long as a visitor's session.
// What is put there under a name is found there by all others.
const (
	sessionPlace    = "session"
	globalsPlace    = "g"
	appPlace        = "app"
	extensionsPlace = "extensions"
	configPlace     = "config"
)

// isApp reports whether an outside thing is the app itself.
func isApp(path string) bool {
	switch path {
	case "flask.current_app", "flask.Flask()", "flask.current_app._get_current_object()", "flask.globals.current_app", "flask.app.Flask()", "quart.Quart()", "quart.current_app":
		return true
	}
	return false
}

func isSession(path string) bool {
	return path == "flask.session" || path == "flask.globals.session" || path == "quart.session"
}

func isGlobals(path string) bool {
	return path == "flask.g" || path == "flask.globals.g" || path == "quart.g"
}

// named reports whether an expression is a name of which nothing is known, such as the app or
// the session that a helper is given.
func named(to *Value, e python.Expr, names ...string) bool {
	n, ok := e.(*python.Name)
	if !ok || to.isThing() || to.Obj != nil {
		return false
	}
	for _, s := range names {
		if n.ID == s {
			return true
		}
	}
	return false
}

// isTheApp reports whether a value, which an expression gave, is the app.
func isTheApp(to *Value, e python.Expr) bool {
	if to.API != nil {
		return isApp(to.API.Path)
	}
	if to.Of != nil {
		return ofFlask(to.Of)
	}
	return named(to, e, "app", "flask_app", "application")
}

// ofFlask reports whether a class of the project is one of apps.
func ofFlask(c *program.Class) bool {
	return c.Inherits(func(path string) bool {
		return path == "flask.Flask" || path == "quart.Quart" || path == "flask.app.Flask"
	})
}

// place is the shared place whose keys an expression means; "" for all else.
func (f *frame) place(to *Value, e python.Expr) string {
	switch {
	case to.API != nil && isSession(to.API.Path) || named(to, e, sessionPlace):
		return sessionPlace
	case to.API != nil && isGlobals(to.API.Path):
		return globalsPlace
	}
	a, ok := e.(*python.Attribute)
	if !ok {
		return ""
	}
	switch a.Attr {
	case extensionsPlace:
		return extensionsPlace
	case configPlace:
		if isTheApp(f.eval(a.Value), a.Value) {
			return configPlace
		}
	}
	return ""
}

// keptMethod is a method of a place that is shared: what it takes out or puts in under a key
// that the program writes. It is nil where nothing is known of that key.
func (f *frame) keptMethod(to *Value, name string, a *arguments, e *python.Call) *Value {
	switch name {
	case "get", "pop", "setdefault", "update":
	default:
		return nil
	}
	at, ok := e.Func.(*python.Attribute)
	if !ok || f.page != nil {
		return nil
	}
	place := f.place(to, at.Value)
	if place == "" {
		return nil
	}
	if name == "update" {
		for _, v := range a.list {
			f.keepAll(place, fieldsOf(v))
		}
		f.keepAll(place, a.named)
		return nil
	}
	key, ok := a.get(0, "").strOf()
	if !ok {
		return nil
	}
	other := a.get(1, "default")
	if name == "setdefault" && other != nil {
		f.store(place, key, other)
	}
	v := f.e.readCell(f.root, place, key)
	if v == nil {
		return nil
	}
	return join(v.replaceable(), other)
}

func (f *frame) keepAll(place string, all []Field) {
	for _, fd := range all {
		f.store(place, fd.Key, fd.Value)
	}
}

// keptItem is what is under a key of a shared place; nil where nothing is known of it.
func (f *frame) keptItem(to *Value, e python.Expr, key string) *Value {
	if f.page != nil {
		return nil
	}
	if place := f.place(to, e); place != "" {
		return f.e.readCell(f.root, place, key)
	}
	return nil
}

// keptOnApp is an attribute of the app that the program has set; nil for all others.
func (f *frame) keptOnApp(name string) *Value {
	if v := f.e.readCell(f.root, appPlace, name); v != nil {
		return v.replaceable()
	}
	return nil
}
