package canon

import (
	"encoding/json"
	"io"
	"net/http"
	"strconv"
	"strings"
)

// uploadSize are uploads that cost the server more than they cost the attacker.
func uploadSize() []Attack {
	attack := func(name, gain string, works func(s *Scene) bool) Attack {
		return Attack{Name: name, App: "trusting", Gain: gain, Works: works}
	}
	return []Attack{
		attack("10,000 parts", "a small form keeps Python busy for seconds", func(s *Scene) bool {
			var fields []string
			for i := range 10_000 {
				fields = append(fields, "f"+strconv.Itoa(i), "")
			}
			return s.says(s.Parts("/form", nil, fields...), "fields") == 10_000
		}),
		attack("500 files", "each has a file of its own on the disk", func(s *Scene) bool {
			files := make([]File, 500)
			for i := range files {
				files[i] = File{Name: strconv.Itoa(i) + ".txt", Type: "text/plain", Content: "x"}
			}
			return s.says(s.Parts("/form", files), "files") == 500
		}),
		attack("endless body", "the disk is full", func(s *Scene) bool {
			return s.endless("/form", "multipart/form-data; boundary=end",
				"--end\r\nContent-Disposition: form-data; name=\"file\"; filename=\"x.txt\"\r\nContent-Type: text/plain\r\n\r\n", "\r\n--end--\r\n")
		}),
		attack("endless body that says nothing of itself", "the disk is full", func(s *Scene) bool {
			return s.endless("/raw", "application/octet-stream", "", "")
		}),
		attack("a large file", "the disk is full", func(s *Scene) bool {
			file := File{Name: "x.txt", Type: "text/plain", Content: strings.Repeat("0123456789abcde\n", 30<<16)}
			return s.says(s.Parts("/form", []File{file}), "files") == 1
		}),
		attack("a name of 100,000 letters", "logs, databases and headers are full of it", func(s *Scene) bool {
			file := File{Name: strings.Repeat("x", 100_000) + ".txt", Type: "text/plain", Content: "x"}
			return s.says(s.Parts("/form", []File{file}), "files") == 1
		}),
		attack("zip bomb", "300 KB are 300 MB once they are unpacked", func(s *Scene) bool {
			file := File{Name: "x.zip", Type: "application/zip", Content: zipBomb()}
			return s.says(s.Parts("/unpack/measure", []File{file}), "total") >= 300<<20
		}),
		attack("PNG bomb", "8 KB are a picture of 64 million pixels", func(s *Scene) bool {
			file := File{Name: "x.png", Type: "image/png", Content: string(png(8000, 8000))}
			return s.says(s.Parts("/picture", []File{file}), "pixels") == 8000*8000
		}),
	}
}

// says sends a request and returns the number that the answer has for a key; -1 is for an
// answer that has none.
func (s *Scene) says(r *http.Request, key string) int {
	s.Helper()
	answer := s.Try(s.Client(), r)
	s.Logf("%d %.200s", answer.Status, answer.Text)
	numbers := map[string]any{}
	if answer.Status != http.StatusOK || json.Unmarshal([]byte(answer.Text), &numbers) != nil {
		return -1
	}
	if n, ok := numbers[key].(float64); ok {
		return int(n)
	}
	return -1
}

// endless sends 40 MB of a body of no length, and says whether the app took all of it.
func (s *Scene) endless(path, contentType, head, tail string) bool {
	s.Helper()
	body := io.MultiReader(strings.NewReader(head), io.LimitReader(zeros{}, 40<<20), strings.NewReader(tail))
	r := s.Request(http.MethodPost, path, "", "Content-Type", contentType)
	r.Body, r.ContentLength, r.GetBody = io.NopCloser(body), -1, nil
	answer := s.Try(s.Client(), r)
	s.Logf("%d %.200s", answer.Status, answer.Text)
	return answer.Status == http.StatusOK
}

// zeros are as many as somebody wants.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = '0'
	}
	return len(p), nil
}
