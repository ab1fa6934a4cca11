package wsgi_test

import (
	"bytes"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/fumehood/fumehood/internal/testapp"
	"github.com/fumehood/fumehood/wsgi"
)

func get(t *testing.T, url string) (*http.Response, string) {
	t.Helper()
	res, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res, string(body)
}

func TestFlaskApp(t *testing.T) {
	t.Parallel()
	app := testapp.Start(t, "testdata/apps", wsgi.Config{Target: "flaskapp:app", Workers: 2})
	url := app.Server.URL

	t.Run("a page", func(t *testing.T) {
		if res, body := get(t, url+"/hello"); res.StatusCode != 200 || body != "hello" {
			t.Errorf("%s %q", res.Status, body)
		}
	})
	t.Run("the app's own 404", func(t *testing.T) {
		if res, body := get(t, url+"/nothing"); res.StatusCode != 404 || !strings.Contains(body, "Not Found") {
			t.Errorf("%s %q", res.Status, body)
		}
	})
	t.Run("bodies come back whole", func(t *testing.T) {
		for _, size := range []int{0, 1, 64 << 10, 64<<10 + 1, 3 << 20} {
			sent := bytes.Repeat([]byte("fume"), size/4+1)[:size]
			for name, body := range map[string]io.Reader{"length": bytes.NewReader(sent), "chunked": io.MultiReader(bytes.NewReader(sent))} {
				res, err := http.Post(url+"/echo", "application/octet-stream", body)
				if err != nil {
					t.Fatal(err)
				}
				got, err := io.ReadAll(res.Body)
				res.Body.Close()
				if err != nil || !bytes.Equal(got, sent) {
					t.Errorf("%s, %d bytes: got %d bytes, %v", name, size, len(got), err)
				}
			}
		}
	})
	t.Run("events arrive one by one", func(t *testing.T) {
		began := time.Now()
		res, err := http.Get(url + "/events")
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		first := make([]byte, 64)
		n, err := res.Body.Read(first)
		if err != nil || string(first[:n]) != "data: 0\n\n" || time.Since(began) > 350*time.Millisecond {
			t.Errorf("%q after %v, %v", first[:n], time.Since(began), err)
		}
		io.Copy(io.Discard, res.Body)
	})
	t.Run("a long answer", func(t *testing.T) {
		if _, body := get(t, url+"/big/20"); len(body) != 20<<20 {
			t.Errorf("%d bytes", len(body))
		}
	})
	t.Run("a file, whole and in part", func(t *testing.T) {
		_, whole := get(t, url+"/file")
		req, _ := http.NewRequest("GET", url+"/file", nil)
		req.Header.Set("Range", "bytes=5-20")
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		part, _ := io.ReadAll(res.Body)
		if res.StatusCode != 206 || string(part) != whole[5:21] {
			t.Errorf("%s %q", res.Status, part)
		}
	})
	t.Run("a file in memory", func(t *testing.T) {
		if _, body := get(t, url+"/memory"); body != "in memory" {
			t.Errorf("%q", body)
		}
	})
	t.Run("many slow requests at once", func(t *testing.T) {
		began := time.Now()
		done := make(chan string)
		for range 16 {
			go func() {
				res, err := http.Get(url + "/sleep/0.3")
				if err != nil {
					done <- err.Error()
					return
				}
				res.Body.Close()
				done <- res.Status
			}()
		}
		for range 16 {
			if s := <-done; s != "200 OK" {
				t.Error(s)
			}
		}
		if took := time.Since(began); took > 1500*time.Millisecond {
			t.Errorf("16 requests that wait 0.3 s took %v with 2 x 8 threads", took)
		}
	})
	t.Run("an exception is the app's own 500", func(t *testing.T) {
		res, body := get(t, url+"/raise")
		if res.StatusCode != 500 || strings.Contains(body, "on purpose") {
			t.Errorf("%s %q", res.Status, body)
		}
		testapp.Eventually(t, "the traceback is logged", func() bool {
			return strings.Contains(app.Log.String(), "RuntimeError: on purpose")
		})
	})
}
