package rules

import (
	"slices"
	"strings"

	"github.com/fumehood/fumehood/audit/internal/secret"
	"github.com/fumehood/fumehood/audit/program"
	"github.com/fumehood/fumehood/audit/python"
)

// secretGiven finds passwords that are given to calls: to what logs in elsewhere, to what
// hashes them, to functions of the project whose parameter is one, and as defaults of options.
func secretGiven(p *Pass, s *Site) {
	switch s.Method {
	case "add_argument", "option", "Option", "add_option", "argument":
		optionDefault(p, s)
		return
	case "HTTPBasicAuth", "HTTPDigestAuth", "BasicAuth":
		p.password(s, s.Arg(1, ""), "a password is written in the source")
		return
	case "login":
		if isMail(s) {
			p.password(s, s.Arg(1, ""), "a password is written in the source")
		}
		return
	case "connect":
		if strings.HasPrefix(s.Path, "MySQLdb.") || strings.HasPrefix(s.Path, "pymysql.") {
			p.password(s, s.Arg(2, ""), "a password is written in the source")
		}
		return
	case "setdefault":
		p.defaultSet(s)
		return
	case "generate_password_hash", "set_password", "hash_password", "hashpw", "make_password":
		p.hashed(s)
	case "hash", "encrypt":
		if text, _ := literal(s.Arg(0, "")); text != "test" && (strings.HasPrefix(s.Path, "passlib.") || strings.HasPrefix(s.Path, "argon2.")) {
			p.hashed(s)
		}
	case "md5", "sha1", "sha256", "sha512":
		if line, _ := s.Func.Module.File.Position(s.Call.Start); strings.HasPrefix(s.Path, "hashlib.") && aboutAccounts(s.Func.Module.File.Line(line)) {
			p.hashed(s)
		}
	case "execute", "executemany":
		p.rowGiven(s)
		return // statements are texts
	}
	p.environmentGiven(s)
	p.parameters(s)
}

// password reports an argument that is a password.
func (p *Pass) password(s *Site, e python.Expr, message string) {
	if text, ok := literal(e); ok && looksPassword(text) {
		p.Report(s.Func, e, message)
	}
}

// isMail reports whether a login is one at a server of mail or of files.
func isMail(s *Site) bool {
	for _, start := range [...]string{"smtplib.", "imaplib.", "poplib.", "ftplib."} {
		if strings.HasPrefix(s.Path, start) {
			return true
		}
	}
	at, ok := s.Call.Func.(*python.Attribute)
	return ok && s.Path == "" && hasWord(python.NameOrKey(at.Value), "smtp", "mail", "server", "ftp", "imap")
}

func (p *Pass) defaultSet(s *Site) {
	if len(s.Call.Args) != 2 {
		return
	}
	name, _ := literal(s.Call.Args[0])
	text, ok := literal(s.Call.Args[1])
	if class := secret.ClassOf(name); ok && !secret.Signs(name) && looksSecret(class, name, text, false) {
		p.Report(s.Func, s.Call, name+" is "+inEnvironment)
	}
}

// hashed reports the password of an account that the source itself makes.
func (p *Pass) hashed(s *Site) {
	e := s.Arg(0, "password")
	if c, ok := e.(*python.Call); ok && python.NameOrKey(c.Func) == "encode" {
		if at, ok := c.Func.(*python.Attribute); ok {
			e = at.Value
		}
	}
	text, ok := literal(e)
	if ok && looksPassword(text) && !forNobody(s) {
		p.Report(s.Func, s.Call, "an account's password is written in the source")
	}
}

// forNobody reports whether a password is hashed for users that there are not, so that all
// logins take as long.
func forNobody(s *Site) bool {
	line, _ := s.Func.Module.File.Position(s.Call.Start)
	low := strings.ToLower(s.Func.Module.File.Line(line) + s.Func.Name)
	return strings.Contains(low, "dummy") || strings.Contains(low, "fake") || strings.Contains(low, "timing") || strings.Contains(low, "unusable")
}

