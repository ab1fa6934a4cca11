// Package databases runs a real PostgreSQL and a real MariaDB for tests, from the programs
// that Debian's packages bring. Whether a value changes a statement is for a database to say,
// not for a lexer of ours.
//
// A server keeps its files in a temporary folder, listens on a Unix socket in it and nowhere
// else, and ends with the test that started it or, with Shared, with the test binary; also
// when that is killed. Neither program wants to run as root: then the account that its package
// made is used, or nobody.
//
// It stops no attack and belongs to no chain.
package databases

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// Server is a database server that runs.
type Server struct {
	// Folder holds the socket: what libpq takes for a host.
	Folder string

	// Socket is the path of the socket, which the clients of MariaDB take.
	Socket string

	// User may do everything, without a password.
	User string

	// Database is an empty database.
	Database string

	cmd  *exec.Cmd
	done chan struct{} // closed when the process has ended
	stop syscall.Signal
}

// patience is how long a server may take to start or to end.
const patience = 60 * time.Second

// PostgreSQL starts a PostgreSQL that ends with the test.
func PostgreSQL(t testing.TB) *Server {
	t.Helper()
	return started(t, startPostgreSQL)
}

// MariaDB starts a MariaDB that ends with the test.
func MariaDB(t testing.TB) *Server {
	t.Helper()
	return started(t, startMariaDB)
}

func started(t testing.TB, start func() (*Server, error)) *Server {
	t.Helper()
	s, err := start()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Stop)
	return s
}

// Shared starts each server when a test first asks for it. TestMain calls Stop.
type Shared struct {
	postgreSQL, mariaDB lazy
}

// PostgreSQL returns the PostgreSQL that the tests share.
func (s *Shared) PostgreSQL(t testing.TB) *Server {
	t.Helper()
	return s.postgreSQL.get(t, startPostgreSQL)
}

// MariaDB returns the MariaDB that the tests share.
func (s *Shared) MariaDB(t testing.TB) *Server {
	t.Helper()
	return s.mariaDB.get(t, startMariaDB)
}

// Stop ends the servers that were started.
func (s *Shared) Stop() {
	for _, l := range []*lazy{&s.postgreSQL, &s.mariaDB} {
		l.once.Do(func() {})
		if l.server != nil {
			l.server.Stop()
		}
	}
}

type lazy struct {
	once   sync.Once
	server *Server
	err    error
}

func (l *lazy) get(t testing.TB, start func() (*Server, error)) *Server {
	t.Helper()
	l.once.Do(func() { l.server, l.err = start() })
	if l.err != nil {
		t.Fatal(l.err)
	}
	return l.server
}

func startPostgreSQL() (*Server, error) {
	initdb, err1 := find("postgresql", "initdb", "/usr/lib/postgresql/*/bin/initdb")
	postgres, err2 := find("postgresql", "postgres", "/usr/lib/postgresql/*/bin/postgres")
	for _, err := range []error{err1, err2} {
		if err != nil {
			return nil, err
		}
	}
	home, err := newHome("postgres")
	if err != nil {
		return nil, err
	}
	data := filepath.Join(home.folder, "data")
	out, err := home.command(initdb, "--pgdata="+data, "--username=tester", "--auth=trust", "--encoding=UTF8",
		"--locale=C", "--no-sync").CombinedOutput()
	if err != nil {
		os.RemoveAll(home.folder)
		return nil, fmt.Errorf("initdb: %w\n%s", err, out)
	}
	cmd := home.command(postgres, "-D", data, "-k", home.folder, "-c", "listen_addresses=", "-c", "fsync=off",
		"-c", "full_page_writes=off", "-c", "synchronous_commit=off", "-c", "shared_buffers=16MB",
		"-c", "autovacuum=off", "-c", "max_connections=40")
	s := &Server{Folder: home.folder, Socket: filepath.Join(home.folder, ".s.PGSQL.5432"),
		User: "tester", Database: "postgres", stop: syscall.SIGINT}
	return s, s.run(cmd, "ready to accept connections")
}

