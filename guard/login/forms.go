package login

import (
	"bytes"
	"net/url"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

const mostForms = 20 // of one page

// form is a form that asks for a password.
type form struct {
	names
	actions []string // as they are written
	chooses bool     // a password is chosen here: sign-up, change
}

// field is one input of a form.
type field struct {
	name, complete string
	password       bool
	hidden         bool // the account, in the second step of a login
}

// hasPassword says whether there may be a form with a password field in a page.
func hasPassword(page []byte) bool {
	for _, word := range [...]string{"password", "Password", "PASSWORD", "PassWord"} { // HTML does not tell case apart; people write these
		if bytes.Contains(page, []byte(word)) {
			return true
		}
	}
	return false
}

// formsIn returns the forms with a password field in the beginning of a page, and the page's
// base.
func formsIn(page []byte) (forms []form, base string) {
	tokens := html.NewTokenizer(bytes.NewReader(page))
	var fields []field
	var actions []string
	open := false
	end := func() {
		if open && len(forms) < mostForms {
			if f, ok := formOf(fields, actions); ok {
				forms = append(forms, f)
			}
		}
		open = false
	}
	for {
		switch tokens.Next() {
		case html.ErrorToken:
			end() // the page may go on, but the fields so far are the form's
			return forms, base
		case html.EndTagToken:
			if name, _ := tokens.TagName(); string(name) == "form" {
				end()
			}
		case html.StartTagToken, html.SelfClosingTagToken:
			name, more := tokens.TagName()
			switch atom.Lookup(name) {
			case atom.Form:
				if open {
					continue // ignored by browsers
				}
				open, fields, actions = true, nil, nil
				a := attribute(tokens, more, "action", "hx-post", "data-hx-post")
				for _, name := range [...]string{"hx-post", "data-hx-post"} { // htmx sends it there
					if a[name] != "" {
						actions = append(actions, a[name])
					}
				}
				if actions == nil || a["action"] != "" {
					actions = append(actions, a["action"])
				}
			case atom.Base:
				if href := attribute(tokens, more, "href")["href"]; base == "" {
					base = href
				}
			case atom.Input:
				if a := attribute(tokens, more, "type", "name", "autocomplete"); open && a["name"] != "" {
					fields = appendField(fields, a)
					continue
				}
			}
			a := attribute(tokens, more, "formaction", "hx-post", "data-hx-post")
			for _, name := range [...]string{"formaction", "hx-post", "data-hx-post"} {
				if open && a[name] != "" {
					actions = append(actions, a[name])
				}
			}
		}
	}
}

// attribute returns the attributes of the tag with these names; the first of each counts.
func attribute(tokens *html.Tokenizer, more bool, names ...string) map[string]string {
	found := map[string]string{}
	for more {
		var name, value []byte
		name, value, more = tokens.TagAttr()
		for _, want := range names {
			if _, twice := found[want]; string(name) == want && !twice {
				found[want] = string(value)
			}
		}
	}
	return found
}

// appendField appends an input that can be an account or a password.
func appendField(fields []field, a map[string]string) []field {
	f := field{name: a["name"], complete: strings.ToLower(a["autocomplete"])}
	switch strings.ToLower(a["type"]) {
	case "password":
		f.password = true
	case "hidden":
		f.hidden = true
		if !f.isAccount() {
			return fields
		}
	case "submit", "button", "checkbox", "radio", "file", "image", "reset", "color", "range", "date",
		"datetime-local", "month", "time", "week", "search":
		return fields
	}
	return append(fields, f)
}

// isAccount says whether a field is for the account, by what it says of itself.
func (f field) isAccount() bool {
	if strings.Contains(f.complete, "username") {
		return true
	}
	name := strings.ToLower(f.name)
	for _, word := range [...]string{"user", "email", "e-mail", "login", "account", "identifier"} {
		if strings.Contains(name, word) {
			return !f.hidden || len(name) <= len(word)+4 // user_name, but not login_csrf_token
		}
	}
	return false
}

// formOf makes a form of its fields. It reports false when there is no password among them.
func formOf(fields []field, actions []string) (f form, ok bool) {
	var passwords []field
	account, likely := "", false
	for _, in := range fields {
		switch {
		case in.password:
			passwords = append(passwords, in)
		case strings.Contains(in.complete, "username"):
			f.account = append(f.account, in.name)
		case len(passwords) == 0 && (in.isAccount() || !likely):
			// The last one before the password; a code that was sent by mail or an organisation
			// may stand between the two.
			account, likely = in.name, likely || in.isAccount()
		}
	}
	if len(passwords) == 0 {
		return f, false
	}
	if f.account == nil && account != "" {
		f.account = []string{account}
	}
	f.actions = actions
	f.chooses = len(passwords) > 1
	for _, in := range passwords {
		f.chooses = f.chooses || strings.Contains(in.complete, "new-password")
	}
	for _, action := range actions {
		f.chooses = f.chooses || namesChoosing(action)
	}
	if !f.chooses {
		f.password = []string{passwords[0].name}
		return f, true
	}
	for i, in := range passwords {
		if !isOld(in, i, passwords) {
			f.fresh = append(f.fresh, in.name)
		}
	}
	return f, true
}

// isOld says whether a field of a form that chooses a password is for the one until now.
func isOld(in field, i int, all []field) bool {
	if strings.Contains(in.complete, "new-password") {
		return false
	}
	name := strings.ToLower(in.name)
	return strings.Contains(in.complete, "current-password") || len(all) >= 3 && i == 0 ||
		len(all) > 1 && (strings.Contains(name, "old") || strings.Contains(name, "current"))
}

// namesChoosing says whether an action or path is one of those that sign-up and change forms
// have when they ask for the password only once, or those in which somebody keeps the users
// of a site. The host does not count, nor what stands before "/login": it may be
// "/exchange/login".
func namesChoosing(p string) bool {
	p, _, _ = strings.Cut(strings.ToLower(p), "?")
	p, _, _ = strings.Cut(p, "#")
	if before, rest, ok := strings.Cut(p, "//"); ok && (before == "" || strings.HasSuffix(before, ":")) {
		_, p, _ = strings.Cut(rest, "/")
	}
	p = strings.TrimRight(p, "/")
	if namesLogin(p[strings.LastIndexByte(p, '/')+1:]) {
		return false
	}
	for _, word := range [...]string{"register", "registration", "signup", "sign-up", "sign_up", "join", "enroll", "invite",
		"reset", "change", "create", "setup", "set-password", "set_password"} {
		if strings.Contains(p, word) {
			return true
		}
	}
	if namesLogin(p) { // "/sessions/new"
		return false
	}
	for part := range strings.SplitSeq(p, "/") {
		switch part {
		case "new", "add", "edit", "update", "users", "profile", "settings", "preferences":
			return true
		}
	}
	return false
}

// leads returns the path that an action leads to on this site, as seen from a page.
func leads(scheme, host, page, base, action string) (path string, ok bool) {
	at := &url.URL{Scheme: scheme, Host: host, Path: page}
	for _, ref := range []string{base, action} {
		ref = strings.TrimFunc(ref, func(c rune) bool { return c <= ' ' })
		ref = strings.NewReplacer("\t", "", "\n", "", "\r", "", "\\", "/").Replace(ref)
		if ref == "" {
			continue
		}
		next, err := at.Parse(ref)
		if err != nil {
			return "", false
		}
		at = next
	}
	if at.Scheme != "http" && at.Scheme != "https" || !strings.EqualFold(hostOf(at.Host), hostOf(host)) {
		return "", false
	}
	return at.Path, true
}

// hostOf returns a host without its port: a login on another port of this host, where this
// server may well be reached, too, is one that is worth looking at.
func hostOf(host string) string {
	u := url.URL{Host: host}
	return u.Hostname()
}
