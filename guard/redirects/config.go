package redirects

import fumehood "github.com/fumehood/fumehood"

// Config says where the app's redirects may lead.
type Config struct {
	// Mode says what happens to a redirect to another site that the request itself has
	// named, as in "/login?next=//evil.example": enforce, report or off. What no app means,
	// such as a line end in a header field or a redirect to "javascript:", is refused in
	// report mode too.
	Mode fumehood.Mode `toml:"mode" default:"report"`

	// Allow are the hosts that a request may name, such as "accounts.example.org" or
	// "*.shop.example"; this site is always one of them.
	Allow []string `toml:"allow"`
}
