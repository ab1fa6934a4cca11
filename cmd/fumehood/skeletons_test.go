package main

import (
	"log/slog"
	"os"
	"slices"
	"testing"

	"github.com/fumehood/fumehood/internal/appdata"
)

func TestSkeletonsLast(t *testing.T) {
	t.Parallel()
	data, err := appdata.Open(t.TempDir(), "app")
	if err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.DiscardHandler)
	first, err := openSkeletons(data, log)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range [][3]string{{"/a", "select ?", "SELECT 1"}, {"/a", "select ?", "SELECT 2"}, {"/b", "select ? , ?", "SELECT 1, 2"}} {
		first.learned(s[0], s[1], s[2])
	}
	second, err := openSkeletons(data, log)
	if err != nil {
		t.Fatal(err)
	}
	got := second.lists()
	if len(got) != 2 || !slices.Equal(got["/a"], []string{"select ?"}) || !slices.Equal(got["/b"], []string{"select ? , ?"}) {
		t.Errorf("%q", got)
	}
	if second.count != 2 {
		t.Errorf("%d", second.count)
	}
	if err := os.WriteFile(data.Path(skeletonsFile), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := openSkeletons(data, log); err == nil {
		t.Error("a file that is cut off is taken")
	}
}
