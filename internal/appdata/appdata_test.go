package appdata_test

import (
	"bytes"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/fumehood/fumehood/internal/appdata"
	"github.com/fumehood/fumehood/internal/hint"
)

func TestKeyLasts(t *testing.T) {
	t.Parallel()
	base := t.TempDir()
	var keys [8][]byte
	var all sync.WaitGroup
	for i := range keys { // as many processes would
		all.Go(func() {
			d, err := appdata.Open(base, "/srv/notes", "app:app")
			if err != nil {
				t.Error(err)
				return
			}
			if keys[i], err = d.Key("csrf.key"); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	for _, key := range keys {
		if len(key) != 32 || !bytes.Equal(key, keys[0]) {
			t.Fatalf("%x and %x", key, keys[0])
		}
	}
	d, err := appdata.Open(base, "/srv/other", "app:app")
	if err != nil {
		t.Fatal(err)
	}
	if other, err := d.Key("csrf.key"); err != nil || bytes.Equal(other, keys[0]) {
		t.Errorf("another app has the key %x, %v", other, err)
	}
}

func TestKeyThatOthersCanReadIsNotUsed(t *testing.T) {
	t.Parallel()
	d, err := appdata.Open(t.TempDir(), "x")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.Key("k"); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(d.Path("k"), 0o640); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Key("k"); err == nil || hint.Of(err) == "" {
		t.Errorf("mode 0640: %v, hint %q", err, hint.Of(err))
	}
	if err := os.WriteFile(d.Path("short"), []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Key("short"); err == nil || hint.Of(err) == "" {
		t.Errorf("1 byte: %v", err)
	}
}

func TestSinceIsTheFirstTime(t *testing.T) {
	t.Parallel()
	d, err := appdata.Open(t.TempDir(), "x")
	if err != nil {
		t.Fatal(err)
	}
	first := time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)
	for _, now := range []time.Time{first, first.Add(time.Hour)} {
		if got, err := d.Since("seen", now); err != nil || !got.Equal(first) {
			t.Errorf("%v, %v", got, err)
		}
	}
	if err := os.WriteFile(d.Path("seen"), []byte("yesterday"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Since("seen", first); err == nil || hint.Of(err) == "" {
		t.Errorf("not a time: %v", err)
	}
}

func TestFolderThatCannotBeMade(t *testing.T) {
	t.Parallel()
	file := t.TempDir() + "/file"
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := appdata.Open(file, "x"); err == nil {
		t.Error("no error")
	}
}