// optionDefault finds the default of --password.
func optionDefault(p *Pass, s *Site) {
	name, _ := literal(s.Arg(0, ""))
	for _, a := range s.Call.Args {
		if text, ok := literal(a); ok && strings.HasPrefix(text, "--") {
			name = strings.TrimPrefix(text, "--")
		}
	}
	def := s.Arg(-1, "default")
	text, ok := literal(def)
	if class := secret.ClassOf(name); ok && !secret.Signs(name) && class >= secret.Key && (looksSecret(class, name, text, false) || class == secret.Password && looksPassword(text)) {
		p.Report(s.Func, def, name+" is written in the source for where nothing is given")
	}
}

// environmentGiven finds os.getenv("DB_PASSWORD", "text") as an argument.
func (p *Pass) environmentGiven(s *Site) {
	for _, a := range s.Call.Args {
		name, text := environmentDefault(a)
		if text == "" || secret.Signs(name) || len(secret.Tokens(text)) > 0 {
			continue
		}
		if class := secret.ClassOf(name); looksSecret(class, name, text, false) || class == secret.Password && looksPassword(text) {
			p.Report(s.Func, a, name+" is "+inEnvironment)
		}
	}
}

// parameters finds texts that are given to a parameter called password of a function of the
// project.
func (p *Pass) parameters(s *Site) {
	f := s.Callee.Function
	if c := s.Callee.Class; c != nil {
		f = c.Methods.Get("__init__")
	}
	if f == nil || f.Node == nil || len(s.Call.Args) == 0 {
		return
	}
	list := f.Node.Params.List
	if f.Class != nil && !f.Static && len(list) > 0 {
		list = list[1:]
	}
	for i, a := range s.Call.Args {
		if i >= len(list) {
			return
		}
		if text, ok := literal(a); ok && secret.ClassOf(list[i].Name) == secret.Password && looksPassword(text) && !strings.EqualFold(text, list[i].Name) && !forNobody(s) {
			p.Report(s.Func, a, "an account's password is written in the source")
		}
	}
}

// usersListed finds a list of names and passwords that a function makes accounts of.
func (p *Pass) usersListed(a *Assignment) bool {
	list, ok := a.Value.(*python.List)
	if !ok || a.Target == nil || len(list.Elts) == 0 || !hasWord(a.Name, "users", "user", "accounts", "credentials", "logins", "admins") || a.Func.Node == nil && len(a.Func.Body) > 40 {
		return false
	}
	for _, item := range list.Elts {
		pair, ok := item.(*python.Tuple)
		if !ok || len(pair.Elts) < 2 || len(pair.Elts) > 8 {
			return false
		}
		name, ok1 := literal(pair.Elts[0])
		text, ok2 := literal(pair.Elts[1])
		if !ok1 || !ok2 || !looksPassword(text) || strings.Contains(name, " ") {
			return false
		}
	}
	if !makesAccounts(a.Func) {
		return false
	}
	p.Report(a.Func, a.Node, "the passwords of accounts are written in the source")
	return true
}

// aboutAccounts reports whether a line speaks of users and passwords.
func aboutAccounts(line string) bool {
	line = strings.ToLower(line)
	return strings.Contains(line, "passw") || strings.Contains(line, "user") || strings.Contains(line, "admin")
}

// accountWritten finds ADMIN = ("admin", "password").
func (p *Pass) accountWritten(a *Assignment) bool {
	pair, ok := a.Value.(*python.Tuple)
	if !ok || a.Target == nil || len(pair.Elts) != 2 || !hasWord(a.Name, "admin", "credentials", "creds", "login", "auth", "account") {
		return false
	}
	name, ok1 := literal(pair.Elts[0])
	text, ok2 := literal(pair.Elts[1])
	if !ok1 || !ok2 || strings.ContainsAny(name, " /") || secret.ClassOf(text) != secret.No || !looksPassword(text) || !secret.Mixed(text) && !(secret.Known(text) && secret.Known(name)) {
		return false
	}
	p.Report(a.Func, a.Node, "the password of an account is written in the source")
	return true
}

