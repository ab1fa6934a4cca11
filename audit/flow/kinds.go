package flow

// Kinds is a set of ways to use a value that are dangerous for a text from outside.
type Kinds uint64

// The uses. Each is one class of rules.
const (
	SQL         Kinds = 1 << iota
	HTML              // text of a page that is not escaped
	HTMLAttr          // an attribute without quotes: escaping does not help
	URL               // the start of a link's address: javascript: runs
	Script            // inside a script, style or event handler
	Template          // the source of a template
	Command           // a shell's command line
	Program           // the program, or an argument, of a command that is run without a shell
	Code              // eval, exec, import by name
	Path              // the name of a file
	Address           // the address of an outgoing request
	Redirect          // where the visitor is sent
	Header            // a header's name or value
	Log               // a line of a log
	LDAP              // a filter or a name of a directory
	XPath             // an XPath expression
	XML               // a document for a parser that loads entities
	NoSQL             // a query for a document store
	Deserialise       // bytes for pickle and its kin
	Regex             // a pattern
	Format            // a format string
	CSV               // a cell of a spreadsheet
	Trust             // what the server keeps of its own: the session
	Attributes        // names of attributes to set: mass assignment
	Exposure          // text that only the owner should see
	Style             // inside a style
)

// Every is all of them: a value that is safe for Every can do no harm at all.
const Every Kinds = 1<<26 - 1

// Markup is all uses in a page.
const Markup = HTML | HTMLAttr | URL | Script | Style

// asText is the use of a value in a template that makes no page, or for whose result it is
// not known whether it is sent as one.
const asText Kinds = 1 << 26

// Facts of a value, bits beside the uses.
const (
	rooted       Kinds = 1 << (iota + 27) // the text begins with a slash
	single                                // it does not begin with two; with rooted, it is an address of this site
	bare                                  // it begins with no slash
	joined                                // joined to this site's address, it leads to its host; with single, for browsers too
	weakRedirect                          // a check was made of where a visitor is sent that can be passed by
	jsonText                              // JSON for a page, in which all but double quotes is escaped
	encoded                               // base64 or hexadecimal, harmless until it is decoded
	isText                                // a check says that the value is a text, no list
	quoted                                // a function whose name says so has quoted it for a statement; not believed of what a visitor sends
	noSlash                               // one part of a URL's path, which holds no slash
	beside                                // it stands beside a text of the program's; with noSlash, it cannot be .. either
	normal                                // the path was normalised, so that a check of how it begins can be believed
	contained                             // the path begins with a folder: believed if it was normalised before, which only the caller knows
	weakPath                              // a check was made of the path that can be passed by
)

// local adds what follows from being an address of this site.
func (k Kinds) local() Kinds {
	if k&(joined|single) == joined|single {
		k |= Redirect
	}
	if k&(rooted|single) == rooted|single {
		return k | Redirect | URL
	}
	return k
}
