package validate_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	fumehood "github.com/fumehood/fumehood"
	"github.com/fumehood/fumehood/guard/validate"
)

func newGuard(t testing.TB, cfg validate.Config, site validate.Site) *validate.Guard {
	t.Helper()
	g, err := validate.New(cfg, site)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

var nothing = http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})

// whole is a body in memory as guard/body makes one.
type whole struct{ mem []byte }

func (w whole) Read([]byte) (int, error) { return 0, io.EOF }
func (w whole) Close() error             { return nil }
func (w whole) Bytes() []byte            { return w.mem }
func (w whole) File() *os.File           { return nil }
func (w whole) Size() int64              { return int64(len(w.mem)) }

func posted(target, contentType, body string) *http.Request {
	r := httptest.NewRequest("POST", target, strings.NewReader(body))
	r.Header.Set("Content-Type", contentType)
	return r
}

// reply is an answer.
type reply struct {
	status int
	code   string // of a refusal
	body   string
	faults map[string]string // field: rule
	header http.Header
}

func ask(t testing.TB, h http.Handler, r *http.Request) reply {
	t.Helper()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	got := reply{status: w.Code, body: w.Body.String(), header: w.Header(), faults: map[string]string{}}
	if w.Header().Get("Content-Type") == "application/problem+json" {
		var problem struct {
			Code   string
			Status int
			Faults []validate.Fault
		}
		if err := json.Unmarshal(w.Body.Bytes(), &problem); err != nil || problem.Status != w.Code {
			t.Errorf("%d %s: %v", w.Code, w.Body, err)
		}
		got.code = problem.Code
		for _, f := range problem.Faults {
			got.faults[f.Field] = f.Rule
			if f.Detail == "" {
				t.Errorf("%+v says nothing", f)
			}
		}
	}
	return got
}

func num(n float64) *float64 { return &n }

// codeOf is the code of a verdict.
func codeOf(err error) string {
	if err == nil {
		return ""
	}
	return fumehood.AsRefusal(err).Code
}
