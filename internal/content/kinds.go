package content

import (
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
	magic  []string            // the names that the magic library has for it
	begins []string            // what it begins with, where the library is too strict or prefers another kind
	text   bool                // it is text: what the library guesses of it only serves to name it
	zipped bool                // it is a zip archive, told from others by the names in it
	walk   func(v *view) error // its structure, to the last byte; nil: the magic is all there is
}

// Known returns all kinds that Inspect can tell apart.
func Known() []Kind {
	var kinds []Kind
	for f := range formats {
		k := f.Kind
		k.Extensions, k.MIME = slices.Clone(k.Extensions), slices.Clone(k.MIME)
		kinds = append(kinds, k)
	}
	return kinds
}

// ByName returns the kind with that name or extension, in any case, with or without a dot
// before it: "jpg", "JPEG" and ".jpe" are one.
func ByName(name string) (Kind, bool) {
	f := byExtension(strings.ToLower(strings.TrimPrefix(name, ".")))
	if f == nil {
		return Kind{}, false
	}
	return f.Kind, true
}

// formats yields the tables one after the other.
func formats(yield func(*format) bool) {
	for _, table := range [][]format{images, documents, texts, archives, media, programs} {
		for i := range table {
			if !yield(&table[i]) {
				return
			}
		}
	}
}

func byExtension(ext string) *format {
	for f := range formats {
		if f.Name == ext || slices.Contains(f.Extensions, ext) {
			return f
		}
	}
	return nil
}

func byMagic(magic string) *format {
	for f := range formats {
		if slices.Contains(f.magic, magic) {
			return f
		}
	}
	return nil
}

// kind makes one line of a table. ext and mime are lists with blanks between; what is called
// like its first extension needs no name of its own.
func kind(class, ext, mime string) Kind {
	extensions := strings.Fields(ext)
	return Kind{Name: extensions[0], Extensions: extensions, MIME: strings.Fields(mime), Class: class}
}

// active is kind for what can run.
func active(class, ext, mime string) Kind {
	k := kind(class, ext, mime)
	k.Active = true
	return k
}

// The tables. The lists of media types hold what browsers declare for a file, which they
// take from its extension alone: Chromium from its own list (net/base/mime_util.cc), then
// from the system, Firefox from the system, then from its own
// (uriloader/exthandler/nsExternalHelperAppService.cpp), Safari from the system. The
// systems' are shared-mime-info on Linux, the uniform types on a Mac, and the registry on
// Windows, into which programs write: csv is application/vnd.ms-excel where Excel is.

var images = []format{
	{Kind: kind("image", "png", "image/png image/x-png image/apng image/vnd.mozilla.apng"), magic: []string{"image/png", "image/apng"}, begins: []string{"\x89PNG\r\n\x1a\n"}, walk: walkPNG},
	{Kind: kind("image", "jpg jpeg jpe jfif pjpeg pjp", "image/jpeg image/jpg image/pjpeg"), magic: []string{"image/jpeg"}, begins: []string{"\xff\xd8\xff"}, walk: walkJPEG},
	{Kind: kind("image", "gif", "image/gif"), magic: []string{"image/gif"}, begins: []string{"GIF87a", "GIF89a"}, walk: walkGIF},
	{Kind: kind("image", "webp", "image/webp"), magic: []string{"image/webp"}, walk: walkWebP},
	{Kind: kind("image", "avif avifs", "image/avif image/avif-sequence"), magic: []string{"image/avif"}, walk: walkBoxes},
	{
		Kind:  kind("image", "heic heif hif heics", "image/heic image/heif image/heic-sequence image/heif-sequence"),
		magic: []string{"image/heic", "image/heif", "image/heic-sequence", "image/heif-sequence"}, walk: walkBoxes,
	},
	{Kind: kind("image", "bmp dib", "image/bmp image/x-bmp image/x-ms-bmp"), magic: []string{"image/bmp"}, walk: walkBMP},
	{Kind: kind("image", "tiff tif", "image/tiff"), magic: []string{"image/tiff"}, walk: walkTIFF},
	{Kind: kind("image", "ico", "image/x-icon image/vnd.microsoft.icon"), magic: []string{"image/x-icon"}, walk: walkICO},
}

const zipTypes = " application/zip application/x-zip-compressed" // what a system says that does not know the kind

