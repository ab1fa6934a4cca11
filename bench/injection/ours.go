package main

import (
	"net/http"

	"github.com/fumehood/fumehood/guard/injection"
)

// ours is guard/injection as it is in front of an upstream: no sink is watched.
func ours() (*server, error) {
	guard, err := injection.New(injection.Config{}, injection.Site{})
	if err != nil {
		return nil, err
	}
	return guarded(guard.Handler(http.HandlerFunc(app)))
}
