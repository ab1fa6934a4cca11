// Package python reads Python source, from 3.8 to 3.14, into a syntax tree. It executes
// nothing. It is the audit's eyes: what it cannot read is reported, statement by statement,
// never passed over in silence.
package python
