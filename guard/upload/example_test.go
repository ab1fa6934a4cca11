package upload_test

import (
	"bytes"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"

	"github.com/fumehood/fumehood/guard/upload"
	"github.com/fumehood/fumehood/internal/hint"
)

func Example() {
	guard, err := upload.New(upload.Config{Types: []string{"txt", "pdf"}, Max: 10 << 20}, upload.Site{})
	if err != nil {
		panic(err)
	}
	handler := guard.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		file, head, err := r.FormFile("file")
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		defer file.Close()
		fmt.Fprintf(w, "%q of %d bytes", head.Filename, head.Size)
	}))

	for _, name := range []string{"notes.php.txt", "notes.html"} {
		var form bytes.Buffer
		parts := multipart.NewWriter(&form)
		part, _ := parts.CreateFormFile("file", name)
		io.WriteString(part, "hello\n")
		parts.Close()
		r := httptest.NewRequest("POST", "/upload", &form)
		r.Header.Set("Content-Type", parts.FormDataContentType())
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		fmt.Println(name, w.Code)
		if w.Code == http.StatusOK {
			fmt.Println(w.Body)
		}
	}
	// Output:
	// notes.php.txt 200
	// "notes_php.txt" of 6 bytes
	// notes.html 415
}

// A picture that is a program is no picture; the error says what taking it would mean.
func Example_incorrect() {
	_, err := upload.New(upload.Config{Types: []string{"png", "svg"}}, upload.Site{})
	fmt.Println(err)
	fmt.Println("hint:", hint.Of(err))
	// Output:
	// upload.types: "svg" is a type that runs in the browser or program of whoever opens it
	// hint: leave it out, or write upload.dangerously_allow_types = ["svg"]
}
