package flow

import (
	"github.com/fumehood/fumehood/audit/program"
	"github.com/fumehood/fumehood/audit/python"
)

// storeMethods are those whose names say that they are a document store's.
func storeMethods() []string {
	return []string{"find_one", "find_one_and_update", "find_one_and_delete", "find_one_and_replace", "delete_one", "delete_many", "update_one", "update_many",
		"replace_one", "count_documents"}
}

// askStore asks a document store: a visitor's JSON in the place of a value may be an operator,
// and a text in $where is a program.
func askStore(f *frame, api *program.API, a *arguments, e *python.Call) *Value {
	v := a.get(0, "filter")
	if v == nil {
		v = a.get(0, "pipeline")
	}
	if v == nil {
		return f.e.api(api.Call())
	}
	f.used(NoSQL, filterOf(v, 4), e, api.Path)
	if w := field(v, "$where", 3); w != nil {
		f.used(NoSQL, &Value{Marks: undone(w.deep(), NoSQL)}, e, "$where")
	}
	return f.e.api(api.Call())
}

// filterOf is a filter without what it compares by $eq or $in, which take a value as it is.
func filterOf(v *Value, depth int) *Value {
	if v == nil || v.Obj == nil || depth == 0 {
		return v
	}
	o := &Object{List: v.Obj.List, region: -1, Rest: v.Obj.Rest}
	for _, i := range v.Obj.Items {
		o.Items = append(o.Items, filterOf(i, depth-1))
	}
	for _, fd := range v.Obj.Fields {
		switch fd.Key {
		case "$eq", "$in", "$where":
		default:
			o.Fields = append(o.Fields, Field{fd.Key, filterOf(fd.Value, depth-1)})
		}
	}
	return &Value{Marks: v.Marks, Obj: o}
}

// field is the value under a key, somewhere in a dict.
func field(v *Value, key string, depth int) *Value {
	if v == nil || v.Obj == nil || depth == 0 {
		return nil
	}
	if w := v.Obj.get(key); w != nil {
		return w
	}
	for _, fd := range v.Obj.Fields {
		if w := field(fd.Value, key, depth-1); w != nil {
			return w
		}
	}
	for _, i := range v.Obj.Items {
		if w := field(i, key, depth-1); w != nil {
			return w
		}
	}
	return nil
}
