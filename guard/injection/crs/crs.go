// Package crs judges requests with the OWASP Core Rule Set, run by Coraza: an engine beside
// guard/injection's own, for those who must have it.
//
// Attacks: what the rule set's request rules know, by their patterns: SQL, HTML, paths,
// commands, templates, PHP and Java, scanners, oddities of HTTP. Not covered: answers (the
// rules for leaks are not loaded), bodies that are not whole in memory or in a file, and
// whatever is spelled in a way that no pattern has.
//
// It is called by guard/injection (Site.Engine) and belongs where that is: after guard/body
// and guard/upload. It costs a millisecond or more for each request, far more for long values,
// and some 20 MB, so make one Engine and share it. Nothing is compiled before New.
//
// The log gets the numbers of the rules that matched and never what they matched: that may
// be a password.
package crs

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"

	coreruleset "github.com/corazawaf/coraza-coreruleset/v4"
	"github.com/corazawaf/coraza/v3"
	"github.com/corazawaf/coraza/v3/types"
	fumehood "github.com/fumehood/fumehood"
	"github.com/fumehood/fumehood/internal/hint"
)

// setup is what stands before the rule set. The rules 200000 to 200002 are those that
// Coraza recommends: they choose who reads a body, and refuse what cannot be read. Methods
// are guard/limits' and the app's business, so that all usual ones are allowed.
const setup = `
SecRuleEngine On
SecRequestBodyAccess On
SecResponseBodyAccess Off
SecAuditEngine Off
SecRequestBodyLimit %[3]d
SecRequestBodyInMemoryLimit %[3]d
SecRequestBodyLimitAction Reject
SecRule REQUEST_HEADERS:Content-Type "^(?:application(?:/soap\+|/)|text/)xml" \
  "id:200000,phase:1,t:none,t:lowercase,pass,nolog,ctl:requestBodyProcessor=XML"
SecRule REQUEST_HEADERS:Content-Type "^application/(?:[a-z0-9.-]+[+])?json" \
  "id:200001,phase:1,t:none,t:lowercase,pass,nolog,ctl:requestBodyProcessor=JSON"
SecRule REQBODY_ERROR "!@eq 0" "id:200002,phase:2,t:none,deny,status:400,log,severity:2"
Include @crs-setup.conf.example
SecAction "id:900000,phase:1,pass,t:none,nolog,setvar:tx.blocking_paranoia_level=%[1]d"
SecAction "id:900110,phase:1,pass,t:none,nolog,setvar:tx.inbound_anomaly_score_threshold=%[2]d"
SecAction "id:900200,phase:1,pass,t:none,nolog,setvar:'tx.allowed_methods=GET HEAD POST OPTIONS PUT PATCH DELETE'"
Include @owasp_crs/REQUEST-*.conf
`

// unreadable is the rule that refuses a body that its reader cannot read.
const unreadable = 200002

// Engine is the compiled rule set. Make one with New; it is shared by any number of
// goroutines.
type Engine struct {
	waf coraza.WAF
	cap int64 // bytes of a body
}

// New compiles the rule set, which takes some tenths of a second, or returns every mistake
// in cfg.
func New(cfg Config) (*Engine, error) {
	cfg, own, mistakes := checked(cfg)
	if err := errors.Join(mistakes...); err != nil {
		return nil, err
	}
	waf, err := coraza.NewWAF(coraza.NewWAFConfig().WithRootFS(coreruleset.FS).
		WithDirectives(fmt.Sprintf(setup, cfg.Paranoia, cfg.Threshold, int64(cfg.Body))).
		WithDirectives(own))
	if err != nil {
		return nil, hint.With(fmt.Errorf("crs: the rules cannot be compiled: %w", err),
			"check the directives in the file that crs.rules names")
	}
	return &Engine{waf: waf, cap: int64(cfg.Body)}, nil
}

