package paths

import fumehood "github.com/fumehood/fumehood"

// Config says which paths may be asked for and which files may be sent.
type Config struct {
	// Mode says what happens to a path that is not canonical, or that leads to a private
	// file: enforce, report or off. In report mode nobody is slowed down either.
	Mode fumehood.Mode `toml:"mode" default:"enforce"`

	// Allow are paths that may have a private name, such as "/files/*.py": "*" stands for
	// anything but a slash, "**" for anything. What is served under them is not looked at.
	// It lets no ".." pass, and a pattern that lets /.env or /.git pass is a mistake.
	Allow []string `toml:"allow"`

	// EncodedSlash says what happens to %2F in a path, which an app sees as a slash: refuse or
	// allow. Allow it on routes that take a whole address or path as one part.
	EncodedSlash string `toml:"encoded_slash" default:"refuse" enum:"refuse,allow"`

	// Semicolons says what happens to ";" in a path, which some servers cut away with what
	// follows it: allow or refuse. "..;" is refused in any case.
	Semicolons string `toml:"semicolons" default:"allow" enum:"allow,refuse"`

	// ProbeLimit is how many refused paths in 10 minutes are put down to curiosity. After
	// them a client gets 429 for each further one, and has to wait longer each time.
	ProbeLimit int `toml:"probe_limit" default:"20" min:"1" max:"10000"`
}
