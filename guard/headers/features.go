package headers

import "strings"

// The features that a Permissions-Policy can name, from the registry of the W3C
// (webappsec-permissions-policy, features.md) and from what Chromium lists itself;
// both are in testdata, and a test holds that each is in one of these tables.

// denied are the features that an ordinary page does not use: devices, sensors, the
// visitor's place, screen and machine, money, advertising, models on the device. Chromium
// knows every one of them; a name that it does not know it complains about on the console.
var denied = []string{
	"accelerometer", "browsing-topics", "camera", "captured-surface-control", "clipboard-read",
	"compute-pressure", "digital-credentials-create", "digital-credentials-get", "display-capture",
	"encrypted-media", "gamepad", "geolocation", "gyroscope", "hid", "idle-detection",
	"keyboard-map", "language-detector", "language-model", "local-fonts", "local-network",
	"local-network-access", "loopback-network", "magnetometer", "microphone", "midi",
	"on-device-speech-recognition", "payment", "private-state-token-issuance",
	"private-state-token-redemption", "screen-wake-lock", "serial", "speaker-selection",
	"summarizer", "translator", "usb", "window-management", "xr-spatial-tracking",
}

// untouched are features that keep the browser's default.
var untouched = []string{
	// Ordinary pages, and scripts and players in them, use these without saying so; none of
	// them reaches the visitor's data.
	"aria-notify", "autoplay", "clipboard-write", "deferred-fetch", "deferred-fetch-minimal",
	"fullscreen", "media-playback-while-not-visible", "picture-in-picture", "storage-access",
	"sync-xhr", "unload",
	// Ways to log in: the browser asks the visitor and answers to this origin only. Without
	// them a login gets weaker, not stronger.
	"identity-credentials-get", "otp-credentials", "publickey-credentials-create",
	"publickey-credentials-get",
	// It takes effect only where the app itself asks for isolation.
	"cross-origin-isolated",
	// An old name of browsing-topics.
	"interest-cohort",
}

// unknown are features that Chromium on some platform does not know: proposals, trials,
// platform-dependent ones, and those that were given up. They can be denied by policy.
var unknown = []string{
	"all-screens-capture", "ambient-light-sensor", "attribution-reporting", "autofill", "battery",
	"bluetooth", "conversion-measurement", "direct-sockets", "document-domain",
	"execution-while-not-rendered", "execution-while-out-of-viewport",
	"focus-without-user-activation", "join-ad-interest-group", "manual-text", "mediasession",
	"monetization", "navigation-override", "rewriter", "run-ad-auction", "smart-card",
	"sync-script", "tools", "trust-token-redemption", "vertical-scroll", "web-share",
	"window-placement", "writer",
}

// isHint says whether a feature is a client hint: they say what browsers may tell, and do
// so only to sites that ask.
func isHint(feature string) bool { return strings.HasPrefix(feature, "ch-") }
