package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

// nginxConf passes everything on to the app, with ModSecurity or without.
const nginxConf = `
load_module /usr/lib/nginx/modules/ngx_http_modsecurity_module.so;
daemon off;
master_process off;
worker_processes 1;
pid %[1]s/nginx.pid;
error_log %[1]s/error.log crit;
events { worker_connections 64; }
http {
  access_log off;
  client_body_temp_path %[1]s/body;
  proxy_temp_path %[1]s/proxy;
  fastcgi_temp_path %[1]s/fastcgi;
  uwsgi_temp_path %[1]s/uwsgi;
  scgi_temp_path %[1]s/scgi;
  client_max_body_size 16m;
  client_body_buffer_size 1m;
  large_client_header_buffers 4 64k;
  keepalive_requests 1000000;
  upstream app { server %[3]s; keepalive 4; }
  server {
    listen %[2]s;
    modsecurity %[4]s;
    modsecurity_rules_file %[1]s/modsecurity.conf;
    location / {
      proxy_pass http://app;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
    }
  }
}
`

// modsecurityConf is the engine on, at the rule set's own settings (level 1, score 5).
const modsecurityConf = `
SecRuleEngine On
SecRequestBodyAccess On
SecResponseBodyAccess Off
SecAuditEngine Off
SecRequestBodyLimit 13107200
SecRequestBodyNoFilesLimit 1310720
SecPcreMatchLimit 100000
SecPcreMatchLimitRecursion 100000
SecRule REQUEST_HEADERS:Content-Type "^(?:application(?:/soap\+|/)|text/)xml" \
  "id:200000,phase:1,t:none,t:lowercase,pass,nolog,ctl:requestBodyProcessor=XML"
SecRule REQUEST_HEADERS:Content-Type "^application/json" \
  "id:200001,phase:1,t:none,t:lowercase,pass,nolog,ctl:requestBodyProcessor=JSON"
Include /etc/modsecurity/crs/crs-setup.conf
Include /usr/share/modsecurity-crs/rules/*.conf
`

// startNginx starts nginx in front of an app, with ModSecurity or without.
func startNginx(ctx context.Context, temp string, judging bool) (*server, error) {
	behind, err := serve(app)
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp(temp, "nginx")
	if err != nil {
		return nil, err
	}
	address, err := freeAddress()
	if err != nil {
		return nil, err
	}
	on := "off"
	if judging {
		on = "on"
	}
	conf := filepath.Join(dir, "nginx.conf")
	for file, text := range map[string]string{
		conf:                                   fmt.Sprintf(nginxConf, dir, address, behind.url[len("http://"):], on),
		filepath.Join(dir, "modsecurity.conf"): modsecurityConf,
	} {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			return nil, err
		}
	}
	cmd := exec.CommandContext(ctx, "nginx", "-p", dir, "-c", conf, "-e", filepath.Join(dir, "error.log"))
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	s := &server{url: "http://" + address, client: oneConnection(), stop: func() {
		cmd.Process.Kill() // nothing in it is worth an orderly end
		cmd.Wait()
		behind.stop()
	}}
	if err := s.ready(); err != nil {
		s.stop()
		return nil, err
	}
	return s, nil
}

// ready waits until the server answers.
func (s *server) ready() error {
	for range 200 {
		res, err := http.Get(s.url + "/")
		if err == nil {
			res.Body.Close()
			return nil
		}
		time.Sleep(50 * time.Millisecond)
	}
	return fmt.Errorf("%s gives no answer", s.url)
}

func freeAddress() (string, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer listener.Close()
	return listener.Addr().String(), nil
}
