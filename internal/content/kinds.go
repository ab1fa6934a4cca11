package content

import (
	"io"
	"slices"
	"strings"
)

// Kind is one type of file.
type Kind struct {
	Name       string   // the word for it in a policy: "png", "jpg", "pdf"
	Extensions []string // lower case, without the dot; the usual one first
	MIME       []string // its media type first, then the others that it goes by
	Class      string   // image, document, text, archive, audio, video, font, office or program
	Active     bool     // a browser, a server or whoever opens it may run what it holds
}

// format is a Kind with what is known of its bytes.
type format struct {
	Kind
	magic []string           // the names that the magic library has for it; none: text, or told apart by walk
	walk func(io.ReaderAt, int64) error
}

// Known returns all kinds that Inspect can tell apart.
func Known() []Kind {
	all := formats()
	kinds := make([]Kind, len(all))
	for i := range all {
		kinds[i] = all[i].Kind
	}
	return kinds
}

// ByName returns the kind with that name or extension, in any case, with or without a dot
// before it: "jpg", "JPEG" and ".jpe" are all the same one.
func ByName(name string) (Kind, bool) {
	f, ok := byName(name)
	return f.Kind, ok
}

func byName(name string) (format, bool) {
	name = strings.ToLower(strings.TrimPrefix(name, "."))
	for _, f := range formats() {
		if f.Name == name || slices.Contains(f.Extensions, name) {
			return f, true
		}
	}
	return format{}, false
}

// formats is the table. MIME lists hold what browsers send for a file, which they take
// from its extension alone: Chromium from net/base/mime_util.cc and then from the system,
// Firefox from uriloader/exthandler/nsExternalHelperAppService.cpp, Safari from the
// system's uniform types. The system's are the entries of shared-mime-info on Linux and of
// the Windows registry (csv is application/vnd.ms-excel where Excel is installed).
func formats() []format {
	return slices.Concat(pictures(), documents(), texts(), packed(), media(), programs())
}

func pictures() []format {
	image := func(name, ext, mime string, walk func(io.ReaderAt, int64) error, magic ...string) format {
		return format{Kind{name, strings.Fields(ext), strings.Fields(mime), "image", false}, magic, walk}
	}
	return []format{
		image("png", "png", "image/png image/x-png image/apng image/vnd.mozilla.apng", nil, "image/png", "image/apng"),
		image("jpg", "jpg jpeg jpe jfif pjpeg pjp", "image/jpeg image/jpg image/pjpeg", nil, "image/jpeg"),
		image("gif", "gif", "image/gif", nil, "image/gif"),
		image("webp", "webp", "image/webp", nil, "image/webp"),
		image("avif", "avif", "image/avif", nil, "image/avif"),
		image("heic", "heic heif hif", "image/heic image/heif image/heic-sequence image/heif-sequence", nil,
			"image/heic", "image/heif", "image/heic-sequence", "image/heif-sequence"),
		image("bmp", "bmp dib", "image/bmp image/x-bmp image/x-ms-bmp", nil, "image/bmp"),
		image("tiff", "tiff tif", "image/tiff", nil, "image/tiff"),
		image("ico", "ico", "image/x-icon image/vnd.microsoft.icon", nil, "image/x-icon"),
	}
}

func documents() []format { return nil }
func texts() []format     { return nil }
func packed() []format    { return nil }
func media() []format     { return nil }
func programs() []format  { return nil }
