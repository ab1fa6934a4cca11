package python_test

import (
	"os"
	"testing"

	"github.com/fumehood/fumehood/audit/python"
	oracle "github.com/fumehood/fumehood/test/python"
)

// BenchmarkParse reads the standard library, file by file.
func BenchmarkParse(b *testing.B) {
	var files []string
	size := int64(0)
	interpreter, _ := oracle.Newest(b)
	for _, name := range library(b, interpreter) {
		source, err := os.ReadFile(name)
		if err != nil {
			b.Fatal(err)
		}
		files = append(files, string(source))
		size += int64(len(source))
	}
	b.SetBytes(size)
	b.ReportAllocs()
	for b.Loop() {
		for _, source := range files {
			python.Parse("", source)
		}
	}
}
