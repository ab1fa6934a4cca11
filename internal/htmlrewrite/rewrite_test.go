package htmlrewrite_test

import (
	"bytes"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/fumehood/fumehood/internal/htmlrewrite"
)

// What is inserted in these tests. It has no quotes, as guard/csrf's has none.
const (
	headText = "<meta name=marker content=h>"
	formText = "<input type=hidden name=marker value=f>"
)

// site is the site that documents of these tests belong to.
func site(charset bool) htmlrewrite.Options {
	return htmlrewrite.Options{
		Scheme: "https", Host: "shop.example", Charset: charset,
		Head: []byte(headText), Form: []byte(formText),
	}
}

// collect is the end of the sinks.
type collect struct {
	bytes.Buffer
	closed  int
	flushes []int // length of what had arrived
}

func (c *collect) Flush() error { c.flushes = append(c.flushes, c.Len()); return nil }
func (c *collect) Close() error { c.closed++; return nil }

// rewrite writes doc in pieces that end at cuts.
func rewrite(t testing.TB, o htmlrewrite.Options, doc string, cuts ...int) string {
	t.Helper()
	out := &collect{}
	rw := htmlrewrite.New(out, o)
	from := 0
	for _, cut := range append(cuts, len(doc)) {
		if n, err := rw.Write([]byte(doc[from:cut])); err != nil || n != cut-from {
			t.Fatalf("Write: %d, %v", n, err)
		}
		from = cut
	}
	if err := rw.Close(); err != nil || out.closed != 1 {
		t.Fatalf("Close: %v, passed on %d times", err, out.closed)
	}
	return out.String()
}

// without takes the insertions out again.
func without(doc string) string {
	return strings.ReplaceAll(strings.ReplaceAll(doc, headText, ""), formText, "")
}

