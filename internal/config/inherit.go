package config

import (
	"reflect"
	"strconv"
	"strings"

	fumehood "github.com/fumehood/fumehood"
)

// general returns the setting outside lists that n, which is in a table of a list's
// element, stands in for; nil when there is none.
func (n *node) general(root *node) *node {
	if _, rest, ok := strings.Cut(n.key, "."); ok && n.inList && strings.Contains(rest, ".") {
		return root.find(rest)
	}
	return nil
}

// inElement is n's key in element i of list: "route[0].headers.frame".
func (n *node) inElement(list *node, i int) string {
	return list.key + "[" + strconv.Itoa(i) + "]" + strings.TrimPrefix(n.key, list.key)
}

// inherit gives each setting that a route's own tables leave out its general value. It
// runs when all sources have been read, because any of them may set that.
func (l *Loaded) inherit() {
	root := reflect.ValueOf(&l.Config).Elem()
	for _, list := range l.schema.children {
		if !list.list {
			continue
		}
		elements := root.FieldByIndex(list.index)
		for i := range elements.Len() {
			for _, n := range list.values() {
				general := n.general(l.schema)
				if _, own := l.origins[n.inElement(list, i)]; own || general == nil {
					continue
				}
				elements.Index(i).FieldByIndex(n.index).Set(root.FieldByIndex(general.index))
			}
		}
	}
	for i := range l.Config.Routes {
		r := &l.Config.Routes[i]
		r.merged, r.empty = true, true
		for key := range l.origins {
			if strings.HasPrefix(key, "route["+strconv.Itoa(i)+"].") && !strings.HasSuffix(key, ".match") {
				r.empty = false
			}
		}
	}
}

// NewRoute returns a route for the requests that match the pattern, with the general
// settings of c: change what differs, then add it to Routes.
func (c Config) NewRoute(match string) Route {
	r := Route{Match: match, merged: true}
	r.tables(&c, func(ours, general reflect.Value) { ours.Set(general) })
	return r
}

// Merged returns c as it is for the requests of r.
func (r Route) Merged(c Config) Config {
	if r.MaxBody > 0 {
		c.Limits.Body = r.MaxBody
	}
	if r.Timeout > 0 {
		c.Workers.Timeout = r.Timeout
	}
	if !r.merged { // made by hand, without NewRoute: it overrides no tables
		return c
	}
	usual := c.Upload.Max
	r.tables(&c, func(ours, general reflect.Value) { general.Set(ours) })
	if c.Upload.Max > usual && r.MaxBody == 0 { // files that may be larger come in forms that are
		c.Limits.Body = max(c.Limits.Body, c.Upload.Max+fumehood.MB)
	}
	return c
}

// tables calls f for each table that a route may have, with the general one.
func (r *Route) tables(c *Config, f func(ours, general reflect.Value)) {
	v, general := reflect.ValueOf(r).Elem(), reflect.ValueOf(c).Elem()
	for i := range v.NumField() {
		if v.Field(i).Kind() == reflect.Struct {
			f(v.Field(i), general.FieldByName(v.Type().Field(i).Name))
		}
	}
}
