//go:build race

package audit_test

// raced: the race detector makes everything ten times slower.
const raced = true