// In the wanted documents H stands for the head's text and F for the form's.
func TestWhereTextIsInserted(t *testing.T) {
	t.Parallel()
	const post = "<form method=post>"
	for name, want := range map[string]string{
		"a page":           "<!doctype html>\n<html lang=en>\n<head data-x='>'>§H<title>a</title></head><body>" + post + "§F</form>",
		"no head tag":      "<!doctype html>\n<html>\n§H<title>a</title>" + post + "§F",
		"no html tag":      "<!-- a --> <?php ?> §H<meta charset=utf-8>" + post + "§F",
		"only a form":      "§H" + post + "§F",
		"a name like head": "§H<header>", "a name like html": "§H<htm>", "half of head": "§H<he>",
		"text first":         "hello <head><p>" + post + "§F",
		"an end tag first":   "</p><head>",
		"a second head":      "<head>§H</head><head>",
		"capitals":           "<HTML><HEAD>§H<FORM METHOD=POST>§F",
		"a byte order mark":  "\ufeff<!doctype html><head>§H",
		"half of one":        "\xef\xbb<head>",
		"attributes":         "§H<form id=a class=\"b c\" action='/x' enctype=multipart/form-data method=\"Post\" data-x=>§F",
		"a slash at the end": "§H<form method=post />§F", "in the value": "§H<form method=post/>",
		"no space":           "§H<form/action='/'method=post>§F",
		"white space":        "§H<form\n\tmethod\r=\f'post'\n>§F",
		"entities":           "§H<form method=&#112;ost action=&sol;x>§F",
		"the first one wins": "§H<form method=post method=get>§F", "also when it is bad": "§H<form method=get method=post>",
		"GET":                      "§H<form><form method=get><form method=dialog><form method='post '><form method=''>",
		"an equals sign":           "§H<form =method=post>",
		"names like form":          "§H<forms method=post><form-x method=post><for method=post>",
		"in a comment":             "§H<p><!-- " + post + " --> <!--> " + post + "§F",
		"comments that end":        "§H<p><!--->" + post + "§F</form><!----!>" + post + "§F",
		"comments that do not":     "§H<p><!-- -- > --!x --" + post,
		"a bogus comment":          "§H<p></ " + post + post + "§F",
		"a processing instruction": "§H<p><?x '" + post + post + "§F",
		"a doctype with quotes":    "<!doctype html PUBLIC \"a>§H<p>",
		"in an attribute":          "§H<p title='" + post + "' x=\"" + post + "\">" + post + "§F",
		"in an unquoted one":       "§H<p title=<form method=post>",
		"a tag without end":        "§H<form method=post", "a tag in a tag": "§H<form <form method=post>§F",
		"a quote without end":  "§H<p title=\">" + post,
		"script":               "§H<script>document.write('" + post + "')</script>" + post + "§F",
		"escaped script":       "§H<p><script><!-- <script> " + post + " </script> " + post + " --></script>" + post + "§F",
		"not quite escaped":    "§H<p><script><!- <script></script>" + post + "§F",
		"escaped and back":     "§H<p><script><!--<script></script></script>" + post + "§F",
		"a lone < in escaped":  "§H<p><script><!-- < <script></script>" + post + "</script>" + post + "§F",
		"ended by -->":         "§H<p><script><!--<script>--></script>" + post + "§F",
		"script attribute":     "§H<p><script src=\"</script>\">" + post + "</script x='>'>" + post + "§F",
		"style":                "§H<p><style>" + post + "</styl></style-x></style\n>" + post + "§F",
		"textarea":             "§H<p><textarea>" + post + "</title></TEXTAREA/>" + post + "§F",
		"title":                "§H<title><!--</title>" + post + "§F",
		"iframe and others":    "§H<p><iframe>" + post + "</iframe><xmp>" + post + "</xmp><noembed>" + post + "</noembed><noframes>" + post + "</noframes>" + post + "§F",
		"plaintext":            "§H<p><plaintext>" + post + "</plaintext>" + post,
		"frameset":             "§H<frameset><noframes></noframes>" + post,
		"noscript":             "§H<p><noscript><p>x" + post + "§F</form></noscript>" + post + "§F",
		"two readings":         "§H<p><noscript><!--</noscript>" + post + "-->" + post,
		"in an attribute too":  "§H<p><noscript><a title='</noscript>" + post + "'>" + post,
		"form left open there": "§H<p><noscript>" + post + "§F</noscript>" + post,
		"template":             "§H<p><template>" + post + "§F</form></template>" + post + "§F",
		"bad form there":       "§H<p><template><form method=post action=//evil.example>" + post + "</template>" + post + "§F",
		"template in a form":   "§H<p><form><template></form></template>" + post + "</form>" + post + "§F",
		"column in template":   "§H<p><template><col><style></template>" + post,
		"nested forms":         "§H<p><form action=//evil.example method=post>" + post + "</form>" + post + "§F",
		"select":               "§H<p>" + post + "§F<select><option>a</select></form>" + post + "§F",
		"form in select":       "§H<p><select>" + post + "</select>" + post,
		"form end in select":   "§H<p><form><select></form></select>" + post,
		"style in select":      "§H<p><select><style></style></select>" + post,
		"svg":                  "§H<p><svg viewBox='0 0 1 1'><title>x</title><path d=''/><g><a><style>.a{}</style></a></g></svg>" + post + "§F",
		"form in svg":          "§H<p><svg>" + post + "</form><desc>" + post + "§F</form></desc></svg>" + post + "§F",
		"style in svg":         "§H<p><svg><style><a title='</style>" + post + "'></a></style></svg>" + post + "§F",
		"CDATA in svg":         "§H<p><svg><![CDATA[>" + post + "]]></svg>" + post + "§F",
		"CDATA outside":        "§H<p><![CDATA[>" + post + "§F]]>",
		"svg that is left":     "§H<p><svg><p>" + post,
		"svg not closed":       "§H<p><svg><g></svg>" + post,
		"a fooled svg":         "§H<p><svg><foreignObject><div></svg></div></foreignObject><style><a title='</style>" + post + "'>",
		"svg in a table":       "§H<p><table><tr><svg><desc><td></td></desc></svg>" + post,
		"math":                 "§H<p><math><mi>x</mi><mo><img></mo></math>" + post + "§F",
		"ESC":                  "§H<p>\x1b$B" + post,
		"UTF-16":               "\xfe\xff<form method=post>", "little end": "\xff\xfe<\x00", "without a mark": "\x00<\x00f",
		"a charset":        "§H<meta charset=Windows-1252>" + post + "§F",
		"a bad charset":    "§H<meta charset=iso-2022-jp>" + post,
		"the old way":      "§H<meta http-equiv=content-type content='text/html; charset=hz-gb-2312'>" + post,
		"a good old way":   "§H<meta http-equiv=content-type content='text/html; charset=\"utf-8\"'>" + post + "§F",
		"a base here":      "§H<base href='/x/'>" + post + "§F",
		"a base elsewhere": "§H<base target=a><base href=https://evil.example>" + post + "</form><form method=post action=/x></form><form method=post action=https://shop.example/>§F",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			doc := strings.NewReplacer("§H", "", "§F", "").Replace(want)
			want = strings.NewReplacer("§H", headText, "§F", formText).Replace(want)
			if got := rewrite(t, site(false), doc); got != want {
				t.Errorf("%q became\n%q, want\n%q", doc, got, want)
			}
		})
	}
}

