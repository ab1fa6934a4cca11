package signs_test

import (
	"strings"
	"testing"

	"github.com/fumehood/fumehood/internal/signs"
)

// fragments are pieces of statements that no database would take alone: an app's own text stands
// before and behind them, or the rest was cut off. They are written for this test.
var fragments = map[string][]string{
	"goes on with the string":      {"4' '2", "tea' 'cake", "' 'tea", "'.'tea", "tea'/**/'cake", "'%20'tea", "'.'.'.'.'.'", "'.'.'.'.'.'and"},
	"calculates with the string":   {"'=0", "'|2", "'&0", "'^7", "'*3", "\"41*7", "`>41", "`>9a1", "'!=3 #", "'=null"},
	"goes on with a list":          {"', 3, 4", "',null,null", "'),('a','b", "' ', 12", "'tea', 0x7465", "tea,4=4", "9',NULL) wait for it"},
	"ends and swallows":            {"'';--", "'@@--", "\"~?#", "'? = --", "'\"`(", "\"` * 71"},
	"half a condition":             {"' or", "') or", "\")) and", "7) or", "))) and", "and 1", "or 0--", "OR 1 #"},
	"cut off inside":               {"x=(select", "7 and (select", "', (select", "7 or not exists (select", "a b load_file(", "(select (case"},
	"cut off behind an operator":   {"7'||'tea'||", "' or ''*", "' or ''&"},
	"casts":                        {"left(pass,1)::int", "overlay(a placing 'b' from 1)::text", "...(f(1)::jsonb)::int", "current_user::int", "null::text"},
	"a key word in pieces":         {"un/**/ion 7", "sel/**/ect 7", "SELSELECTECT 7", "UNIunionON a", "inINSERTsert x"},
	"behind a plus":                {"7+union+select+8", "+order+by+9--", "'+or+'a'='a", "7;waitfor+delay+'0:0:9'", "and+sleep(9)"},
	"typographic":                  {"’ or 7=7 --", "’||’tea", "tea’ or ‘a’=‘a"},
	"in a URL":                     {"page.php?id=7 union select 8", "/x/y.asp?id=7;waitfor delay '0:0:9'", "?id=7 and 1=2"},
	"behind more than one quote":   {"O'Brien'--", "d'Arcy' or 1=1--", "O'Brien'; drop table users--"},
	"clauses":                      {"FROM users WHERE id=7", "FROM users GROUP BY id", "group by concat(version(),floor(rand(0)*2))", "is null--", "regexp '^a'", "7 limit 3,4", "' glob '*", "'in('a", "9 and true"},
	"sets":                         {"SET @OLD_NAMES", ">set @old_names", "x=SET @AB"},
	"calls":                        {"tea' sleep(9) '", "pg_backend_pid()", "current_setting('port')", "concat(0x7e,user())", "concat(version(),7)", "json_length('{}')<=9", "cast('7' as int)", "dbms_session.sleep(9)", "fn_trace_gettable('a',default)", "xp_regread \"x\""},
	"the database's own":           {"`information_schema`.`tables`", "information_schema . tables", "sys.user$", "mysql.innodb_index_stats", "v$instance", "rdb$relations", "sysibm.systables", "select name from other..sysobjects"},
	"verbs":                        {";truncate[a", "; begin declare @a int end", "load data local infile '/a' into table b", "RESTORE VERIFYONLY FROM DISK = 'a'", "exec xp_", "7 exec sp_", "; vacuum into '/a'", "; if 7=7 drop table a", "benchmark(70000,encode('a','b'))", "7;--", "7; #"},
	"rows, and what Cassandra has": {"a@b.example\", \"c\"), (\"d\", \"e\") on duplicate key update f=1 --", "tea' ALLOW FILTERING; "},
	"exclusive or":                 {"' xor tea", "x' xor 7 and so on"},
	"a condition, cut off":         {"id=/tea AND ", "q=x7 or ", "sort=/a_b and("},
	"begins behind a semicolon":    {"; select", ";drop tea", "q=;update tea", ";DELETE"},
	"a quote behind a condition":   {"or 7=7'", "q=and 3==3\""},
	"an alias and FROM":            {"7 AS \"tea\" FROM t", "7 as' from", "! as' from", "; as tea from"},
	"quotes of MySQL":              {"from `a`.`b` limit", "FROM `tea` WHERE `tea`.`id` = 7 LIMIT"},
	"a row":                        {"VALUES ('192.0.2.1', 7)", "values (null, 'tea')"},
	"an open condition":            {"' or tea!", "' or tea-", "\" and 7,8@", "'or(tea 1)--", "' = # '", "` RLIKE ", "\\'or", "'glob 7;", "' or tea 7"},
	"between two quotes":           {"tea''or'cake", "tea\\'or'cake", "tea\"\"and\"cake"},
	"a quote in a comment":         {"7/*'*/", "7/*!77\"*/"},
	"inside of CASE":               {") when 7 then", ") WHEN 'a' THEN"},
	"a word behind the string":     {"';tea'", "\";exit\""},
	"quotes, many times":           {strings.Repeat("'!\"`@.", 12), strings.Repeat("`'..\"\"''!", 40)},
	"a cast in several lines":      {"overlay(tea\nplacing\n''\nfrom 1 for 0)::int"},
	"a query string":               {"a=1&b=7) union select tea from t where a=1", "x[]=1&y=2 and sleep(9)&z=3"},
	"null-safe":                    {"7<=>7"},
	"a hint":                       {"7 or /*+ a hint */ true", "x' /*+ b */ or 7=7 --"},
	"a variable with dots":         {"@.:=right((select tea from a.b limit 1,1),9)"},
	"digits with a comment":        {"benchmark(70/**/00,md5(now()"},
	"a query behind the string":    {"/a.txt' (select load_file('\\\\a.example\\b')) '", "tea' (select 7) '"},
	"a call with a blank":          {"a@b.example' or json (tea);", "x\" or f (7) --"},
	"large objects":                {"lo_get(7)", "lo_create(7)"},
	"a procedure":                  {"exec (@", "execute (@tea"},
	"JSON":                         {"'{\"a\":1}'->>'a'='1'", "or '{\"a\":1}'::jsonb ? 'a'"},
}

