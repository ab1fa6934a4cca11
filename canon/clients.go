package canon

import (
	"bytes"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"mime/multipart"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/textproto"
	"net/url"
	"strings"
)

// Home is the address that the programs of this scene come from. Each scene has one in a
// network of its own, so that what is counted by client is counted for each attack alone.
func (s *Scene) Home() string {
	if s.home == "" {
		s.home = s.Elsewhere()
	}
	return s.home
}

// Elsewhere is an address in a network that nothing has come from yet. All of 127.0.0.0/8
// leads to this machine, and, on Linux, may also be where a connection comes from.
func (s *Scene) Elsewhere() string {
	n := s.Networks.Add(1)
	return fmt.Sprintf("127.%d.%d.1", 1+n/250%250, n%250+1)
}

// Neighbour is another address of the same network.
func Neighbour(address string, n int) string {
	return fmt.Sprintf("%s.%d", address[:strings.LastIndexByte(address, '.')], n%250+2)
}

// Client is a program, not a browser: it has a cookie jar and follows no redirect.
func (s *Scene) Client() *http.Client {
	s.Helper()
	return s.ClientFrom(s.Home())
}

// ClientFrom is a program at another address.
func (s *Scene) ClientFrom(address string) *http.Client {
	s.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		s.Fatal(err)
	}
	dialer := &net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(address)}}
	transport := &http.Transport{
		TLSClientConfig: &tls.Config{RootCAs: s.roots, MinVersion: tls.VersionTLS12},
		DialContext: func(ctx context.Context, network, to string) (net.Conn, error) {
			_, port, err := net.SplitHostPort(to)
			if err != nil {
				return nil, err
			}
			return dialer.DialContext(ctx, "tcp4", net.JoinHostPort("127.0.0.1", port))
		},
		MaxIdleConnsPerHost: 32,
	}
	s.Cleanup(transport.CloseIdleConnections)
	return &http.Client{
		Jar: jar, Transport: transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// Try sends a request that may well be cut off: a server need not take the whole of a body
// that it refuses. An answer with status 0 is none.
func (s *Scene) Try(client *http.Client, r *http.Request) Answer {
	s.Helper()
	response, err := client.Do(r)
	if err != nil {
		s.Logf("no answer: %v", err)
		return Answer{}
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		s.Logf("half an answer: %v", err)
	}
	return Answer{response.StatusCode, response.Header, string(body)}
}

// Raw makes a GET request whose path goes out as it is written here.
func (s *Scene) Raw(path string) *http.Request {
	s.Helper()
	r := s.Request(http.MethodGet, "", "")
	r.URL = &url.URL{Scheme: r.URL.Scheme, Host: r.URL.Host, Opaque: path}
	return r
}

// File is one file of a form.
type File struct {
	Name, Type, Content string
	RawName             string // the parameters for the name as they go out, in place of Name
}

// Parts is a request that sends files as the field "file", and fields, names and values in
// turn.
func (s *Scene) Parts(path string, files []File, fields ...string) *http.Request {
	s.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	for i := 0; i+1 < len(fields); i += 2 {
		if err := form.WriteField(fields[i], fields[i+1]); err != nil {
			s.Fatal(err)
		}
	}
	for _, file := range files {
		name := file.RawName
		if name == "" {
			name = `filename="` + strings.ReplaceAll(file.Name, `"`, "%22") + `"` // as browsers do
		}
		header := textproto.MIMEHeader{"Content-Disposition": {`form-data; name="file"; ` + name}}
		if file.Type != "" {
			header.Set("Content-Type", file.Type)
		}
		part, err := form.CreatePart(header)
		if err != nil {
			s.Fatal(err)
		}
		io.WriteString(part, file.Content)
	}
	if err := form.Close(); err != nil {
		s.Fatal(err)
	}
	return s.Request(http.MethodPost, path, body.String(), "Content-Type", form.FormDataContentType())
}

// JSON is a request that sends JSON.
func (s *Scene) JSON(method, path, body string) *http.Request {
	s.Helper()
	return s.Request(method, path, body, "Content-Type", "application/json")
}
