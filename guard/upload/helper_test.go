package upload_test

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/textproto"
	"os"
	"path/filepath"
	"strings"
	"testing"

	fumehood "github.com/fumehood/fumehood"
	"github.com/fumehood/fumehood/guard/body"
	"github.com/fumehood/fumehood/guard/upload"
)

func newGuard(t testing.TB, cfg upload.Config) *upload.Guard {
	t.Helper()
	g, err := upload.New(cfg, upload.Site{TempDir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// behind puts the guard where the server has it: behind the one that reads bodies. All
// temporary files are in dir.
func behind(t testing.TB, cfg upload.Config, dir string, app http.Handler) http.Handler {
	t.Helper()
	g, err := upload.New(cfg, upload.Site{TempDir: dir})
	if err != nil {
		t.Fatal(err)
	}
	return readWhole(t, dir, g.Handler(app))
}

func readWhole(t testing.TB, dir string, next http.Handler) http.Handler {
	t.Helper()
	b, err := body.New(body.Config{Memory: 64 * fumehood.KB, TempDir: dir}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return b.Handler(next)
}

// item is a file, or a field where it has no filename.
type item struct {
	name, filename, media string
	data                  string
}

func file(filename, media, data string) item { return item{"file", filename, media, data} }

// formOf writes a form as browsers do.
func formOf(items ...item) (contentType string, body []byte) {
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	w.SetBoundary("----WebKitFormBoundary7MA4YWxkTrZu0gW")
	escape := strings.NewReplacer(`"`, "%22", "\r", "%0D", "\n", "%0A")
	for _, i := range items {
		head := textproto.MIMEHeader{"Content-Disposition": {fmt.Sprintf(`form-data; name="%s"`, escape.Replace(i.name))}}
		if i.media != "" || i.filename != "" {
			head["Content-Disposition"][0] += fmt.Sprintf(`; filename="%s"`, escape.Replace(i.filename))
			head["Content-Type"] = []string{i.media}
		}
		part, err := w.CreatePart(head)
		if err != nil {
			panic(err)
		}
		io.WriteString(part, i.data)
	}
	w.Close()
	return w.FormDataContentType(), b.Bytes()
}

func post(h http.Handler, items ...item) *httptest.ResponseRecorder {
	contentType, body := formOf(items...)
	return send(h, "POST", "/upload", contentType, bytes.NewReader(body))
}

func send(h http.Handler, method, path, contentType string, body io.Reader) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, "https://shop.example"+path, body)
	if contentType != "" {
		r.Header.Set("Content-Type", contentType)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// codeOf is the code of a refusal, "" where the app has answered.
func codeOf(w *httptest.ResponseRecorder) string {
	var problem struct{ Code string }
	json.Unmarshal(w.Body.Bytes(), &problem)
	return problem.Code
}

// received is an app that notes what a Go program finds in the form.
type received struct {
	items       []item
	heads       []textproto.MIMEHeader
	contentType string
	length      int64
	called      int
}

func (a *received) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	*a = received{contentType: r.Header.Get("Content-Type"), length: r.ContentLength, called: a.called + 1}
	parts, err := r.MultipartReader()
	if err != nil {
		return
	}
	for {
		p, err := parts.NextRawPart()
		if err != nil {
			return
		}
		data, _ := io.ReadAll(p)
		_, params, _ := strings.Cut(p.Header.Get("Content-Disposition"), `filename="`)
		name, _, _ := strings.Cut(params, `"`)
		a.items = append(a.items, item{p.FormName(), name, p.Header.Get("Content-Type"), string(data)})
		a.heads = append(a.heads, p.Header)
	}
}

// leftovers are files in dir that somebody still has, with a name or without.
func leftovers(t testing.TB, dir string) (all []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		all = append(all, e.Name())
	}
	open, _ := filepath.Glob("/proc/self/fd/*")
	for _, fd := range open {
		if target, err := os.Readlink(fd); err == nil && strings.HasPrefix(target, dir) {
			all = append(all, target)
		}
	}
	return all
}

// The files that people have.

func picture(width, height int) image.Image {
	m := image.NewPaletted(image.Rect(0, 0, width, height), color.Palette{color.Black, color.White, color.RGBA{200, 30, 30, 255}})
	for i := range m.Pix {
		m.Pix[i] = uint8(i % 3)
	}
	return m
}

func encoded(write func(w io.Writer) error) string {
	var b bytes.Buffer
	if err := write(&b); err != nil {
		panic(err)
	}
	return b.String()
}

func pngFile() string {
	return encoded(func(w io.Writer) error { return png.Encode(w, picture(8, 8)) })
}
func jpgFile() string {
	return encoded(func(w io.Writer) error { return jpeg.Encode(w, picture(16, 16), nil) })
}
func gifFile() string {
	return encoded(func(w io.Writer) error { return gif.Encode(w, picture(8, 8), nil) })
}

// withComment puts a comment into a JPEG.
func withComment(jpg, comment string) string {
	n := len(comment) + 2
	return jpg[:2] + "\xff\xfe" + string([]byte{byte(n >> 8), byte(n)}) + comment + jpg[2:]
}

func pdfFile() string {
	var b strings.Builder
	b.WriteString("%PDF-1.4\n")
	var at []int
	for i, object := range []string{"<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Kids[3 0 R]/Count 1>>", "<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>"} {
		at = append(at, b.Len())
		fmt.Fprintf(&b, "%d 0 obj%sendobj\n", i+1, object)
	}
	start := b.Len()
	b.WriteString("xref\n0 4\n0000000000 65535 f \n")
	for _, offset := range at {
		fmt.Fprintf(&b, "%010d 00000 n \n", offset)
	}
	fmt.Fprintf(&b, "trailer<</Size 4/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n", start)
	return b.String()
}

func zipFile(entries map[string]string) string {
	return encoded(func(out io.Writer) error {
		w := zip.NewWriter(out)
		for name, data := range entries {
			entry, err := w.Create(name)
			if err != nil {
				return err
			}
			if _, err := io.WriteString(entry, data); err != nil {
				return err
			}
		}
		return w.Close()
	})
}

const svgWithScript = `<svg xmlns="http://www.w3.org/2000/svg"><script>alert(document.domain)</script></svg>`

// repaired computes the checksum of a PNG's head anew.
func repaired(png []byte) string {
	binary.BigEndian.PutUint32(png[29:], crc32.ChecksumIEEE(png[12:29]))
	return string(png)
}
