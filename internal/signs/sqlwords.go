package signs

import "bytes"

// sqlWordKind is what a word can do where an operator or an operand is expected.
type sqlWordKind uint8

const (
	sqlName     sqlWordKind = iota // not a key word
	sqlAndOr                       // AND
	sqlLike                        // LIKE, IN, IS: compares
	sqlPostfix                     // ISNULL: compares with nothing behind it
	sqlNot                         // NOT, before an operand or a comparison
	sqlPrefix                      // DISTINCT, BINARY: before an operand
	sqlMod                         // DIV, COLLATE: between operands
	sqlConstant                    // NULL, TRUE
	sqlUnion
	sqlAll // ALL after UNION, else a prefix
	sqlSelect
	sqlOrder // ORDER, GROUP, PARTITION: BY follows
	sqlBy
	sqlWhere // WHERE, HAVING: a condition follows
	sqlLimit
	sqlInto
	sqlProcedure
	sqlFrom // FROM, JOIN: a table follows
	sqlJoin // LEFT, NATURAL: JOIN follows
	sqlAs
	sqlAsc
	sqlCase
	sqlWhen // WHEN, THEN, ELSE
	sqlFinish
	sqlVerb   // begins a statement
	sqlActs   // a function that waits, writes, reads a file or makes an error of its argument
	sqlTells  // a function of which attacks are made, and statements too
	sqlSystem // a table or variable of the database system itself
)

// sqlWordOf looks a word up without regard to case, system tables by their beginning, and one
// that a filter is to cut a key word out of, SELSELECTECT, as what is left.
func sqlWordOf(word string) sqlWordKind {
	var buf [32]byte
	if len(word) < 2 || len(word) > len(buf) {
		return sqlName
	}
	if sqlShapes.may(word) {
		if kind, ok := sqlWords[string(lower(word, &buf))]; ok {
			return kind
		}
	}
	odd, joined := byte(0), false
	for i := range len(word) {
		c := word[i]
		odd ^= c | 0x20
		joined = joined || c == '_' || c == '.' || c == '$'
	}
	if !joined {
		if odd != 0 || len(word) < 4 {
			return sqlName
		}
		return leftOver(lower(word, &buf))
	}
	low := lower(word, &buf)
	for _, system := range sqlSystems {
		if len(low) > len(system)-1 && string(low[:min(len(low), len(system))]) == system {
			return sqlSystem
		}
	}
	return sqlFamily(low)
}

// sqlFamily looks a word up by its beginning, or by its end: db..sysobjects.
func sqlFamily(low []byte) sqlWordKind {
	for _, family := range sqlFamilies {
		if len(low) >= len(family.begin) && string(low[:len(family.begin)]) == family.begin {
			return family.kind
		}
	}
	if i := bytes.LastIndex(low, []byte("..")); i > 0 && sqlWords[string(low[i+2:])] == sqlSystem {
		return sqlSystem
	}
	return sqlName
}

// leftOver returns what key word is left when a filter cuts it out of a word: UNUNIONION.
func leftOver(low []byte) sqlWordKind {
	var odd byte // what a word in two halves leaves
	for _, c := range low {
		odd ^= c
	}
	half := len(low) / 2
	if odd != 0 || half < 2 || len(low)%2 != 0 {
		return sqlName
	}
	for i := 1; i < half; i++ {
		if string(low[:i]) == string(low[i:i+i]) && string(low[i+half:]) == string(low[i+i:i+half]) {
			if kind := sqlWords[string(low[i:i+half])]; kind != sqlName {
				return kind
			}
		}
	}
	return sqlName
}

// sqlFamilies are the beginnings of names that only a database has.
var sqlFamilies = [...]struct {
	begin string
	kind  sqlWordKind
}{
	{"xp_", sqlActs}, {"sp_", sqlActs}, {"dbms_", sqlActs}, {"utl_", sqlActs}, {"ctxsys.", sqlActs}, {"ordsys.", sqlActs}, {"dblink_", sqlActs},
	{"fn_trace_", sqlActs}, {"fn_xe_", sqlActs}, {"fn_get_audit", sqlActs}, {"st_longfromgeo", sqlActs}, {"st_pointfromgeo", sqlActs},
	{"pg_", sqlTells}, {"json_", sqlTells}, {"jsonb_", sqlTells}, {"inet_server_", sqlTells},
}

// lower returns word in lower case in buf, nil if it does not fit.
func lower(word string, buf *[32]byte) []byte {
	if len(word) > len(buf) {
		return nil
	}
	for i := range len(word) {
		c := word[i]
		if c-'A' < 26 {
			c |= 0x20
		}
		buf[i] = c
	}
	return buf[:len(word)]
}

var sqlSystems = [...]string{
	"information_schema", "pg_catalog.", "sys.", "mysql.", "performance_schema", "master..", "master.dbo", "master.sys.", "dba_", "v$", "gv$", "rdb$",
	"sysibm.", "syscat.", "system_schema.",
}