var documents = []format{
	{Kind: kind("document", "pdf", "application/pdf application/x-pdf application/acrobat"), magic: []string{"application/pdf"}, walk: walkPDF},
	{Kind: kind("office", "epub", "application/epub+zip"+zipTypes), zipped: true},
	{Kind: kind("office", "docx dotx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document application/vnd.openxmlformats-officedocument.wordprocessingml.template application/msword"+zipTypes), zipped: true},
	{Kind: kind("office", "xlsx xltx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet application/vnd.openxmlformats-officedocument.spreadsheetml.template application/vnd.ms-excel"+zipTypes), zipped: true},
	{Kind: kind("office", "pptx potx ppsx", "application/vnd.openxmlformats-officedocument.presentationml.presentation application/vnd.openxmlformats-officedocument.presentationml.template application/vnd.openxmlformats-officedocument.presentationml.slideshow application/vnd.ms-powerpoint"+zipTypes), zipped: true},
	{Kind: kind("office", "odt ott", "application/vnd.oasis.opendocument.text application/vnd.oasis.opendocument.text-template"+zipTypes), zipped: true},
	{Kind: kind("office", "ods ots", "application/vnd.oasis.opendocument.spreadsheet application/vnd.oasis.opendocument.spreadsheet-template"+zipTypes), zipped: true},
	{Kind: kind("office", "odp otp", "application/vnd.oasis.opendocument.presentation application/vnd.oasis.opendocument.presentation-template"+zipTypes), zipped: true},
	{Kind: kind("office", "odg otg", "application/vnd.oasis.opendocument.graphics application/vnd.oasis.opendocument.graphics-template"+zipTypes), zipped: true},
	{Kind: kind("office", "doc dot", "application/msword application/vnd.ms-word application/msword-template"), magic: []string{"application/msword", "application/x-ole-storage"}},
	{Kind: kind("office", "xls xlt", "application/vnd.ms-excel application/excel application/x-excel application/msexcel"), magic: []string{"application/vnd.ms-excel", "application/x-ole-storage"}},
	{Kind: kind("office", "ppt pps pot", "application/vnd.ms-powerpoint application/mspowerpoint"), magic: []string{"application/vnd.ms-powerpoint", "application/x-ole-storage"}},
	{Kind: kind("office", "rtf", "application/rtf text/rtf text/richtext application/msword"), begins: []string{`{\rtf`}, magic: []string{"text/rtf"}, walk: walkRTF},
}

var texts = []format{
	{Kind: kind("text", "txt text", "text/plain"), text: true},
	{Kind: kind("text", "log", "text/plain text/x-log"), text: true},
	{Kind: kind("text", "md markdown", "text/markdown text/x-markdown text/x-web-markdown text/plain"), text: true},
	{Kind: kind("text", "rst", "text/x-rst text/prs.fallenstein.rst text/plain"), text: true},
	{Kind: kind("text", "csv", "text/csv application/csv text/x-csv text/comma-separated-values text/x-comma-separated-values application/vnd.ms-excel text/plain"), text: true},
	{Kind: kind("text", "tsv tab", "text/tab-separated-values text/plain"), text: true},
	{Kind: kind("text", "json geojson", "application/json application/geo+json text/json text/plain"), text: true, magic: []string{"application/json"}},
	{Kind: kind("text", "jsonl ndjson", "application/x-ndjson application/jsonl application/json text/plain"), text: true},
	{Kind: kind("text", "yaml yml", "application/yaml application/x-yaml text/yaml text/x-yaml text/plain"), text: true},
	{Kind: kind("text", "toml", "application/toml text/plain"), text: true},
	{Kind: kind("text", "ics", "text/calendar text/plain"), text: true},
	{Kind: kind("text", "vcf", "text/vcard text/x-vcard text/directory text/plain"), text: true},
	{Kind: kind("text", "srt", "application/x-subrip text/srt text/plain"), text: true},
	{Kind: kind("text", "vtt", "text/vtt text/plain"), text: true},
	{Kind: kind("text", "tex bib", "text/x-tex application/x-tex text/x-bibtex application/x-latex text/plain"), text: true},
}

const gzipTypes = "application/gzip application/x-gzip application/x-compressed-tar application/x-compressed application/x-tgz application/x-gtar application/x-tar application/tar+gzip"

