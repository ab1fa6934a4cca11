package strict_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"io"
	"os"
	"path"
	"strconv"
	"strings"
	"testing"

	"github.com/fumehood/fumehood/internal/strict"
)

// corpusFile is where testdata/gunicorn/README.md says to put the archive.
const corpusFile = "../../.cache/corpus/gunicorn-26.1.0.tar.gz"

// readCorpus returns the request files of gunicorn's source archive: "invalid/001" and so
// on. It fails when the archive is not there.
func readCorpus(t *testing.T) map[string][]byte {
	t.Helper()
	file, err := os.Open(corpusFile)
	if os.IsNotExist(err) {
		t.Fatal("the corpus is not there; bring it with: make setup")
	}
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	zipped, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	all := map[string][]byte{}
	for archive := tar.NewReader(zipped); ; {
		head, err := archive.Next()
		if err == io.EOF {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
		_, name, ok := strings.Cut(head.Name, "/tests/requests/")
		if !ok || path.Ext(name) != ".http" {
			continue
		}
		text, err := io.ReadAll(archive)
		if err != nil {
			t.Fatal(err)
		}
		all[strings.TrimSuffix(name, ".http")] = unescape(t, text)
	}
}

// unescape reads the notation of the files: real line ends mean nothing, bytes are
// written \r\n, \n, \t, \0 and \xHH.
func unescape(t *testing.T, text []byte) []byte {
	t.Helper()
	var out []byte
	for i := 0; i < len(text); i++ {
		switch {
		case text[i] == '\n':
		case text[i] != '\\':
			out = append(out, text[i])
		case i+1 < len(text) && strings.IndexByte("rnt0", text[i+1]) >= 0:
			out = append(out, "\r\n\t\x00"[strings.IndexByte("rnt0", text[i+1])])
			i++
		case i+3 < len(text) && text[i+1] == 'x':
			x, err := strconv.ParseUint(string(text[i+2:i+4]), 16, 8)
			if err != nil {
				t.Fatal(err)
			}
			out = append(out, byte(x))
			i += 3
		default:
			t.Fatalf("unknown escape in %q", text)
		}
	}
	return out
}

type corpusCase struct{ name, verdict, hosted, detail string }

// readCases reads testdata/gunicorn/cases.txt.
func readCases(t *testing.T) []corpusCase {
	t.Helper()
	text, err := os.ReadFile("testdata/gunicorn/cases.txt")
	if err != nil {
		t.Fatal(err)
	}
	var cases []corpusCase
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		parts := strings.Split(line, "|")
		if len(parts) != 4 {
			t.Fatalf("line %q does not have four parts", line)
		}
		for i := range parts {
			parts[i] = strings.TrimSpace(parts[i])
		}
		cases = append(cases, corpusCase{parts[0], parts[1], parts[2], parts[3]})
	}
	return cases
}

// TestGunicornCorpus replays the request files of another server's test suite over a
// socket. Each case is sent twice: as it is, and with a Host field where it has none.
func TestGunicornCorpus(t *testing.T) {
	t.Parallel()
	corpus := readCorpus(t)
	refused, bare := 0, 0
	for _, c := range readCases(t) {
		sent, ok := corpus[c.name]
		delete(corpus, c.name)
		if !ok {
			t.Errorf("%s is not in the archive", c.name)
			continue
		}
		if c.verdict == "left out" {
			continue
		}
		ok = replay(t, c.name, sent, c.verdict, c.detail)
		if hosted := addHost(sent); c.hosted != "-" {
			if bytes.Equal(hosted, sent) {
				t.Errorf("%s needs no Host", c.name)
			}
			ok = replay(t, c.name+" with Host", hosted, c.hosted, c.detail) && ok
		}
		if c.detail == "of the 46" {
			if ok {
				refused++
			}
			if bareRefuses(t, sent) {
				bare++
			}
		}
	}
	for name := range corpus {
		t.Errorf("%s is in the archive, not in cases.txt", name)
	}
	t.Logf("of the 46, strict refuses %d with a request ID, net/http alone %d in one way or another", refused, bare)
	if refused != 46 {
		t.Errorf("%d of the 46 are refused", refused)
	}
}

// bareRefuses tells whether net/http alone answers with an error, or not at all.
func bareRefuses(t *testing.T, sent []byte) bool {
	t.Helper()
	answers, _ := exchange(t, newFront(t, nil).addr, sent) // it may reset the connection
	for _, a := range answers {
		if a.status < 400 {
			return false
		}
	}
	return true
}

// replay sends one case and tells whether it was treated as the verdict says: accepted,
// with the requests named in detail, or refused with a code.
func replay(t *testing.T, name string, sent []byte, want, detail string) bool {
	t.Helper()
	f := newFront(t, &strict.Limits{})
	answers := talk(t, f.addr, sent)
	got, seen := "accepted", strings.Join(f.requests(), ", ")
	if len(answers) == 0 {
		got = "no answer"
	} else if last := answers[len(answers)-1]; last.header.Get("X-App") == "" {
		got = last.code(t)
		if last.status < 400 || !last.closes {
			t.Errorf("%s: refused with status %d, the connection stays open: %t", name, last.status, !last.closes)
		}
		if strings.HasPrefix(name, "invalid/") && (len(answers) > 1 || seen != "") {
			t.Errorf("%s: %d answers, the app saw %s", name, len(answers), seen)
		}
	} else if seen != detail {
		t.Errorf("%s: the app saw  %s\nwanted  %s", name, seen, detail)
	}
	if got != want {
		t.Errorf("%s: %s, want %s", name, got, want)
		return false
	}
	return true
}
