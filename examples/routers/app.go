package main

import (
	_ "embed"
	"fmt"
	"io"
	"net/http"
	"sync/atomic"
	"text/template"
)

// app is a small program as people write them. Do not copy its handlers: each has the fault
// that one of the guards makes up for.
type app struct {
	passwords atomic.Int32  // how often the password was changed
	uploading chan struct{} // told when an upload has reached its handler
}

func newApp() *app { return &app{uploading: make(chan struct{}, 1)} }

// route is a handler and where it is; the routers differ only in how that is written.
type route struct {
	method, path string
	handler      http.HandlerFunc
}

func (a *app) routes() []route {
	return []route{
		{"GET", "/hello", a.hello},
		{"POST", "/login", a.login},
		{"GET", "/login", a.login},
		{"GET", "/account", a.account},
		{"POST", "/signin", a.signin},
		{"GET", "/.env", a.settings},
		{"POST", "/password", a.password},
		{"GET", "/api/notes", a.notes},
		{"GET", "/reset", a.reset},
		{"POST", "/upload", a.upload},
		{"GET", "/fail", a.fail},
		{"GET", "/panic", a.panic},
	}
}

//go:embed templates/hello.html
var helloPage string

// helloTemplate leaves what it is given as it is; html/template would escape it.
var helloTemplate = template.Must(template.New("hello").Parse(helloPage))

func (a *app) hello(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Server", "routers/1.0")
	helloTemplate.Execute(w, r.FormValue("name"))
}

func (a *app) login(w http.ResponseWriter, r *http.Request) {
	http.SetCookie(w, &http.Cookie{Name: "session", Value: "ann", Path: "/"})
	w.Header().Set("Location", r.URL.Query().Get("next"))
	w.WriteHeader(http.StatusFound)
}

func (a *app) signin(w http.ResponseWriter, r *http.Request) {
	if r.FormValue("password") != "correct horse" {
		http.Error(w, "wrong name or password", http.StatusUnauthorized)
		return
	}
	fmt.Fprintln(w, "welcome")
}

// settings is what a program serves that serves its own folder.
func (a *app) settings(w http.ResponseWriter, r *http.Request) {
	fmt.Fprintln(w, "SECRET_KEY=s3cret")
}

func (a *app) account(w http.ResponseWriter, r *http.Request) {
	fmt.Fprintln(w, "ann's account")
}

func (a *app) password(w http.ResponseWriter, r *http.Request) {
	fmt.Fprintln(w, "changed", a.passwords.Add(1), "times")
}

func (a *app) notes(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Access-Control-Allow-Origin", r.Header.Get("Origin"))
	w.Header().Set("Access-Control-Allow-Credentials", "true")
	w.Header().Set("Content-Type", "application/json")
	fmt.Fprintln(w, `["ann's first note"]`)
}

func (a *app) reset(w http.ResponseWriter, r *http.Request) {
	fmt.Fprintf(w, "https://%s/reset?token=s3cret\n", r.Host)
}

func (a *app) upload(w http.ResponseWriter, r *http.Request) {
	select {
	case a.uploading <- struct{}{}:
	default:
	}
	n, err := io.Copy(io.Discard, r.Body)
	if err != nil {
		http.Error(w, "the upload broke off", http.StatusBadRequest)
		return
	}
	fmt.Fprintln(w, n, "bytes")
}

func (a *app) fail(w http.ResponseWriter, r *http.Request) {
	http.Error(w, "Traceback (most recent call last):\n  File \"/srv/app/db.py\", line 7, in query\n"+
		`psycopg2.errors.SyntaxError: syntax error at or near "'"`, http.StatusInternalServerError)
}

func (a *app) panic(http.ResponseWriter, *http.Request) { panic("no such user") }