func TestFragmentsAreRefused(t *testing.T) {
	t.Parallel()
	for kind, values := range fragments {
		for _, value := range values {
			forms := []string{value}
			if plain := strings.ReplaceAll(value, "%20", " "); plain != value {
				forms[0] = plain
			}
			for _, form := range forms {
				if score := signs.Judge(form); score.Points(signs.SQL) < signs.Refuse {
					t.Errorf("%s: %q has %d points (%s)", kind, form, score.Points(signs.SQL), score.Why(signs.SQL))
				}
			}
		}
	}
}

// sentences are what people write about or with the words and signs of SQL.
var sentences = map[string][]string{
	"quoted words":   {"'or' is a word", "\"or\" is short", "'select' button", "'like' it or not", "press \"Insert\" or \"Delete\"", "'or' or 'and'", "she replied 'and?'", "press 'select' or 'start'", "\"Union\", they said.", "a \"where\" and a \"when\""},
	"searches":       {"\"foo\" OR \"bar\" -baz", "\"foo\" AND \"bar\"", "(a or b) and c", "a NOT b", "foo -bar", "\"tea cake\" -scone"},
	"spreadsheets":   {"=IF(A1>1,\"a\",\"b\")", "=SUM(A1:A9)", "=LEFT(A1, 2)", "'-5", "'+49 30 123", "'=A1", "'0012"},
	"seasons":        {"'16/17", "'90-'95", "the '80s or '90s", "class of '99", "'99 or '98", "'til 5"},
	"measures":       {"5'10", "5' 10\"", "6' or 6'1\"", "2\" or 3\" pipe -- new", "12\"#40", "27\" (16:9)", "5'x7'", "40° 26' 46\" N", "1'6\" x 2'", "3/4\" & 1\""},
	"names":          {"O'Brien's", "St. John's (N.B.)", "James' or James's", "N'Djamena; M'Baye", "O'Neill (Shaq) -- MVP", "Levi's 501 #2", "Hans' Auto", "teachers' and pupils'", "dogs' & cats'", "the parents' as seen from here", "Rock 'n' Roll", "rock'n'roll", "l'or et l'argent", "po' -- ancora"},
	"between":        {"between you and me", "between 5 and 7 pm", "between jobs", "is it between us?"},
	"brackets":       {"call me (maybe)", "copy (of) it", "do (or do not)", "sleep(5 hours)", "benchmark (2024)", "user(s)", "the sleep() function", "a) yes", "1) no", "(a) or (b)", "b) or c)"},
	"remarks":        {"1 or 2 -- pick one", "5 or 6 # of people", "10 or more; 20 max", "5; -- or so", "; if 5 people come", "a -- b", "yes -- no", "-- means dash", "red -- or blue"},
	"about SQL":      {"What is information_schema?", "How does pg_sleep work", "ORDER BY in SQL", "LEFT JOIN vs INNER JOIN", "the WHERE clause", "the ' character", "escape the ' with ''", "SELECT vs UNION", "from dual to mono", "what does GROUP BY do", "select pg_sleep or not"},
	"verbs":          {"insert coin", "drop me a line", "delete from list", "update the set", "use it", "set @", "Set @anna", "grant access", "begin again", "load data into it", "execute order 66", "truncate text", "alter ego", "Cut; truncate text"},
	"dates":          {"order by 12/24", "Order by 5 pm", "order by phone", "limit 5", "limit 2 per person", "group by age", "having fun", "where is it"},
	"sums":           {"1+1", "a+b+c", "7-4=3", "2*3", "a^2+b^2=c^2", "rock+roll", "+49+30", "C++ or C#", "order+delivery", "f'(x)=0", "y''+y=0", "A' or B'"},
	"code":           {"std::string", "Foo::bar(x)", "src/**/test.js", "in/**/to", "a::b()", "fe80::1", "10::20", "0 */2 * * *", "x => x::y"},
	"true and false": {"true or false", "yes or no", "true", "null", "is null", "or else", "and 7 more", "or 2"},
	"lists":          {"'a', 'b'", "\"a\", \"b\", \"c\"", "1, 2, 3", "', '", "\"\",\"\"", "a, 1", "'a', 5"},
	"emoticons":      {":')", ":'(", ";')", "='(", "%)"},
	"conditions":     {"if (a < b && c > d)", "if (a || b)", "if (x > 5) stop", "a=b or c", "q=rock and roll", "x=1 and"},
	"semicolons":     {"; drop me a line", "; select one of these", ";)", "; update: done", "; so"},
	"aliases":        {"5 as from Monday", "2 as seen from above", "as 'x' from here", "Known as \"Bob\" from Iowa", "; as told by Anna"},
	"backticks":      {"from `a` where you are", "From `a` to `b`, limit 5", "`bla`"},
	"rows":           {"values (5, 6)", "Values ('fair', we hope)", "values (a, b)", "Values: (x)"},
	"open quotes":    {"' or \" quotes", "'or what?", "' or so they say", "'and so on!", "\"or maybe not", "it's 'or'"},
	"tight words":    {"''tea''", "'or'"},
	"links":          {"page.php?id=7", "what? a=b", "why?x=1 or so", "https://a.example/?q=union+station&order=by+date", "/find?q=select+one", "?q=rock+and+roll"},
}

