package main

import (
	"io"
	"net/http"

	"github.com/gin-gonic/gin"
	"github.com/go-chi/chi/v5"
	"github.com/labstack/echo/v4"
)

// wrapper is what a guard's Handler is.
type wrapper func(http.Handler) http.Handler

// router makes the program with one router. The guards stand around all of it.
type router struct {
	name string
	make func(a *app, guards ...wrapper) http.Handler
}

func routers() []router {
	return []router{{"mux", withMux}, {"chi", withChi}, {"gin", withGin}, {"echo", withEcho}}
}

// around puts the guards around h; the first one sees a request first.
func around(h http.Handler, guards []wrapper) http.Handler {
	for i := len(guards) - 1; i >= 0; i-- {
		h = guards[i](h)
	}
	return h
}

// whoami believes what anybody can send. gin and echo have a function of their own for it,
// which does so too.
func whoami(w http.ResponseWriter, r *http.Request) {
	address := r.Header.Get("X-Forwarded-For")
	if address == "" {
		address = r.RemoteAddr
	}
	io.WriteString(w, address)
}

// withMux: a guard goes around the mux, or around the handler of one pattern.
func withMux(a *app, guards ...wrapper) http.Handler {
	mux := http.NewServeMux()
	for _, route := range a.routes() {
		mux.Handle(route.method+" "+route.path, route.handler)
	}
	mux.HandleFunc("GET /whoami", whoami)
	return around(mux, guards)
}

// withChi: a guard is a middleware as it is, for Use and for With.
func withChi(a *app, guards ...wrapper) http.Handler {
	r := chi.NewRouter()
	for _, guard := range guards {
		r.Use(guard)
	}
	for _, route := range a.routes() {
		r.Method(route.method, route.path, route.handler)
	}
	r.Get("/whoami", whoami)
	return r
}

// withGin: a guard goes around the engine, which is an http.Handler. gin's middleware cannot
// replace the ResponseWriter, which the guards that change answers have to.
func withGin(a *app, guards ...wrapper) http.Handler {
	gin.SetMode(gin.ReleaseMode)
	engine := gin.New()
	for _, route := range a.routes() {
		engine.Handle(route.method, route.path, gin.WrapF(route.handler))
	}
	engine.GET("/whoami", func(c *gin.Context) { c.String(http.StatusOK, c.ClientIP()) })
	return around(engine, guards)
}

// withEcho: a guard goes around the Echo, which is an http.Handler. echo.WrapMiddleware is
// not the same: an error that a handler returns is answered after the middleware is done,
// when the head of the answer has left.
func withEcho(a *app, guards ...wrapper) http.Handler {
	e := echo.New()
	for _, route := range a.routes() {
		e.Add(route.method, route.path, echo.WrapHandler(route.handler))
	}
	e.GET("/whoami", func(c echo.Context) error { return c.String(http.StatusOK, c.RealIP()) })
	e.GET("/missing", func(c echo.Context) error { return echo.NewHTTPError(http.StatusGone, "it was here") })
	return around(e, guards)
}
