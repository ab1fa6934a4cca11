// Command write writes the generated files of the repository that it is run in. go
// generate runs it; it stops no attack.
package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/fumehood/fumehood/internal/gen"
)

func main() {
	root, err := repository()
	if err == nil {
		var written []string
		written, err = gen.Write(root)
		for _, name := range written {
			fmt.Println("wrote", name)
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "gen: error:", err)
		os.Exit(1)
	}
}

// repository finds the folder with go.mod, here or above.
func repository() (string, error) {
	dir, err := os.Getwd()
	for err == nil {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir, nil
		}
		if dir == filepath.Dir(dir) {
			return "", os.ErrNotExist
		}
		dir = filepath.Dir(dir)
	}
	return "", err
}
