package rules

// login are the rules for passwords, tokens and what a login tells.
func login() []*Rule {
	return []*Rule{plainPassword(), shortPassword(), weakReset(), passwordChange(), slowCompare(), tokenUnchecked(), userEnumeration(), passwordInAnswer(), insideShown(), unsignedCookie(), redirectCheck()}
}
