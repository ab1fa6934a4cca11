package rules

import (
	"slices"
	"strings"

	"github.com/fumehood/fumehood/audit/program"
	"github.com/fumehood/fumehood/audit/python"
)

// asksOwner reports whether a view, its decorators or what it calls ask whose something is:
// who is calling is compared with something, or chooses rows together with what was sent.
// Asking only whether anybody is logged in is not enough.
func (f *Facts) asksOwner(fn *program.Function) bool {
	return f.ownerByDecorator(fn) || f.comparesOwner(fn, 0)
}

// ownerByDecorator is asksOwner for decorators.
func (f *Facts) ownerByDecorator(fn *program.Function) bool {
	for _, d := range fn.Node.Decorators {
		if hasWord(decoratorName(d), "owner", "owns", "own", "author", "creator", "same", "self", "mine", "ownership") {
			return true
		}
		if c, ok := d.(*python.Call); ok {
			d = c.Func
		}
		if to := f.program.Resolve(d, fn.Scope.Parent).Function; to != nil && f.comparesOwner(to, 1) {
			return true
		}
	}
	return false
}

func (f *Facts) comparesOwner(fn *program.Function, depth int) bool {
	return len(f.ownerAsked(fn, depth)) > 0
}

// ownerAsked are the places at which a function asks whose something is.
func (f *Facts) ownerAsked(fn *program.Function, depth int) (all []python.Node) {
	h := f.bindings(fn)
	see := func(n python.Node) bool {
		asks := false
		switch n := n.(type) {
		case *python.Compare:
			asks = h.comparesOwner(n)
		case *python.Call:
			asks = f.handsOver(n, fn, h, depth)
		case *python.Subscript:
			asks = h.isWho(n) && h.isSent(n.Index) && !asksWhoHere(n)
		case *python.If:
			asks = h.refusesObject(n)
		}
		if asks {
			all = append(all, n)
		}
		return depth == 0 || len(all) == 0
	}
	for _, s := range fn.Body {
		python.Inspect(s, see)
	}
	return all
}

// elsewhere reports whether all of the places stand in the other branch of a condition than a
// node does: what is asked there says nothing of what happens here.
func elsewhere(fn *program.Function, n python.Node, places []python.Node) bool {
	other := map[python.Node]bool{}
	see := func(b python.Node) bool {
		branch, ok := b.(*python.If)
		if !ok || len(branch.Else) == 0 {
			return true
		}
		here, there := branch.Body, branch.Else
		switch {
		case within(n, there):
			here, there = there, here
		case !within(n, here):
			return true
		}
		for _, p := range places {
			other[p] = other[p] || within(p, there)
		}
		return true
	}
	for _, s := range fn.Body {
		python.Inspect(s, see)
	}
	return !slices.ContainsFunc(places, func(p python.Node) bool { return !other[p] })
}

func within(n python.Node, block []python.Stmt) bool {
	return len(block) > 0 && n.At().Start >= block[0].At().Start && n.At().End <= block[len(block)-1].At().End
}

// refusesObject reports whether a branch answers 403 by something of an object that was looked
// up, such as note.private.
func (h *bindings) refusesObject(n *python.If) bool {
	about, refused := false, false
	python.Inspect(n.Test, func(n python.Node) bool {
		if a, ok := n.(*python.Attribute); ok && h.mentions(a.Value, h.found) {
			about = true
		}
		if c, ok := n.(*python.Call); ok && isQuestion(python.NameOrKey(c.Func)) && slices.ContainsFunc(c.Args, func(e python.Expr) bool { return h.mentions(e, h.found) }) { // verify(source, request)
			about = about || slices.ContainsFunc(c.Args, func(e python.Expr) bool { return isRequest(e) || h.isSent(e) })
		}
		return !about
	})
	for _, s := range n.Body {
		python.Inspect(s, func(n python.Node) bool {
			num, ok := n.(*python.Number)
			name, isName := n.(*python.Name)
			refused = refused || ok && num.Text == "403" || isName && name.ID == "Forbidden"
			return !refused
		})
	}
	return about && refused
}

