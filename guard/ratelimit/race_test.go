//go:build race

package ratelimit_test

// manyClients is fewer where each access to memory is watched.
const manyClients = 200_000