func startMariaDB() (*Server, error) {
	install, err1 := find("mariadb-server", "mariadb-install-db")
	mariadbd, err2 := find("mariadb-server", "mariadbd", "/usr/sbin/mariadbd")
	for _, err := range []error{err1, err2} {
		if err != nil {
			return nil, err
		}
	}
	home, err := newHome("mysql")
	if err != nil {
		return nil, err
	}
	data := filepath.Join(home.folder, "data")
	out, err := home.command(install, "--no-defaults", "--datadir="+data, "--skip-test-db",
		"--auth-root-authentication-method=normal").CombinedOutput()
	if err != nil {
		os.RemoveAll(home.folder)
		return nil, fmt.Errorf("mariadb-install-db: %w\n%s", err, out)
	}
	first := filepath.Join(home.folder, "first.sql")
	if err := os.WriteFile(first, []byte("CREATE DATABASE test CHARACTER SET utf8mb4;\n"), 0o644); err != nil {
		os.RemoveAll(home.folder)
		return nil, err
	}
	s := &Server{Folder: home.folder, Socket: filepath.Join(home.folder, "socket"),
		User: "root", Database: "test", stop: syscall.SIGTERM}
	cmd := home.command(mariadbd, "--no-defaults", "--datadir="+data, "--socket="+s.Socket, "--init-file="+first,
		"--pid-file="+filepath.Join(home.folder, "pid"), "--tmpdir="+home.folder, "--skip-networking",
		"--character-set-server=utf8mb4", "--innodb-buffer-pool-size=8M", "--innodb-log-file-size=4M",
		"--innodb-flush-log-at-trx-commit=0", "--innodb-fast-shutdown=2", "--skip-log-bin", "--skip-sync-frm")
	return s, s.run(cmd, "ready for connections")
}

// find returns the program that a Debian package brings: on PATH, else the newest that matches
// one of the patterns.
func find(debian, name string, patterns ...string) (string, error) {
	if path, err := exec.LookPath(name); err == nil {
		return path, nil
	}
	for _, pattern := range patterns {
		if found, _ := filepath.Glob(pattern); len(found) > 0 {
			return slices.MaxFunc(found, func(a, b string) int { return version(a) - version(b) }), nil
		}
	}
	return "", fmt.Errorf("no %s\nhint: sudo apt install %s", name, debian)
}

// version is the first number in a path.
func version(path string) int {
	digits := strings.FieldsFunc(path, func(r rune) bool { return r < '0' || r > '9' })
	if len(digits) == 0 {
		return 0
	}
	n, _ := strconv.Atoi(digits[0])
	return n
}

// home is a server's folder and the account that owns it.
type home struct {
	folder  string
	account *syscall.Credential // nil: our own
}

func newHome(account string) (home, error) {
	folder, err := os.MkdirTemp("", "fumehood-"+account)
	if err != nil || os.Geteuid() != 0 {
		return home{folder: folder}, err
	}
	u, err := user.Lookup(account)
	if err != nil {
		u, err = user.Lookup("nobody")
	}
	if err != nil {
		return home{}, err
	}
	uid, err1 := strconv.ParseUint(u.Uid, 10, 32)
	gid, err2 := strconv.ParseUint(u.Gid, 10, 32)
	for _, err := range []error{err1, err2, os.Chown(folder, int(uid), int(gid))} {
		if err != nil {
			return home{}, err
		}
	}
	return home{folder, &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}, nil
}

func (h home) command(program string, args ...string) *exec.Cmd {
	cmd := exec.Command(program, args...)
	cmd.Dir = h.folder
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + h.folder, "TMPDIR=" + h.folder, "LC_ALL=C"}
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: h.account}
	return cmd
}

// run starts the server and waits until it says that it is ready.
func (s *Server) run(cmd *exec.Cmd, ready string) error {
	s.cmd, s.done = cmd, make(chan struct{})
	dieWithUs(cmd.SysProcAttr, s.stop)
	said, err := cmd.StderrPipe()
	if err != nil {
		return err
	}
	begun := make(chan error)
	go func() {
		runtime.LockOSThread() // the kernel ends the server when the thread that forked it ends
		err := cmd.Start()
		begun <- err
		if err == nil {
			cmd.Process.Wait()
		}
		close(s.done)
	}()
	if err := <-begun; err != nil {
		os.RemoveAll(s.Folder)
		return err
	}
	heard := make(chan string, 1)
	go listen(said, ready, heard)
	select {
	case log := <-heard:
		if log == "" {
			return nil
		}
		err = fmt.Errorf("%s ended:\n%s", filepath.Base(cmd.Path), log)
	case <-time.After(patience):
		err = fmt.Errorf("%s was not ready after %v", filepath.Base(cmd.Path), patience)
	}
	s.Stop()
	return err
}

// listen sends "" when a line holds ready, or all lines when they end before that. It reads on,
// so that the server never waits for us.
func listen(said io.ReadCloser, ready string, heard chan<- string) {
	defer said.Close()
	var log strings.Builder
	lines := bufio.NewScanner(said)
	for lines.Scan() {
		log.WriteString(lines.Text() + "\n")
		if strings.Contains(lines.Text(), ready) {
			heard <- ""
			io.Copy(io.Discard, said)
			return
		}
	}
	heard <- log.String() + "(no more was said)"
}

// Stop ends the server and removes its folder.
func (s *Server) Stop() {
	s.cmd.Process.Signal(s.stop)
	select {
	case <-s.done:
	case <-time.After(patience):
		s.cmd.Process.Kill()
		<-s.done
	}
	os.RemoveAll(s.Folder)
}
