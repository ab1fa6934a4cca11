package server_test

import (
	"flag"
	"os"
	"testing"
)

// Most tests here wait for a deadline, so many can do that at once on few processors.
func TestMain(m *testing.M) {
	flag.Parse()
	if flag.Lookup("test.fuzz").Value.String() == "" {
		if err := flag.Set("test.parallel", "16"); err != nil {
			panic(err)
		}
	}
	os.Exit(m.Run())
}
