package errorpages

import fumehood "github.com/fumehood/fumehood"

// Config says what happens to answers that show what only the owner should see.
type Config struct {
	// Mode says what happens to an answer of the app that shows internals: enforce
	// (a clean page takes its place), report (it passes and is logged) or off.
	Mode fumehood.Mode `toml:"mode" default:"enforce"`

	// Folder holds your own error pages: 404.html, 500.html (any status from 400 to 599),
	// 4xx.html, 5xx.html and error.html; the one that says most wins. They are HTML in
	// UTF-8 of at most 256 KB, and {{status}}, {{title}}, {{message}} and {{request}} stand
	// for the status, its name, one sentence and the request ID. They can use images, styles
	// and fonts of this site, and no script. Empty means Fumehood's own page.
	Folder string `toml:"folder" value:"DIR" path:"file"`

	// KeepDefaultPages lets the bare 4xx pages of frameworks pass, such as Werkzeug's
	// "Not Found". Bare 5xx pages are replaced all the same.
	KeepDefaultPages bool `toml:"keep_default_pages"`

	// KeepOriginal is how much of an answer that was replaced goes to the log, at most.
	// 0 means 64 KB.
	KeepOriginal fumehood.Size `toml:"keep_original" default:"64KB" min:"0" max:"64KB"`
}
