package upload_test

import (
	"bytes"
	"encoding/json"
	"net/http/httptest"
	"strings"
	"testing"

	fumehood "github.com/fumehood/fumehood"
	"github.com/fumehood/fumehood/guard/upload"
)

// TestWhoIsToldWhat: a visitor reads which file it is and what to do, the owner what would
// take it.
func TestWhoIsToldWhat(t *testing.T) {
	t.Parallel()
	plain := zipFile(map[string]string{"a.txt": "b"})
	for _, tt := range []struct {
		name    string
		types   []string
		items   []item
		visitor string // of the title
		owner   string // of the cause
	}{
		{"a kind that is not taken", nil, []item{file("x.tsv", "text/tab-separated-values", "a,b\n")}, "Only PNG, ", `add "tsv" to upload.types`},
		{"a kind that is not taken and does not look like it", nil, []item{file("x.docx", "", "a")}, "Only PNG, ", `add "docx" to upload.types`},
		{"one that runs", nil, []item{file("x.svg", "image/svg+xml", svgWithScript)}, "Only PNG, ", `upload.dangerously_allow_types = ["svg"]`},
		{"one of several", nil, []item{file("a.txt", "text/plain", "a"), file("Fotos/x<y>.tsv", "text/tab-separated-values", "a,b\n")}, "“x<y>.tsv”: Only PNG, ", ""},
		{"a hidden one of several", nil, []item{file("Fotos/a.txt", "text/plain", "a"), file("Fotos/.DS_Store", "", "a")}, "“.DS_Store”: Programs, settings and hidden files ", ""},
		{"a long name", nil, []item{file("a.txt", "text/plain", "a"), file(strings.Repeat("é", 200)+".tsv", "text/tab-separated-values", "a,b\n")}, "“" + strings.Repeat("é", 60) + "…”: Only ", ""},
		{"no name", nil, []item{file("a.txt", "text/plain", "a"), file("", "text/tab-separated-values", "a,b\n")}, "The name of this file ", ""},
		{"an archive that is locked", []string{"zip"}, []item{file("x.zip", "", strings.ReplaceAll(strings.ReplaceAll(plain, "PK\x03\x04\x14\x00\x08", "PK\x03\x04\x14\x00\x09"), "PK\x01\x02\x14\x00\x14\x00\x08", "PK\x01\x02\x14\x00\x14\x00\x09"))}, "This archive or document is protected by a password", "it is encrypted"},
		{"an archive that grows", []string{"zip"}, []item{file("x.zip", "", zipFile(map[string]string{"a": strings.Repeat("\x00", 2<<20)}))}, "This archive or document holds too much", "upload.archive_total"},
		{"an archive with programs", []string{"zip"}, []item{file("x.zip", "", zipFile(map[string]string{"a.exe": "MZ"}))}, "This archive holds programs", "a.exe"},
	} {
		x := &fumehood.Exchange{}
		h := newGuard(t, upload.Config{Types: tt.types, ArchiveTotal: fumehood.MB}).Handler(&received{})
		contentType, form := formOf(tt.items...)
		r := httptest.NewRequest("POST", "/", bytes.NewReader(form))
		r.Header.Set("Content-Type", contentType)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r.WithContext(fumehood.WithExchange(r.Context(), x)))
		var told struct{ Title string }
		json.Unmarshal(w.Body.Bytes(), &told)
		if x.Refused == nil || !strings.HasPrefix(told.Title, tt.visitor) || !strings.Contains(x.Refused.Error(), tt.owner) {
			t.Errorf("%s: %q; %v", tt.name, told.Title, x.Refused)
		}
	}
}

// TestManySmallArchives: together they may not cost more than one may.
func TestManySmallArchives(t *testing.T) {
	t.Parallel()
	bomb := file("x.zip", "application/zip", zipFile(map[string]string{"a.txt": strings.Repeat("\x00", 9<<20)}))
	app := &received{}
	h := behind(t, upload.Config{Types: []string{"zip"}}, t.TempDir(), app)
	if w := post(h, bomb); w.Code != 200 {
		t.Fatalf("one: %d %s", w.Code, w.Body)
	}
	if w := post(h, bomb, bomb, bomb); codeOf(w) != "upload.archive" {
		t.Errorf("three: %d %s", w.Code, w.Body)
	}
}
