package http1

// For tests outside of the package.
const (
	WatchDelay = watchDelay
	UnreadTime = unreadTime
	MostUnread = mostUnread
)
