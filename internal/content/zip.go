package content

import (
	"errors"
	"path"
	"strings"

	"github.com/fumehood/fumehood/internal/archive"
)

// maxNames is how many names of a zip archive are looked at to tell what it is.
const maxNames = 20_000

// zipKind says what a zip archive is by the names in it, and whether it holds macros. It
// returns an error where it is none that package archive would read.
func zipKind(v *view) (name string, macros bool, err error) {
	var types, word, excel, slides, manifest, android, wheel, basic bool
	err = archive.List(v.r, v.size, maxNames, func(entry string) bool {
		folder, _, _ := strings.Cut(entry, "/")
		base := strings.ToLower(path.Base(entry))
		switch {
		case entry == "[Content_Types].xml":
			types = true
		case entry == "META-INF/MANIFEST.MF", folder == "WEB-INF":
			manifest = true
		case entry == "AndroidManifest.xml":
			android = true
		case strings.HasSuffix(entry, ".dist-info/WHEEL"), entry == "EGG-INFO/PKG-INFO":
			wheel = true
		}
		word, excel, slides = word || folder == "word", excel || folder == "xl", slides || folder == "ppt"
		macros = macros || strings.HasPrefix(base, "vbaproject") && strings.HasSuffix(base, ".bin")
		// Of OpenDocument: the folder is there without macros too, with two lists in it.
		basic = basic || (folder == "Basic" || folder == "Scripts") && !strings.HasSuffix(entry, "/") &&
			base != "script-lb.xml" && base != "script-lc.xml"
		return true
	})
	var refused *archive.Refused
	switch {
	case errors.As(err, &refused) && refused.Reason == archive.Differs:
		return "zip", false, fault(Polyglot, "%s", refused.What)
	case errors.As(err, &refused):
		return "zip", false, fault(Broken, "%s", refused.What)
	case err != nil:
		return "zip", false, err
	}
	if document, err := openDocument(v); err != nil || document != "" {
		return document, basic, err
	}
	for _, k := range []struct {
		is   bool
		name string
	}{{types && word, "docx"}, {types && excel, "xlsx"}, {types && slides, "pptx"}, {android, "apk"}, {wheel, "whl"}, {manifest, "jar"}} {
		if k.is {
			return k.name, macros, nil
		}
	}
	return "zip", false, nil
}

// openDocument says what the first entry says of the archive, where it is stored and called
// "mimetype", as OpenDocument and EPUB want it.
func openDocument(v *view) (string, error) {
	head, err := v.at(0, int(min(v.size, 256)))
	if err != nil {
		return "", err
	}
	const prefix = 30 // the local header
	if len(head) < prefix+8 || string(head[prefix:prefix+8]) != "mimetype" {
		return "", nil
	}
	content := string(head[prefix+8:])
	for _, k := range []struct{ mime, name string }{
		{"application/vnd.oasis.opendocument.text", "odt"},
		{"application/vnd.oasis.opendocument.spreadsheet", "ods"},
		{"application/vnd.oasis.opendocument.presentation", "odp"},
		{"application/vnd.oasis.opendocument.graphics", "odg"},
		{"application/epub+zip", "epub"},
	} {
		if i := strings.Index(content, k.mime); i >= 0 && i < 64 { // extra fields may come first
			return k.name, nil
		}
	}
	return "", nil
}