func TestSentencesPass(t *testing.T) {
	t.Parallel()
	for kind, values := range sentences {
		for _, value := range values {
			if score := signs.Judge(value); score.Points(signs.SQL) >= signs.Refuse {
				t.Errorf("%s: %q has %d points (%s)", kind, value, score.Points(signs.SQL), score.Why(signs.SQL))
			}
		}
	}
}

// keyWords are the words of SQL that are words of English too.
var keyWords = []string{"select", "union", "insert", "update", "delete", "drop", "create", "alter", "where", "having", "order", "group", "like", "between", "in", "is",
	"or", "and", "not", "all", "any", "set", "table", "values", "from", "join", "left", "limit", "into", "case", "when", "end", "exec", "begin", "call", "use", "show", "sleep", "benchmark", "version", "user", "database", "cast", "replace", "count"}

// TestWordsOfStatementsInProse puts each of the words where people put words.
func TestWordsOfStatementsInProse(t *testing.T) {
	t.Parallel()
	for _, word := range keyWords {
		for _, form := range []string{
			"the word '?' is short", "'?' is a word", "\"?\" -- a word", "what does \"?\" mean?", "press '?' or 'x'", "O'? Ltd", "Anna O'?", "D'? and sons", "it's a ?", "don't ? me -- please",
			"'twas a ? day", "the dogs' ?", "5' ? board", "12\" ? pipe", "? it's", "? (a few)", "my ?; your ?", "? & co", "one ? of 'em", "? me, it's fine", "? #1", "Smith's ? -- since 1990",
			"(?)", "the ? - a story", "?!", "'?'", "\"?\"", "say “?” or “no”", "l’? et l’air", "der '?' und die", "un po' di ?", "? 'n' roll", "5 ? 6 ?",
		} {
			if (word == "like" || word == "is") && len(form) == 3 {
				continue // two empty strings that are alike, for the app
			}
			value := strings.ReplaceAll(form, "?", word)
			if score := signs.Judge(value); score.Points(signs.SQL) >= signs.Refuse {
				t.Errorf("%q has %d points (%s)", value, score.Points(signs.SQL), score.Why(signs.SQL))
			}
		}
	}
}

// TestWaysOutOfAString: whatever the quote, the brackets, the blanks and the comment are.
func TestWaysOutOfAString(t *testing.T) {
	t.Parallel()
	for _, out := range []string{"'", "\"", "')", "\")", "'))", "x'", "7'", "x')", "a.b@c.example'"} {
		for _, blank := range []string{" ", "\t", "/**/", "\n", "+", "\v"} {
			for _, do := range []string{"or 7=7", "or true", "or 'a'='a'", "and 7=8", "union select 7", "union all select null,null", "order by 7", "having 7=7", "and sleep(7)", "or pg_sleep(7)"} {
				for _, rest := range []string{"--", "--+-", "#", "/*", ";--"} {
					value := strings.ReplaceAll(out+" "+do+rest, " ", blank)
					if score := signs.Judge(value); score.Points(signs.SQL) < signs.Refuse {
						t.Errorf("%q has %d points (%s)", value, score.Points(signs.SQL), score.Why(signs.SQL))
					}
				}
			}
		}
	}
}
