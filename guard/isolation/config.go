package isolation

import fumehood "github.com/fumehood/fumehood"

// Config says what pages of other sites may load from here, besides leading their visitors
// here by a link or a form.
type Config struct {
	// Mode says what happens to a request that a page of another site had the browser
	// make: enforce, report or off. A route with mode "off" is open to every site.
	Mode fumehood.Mode `toml:"mode" default:"enforce"`

	// Frame says who may show these pages in a frame, as headers.frame does: "same-origin",
	// "deny" (nobody) or "dangerously-any".
	Frame string `toml:"-"` // `fumehood run` takes it from headers.frame and csp.frame_ancestors

	// DangerouslyEmbeddable are the kinds of content that pages of every site may embed,
	// with the visitor's cookies where those are SameSite=None: "image", "font", "style",
	// "script", "audio", "video", "track", "manifest", "object", "embed". Browsers refuse it
	// all the same until headers.resource is "dangerously-cross-origin" there.
	DangerouslyEmbeddable []string `toml:"dangerously_embeddable"`

	// DangerouslyTrustSameSite treats the pages of sibling hosts, such as blog.example.org
	// beside shop.example.org, like this site's own. Whoever controls one of them, or a
	// forgotten DNS name, can then read across.
	DangerouslyTrustSameSite bool `toml:"dangerously_trust_same_site"`
}
