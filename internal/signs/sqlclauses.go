package signs

import "strings"

// union reads what follows UNION.
func (p *sqlParser) union() sqlState {
	for range 6 { // UNION ALL ((SELECT
		t := p.lex.next()
		switch {
		case t.kind == sqlLeft:
			p.depth++
		case t.kind == sqlMath && p.lex.text[t.start] == '+': // a blank that nobody decoded
		case t.kind == sqlWord && (t.word == sqlAll || t.word == sqlPrefix):
		case t.kind == sqlWord && t.word == sqlSelect:
			p.pending |= sqlUnited
			p.inQuery = true
			p.last = t
			return sqlWants
		case t.kind == sqlWord && t.word == sqlFrom: // UNION VALUES (1)
			if p.next() == '(' {
				p.strong = "UNION joins other rows"
			}
			return sqlStop
		default:
			return sqlStop
		}
	}
	return sqlStop
}

// into reads INTO OUTFILE, INTO DUMPFILE and INTO @variable.
func (p *sqlParser) into() sqlState {
	t := p.lex.next()
	var buf [32]byte
	switch low := lower(p.lex.slice(t), &buf); {
	case string(low) == "outfile", string(low) == "dumpfile":
		p.strong = "writes rows to a file"
	case t.kind == sqlVariable, p.inQuery && t.kind == sqlWord:
		return sqlHas
	}
	return sqlStop
}

func (p *sqlParser) procedure() {
	var buf [32]byte
	if low := lower(p.lex.slice(p.lex.next()), &buf); string(low) == "analyse" && p.next() == '(' {
		p.strong = "PROCEDURE ANALYSE"
	}
}

// from reads the words before a table; outside a query it opens one only before (SELECT.
func (p *sqlParser) from(t sqlToken) sqlState {
	if t.word == sqlJoin && p.inQuery {
		return sqlHas
	}
	ahead := p.lex
	switch table := ahead.next(); {
	case table.kind == sqlLeft, table.word == sqlSystem, sqlWordOf(strings.Trim(ahead.slice(table), "`")) == sqlSystem:
		p.inQuery = true
		if table.kind != sqlLeft {
			p.system()
			if !p.told() {
				p.strong = "reads the database's own tables"
			}
		}
	case table.kind == sqlWord:
		clause := ahead.next()
		p.inQuery = p.inQuery || clause.kind == sqlWord && (clause.word == sqlWhere || clause.word == sqlOrder)
	}
	if p.aliased && !p.whole && strings.EqualFold(p.lex.slice(t), "from") && (p.closed > 0 || p.backtick) {
		p.strong = "goes on with FROM where it did not begin a query"
	}
	if !p.inQuery && p.depth == 0 {
		return sqlStop
	}
	p.fromTable = p.fromTable || t.word == sqlFrom
	if p.inQuery {
		p.prove()
	}
	return sqlWants
}

func (p *sqlParser) inCase(t sqlToken) sqlState {
	switch {
	case p.cases == 0:
		return sqlStop
	case t.word == sqlWhen:
		return sqlWants
	}
	p.cases--
	p.facts |= sqlCases
	return sqlHas
}

// semicolon reads what follows the end of a statement.
func (p *sqlParser) semicolon() sqlState {
	before := p.lex
	t := p.lex.next()
	switch {
	case t.kind == sqlEnd || t.kind == sqlComment:
		p.facts |= sqlEmptySemi
		p.lex = before
		return sqlHas
	case t.kind == sqlSemi:
		p.lex.at = t.start
		return sqlHas
	case t.kind == sqlLeft:
		p.depth++
		p.last = t
		return sqlWants
	case t.kind == sqlWord && (t.word == sqlSelect || t.word == sqlVerb || t.word == sqlTells || t.word == sqlFrom || t.word == sqlLike):
		return p.statement(t, sqlStacked)
	}
	return sqlStop
}

// statement reads the beginning of a statement, far enough to know that it is one. fact is
// how it came to stand here.
func (p *sqlParser) statement(t sqlToken, fact sqlFacts) sqlState {
	if t.word == sqlSelect {
		p.pending |= fact
		p.inQuery = true
		p.last = t
		return sqlWants
	}
	acts := p.begins(t)
	if acts == "" {
		return sqlStop
	}
	p.facts |= fact
	p.why = acts
	if fact == sqlStacked || acts == sqlWaits || acts == sqlRuns {
		p.strong = acts
	}
	p.inQuery = true
	return sqlHas
}

// Reasons for statements.
const (
	sqlWaits   = "makes the database wait"
	sqlRuns    = "runs a stored procedure or reads a file"
	sqlChanges = "a statement that changes data"
	sqlDefines = "a statement that changes the schema"
	sqlManages = "a statement for the database itself"
)

