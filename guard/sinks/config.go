package sinks

import fumehood "github.com/fumehood/fumehood"

// Config says what the guards inside the workers do. The zero Config has all of them enforce.
type Config struct {
	// Mode is for all sinks together: report only logs what enforce would refuse, whatever the
	// sinks' own modes say; off is off for all.
	Mode fumehood.Mode `toml:"mode" default:"enforce"`
	// SQL refuses a database statement in which a value of the request is more than one
	// literal, number or name.
	SQL fumehood.Mode `toml:"sql" default:"enforce"`
	// Template refuses a page template whose source has template code from the request.
	Template fumehood.Mode `toml:"template" default:"enforce"`
	// Command refuses a program, a shell command or Python code that the request has a say in
	// beyond one plain argument.
	Command fumehood.Mode `toml:"command" default:"enforce"`
	// File refuses a path with which a value of the request leaves its folder.
	File fumehood.Mode `toml:"file" default:"enforce"`
	// Pickle refuses pickles, marshalled code and YAML objects of a request that are more than
	// plain data.
	Pickle fumehood.Mode `toml:"pickle" default:"enforce"`
	// Request refuses calls of private addresses that the request has named (SSRF).
	Request fumehood.Mode `toml:"request" default:"enforce"`

	// FilesAllow are folders in which a request may name any file by its whole path.
	FilesAllow []string `toml:"files_allow"`
	// PickleAllow are classes and functions that a pickle of a request may have, such as
	// "shop.models.Cart"; "shop.models.*" are all of a module.
	PickleAllow []string `toml:"pickle_allow"`
	// RequestsAllow are private hosts, addresses and networks that a request may have the app
	// call, such as "images.internal" or "10.1.2.0/24".
	RequestsAllow []string `toml:"requests_allow"`

	// Skeletons are statements without their values, known for each route: learn collects them
	// while the app is tested, report logs and enforce refuses a statement that its route
	// has not made before. They stop what comes by way of the database or in a form that
	// nobody knows.
	Skeletons string `toml:"skeletons" default:"off" enum:"off,learn,report,enforce"`
}