var sqlWords = map[string]sqlWordKind{
	"and": sqlAndOr, "or": sqlAndOr, "xor": sqlAndOr,
	"like": sqlLike, "rlike": sqlLike, "regexp": sqlLike, "glob": sqlLike, "match": sqlLike, "similar": sqlLike,
	"ilike": sqlLike, "sounds": sqlLike, "between": sqlLike, "in": sqlLike, "is": sqlLike, "contains": sqlLike,
	"isnull": sqlPostfix, "notnull": sqlPostfix,
	"not": sqlNot, "distinct": sqlPrefix, "binary": sqlPrefix, "exists": sqlPrefix, "any": sqlPrefix, "some": sqlPrefix,
	"interval": sqlPrefix, "top": sqlPrefix, "prior": sqlPrefix, "row": sqlPrefix, "to": sqlPrefix, "recursive": sqlPrefix,
	"div": sqlMod, "mod": sqlMod, "collate": sqlMod, "escape": sqlMod,
	"null": sqlConstant, "true": sqlConstant, "false": sqlConstant, "default": sqlConstant, "current_user": sqlConstant,
	"session_user": sqlConstant, "system_user": sqlConstant,
	"union": sqlUnion, "intersect": sqlUnion, "except": sqlUnion, "minus": sqlUnion, "all": sqlAll, "select": sqlSelect,
	"order": sqlOrder, "group": sqlOrder, "partition": sqlOrder, "by": sqlBy, "where": sqlWhere, "having": sqlWhere,
	"limit": sqlLimit, "offset": sqlLimit, "into": sqlInto, "procedure": sqlProcedure,
	"from": sqlFrom, "join": sqlFrom, "using": sqlFrom, "on": sqlFrom, "set": sqlFrom, "values": sqlFrom, "straight_join": sqlFrom,
	"inner": sqlJoin, "left": sqlJoin, "right": sqlJoin, "outer": sqlJoin, "natural": sqlJoin, "cross": sqlJoin,
	"as": sqlAs, "asc": sqlAsc, "desc": sqlAsc,
	"case": sqlCase, "when": sqlWhen, "then": sqlWhen, "else": sqlWhen, "end": sqlFinish,

	"insert": sqlVerb, "replace": sqlVerb, "update": sqlVerb, "delete": sqlVerb, "drop": sqlVerb, "create": sqlVerb,
	"alter": sqlVerb, "truncate": sqlVerb, "exec": sqlVerb, "execute": sqlVerb, "declare": sqlVerb, "waitfor": sqlVerb,
	"shutdown": sqlVerb, "grant": sqlVerb, "revoke": sqlVerb, "copy": sqlVerb, "load": sqlVerb, "call": sqlVerb,
	"attach": sqlVerb, "pragma": sqlVerb, "begin": sqlVerb, "backup": sqlVerb, "restore": sqlVerb, "show": sqlVerb,
	"use": sqlVerb, "do": sqlVerb, "handler": sqlVerb, "merge": sqlVerb, "rename": sqlVerb, "bulk": sqlVerb,
	"with": sqlVerb, "table": sqlVerb, "prepare": sqlVerb, "kill": sqlVerb, "reconfigure": sqlVerb, "describe": sqlVerb,
	"analyze": sqlVerb, "analyse": sqlVerb, "explain": sqlVerb, "vacuum": sqlVerb, "flush": sqlVerb, "dump": sqlVerb, "commit": sqlVerb, "rollback": sqlVerb,

	"sleep": sqlActs, "benchmark": sqlActs, "pg_sleep": sqlActs, "pg_sleep_for": sqlActs, "dbms_lock.sleep": sqlActs,
	"dbms_pipe.receive_message": sqlActs, "extractvalue": sqlActs, "updatexml": sqlActs, "load_file": sqlActs,
	"load_extension": sqlActs, "randomblob": sqlActs, "zeroblob": sqlActs, "utl_http.request": sqlActs, "writefile": sqlActs,
	"utl_inaddr.get_host_address": sqlActs, "utl_inaddr.get_host_name": sqlActs, "utl_file.get_line": sqlActs,
	"utl_file.fopen": sqlActs, "ctxsys.drithsx.sn": sqlActs, "gtid_subset": sqlActs, "gtid_subtract": sqlActs, "name_const": sqlActs,
	"st_latfromgeohash": sqlActs, "geometrycollection": sqlActs, "polygon": sqlActs, "multipoint": sqlActs, "multipolygon": sqlActs,
	"linestring": sqlActs, "multilinestring": sqlActs, "query_to_xml": sqlActs, "database_to_xml": sqlActs,
	"pg_read_file": sqlActs, "pg_ls_dir": sqlActs, "pg_read_binary_file": sqlActs, "lo_import": sqlActs, "lo_export": sqlActs, "lo_get": sqlActs, "lo_create": sqlActs, "lo_unlink": sqlActs,
	"lo_from_bytea": sqlActs, "dblink": sqlActs, "sys_eval": sqlActs, "sys_exec": sqlActs, "lo_put": sqlActs, "table_to_xml": sqlActs, "httpuritype": sqlActs, "openrowset": sqlActs,
	"opendatasource": sqlActs, "openquery": sqlActs, "database_to_xmlschema": sqlActs, "fts3_tokenizer": sqlActs,
	"dbms_xmlgen.getxml": sqlActs, "dbms_java.grant_permission": sqlActs, "procedure_analyse": sqlActs,
	"master..xp_cmdshell": sqlActs, "master.dbo.xp_cmdshell": sqlActs, "xmltype": sqlActs, "make_set": sqlActs,

	"ascii": sqlTells, "substring": sqlTells, "substr": sqlTells, "mid": sqlTells, "ord": sqlTells, "char": sqlTells,
	"chr": sqlTells, "concat": sqlTells, "concat_ws": sqlTells, "group_concat": sqlTells, "hex": sqlTells, "unhex": sqlTells,
	"if": sqlTells, "iif": sqlTells, "ifnull": sqlTells, "elt": sqlTells, "version": sqlTells, "user": sqlTells,
	"database": sqlTells, "db_name": sqlTells, "schema": sqlTells, "sqlite_version": sqlTells, "md5": sqlTells, "sha1": sqlTells,
	"count": sqlTells, "convert": sqlTells, "cast": sqlTells, "coalesce": sqlTells, "nullif": sqlTells, "length": sqlTells,
	"char_length": sqlTells, "json_valid": sqlTells, "json_keys": sqlTells, "likelihood": sqlTells, "likely": sqlTells,
	"unistr": sqlTells, "upper": sqlTells, "lcase": sqlTells, "ucase": sqlTells, "ltrim": sqlTells, "rtrim": sqlTells,
	"instr": sqlTells, "locate": sqlTells, "find_in_set": sqlTells, "row_number": sqlTells, "string_agg": sqlTells,
	"current_database": sqlTells, "current_setting": sqlTells, "is_srvrolemember": sqlTells, "host_name": sqlTells,
	"suser_name": sqlTells, "suser_sname": sqlTells, "starts_with": sqlTells, "jsonb_pretty": sqlTells, "has_dbaccess": sqlTells,
	"object_id": sqlTells, "connection_id": sqlTells, "last_insert_id": sqlTells, "to_base64": sqlTells, "from_base64": sqlTells,
	"bin": sqlTells, "conv": sqlTells, "rand": sqlTells, "randomuuid": sqlTells, "changes": sqlTells, "total_changes": sqlTells,
	"quote": sqlTells, "typeof": sqlTells, "unicode": sqlTells, "to_char": sqlTells, "to_number": sqlTells, "decode": sqlTells,
	"max": sqlTells, "min": sqlTells, "sum": sqlTells, "avg": sqlTells, "round": sqlTells, "floor": sqlTells, "ceil": sqlTells,
	"now": sqlTells, "time": sqlTells, "date": sqlTells, "year": sqlTells, "month": sqlTells, "day": sqlTells, "hour": sqlTells,
	"minute": sqlTells, "second": sqlTells, "quarter": sqlTells, "week": sqlTells, "pi": sqlTells, "sin": sqlTells, "cos": sqlTells,
	"log": sqlTells, "abs": sqlTells, "sqrt": sqlTells, "pow": sqlTells, "uncompress": sqlTells, "compress": sqlTells,
	"local": sqlTells, "trim": sqlTells, "lower": sqlTells, "reverse": sqlTells, "format": sqlTells, "sha2": sqlTells,
	"encode": sqlTells, "nvl": sqlTells, "exp": sqlTells, "uuid_to_bin": sqlTells, "sys_context": sqlTells, "try_convert": sqlTells, "user_name": sqlTells,
	"fn_my_permissions": sqlTells, "sqlite_compileoption_used": sqlTells,

	"sqlite_master": sqlSystem, "sqlite_schema": sqlSystem, "sqlite_temp_master": sqlSystem, "pg_shadow": sqlSystem,
	"pg_user": sqlSystem, "pg_tables": sqlSystem, "pg_database": sqlSystem, "pg_class": sqlSystem, "pg_authid": sqlSystem,
	"pg_group": sqlSystem, "sysobjects": sqlSystem, "sysusers": sqlSystem, "syscolumns": sqlSystem, "sysdatabases": sqlSystem,
	"all_tables": sqlSystem, "all_tab_columns": sqlSystem, "user_tables": sqlSystem, "user_tab_columns": sqlSystem,
	"msysobjects": sqlSystem, "all_users": sqlSystem, "dual": sqlSystem, "msysaccessobjects": sqlSystem, "sysserverse": sqlSystem,
}
