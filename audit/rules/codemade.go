package rules

import (
	"slices"
	"strings"

	"github.com/fumehood/fumehood/audit/program"
	"github.com/fumehood/fumehood/audit/python"
)

// codeMade reports whether a function makes codes that nobody may guess of what a call gives:
// it is called make_code or the like and gives it back, and a module that speaks of the function
// also speaks of what such codes are for.
func (p *Pass) codeMade(f *program.Function, call *python.Call) bool {
	if f.Node == nil || !makesCodes(f.Name) {
		return false
	}
	s := &secretSearch{from: map[string]bool{}, call: call}
	back := false
	for range 2 {
		for _, stmt := range f.Body {
			python.Inspect(stmt, func(n python.Node) bool {
				if r, ok := n.(*python.Return); ok && r.Value != nil {
					back = back || s.holds(r.Value)
				}
				return s.see(n)
			})
		}
	}
	if !back {
		return false
	}
	for m := range p.Facts.modulesWith(f.Name) {
		low := strings.ToLower(m.File.Source)
		if slices.ContainsFunc(codePurposes(), func(w string) bool { return strings.Contains(low, w) }) {
			return true
		}
	}
	return false
}

// codePurposes are parts of words for what is done with a code that only one person knows.
func codePurposes() []string {
	return []string{"unsubscri", "confirm", "invit", "voucher", "redeem", "reset", "verif", "activat", "recover", "passw", "login", "abmeld", "gutschein", "einladung"}
}

// makesCodes tells names such as make_code, new_voucher and generateInviteCode. Codes of
// products, places and rooms are no secrets.
func makesCodes(name string) bool {
	words := wordsOf(name)
	if len(words) < 2 || len(words) > 4 {
		return false
	}
	switch words[0] {
	case "make", "new", "generate", "gen", "create", "random", "build", "issue", "neuer", "erzeuge", "crear", "generar":
	default:
		return false
	}
	coded := false
	for _, w := range words[1:] {
		switch w {
		case "code", "codes", "voucher", "coupon", "invite", "invitation", "pin", "kode", "codigo", "gutschein", "key":
			coded = true
		case "unique", "random", "new", "user", "reset", "confirm", "confirmation", "verification", "verify", "activation", "login", "access", "email", "recovery", "gift", "numeric", "digit", "digits", "sms", "backup", "secure", "discount", "promo", "referral", "license", "auth":
		default:
			return false
		}
	}
	return coded && (!slices.Contains(words, "key") || slices.Contains(words, "license") || slices.Contains(words, "access"))
}
