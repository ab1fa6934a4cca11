package flow

import "slices"

func joinObjects(a, b *Object, depth int) *Object {
	if a == nil || a == b {
		return b
	}
	if b == nil {
		return a
	}
	o := &Object{region: -1}
	if a.List && b.List && len(a.Items) == len(b.Items) { // such as what two return statements give back
		o.List, o.Rest = true, joinTo(a.Rest, b.Rest, depth)
		for i, v := range a.Items {
			o.Items = append(o.Items, joinTo(v, b.Items[i], depth))
		}
	} else {
		o.Rest = joinTo(a.everything(depth), b.everything(depth), depth)
		o.addTexts(a.constants()...)
		o.addTexts(b.constants()...)
	}
	o.addKeys(a.keys())
	o.addKeys(b.keys())
	if a.open() || b.open() {
		o.leaveOpen()
	}
	for _, f := range a.Fields {
		o.set(f.Key, joinTo(f.Value, b.get(f.Key), depth))
	}
	for _, f := range b.Fields {
		if a.get(f.Key) == nil {
			o.set(f.Key, f.Value)
		}
	}
	return o
}

// maxFields bounds the fields that are told apart; further ones are elements like others.
const maxFields = 48

func (o *Object) get(key string) *Value {
	for i := range o.Fields {
		if o.Fields[i].Key == key {
			return o.Fields[i].Value
		}
	}
	return nil
}

func (o *Object) set(key string, v *Value) {
	for i := range o.Fields {
		if o.Fields[i].Key == key {
			o.Fields[i].Value = v
			return
		}
	}
	if len(o.Fields) >= maxFields {
		o.Rest = join(o.Rest, v)
		return
	}
	o.Fields = append(o.Fields, Field{key, v})
}

// everything is the elements of the object that have no key, as one value.
func (o *Object) everything(depth int) *Value {
	v := o.Rest
	for _, i := range o.Items {
		v = joinTo(v, i, depth)
	}
	return v
}

// constants are the texts among the elements.
func (o *Object) constants() []string {
	all := slices.Clone(o.texts())
	for _, i := range o.Items {
		if s, ok := i.str(); ok && len(all) < maxParts {
			all = append(all, s)
		}
	}
	return all
}

// addRest adds an element whose place is not known.
func (f *frame) addRest(o *Object, v *Value) {
	if o.home != nil && v != nil {
		v = f.keepIn(o, "", v)
	}
	o.List = false
	o.Rest = join(o.Rest, v)
	if v != nil && v.Const.Kind == ConstStr && len(o.texts()) < maxParts {
		o.addTexts(v.Const.Str)
	}
}

// tamed is the value made harmless for some uses, with what it holds.
func (v *Value) tamed(kinds Kinds, depth int) *Value {
	if v == nil || kinds == 0 {
		return v
	}
	c := v.marked(safe(v.Marks, kinds))
	if v.Obj == nil || depth == 0 {
		return c
	}
	o := &Object{List: v.Obj.List, Rest: v.Obj.Rest.tamed(kinds, depth-1), more: v.Obj.more, region: -1}
	for _, i := range v.Obj.Items {
		o.Items = append(o.Items, i.tamed(kinds, depth-1))
	}
	for _, fd := range v.Obj.Fields {
		o.Fields = append(o.Fields, Field{fd.Key, fd.Value.tamed(kinds, depth-1)})
	}
	c.Obj = o
	return c
}

// texts are the constants among the elements whose place is not known.
func (o *Object) texts() []string {
	if o.more == nil {
		return nil
	}
	return o.more.texts
}

// keys is what the keys carry that are not known.
func (o *Object) keys() []Mark {
	if o.more == nil {
		return nil
	}
	return o.more.keys
}

// addTexts and addKeys make a new more: objects share them.
func (o *Object) addTexts(all ...string) {
	if len(all) > 0 {
		o.more = &more{append(slices.Clone(o.texts()), all...), o.keys(), o.open()}
	}
}

func (o *Object) addKeys(keys []Mark) {
	if o.home != nil && len(keys) > 0 { // others read it, of whom no one has these parameters
		keys = (&Value{Marks: keys}).withoutParams(0).Marks
	}
	if len(keys) > 0 {
		o.more = &more{o.texts(), merge(o.keys(), keys), o.open()}
	}
}

// open reports whether there are elements of which nothing was seen.
func (o *Object) open() bool { return o.more != nil && o.more.open }

// leaveOpen notes that a dict took in what nothing is known of.
func (o *Object) leaveOpen() {
	if !o.open() {
		o.more = &more{o.texts(), o.keys(), true}
	}
}

// takesIn notes what a dict is updated with, where that is nothing known.
func (o *Object) takesIn(v *Value) {
	if v == nil || v.Obj == nil || v.Obj.open() {
		o.leaveOpen()
	}
}