var archives = []format{
	{Kind: kind("archive", "zip", "application/zip application/x-zip-compressed application/x-zip multipart/x-zip"), zipped: true},
	{Kind: kind("archive", "tar", "application/x-tar application/tar"), magic: []string{"application/x-tar"}, walk: walkTar},
	{Kind: kind("archive", "tgz tar.gz", gzipTypes)},
	{Kind: kind("archive", "gz", gzipTypes), magic: []string{"application/gzip"}},
	{Kind: kind("archive", "bz2", "application/x-bzip2 application/x-bzip application/bzip2"), magic: []string{"application/x-bzip2"}},
	{Kind: kind("archive", "xz", "application/x-xz"), magic: []string{"application/x-xz"}},
	{Kind: kind("archive", "zst", "application/zstd application/x-zstd"), magic: []string{"application/zstd"}},
	{Kind: kind("archive", "7z", "application/x-7z-compressed application/x-compressed"), magic: []string{"application/x-7z-compressed"}},
	{Kind: kind("archive", "rar", "application/vnd.rar application/x-rar application/x-rar-compressed application/x-compressed"), magic: []string{"application/vnd.rar"}},
}

var media = []format{
	{Kind: kind("audio", "mp3", "audio/mpeg audio/mp3 audio/x-mp3"), magic: []string{"audio/mpeg"}, walk: walkMP3},
	{Kind: kind("audio", "m4a", "audio/mp4 audio/x-m4a audio/m4a"), magic: []string{"audio/mp4", "audio/x-m4a", "video/mp4"}, walk: walkBoxes},
	{Kind: kind("audio", "ogg oga opus spx", "audio/ogg application/ogg video/ogg audio/opus audio/x-opus+ogg audio/x-vorbis+ogg audio/x-speex+ogg audio/x-speex"), magic: []string{"audio/ogg", "application/ogg"}},
	{Kind: kind("audio", "wav", "audio/wav audio/x-wav audio/wave audio/vnd.wave"), magic: []string{"audio/wav"}},
	{Kind: kind("audio", "flac", "audio/flac audio/x-flac"), magic: []string{"audio/flac"}},
	{Kind: kind("audio", "aac", "audio/aac audio/x-aac audio/aacp audio/vnd.dlna.adts"), magic: []string{"audio/aac"}, walk: walkAAC},
	{Kind: kind("audio", "mid midi", "audio/midi audio/x-midi audio/mid"), magic: []string{"audio/midi"}},
	{Kind: kind("audio", "weba", "audio/webm"), magic: []string{"video/webm"}},
	{Kind: kind("video", "mp4 m4v", "video/mp4 video/x-m4v application/mp4"), magic: []string{"video/mp4", "video/x-m4v", "audio/mp4"}, walk: walkBoxes},
	{Kind: kind("video", "mov qt", "video/quicktime"), magic: []string{"video/quicktime"}, walk: walkBoxes},
	{Kind: kind("video", "3gp 3gpp 3g2", "video/3gpp video/3gpp2 audio/3gpp"), magic: []string{"video/3gpp", "video/3gpp2"}, walk: walkBoxes},
	{Kind: kind("video", "webm", "video/webm audio/webm"), magic: []string{"video/webm"}},
	{Kind: kind("video", "mkv", "video/x-matroska video/matroska"), magic: []string{"video/matroska"}},
	{Kind: kind("video", "avi", "video/x-msvideo video/avi video/msvideo video/vnd.avi"), magic: []string{"video/x-msvideo"}},
	{Kind: kind("video", "ogv ogm", "video/ogg application/ogg video/x-ogm+ogg"), magic: []string{"video/ogg", "application/ogg"}},
	{Kind: kind("video", "mpg mpeg mpe", "video/mpeg"), magic: []string{"video/mpeg"}},
	{Kind: kind("font", "ttf", "font/ttf application/x-font-ttf font/sfnt application/font-sfnt"), magic: []string{"font/ttf"}, begins: []string{"\x00\x01\x00\x00\x00", "true\x00"}, walk: walkSFNT},
	{Kind: kind("font", "otf", "font/otf application/x-font-otf application/vnd.ms-opentype font/sfnt application/vnd.oasis.opendocument.formula-template"), magic: []string{"font/otf"}, begins: []string{"OTTO\x00"}, walk: walkSFNT},
	{Kind: kind("font", "woff", "font/woff application/font-woff application/x-font-woff"), magic: []string{"font/woff"}, walk: walkWOFF},
	{Kind: kind("font", "woff2", "font/woff2 application/font-woff2"), magic: []string{"font/woff2"}, walk: walkWOFF},
}