func TestEveryCut(t *testing.T) {
	t.Parallel()
	docs := []string{
		"\ufeff<!DOCTYPE html><!-- a --><html lang=en ><head class=a><title>a</title></head><body><form method=post action='/x?a=1'>\n<input></form>",
		"<script><!-- <script> </script> --></script><form/method=post><svg><![CDATA[ > ]]></svg></form><form method=post>",
		"<h<head><form method=post>", "<he", "<", "</", "<!", "<html", "<html><head", "a<head>", "",
		"<noscript><form method=post></form></noscript><!----!><form method=post>",
	}
	for _, doc := range docs {
		want := rewrite(t, site(true), doc)
		for i := 0; i <= len(doc); i++ {
			for j := i; j <= len(doc); j += 3 {
				if got := rewrite(t, site(true), doc, i, j); got != want {
					t.Fatalf("%q cut at %d and %d became %q, whole %q", doc, i, j, got, want)
				}
			}
		}
		single := make([]int, 0, len(doc))
		for i := range len(doc) {
			single = append(single, i)
		}
		if got := rewrite(t, site(true), doc, single...); got != want {
			t.Errorf("%q byte by byte became %q, whole %q", doc, got, want)
		}
	}
}

// A page that is flushed piece by piece must arrive piece by piece.
func TestFlushPassesOnWhatIsDecided(t *testing.T) {
	t.Parallel()
	out := &collect{}
	rw := htmlrewrite.New(out, site(true))
	for _, step := range []struct{ write, arrived string }{
		{"<!doctype html><ht", "<!doctype html>"}, // nobody knows yet what this element is
		{"ml><hea", "<!doctype html><html>"},
		{"d>", "<!doctype html><html><head>" + headText},
		{"a<form meth", "a<form meth"},
		{"od=post>b", "od=post>" + formText + "b"},
		{"<scr", "<scr"},
	} {
		before := out.Len()
		rw.Write([]byte(step.write))
		rw.Flush()
		if got := out.String(); !strings.HasSuffix(got, strings.TrimPrefix(step.arrived, "<!doctype html>")) && got[before:] != step.arrived {
			t.Errorf("after %q there is %q, want it to end in %q", step.write, got, step.arrived)
		}
		if out.flushes[len(out.flushes)-1] != out.Len() {
			t.Errorf("after %q, Flush was not the last", step.write)
		}
	}
}

