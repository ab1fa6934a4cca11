//go:build !race

package ratelimit_test

// manyClients is what memory must stay flat under.
const manyClients = 5_000_000
