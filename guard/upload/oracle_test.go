package upload_test

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"unicode/utf8"

	"github.com/fumehood/fumehood/guard/upload"
	"github.com/fumehood/fumehood/internal/testapp"
)

// werkzeug is a Python process that reads forms as Flask does.
type werkzeug struct {
	mu  sync.Mutex
	in  io.Writer
	out io.Reader
}

type reading struct {
	Error  string
	Fields [][2]string // in hex
	Files  []struct{ Name, Filename, Type, Data, Original string }
}

func startWerkzeug(t testing.TB) *werkzeug {
	t.Helper()
	cmd := exec.Command(testapp.Python(t), "testdata/oracle.py")
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stderr = t.Output()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { in.Close(); cmd.Wait() })
	return &werkzeug{in: in, out: out}
}

// read returns what an app would find.
func (w *werkzeug) read(t testing.TB, contentType string, body []byte) (r reading) {
	t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	message := binary.BigEndian.AppendUint32(nil, uint32(len(contentType)))
	message = binary.BigEndian.AppendUint32(message, uint32(len(body)))
	message = append(append(message, contentType...), body...)
	go w.in.Write(message) // the answer may begin before all of it is read
	var size uint32
	if err := binary.Read(w.out, binary.BigEndian, &size); err != nil {
		t.Fatal(err)
	}
	answer := make([]byte, size)
	if _, err := io.ReadFull(w.out, answer); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(answer, &r); err != nil {
		t.Fatal(err)
	}
	return r
}