// A tag that is too long to be looked into passes, and gets nothing.
func TestLongTag(t *testing.T) {
	t.Parallel()
	filler := strings.Repeat("x", 70<<10)
	for _, doc := range []string{
		"<p><form method=post data-x='" + filler + "'></form>",
		"<p><form " + filler + " method=post></form>",
		"<p><base href='" + filler + "'>" + "<form method=post></form>",
		"<p><" + filler + " method=post>",
	} {
		if got := rewrite(t, site(true), doc); got != headText+doc {
			t.Errorf("%.40q… became %.80q…", doc, got)
		}
	}
	doc := "<p><form method=post data-x='" + filler + "'></form><form method=post>"
	if got := rewrite(t, site(true), doc); got != headText+doc+formText {
		t.Error("nothing after the form behind a long tag")
	}
}

func TestNothingToInsert(t *testing.T) {
	t.Parallel()
	doc := "<head><form method=post>"
	if got := rewrite(t, htmlrewrite.Options{Scheme: "https", Host: "shop.example"}, doc); got != doc {
		t.Errorf("became %q", got)
	}
}

// pieces are what random documents are made of.
func pieces() []string {
	return []string{
		// With a text, which has the elements that were left open repeated, as a field has.
		"<form method=post>t", "<form method=post action=/a>t", "<form method=post action=//evil.example>t", "<form>t", "</form>", "</form>",
		"<p>", "</p>", "<div>", "</div>", "<b>", "</b>", "<a href=x>", "</a>", "text", " ", "\n", "<!-- c -->", "<!--", "-->", "--!>", "<!-->",
		"<script>", "</script>", "<style>", "</style>", "<textarea>", "</textarea>", "<title>", "</title>", "<xmp>", "</xmp>",
		"<iframe>", "</iframe>", "<noscript>", "</noscript>", "<noembed>", "</noembed>", "<template>", "</template>",
		"<select>", "</select>", "<option>", "<table>", "</table>", "<tr>", "<td>", "</td>", "</tr>", "<col>", "<colgroup>", "<caption>",
		"<svg>", "</svg>", "<g>", "</g>", "<desc>", "</desc>", "<foreignObject>", "</foreignObject>", "<path/>", "<svg/>",
		"<math>", "</math>", "<mi>", "</mi>", "<mtext>", "</mtext>", "<annotation-xml>", "<![CDATA[", "]]>", "<input>", "<br>", "</br>",
		"<a title='", "'>", "<a title=\"", "\">", "<a title=", ">", "<", "</", "<!", "<?", "/>", "=", "'", "\"", "<x y=1 z>",
		"<head>", "</head>", "<body>", "</body>", "<html>", "</html>", "<li>", "<button>", "</button>", "<plaintext>",
	}
}

// randomDocument returns a document that is likely to be nasty. Most begin well formed: a
// reader that has given up shows nothing.
func randomDocument(random *rand.Rand) string {
	all := pieces()
	var doc strings.Builder
	for range random.IntN(20) + 2 {
		piece := all[random.IntN(len(all))]
		doc.WriteString(piece)
		if random.IntN(2) == 0 && strings.HasPrefix(piece, "<") && strings.HasSuffix(piece, ">") && !strings.HasPrefix(piece, "</") {
			name := strings.FieldsFunc(piece[1:], func(c rune) bool { return c == ' ' || c == '>' || c == '/' })
			if len(name) > 0 && random.IntN(2) == 0 {
				doc.WriteString(all[random.IntN(len(all))] + "</" + name[0] + ">")
			}
		}
	}
	return doc.String() + "<form method=post>x</form>"
}

func TestRandomDocumentsInRandomPieces(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(3, 3))
	for range 3000 {
		doc := randomDocument(random)
		want := rewrite(t, site(true), doc)
		if without(want) != doc {
			t.Fatalf("%q became %q", doc, want)
		}
		cut := random.IntN(len(doc))
		if got := rewrite(t, site(true), doc, cut, cut+random.IntN(len(doc)-cut)); got != want {
			t.Fatalf("%q cut at %d became %q, whole %q", doc, cut, got, want)
		}
	}
}
