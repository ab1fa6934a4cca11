package upload

import fumehood "github.com/fumehood/fumehood"

// Config says which files visitors may upload, and what the app gets of them.
type Config struct {
	// Mode says what happens to a form or a file that is not as it should be: enforce
	// refuses it, report lets it through as it came and logs it, off looks at nothing.
	Mode fumehood.Mode `toml:"mode" default:"enforce"`

	// Types are the kinds of files that are taken, by their usual extensions, such as "png",
	// "docx" or "zip". Empty means png, jpg, gif, webp, pdf, txt and csv.
	Types []string `toml:"types"`

	// Max is the largest file taken. A whole form may have limits.body; a larger Max on a
	// route raises that there.
	Max fumehood.Size `toml:"max" default:"20MB" min:"1"`

	// Files is the largest number of files in one form.
	Files int `toml:"files" default:"100" min:"1" max:"10000"`

	// Parts is the largest number of fields and files in one form.
	Parts int `toml:"parts" default:"1000" min:"1" max:"100000"`

	// Names says which names the app gets files under. "safe" is the visitor's name without
	// folders and what file systems misread, and shells and pages within double quotes; "keep" is the visitor's name as it is,
	// and refuses those that are dangerous; "random" is 16 random characters and the
	// extension of the kind found, with the safe name beside it in the part's header field
	// X-Original-Filename.
	Names string `toml:"names" default:"safe" enum:"random,safe,keep"`

	// Images says whether pictures reach the app as they came ("keep"), or made anew from
	// their pixels ("reencode"), so that metadata and hidden files are gone.
	Images string `toml:"images" default:"keep" enum:"keep,reencode"`

	// Pixels is the largest picture taken, as width times height; most phones make up to
	// 50 million of them. All pictures of one form that are made anew may have four times that.
	Pixels int `toml:"pixels" default:"60000000" min:"1"`

	// ArchiveEntries is the largest number of entries in an archive or office document.
	ArchiveEntries int `toml:"archive_entries" default:"10000" min:"1"`

	// ArchiveTotal is the largest size that an archive or office document may unpack to. All of
	// one form together may have four times that.
	ArchiveTotal fumehood.Size `toml:"archive_total" default:"256MB" min:"1"`

	// Raw says what happens to a body that is no form, such as that of a PUT: "pass" leaves
	// it alone, "check" looks into it as into an uploaded file, with the last part of the
	// path as its name.
	Raw string `toml:"raw" default:"pass" enum:"pass,check"`

	// Served are the paths under which the app gives uploaded files back, such as
	// "/uploads/": browsers save what comes from there and never show it as a page.
	Served []string `toml:"served"`

	// DangerouslyAllowTypes are kinds of files that run in a visitor's browser or program,
	// such as "svg" or "html", and that are taken all the same. They reach the app as they
	// came: whoever opens one runs what its author wrote.
	DangerouslyAllowTypes []string `toml:"dangerously_allow_types"`
}
