package inputs_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/fumehood/fumehood/internal/inputs"
)

// TestFieldsOfBrowsers: what browsers fill in is no value, as long as it is what browsers fill
// in: apps put Accept-Language into statements, too.
func TestFieldsOfBrowsers(t *testing.T) {
	t.Parallel()
	ask := func(name, value string) int {
		r := httptest.NewRequest("GET", "/", nil)
		r.Header = http.Header{name: {value}}
		return len(inputs.Read(r, inputs.Limits{}).All)
	}
	for name, values := range map[string][]string{ // as Chrome, Firefox, Safari and curl send them
		"Accept": {"*/*", "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;q=0.8,application/signed-exchange;v=b3;q=0.7",
			"application/json, text/plain, */*", "text/html, */*; q=0.01", "image/avif,image/webp,*/*", "text/event-stream"},
		"Accept-Language":           {"en-US,en;q=0.9,de;q=0.8", "de", "*", "zh-Hans-CN, zh;q=0.5", "en-GB,en; q=0.7"},
		"Accept-Encoding":           {"gzip, deflate, br, zstd", "identity;q=1, *;q=0"},
		"Accept-Charset":            {"utf-8, iso-8859-1;q=0.5"},
		"Cache-Control":             {"no-cache", "max-age=0", "no-cache, no-store, must-revalidate"},
		"Pragma":                    {"no-cache"},
		"Range":                     {"bytes=0-", "bytes=100-199"},
		"If-None-Match":             {`"33a64df551425fcc55e4d42a148795d9f25f89d4"`, `W/"5f-18c"`, `"a", W/"b"`, `"1700000000.0-1234-567"`},
		"If-Modified-Since":         {"Wed, 21 Oct 2015 07:28:00 GMT"},
		"Date":                      {"Wed, 21 Oct 2015 07:28:00 GMT"},
		"Priority":                  {"u=1, i", "u=0"},
		"Dnt":                       {"1"},
		"Via":                       {"1.1 vegur", "2 edge-1.example, 1.1 proxy:8080"},
		"Sec-Ch-Ua":                 {`"Chromium";v="142", "Google Chrome";v="142", "Not_A Brand";v="99"`, `"Not;A=Brand";v="8", "Chromium";v="120"`, `" Not A;Brand";v="99"`, `"Not(A:Brand";v="24"`, `"Not/A)Brand";v="8"`, `"Not?A_Brand";v="8"`},
		"Sec-Ch-Ua-Platform":        {`"Windows"`, `"macOS"`},
		"Sec-Ch-Ua-Mobile":          {"?0"},
		"Sec-Fetch-Site":            {"same-origin"},
		"Sec-Fetch-User":            {"?1"},
		"Sec-Websocket-Key":         {"dGhlIHNhbXBsZSBub25jZQ=="},
		"Sec-Gpc":                   {"1"},
		"Upgrade-Insecure-Requests": {"1"},
		"Content-Type": {"application/x-www-form-urlencoded; charset=UTF-8", "multipart/form-data; boundary=----WebKitFormBoundary7MA4YWxkTrZu0gW", "application/json",
			`multipart/form-data; boundary="a-b_c"`},
		"Content-Length": {"12"}, "Content-Encoding": {"gzip"}, "Content-Language": {"de-DE, en"}, "Access-Control-Request-Headers": {"content-type,x-a"},
		"Access-Control-Request-Method": {"POST"},
	} {
		for _, value := range values {
			if ask(name, value) != 0 {
				t.Errorf("%s: %s is a value", name, value)
			}
		}
	}
	for _, name := range []string{"Accept", "Accept-Language", "Accept-Charset", "If-None-Match", "Range", "Sec-Ch-Ua", "Sec-Foo", "Cache-Control", "Content-Language", "Date", "Priority", "Via"} {
		for _, value := range []string{"en' OR 1=1 --", "<script>alert(1)</script>", "en;id", "en; cat /etc/passwd", "../../etc/passwd", "/etc/passwd", "en, ../x", "$(id)", "`id`", "en|id", "{{7*7}}",
			`" or "a"="a`, `en" or 1=1 --`, `"x" union select 1`, "1 or 1=1", "-oProxyCommand=x", "http://127.0.0.1/x", "en;q='x'", `"$(id)"`, "x' y", `";id;"`, "en; id; a=b", "a\\b"} {
			if ask(name, value) == 0 {
				t.Errorf("%s: %s is not seen", name, value)
			}
		}
	}
}