// rowGiven finds execute("insert into users (name, password) values (?, ?)", ("a", "b")).
func (p *Pass) rowGiven(s *Site) {
	if len(s.Call.Args) < 2 {
		return
	}
	columns, row, ok := p.inserted(statementText(s.Call, s.Scope))
	if !ok {
		return
	}
	at := passwordColumn(columns)
	if at < 0 || at >= len(strings.Split(row, ",")) || strings.ContainsAny(row, "'\"") {
		return
	}
	rows := []python.Expr{s.Call.Args[1]}
	if list, ok := rows[0].(*python.List); ok && s.Method == "executemany" {
		rows = list.Elts
	}
	for _, r := range rows {
		var values []python.Expr
		switch r := r.(type) {
		case *python.Tuple:
			values = r.Elts
		case *python.List:
			values = r.Elts
		}
		if len(values) <= at {
			continue
		}
		if text, ok := literal(values[at]); ok && looksPassword(text) && len(text) <= 40 {
			p.Report(s.Func, values[at], "an account is made with a password that is written in the source")
		}
	}
}

// makesAccounts reports whether a function puts passwords into a table.
func makesAccounts(f *program.Function) bool {
	found := false
	for _, s := range f.Body {
		python.Inspect(s, func(n python.Node) bool {
			switch n := n.(type) {
			case *python.Str:
				low := strings.ToLower(n.Value)
				found = found || strings.Contains(low, "passw") && (strings.Contains(low, "insert into") || strings.Contains(low, "create table"))
			case *python.Keyword:
				found = found || isPassword(n.Name)
			case *python.Name:
				found = found || isPassword(n.ID)
			}
			return !found
		})
	}
	return found
}

// insertedPassword is the password in insert into users (name, password) values ('a', 'b'),
// "" where there is none.
func (p *Pass) insertedPassword(sql string) string {
	columns, row, ok := p.inserted(sql)
	if !ok {
		return ""
	}
	if at := passwordColumn(columns); at >= 0 {
		return quotedValue(row, at)
	}
	return ""
}

// inserted are the columns that an insert fills, and what it puts into them. Where it names
// none they are those that the table was created with.
func (p *Pass) inserted(sql string) (columns []string, row string, ok bool) {
	if !secret.Holds(sql, "insert ") { // as most texts
		return nil, "", false
	}
	low := strings.ToLower(sql)
	at := strings.Index(low, "insert ")
	if at < 0 {
		return nil, "", false
	}
	values := strings.Index(low[at:], "values")
	if values < 0 {
		return nil, "", false
	}
	into := sql[at : at+values]
	row = strings.TrimPrefix(strings.TrimSpace(sql[at+values+len("values"):]), "(")
	if open := strings.IndexByte(into, '('); open >= 0 {
		list, _, closed := strings.Cut(into[open+1:], ")")
		for c := range strings.SplitSeq(list, ",") {
			columns = append(columns, strings.Trim(c, " \t\r\n`\"'[]"))
		}
		return columns, row, closed
	}
	words := strings.FieldsFunc(strings.ToLower(into), isBlank)
	if t := p.Facts.tables()[bare(words[len(words)-1])]; t != nil {
		return t.created, row, len(t.created) > 0
	}
	return nil, "", false
}

func passwordColumn(columns []string) int {
	return slices.IndexFunc(columns, func(c string) bool { return secret.ClassOf(c) == secret.Password })
}

// quotedValue is the i-th value of a row, if it is a text in quotes.
func quotedValue(row string, i int) string {
	for n := 0; ; n++ {
		row = strings.TrimLeft(row, " \t\r\n")
		if row == "" || row[0] == ')' {
			return ""
		}
		value := ""
		if row[0] == '\'' || row[0] == '"' {
			end := strings.IndexByte(row[1:], row[0])
			if end < 0 {
				return ""
			}
			value, row = row[1:end+1], row[end+2:]
		}
		if n == i {
			if strings.HasPrefix(value, "%") || strings.HasPrefix(value, "?") || strings.HasPrefix(value, ":") || strings.HasPrefix(value, "$") || strings.Contains(value, "{}") || len(value) > 40 {
				return ""
			}
			return value
		}
		comma := strings.IndexByte(row, ',')
		if comma < 0 {
			return ""
		}
		row = row[comma+1:]
	}
}