func unhex(t testing.TB, s string) string {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// sameReading fails where Werkzeug finds something else in out than we have in in.
func sameReading(t testing.TB, w *werkzeug, contentType string, in []byte) (taken bool) {
	t.Helper()
	parts, newType, out, err := upload.Reread(contentType, in)
	if err != nil {
		return false
	}
	r := w.read(t, newType, out)
	wrong := func(format string, args ...any) {
		t.Helper()
		t.Errorf("%s\n%s\n%q\nbecame\n%s\n%q", fmt.Sprintf(format, args...), contentType, in, newType, out)
	}
	if r.Error != "" {
		wrong("Werkzeug does not read it: %s", r.Error)
		return true
	}
	var fields, files []upload.Part
	for _, p := range parts {
		if p.IsFile {
			files = append(files, p)
		} else {
			fields = append(fields, p)
		}
	}
	// A MultiDict gives the values of one name together, in the order of the first.
	fields, files = grouped(fields), grouped(files)
	if len(r.Fields) != len(fields) || len(r.Files) != len(files) {
		wrong("Werkzeug finds %d fields and %d files, not %d and %d", len(r.Fields), len(r.Files), len(fields), len(files))
		return true
	}
	for i, p := range fields {
		name, value := unhex(t, r.Fields[i][0]), unhex(t, r.Fields[i][1])
		if name != p.Name || utf8.Valid(p.Data) && value != string(p.Data) {
			wrong("field %d is %q = %q to Werkzeug, %q = %q to us", i, name, value, p.Name, p.Data)
		}
	}
	for i, p := range files {
		f := r.Files[i]
		name, filename, data := unhex(t, f.Name), unhex(t, f.Filename), unhex(t, f.Data)
		if name != p.Name || filename != p.Filename || data != string(p.Data) || f.Type != p.Media || f.Original != "" {
			wrong("file %d is %q, %q, %q, %q, %q to Werkzeug, we have %+v", i, name, filename, f.Type, data, f.Original, p)
		}
	}
	return true
}

func grouped(parts []upload.Part) []upload.Part {
	var names []string
	byName := map[string][]upload.Part{}
	for _, p := range parts {
		if _, known := byName[p.Name]; !known {
			names = append(names, p.Name)
		}
		byName[p.Name] = append(byName[p.Name], p)
	}
	var all []upload.Part
	for _, name := range names {
		all = append(all, byName[name]...)
	}
	return all
}

// seed is a body and how it is announced.
type seed struct{ name, contentType, body string }

// seeds are bodies as clients write them; all are taken.
func seeds() []seed {
	crlf := func(s string) string { return strings.ReplaceAll(s, "\n", "\r\n") }
	const chrome = "----WebKitFormBoundarydMIgtiA2YeB1Z0kl"
	return []seed{
		{"RFC 7578, section 4.2", "multipart/form-data; boundary=AaB03x-1", crlf("--AaB03x-1\nContent-Disposition: form-data; name=\"field1\"\n\nJoe Blow\n--AaB03x-1\n" +
			"Content-Disposition: form-data; name=\"pics\"; filename=\"file1.txt\"\nContent-Type: text/plain\n\n... contents of file1.txt ...\n--AaB03x-1--\n")},
		{"RFC 7578, section 4.5", "multipart/form-data; boundary=AaB03x", crlf("--AaB03x\ncontent-disposition: form-data; name=\"field1\"\n" +
			"content-type: text/plain;charset=UTF-8\n\nJoe owes \u20ac100.\n--AaB03x--\n")},
		{"RFC 7578, section 4.6", "multipart/form-data; boundary=AaB03x", crlf("--AaB03x\ncontent-disposition: form-data; name=\"_charset_\"\n\nutf-8\n" +
			"--AaB03x\ncontent-disposition: form-data; name=\"field1\"\n\n...text\n--AaB03x--")},
		{"Chromium", "multipart/form-data; boundary=" + chrome, crlf("--" + chrome + "\nContent-Disposition: form-data; name=\"a\"\n\ncaf\u00e9\n--" + chrome +
			"\nContent-Disposition: form-data; name=\"f\"; filename=\"\"\nContent-Type: application/octet-stream\n\n\n--" + chrome +
			"\nContent-Disposition: form-data; name=\"g\"; filename=\"\u7d75 %22x%22.txt\"\nContent-Type: text/plain\n\none\ntwo\n--" + chrome + "--\n")},
		{"Firefox", "multipart/form-data; boundary=----geckoformboundary8c79e61efa53dc5d441481912ad86160",
			crlf("------geckoformboundary8c79e61efa53dc5d441481912ad86160\nContent-Disposition: form-data; name=\"note\"\n\n\n" +
				"------geckoformboundary8c79e61efa53dc5d441481912ad86160\nContent-Disposition: form-data; name=\"file\"; filename=\"a b.txt\"\nContent-Type: text/plain\n\nx\n" +
				"------geckoformboundary8c79e61efa53dc5d441481912ad86160--\n")},
		{"curl", "multipart/form-data; boundary=------------------------d74496d66958873e", crlf("--------------------------d74496d66958873e\n" +
			"Content-Disposition: form-data; name=\"file\"; filename=\"it's \\\"x\\\".txt\"\nContent-Type: application/octet-stream\n\n\x00\x01\n--------------------------d74496d66958873e--\n")},
		{"requests", "multipart/form-data; boundary=a1b2c3d4e5f60718293a4b5c6d7e8f90", crlf("--a1b2c3d4e5f60718293a4b5c6d7e8f90\nContent-Disposition: form-data; name=\"a\"\n\n1\n" +
			"--a1b2c3d4e5f60718293a4b5c6d7e8f90\nContent-Disposition: form-data; name=\"f\"; filename*=utf-8''%E7%B5%B5.txt\n\nx\n--a1b2c3d4e5f60718293a4b5c6d7e8f90--\n")},
		{".NET", `multipart/form-data; boundary="6b1d7a1e-0b0e-4a5c-8d39-4b9f7b1cbb5a"`, crlf("--6b1d7a1e-0b0e-4a5c-8d39-4b9f7b1cbb5a\nContent-Type: text/plain; charset=utf-8\n" +
			"Content-Disposition: form-data; name=a\n\n1\n--6b1d7a1e-0b0e-4a5c-8d39-4b9f7b1cbb5a\nContent-Disposition: form-data; name=f; filename=\"=?utf-8?B?57W1LnR4dA==?=\"; " +
			"filename*=utf-8''%E7%B5%B5.txt\n\nx\n--6b1d7a1e-0b0e-4a5c-8d39-4b9f7b1cbb5a--\n")},
		{"Java's HttpClient", "multipart/form-data; boundary=vYzKWbWpWq0V-Tn7_x; charset=UTF-8", crlf("--vYzKWbWpWq0V-Tn7_x\nContent-Disposition: form-data; name=\"f\"; filename=\"x.txt\"\n" +
			"Content-Type: application/octet-stream\nContent-Transfer-Encoding: binary\nContent-Length: 3\n\nabc\n--vYzKWbWpWq0V-Tn7_x--\n")},
		{"Werkzeug's test client", "multipart/form-data; boundary=---------------WerkzeugFormPart_1700.1", crlf("\n-----------------WerkzeugFormPart_1700.1\n" +
			"Content-Disposition: form-data; name=\"a\"\n\n1\n-----------------WerkzeugFormPart_1700.1--\n")},
		{"an empty form", "multipart/form-data; boundary=" + chrome, "--" + chrome + "--\r\n"},
		{"an empty value", "multipart/form-data; boundary=b", "--b\r\nContent-Disposition: form-data; name=a\r\n\r\n\r\n--b--"},
		{"line ends of all kinds in a value", "multipart/form-data; boundary=" + chrome, "--" + chrome + "\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n\r\n\n\r\r\n\r\n--" + chrome[:20] + "\r\n--\r\n\r\n--" + chrome + "--\r\n"},
		{"a short boundary that is often nearly there", "multipart/form-data; boundary=--", "----\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n---\r\n---\r--\n-\r\n------\r\n"},
	}
}

func TestSeedsAreTakenAsWerkzeugReadsThem(t *testing.T) {
	t.Parallel()
	w := startWerkzeug(t)
	for _, s := range seeds() {
		if !sameReading(t, w, s.contentType, []byte(s.body)) {
			_, _, _, err := upload.Reread(s.contentType, []byte(s.body))
			t.Errorf("%s: refused: %v", s.name, err)
		}
	}
}

// mutate changes a body in a way that has made parsers differ.
func mutate(rnd *rand.Rand, contentType string, body []byte) (string, []byte) {
	_, boundary, _ := strings.Cut(contentType, "boundary=")
	boundary = strings.Trim(boundary, `"`)
	words := []string{
		"\r\n", "\n", "\r", "\r\n\r\n", "\n\n", "\r\r", " ", "\t", "--", "-", ";", "; ", ":", "=", `"`, `\`, `\"`, `\\`, "'", "*", "%22", "%0d%0a", "\x00", "\x0b", "\x0c", "\x85", "\xff", "\u2028", "\u202e",
		"--" + boundary, "\r\n--" + boundary, "\n--" + boundary + "\n", "\r\n--" + boundary + "--", "\r\n--" + boundary + "--\r\n", "\r\n--" + boundary + " \r\n", "\r--" + boundary + "\r",
		"Content-Disposition: form-data; name=\"z\"\r\n", "\r\nContent-Disposition: form-data; name=\"z\"; filename=\"y.txt\"\r\n\r\n", `; filename="q.txt"`, `; filename*=utf-8''%2e%2e%2fq`,
		`; name="n"`, `; name*=utf-8''n`, `; name*0="n"`, `; filename*0*=utf-8''a; filename*1="b"`, "; filename=", "; FILENAME=x", "filename", "name", "form-data", "FORM-DATA", "attachment",
		"\r\nContent-Type: text/plain; charset=iso-8859-1", "\r\nContent-Type: text/plain; charset*=utf-7''x", "\r\nContent-Type: multipart/mixed; boundary=c", "\r\nContent-Transfer-Encoding: base64", "\r\nContent-Transfer-Encoding: 8bit",
		"\r\nContent-Length: 1", "\r\n X: folded", "\r\n\tfolded", "\r\nX-Original-Filename: evil", "../", "..\\", "\u00e9", "\U0001f600",
	}
	body = bytes.Clone(body)
	for range 1 + rnd.IntN(4) {
		at := rnd.IntN(len(body) + 1)
		end := min(len(body), at+rnd.IntN(12))
		if line := bytes.IndexByte(body[at:], '\n'); line >= 0 && rnd.IntN(3) == 0 { // at a line's end
			at += line - rnd.IntN(min(line, 1)+1)
			end = max(end, at)
		}
		word := []byte(words[rnd.IntN(len(words))])
		switch rnd.IntN(6) {
		case 0:
			body = append(body[:at:at], body[end:]...)
		case 1:
			body = append(body[:at:at], append(bytes.Clone(body[at:end]), body[at:]...)...)
		case 2:
			body = append(body[:at:at], append(word, body[end:]...)...)
		case 3:
			if at < len(body) {
				body[at] ^= 1 << rnd.IntN(8)
			}
		default:
			body = append(body[:at:at], append(word, body[at:]...)...)
		}
	}
	if rnd.IntN(20) == 0 {
		contentType = strings.Replace(contentType, boundary, boundary[:rnd.IntN(len(boundary))+1], 1)
	}
	return contentType, body
}

func TestMutationsAreReadAsWerkzeugReadsThem(t *testing.T) {
	t.Parallel()
	w := startWerkzeug(t)
	rnd := rand.New(rand.NewPCG(7578, 2046))
	all, taken := seeds(), 0
	const rounds = 20_000
	for range rounds {
		s := all[rnd.IntN(len(all))]
		contentType, body := mutate(rnd, s.contentType, []byte(s.body))
		if sameReading(t, w, contentType, body) {
			taken++
		}
		if t.Failed() {
			return
		}
	}
	if taken < rounds/20 {
		t.Errorf("only %d of %d were taken: the test shows little", taken, rounds)
	}
}

// FuzzAgainstWerkzeug: whatever is passed on, Werkzeug reads as it was looked through.
func FuzzAgainstWerkzeug(f *testing.F) {
	for _, s := range seeds() {
		f.Add(s.contentType, []byte(s.body))
	}
	w := startWerkzeug(f)
	f.Fuzz(func(t *testing.T, contentType string, body []byte) {
		if len(contentType) < 200 && len(body) < 64<<10 {
			sameReading(t, w, contentType, body)
		}
	})
}