// comparesOwner reports whether a comparison is between who is calling and something that is
// not written out, or asks for the owner of something.
func (h *bindings) comparesOwner(c *python.Compare) bool {
	for i, op := range c.Ops {
		left := c.Left
		if i > 0 {
			left = c.Rights[i-1]
		}
		right := c.Rights[i]
		switch op {
		case python.Eq, python.NotEq, python.In, python.NotIn, python.Is, python.IsNot:
		default:
			continue
		}
		if isWritten(left) || isWritten(right) {
			continue
		}
		if h.isWho(left) != h.isWho(right) || isOwnerName(python.NameOrKey(left)) || isOwnerName(python.NameOrKey(right)) {
			return true
		}
		if h.isWho(left) && h.isWho(right) { // current_user.id == me.id says nothing, but user.id == note.user_id does
			return isOwnerName(python.NameOrKey(left)) || isOwnerName(python.NameOrKey(right)) || h.mentions(left, h.found) || h.mentions(right, h.found)
		}
	}
	return false
}

// isWritten reports whether an expression is a literal, or the session as a whole.
func isWritten(e python.Expr) bool {
	switch e := e.(type) {
	case *python.Str, *python.Number, *python.Constant, *python.Bytes:
		return true
	case *python.Tuple:
		return !slices.ContainsFunc(e.Elts, func(x python.Expr) bool { return !isWritten(x) })
	case *python.List:
		return !slices.ContainsFunc(e.Elts, func(x python.Expr) bool { return !isWritten(x) })
	case *python.Name, *python.Attribute:
		return isSession(e)
	}
	return false
}

// isOwnerName tells columns and attributes that say whose a row is.
func isOwnerName(name string) bool {
	switch strings.ToLower(name) {
	case "user_id", "userid", "owner", "owner_id", "author", "author_id", "created_by", "creator", "creator_id", "customer_id", "account_id", "member_id", "uid", "user", "owned_by", "posted_by", "sender_id", "receiver_id",
		"recipient_id", "recipient", "sender", "seller_id", "buyer_id", "patient_id", "student_id", "employee_id", "tenant_id", "user_email", "owner_email", "owner_username", "belongs_to", "organization_id", "org_id",
		"team_id", "uploaded_by", "submitted_by", "user_name", "profile_id", "from_user", "to_user":
		return true
	}
	return false
}

// handsOver reports whether a call is given who is calling together with what was sent or
// found: it can ask whose it is. What only shows or makes something does not count.
func (f *Facts) handsOver(c *python.Call, fn *program.Function, h *bindings, depth int) bool {
	name := python.NameOrKey(c.Func)
	switch name {
	case "render_template", "jsonify", "print", "flash", "url_for", "redirect", "info", "debug", "warning", "error", "log", "format", "str", "send_file", "send_from_directory", "add", "append", "dumps", "make_response", "save",
		"insert_one", "emit", "join", "exception":
		return false
	}
	if name != "" && name[0] >= 'A' && name[0] <= 'Z' || isInsert(statementText(c, fn.Scope)) {
		return false
	}
	if isRoleQuestion(name) || hasWord(name, "owner", "owns", "ownership", "own") {
		return true
	}
	who, what := h.isWho(c.Func), h.isSent(c.Func) || h.mentions(c.Func, h.found)
	for _, a := range c.Args {
		who, what = who || h.isWho(a), what || h.isSent(a) || h.mentions(a, h.found)
	}
	for i := range c.Keywords {
		v := c.Keywords[i].Value
		who, what = who || h.isWho(v), what || h.isSent(v) || h.mentions(v, h.found)
		what = what || isOwnerName(c.Keywords[i].Name) && h.isWho(v)
	}
	if who && (what || asksVisible(name)) && !asksWhoHere(c) {
		return true
	}
	if !what || depth > 0 {
		return false
	}
	to := f.program.Resolve(c.Func, fn.Scope).Function
	return to != nil && to.Node != nil && to != fn && len(to.Routes) == 0 && f.comparesOwner(to, depth+1)
}

func isInsert(text string) bool {
	word, _, _ := strings.Cut(strings.TrimSpace(text), " ")
	return strings.EqualFold(word, "insert") || strings.EqualFold(word, "replace")
}
