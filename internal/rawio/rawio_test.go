package rawio_test

import (
	"bytes"
	"errors"
	"io"
	"net"
	"os"
	"testing"
	"time"

	"github.com/fumehood/fumehood/internal/rawio"
)

func pair(t *testing.T) (*rawio.IO, *net.TCPConn, net.Conn) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	peer, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	mine, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { mine.Close(); peer.Close() })
	x, err := rawio.New(mine.(*net.TCPConn))
	if err != nil {
		t.Fatal(err)
	}
	return x, mine.(*net.TCPConn), peer
}

func TestBytesArriveWhole(t *testing.T) {
	t.Parallel()
	x, _, peer := pair(t)
	sent := bytes.Repeat([]byte("fume"), 1<<20)
	go func() {
		io.Copy(peer, peer) // an echo with its own small buffers
	}()
	go x.Write(sent)
	got := make([]byte, len(sent))
	if _, err := io.ReadFull(x, got); err != nil || !bytes.Equal(got, sent) {
		t.Fatalf("%v, equal=%v", err, bytes.Equal(got, sent))
	}
}

func TestEndIsEOF(t *testing.T) {
	t.Parallel()
	x, _, peer := pair(t)
	peer.Close()
	if n, err := x.Read(make([]byte, 10)); n != 0 || err != io.EOF {
		t.Fatalf("%d, %v", n, err)
	}
}

func TestDeadlineAndCloseEndAWait(t *testing.T) {
	t.Parallel()
	x, conn, _ := pair(t)
	conn.SetReadDeadline(time.Now().Add(-time.Second))
	if _, err := x.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Fatalf("after the deadline: %v", err)
	}
	var timeout net.Error
	if _, err := x.Read(make([]byte, 1)); !errors.As(err, &timeout) || !timeout.Timeout() {
		t.Fatalf("net/http would not see a timeout: %v", err)
	}
	conn.SetReadDeadline(time.Time{})
	ended := make(chan error)
	go func() { _, err := x.Read(make([]byte, 1)); ended <- err }()
	conn.Close()
	if err := <-ended; !errors.Is(err, net.ErrClosed) {
		t.Fatalf("after Close: %v", err)
	}
}

func TestTryWriteDoesNotWait(t *testing.T) {
	t.Parallel()
	x, conn, _ := pair(t) // the peer reads nothing
	conn.SetWriteBuffer(4 << 10)
	total := 0
	for range 1000 {
		n, err := x.TryWrite(make([]byte, 64<<10))
		if err != nil {
			t.Fatal(err)
		}
		if total += n; n < 64<<10 {
			return
		}
	}
	t.Fatalf("the socket took %d bytes that nobody read", total)
}

// TestReadBefore sets a deadline where a Read is about to wait, and nowhere else.
func TestReadBefore(t *testing.T) {
	t.Parallel()
	x, conn, peer := pair(t)
	calls := 0
	before := func() {
		calls++
		conn.SetReadDeadline(time.Now().Add(-time.Second))
	}
	b := make([]byte, 10)
	if _, err := x.ReadBefore(b, before); !errors.Is(err, os.ErrDeadlineExceeded) || calls != 1 {
		t.Fatalf("%v after %d calls", err, calls)
	}
	conn.SetReadDeadline(time.Time{})
	io.WriteString(peer, "fume")
	if n, err := x.Read(b[:1]); n != 1 || err != nil { // the rest is there now
		t.Fatalf("%d, %v", n, err)
	}
	if n, err := x.ReadBefore(b, before); n != 3 || err != nil || calls != 1 {
		t.Fatalf("%d, %v after %d calls", n, err, calls)
	}
}