// begins says what the statement is that begins with the verb t, "" if it is none.
func (p *sqlParser) begins(t sqlToken) string {
	var buf, buf2 [32]byte
	verb := string(lower(p.lex.slice(t), &buf))
	object := p.lex.next()
	name := string(lower(p.lex.slice(object), &buf2))
	switch verb {
	case "insert", "merge", "replace":
		return when(name == "into" || name == "ignore" || name == "delayed" || object.kind == sqlWord && p.next() == '(', sqlChanges)
	case "delete":
		return when(name == "from", sqlChanges)
	case "update":
		set := p.lex.next()
		return when(string(lower(p.lex.slice(set), &buf)) == "set", sqlChanges)
	case "drop", "create", "alter", "truncate", "rename":
		return when(sqlObject(name) || verb == "drop" && object.kind == sqlWord && p.over() || p.lex.text[object.start:min(object.start+1, len(p.lex.text))] == "[", sqlDefines)
	case "waitfor":
		return when(name == "delay" || name == "time", sqlWaits)
	case "exec", "execute":
		return when(object.word == sqlActs || object.word == sqlSystem || object.kind == sqlLeft && (t.end == object.start || p.next() == '@') ||
			object.kind == sqlVariable || name == "immediate", sqlRuns)
	case "declare":
		return when(object.kind == sqlVariable || object.kind == sqlWord && p.declares(), sqlManages)
	}
	return p.manages(verb, object, name)
}

// manages is begins for the statements that are rarely seen.
func (p *sqlParser) manages(verb string, object sqlToken, name string) string {
	ok := false
	switch verb {
	case "shutdown", "reconfigure", "commit", "rollback", "begin":
		ok = object.kind == sqlEnd || object.kind == sqlSemi || object.kind == sqlComment || name == "with" || verb == "begin" && object.word == sqlVerb
	case "grant", "revoke":
		ok = object.kind == sqlWord && (object.word == sqlAll || sqlPrivilege(name))
	case "copy":
		to := p.lex.next()
		ok = object.kind == sqlLeft && to.word == sqlSelect || to.word == sqlFrom || string(lower(p.lex.slice(to), new([32]byte))) == "to"
		if ok && p.next() == '\'' {
			return sqlRuns
		}
	case "load":
		ok = name == "data" || name == "xml"
		if how := string(lower(p.lex.slice(p.lex.next()), new([32]byte))); ok && (how == "infile" || how == "local" || how == "low_priority") {
			return sqlRuns
		}
	case "call", "do":
		ok = object.kind == sqlWord && p.lex.peek(0) == '('
	case "attach", "backup", "restore", "dump":
		if (verb == "backup" || verb == "restore") && (name == "database" || name == "log" || name == "headeronly" || name == "verifyonly" || name == "filelistonly") {
			return sqlRuns
		}
		ok = name == "database" || object.kind == sqlText
	case "pragma":
		ok = object.kind == sqlWord && (p.next() == '(' || p.next() == '=' || p.over())
	case "show":
		ok = name == "tables" || name == "databases" || name == "grants" || name == "variables" || name == "columns" || name == "schemas"
	case "set":
		ok = object.kind == sqlVariable && object.end-object.start > 1 && (p.next() == '=' || p.next() == ':' || p.over())
	case "analyze", "analyse", "explain":
		ok = object.kind != sqlOther && (object.kind != sqlWord || object.word == sqlSelect)
	case "use", "describe", "vacuum", "prepare", "handler", "table", "kill":
		ok = object.kind == sqlWord && (object.word == sqlName && p.over() || verb == "vacuum" && name == "into" && p.next() == '\'')
	case "if":
		ok = object.kind == sqlLeft || (object.kind == sqlNumber || object.kind == sqlText) && p.lex.next().kind == sqlCompare
	case "bulk":
		ok = name == "insert"
	case "flush":
		ok = sqlObject(name) || name == "privileges" || name == "logs"
	case "with":
		as := p.lex.next()
		ok = as.word == sqlAs && as.kind == sqlWord
	}
	return when(ok, sqlManages)
}

// over says that the statement ends here.
func (p *sqlParser) over() bool {
	ahead := p.lex
	t := ahead.next()
	return t.kind == sqlEnd || t.kind == sqlSemi || t.kind == sqlComment
}

// declares says that the type of a variable follows.
func (p *sqlParser) declares() bool {
	ahead := p.lex
	var buf [32]byte
	switch string(lower(ahead.slice(ahead.next()), &buf)) {
	case "int", "integer", "varchar", "nvarchar", "varchar2", "char", "number", "text", "cursor":
		return true
	}
	return false
}

func when(ok bool, why string) string {
	if ok {
		return why
	}
	return ""
}

func sqlObject(name string) bool {
	switch name {
	case "table", "tables", "database", "schema", "view", "user", "login", "role", "function", "procedure", "proc", "trigger", "index",
		"column", "extension", "aggregate", "temp", "temporary", "or", "unique", "language", "constraint", "tablespace", "server", "virtual":
		return true
	}
	return false
}

func sqlPrivilege(name string) bool {
	switch name {
	case "select", "insert", "update", "delete", "execute", "connect", "resource", "dba", "create", "file", "super", "usage":
		return true
	}
	return false
}

// cast reads the type behind two colons.
func (p *sqlParser) cast() sqlState {
	t := p.lex.next()
	if sqlType(p.lex.slice(t)) {
		p.facts |= sqlCasts
		if ahead := p.lex; ahead.next().kind == sqlWord {
			p.extended, p.inQuery = false, true // double precision
		}
		return sqlHas
	}
	return sqlStop
}

// sqlType says whether name is a type.
func sqlType(name string) bool {
	var buf [32]byte
	switch string(lower(name, &buf)) {
	case "int", "integer", "text", "bool", "boolean", "numeric", "float", "double", "json", "jsonb", "varchar", "bytea", "regclass", "date",
		"uuid", "inet", "timestamp", "bigint", "smallint", "money", "xml", "char", "name", "oid", "decimal", "real", "bit":
		return true
	}
	return false
}
