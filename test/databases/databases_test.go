package databases_test

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/fumehood/fumehood/test/databases"
)

func ask(t *testing.T, program string, args ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	out, err := exec.CommandContext(ctx, program, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", program, err, out)
	}
	return strings.TrimSpace(string(out))
}

func TestPostgreSQLAnswersAndEnds(t *testing.T) {
	t.Parallel()
	s := databases.PostgreSQL(t)
	if got := ask(t, "psql", "-h", s.Folder, "-U", s.User, "-Atc", "select 6*7", s.Database); got != "42" {
		t.Errorf("6*7 = %q", got)
	}
	gone(t, s)
}

func TestMariaDBAnswersAndEnds(t *testing.T) {
	t.Parallel()
	s := databases.MariaDB(t)
	if got := ask(t, "mariadb", "--no-defaults", "-S", s.Socket, "-u", s.User, "-NBe", "select 6*7", s.Database); got != "42" {
		t.Errorf("6*7 = %q", got)
	}
	gone(t, s)
}

// gone ends the server early: once more at the end of the test does no harm.
func gone(t *testing.T, s *databases.Server) {
	t.Helper()
	s.Stop()
	if _, err := os.Stat(s.Folder); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the folder of a server that was stopped: %v", err)
	}
}

func TestSharedIsStartedOnce(t *testing.T) {
	t.Parallel()
	var shared databases.Shared
	defer shared.Stop()
	if first := shared.PostgreSQL(t); first != shared.PostgreSQL(t) {
		t.Error("another server for the second test")
	}
}
