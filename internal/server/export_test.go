package server

// For the tests, which look from outside.
var (
	WellFormed  = wellFormed
	ListenError = listenError
)