// checked returns cfg with its defaults, the owner's own directives, and what is wrong.
func checked(cfg Config) (_ Config, own string, mistakes []error) {
	number := func(key string, value *int, usual, top int) {
		switch {
		case *value == 0:
			*value = usual
		case *value < 1 || *value > top:
			mistakes = append(mistakes, hint.With(
				fmt.Errorf("crs.%s: %d is not between 1 and %d", key, *value, top),
				fmt.Sprintf("crs.%s = %d", key, usual)))
		}
	}
	number("paranoia", &cfg.Paranoia, 1, 4)
	number("threshold", &cfg.Threshold, 5, 1000)
	switch {
	case cfg.Body == 0:
		cfg.Body = 128 << 10
	case cfg.Body < 1<<10 || cfg.Body > 16<<20:
		mistakes = append(mistakes, hint.With(
			fmt.Errorf("crs.body: %d bytes are not between 1 KB and 16 MB", int64(cfg.Body)), `crs.body = "128KB"`))
	}
	if cfg.Rules != "" {
		text, err := os.ReadFile(cfg.Rules)
		if err != nil {
			mistakes = append(mistakes, hint.With(fmt.Errorf("crs.rules: %w", err),
				"name a file that this server may read, or leave the line out"))
		}
		own = string(text)
	}
	return cfg, own, mistakes
}

// Check returns the refusal of a request that the rules score at the threshold or above, or
// nil. It never consumes the body, and looks at it only when it is a wholebody.Whole.
func (e *Engine) Check(r *http.Request) error {
	if e == nil || e.waf == nil {
		return fumehood.NotReady("injection")
	}
	tx := e.waf.NewTransaction()
	defer tx.Close() // what it returns is about temporary files, of which there are none
	stopped := e.head(tx, r)
	if stopped == nil {
		var err error
		if err = e.body(tx, r); err == nil {
			stopped, err = tx.ProcessRequestBody()
		}
		if err != nil {
			return failed(err)
		}
	}
	if stopped == nil {
		return nil
	}
	return refusal(tx, stopped)
}

// head gives the rules all that stands before the body.
func (e *Engine) head(tx types.Transaction, r *http.Request) *types.Interruption {
	tx.ProcessConnection(fumehood.ClientIP(r).String(), 0, "", 0)
	tx.ProcessURI(r.URL.RequestURI(), r.Method, r.Proto)
	for name, values := range r.Header {
		for _, value := range values {
			tx.AddRequestHeader(name, value)
		}
	}
	if r.Host != "" { // package http keeps it apart
		tx.AddRequestHeader("Host", r.Host)
		tx.SetServerName(r.Host)
	}
	return tx.ProcessRequestHeaders()
}

// refusal says which rules matched.
func refusal(tx types.Transaction, stopped *types.Interruption) error {
	var ids []int
	for _, match := range tx.MatchedRules() {
		if id := match.Rule().ID(); judges(id) && !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	if len(ids) == 0 {
		ids = []int{stopped.RuleID}
	}
	if slices.Contains(ids, unreadable) {
		return damaged(errors.New("the body is not what its content type says"))
	}
	var list strings.Builder
	for i, id := range ids {
		if i > 0 {
			list.WriteString(", ")
		}
		list.WriteString(strconv.Itoa(id))
	}
	return &fumehood.Refusal{
		Status: http.StatusForbidden, Code: "injection.crs",
		Public: "This request looks like an attack, so it was stopped here.",
		Err:    fmt.Errorf("the Core Rule Set refuses it, by rule %s", list.String()),
	}
}

// judges tells rules that say something of a request from those that count, initialise or
// skip others: in the rule set's files the latter have the numbers up to 99, and the files
// 901, 905, 949 and 999.
func judges(id int) bool {
	if id < 900_000 || id > 999_999 {
		return id != 200000 && id != 200001
	}
	return id >= 911_000 && id < 949_000 && id%1000 > 99
}

// failed is the refusal of a request that could not be judged.
func failed(err error) error {
	var refusal *fumehood.Refusal
	if errors.As(err, &refusal) {
		return refusal
	}
	return &fumehood.Refusal{
		Status: http.StatusInternalServerError, Code: "injection.crs-failed",
		Public: "Something went wrong on the server.",
		Err:    fmt.Errorf("the Core Rule Set could not judge the request: %w", err),
	}
}
