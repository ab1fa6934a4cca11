package settings_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/fumehood/fumehood/audit/settings"
)

// said are the settings of a file as line:column key=value.
func said(f *settings.File) []string {
	var all []string
	for i := range f.Settings {
		s := &f.Settings[i]
		line, col := f.Position(s.Start)
		key := s.Key
		if s.Section != "" {
			key = s.Section + "/" + key
		}
		flags := ""
		if s.Env {
			flags += " env"
		}
		if s.Command {
			flags += " " + strings.Join(s.Words(), "|")
		}
		all = append(all, fmt.Sprintf("%d:%d %s=%s%s", line, col, key, strings.ReplaceAll(s.Value, "\n", `\n`), flags))
	}
	return all
}

// TestParse: each form gives its keys and values with their places.
func TestParse(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, source string
		want         []string
	}{
		{".env", "# a\nexport A=1\n  B = 'x # y' # c\nC=\"two\nlines\"\nD=a#b #c\nE=\nexport F\nG=\"q\\\"r\"\r\nH=`z`\n", []string{
			"2:1 A=1 env", "3:3 B=x # y env", `4:1 C=two\nlines env`, "6:1 D=a#b env", "7:1 E= env", `9:1 G=q"r env`, "10:1 H=z env",
		}},
		{"compose.yaml", `x-common: &common
  A_B: 1
services:
  web:
    command: ["flask", "run"]
    env_file: .env
    environment:
      <<: *common
      SECRET_KEY: "é"   # why
      NONE:
  db:
    environment:
      - MYSQL_ROOT_PASSWORD=root
      - PASSED_ON
    ports: ["3306:3306"]
---
spec:
  containers:
    - env:
        - name: TOKEN
          value: abc
        - name: OTHER
          valueFrom: {secretKeyRef: {name: x, key: y}}
key: !vault abc
text: |
  one
  two
`, []string{
			"2:3 x-common/A_B=1 env", "5:5 services.web/command=flask run flask|run",
			"6:5 services.web/env_file=.env", "9:7 services.web.environment/SECRET_KEY=é env",
			"13:9 services.db.environment/MYSQL_ROOT_PASSWORD=root env", "15:13 services.db/ports=3306:3306",
			"20:17 spec.containers.env/TOKEN=abc env",
			"22:11 spec.containers.env/name=OTHER env", "23:38 spec.containers.env.valueFrom.secretKeyRef/name=x", "23:47 spec.containers.env.valueFrom.secretKeyRef/key=y",
			`25:1 text=one\ntwo\n`,
		}},
		{"Dockerfile", `# syntax=docker/dockerfile:1
FROM python:3.12 AS dev
ARG TOKEN=x NAME
FROM dev
ENV A=1 \
    # a comment
    B="two words" \

    C='3'
ENV OLD value of it
RUN <<END
ENV NOT=one
END
EXPOSE 5000
ENTRYPOINT ["python", "-m"]
CMD ["flask", "run"]
CMD flask run --host=0.0.0.0 && true
`, []string{
			"3:5 dev/TOKEN=x env", "5:5 A=1 env", "7:5 B=two words env", "9:5 C=3 env", "10:1 OLD=value of it env",
			"11:1 RUN=<<END <<END", "14:1 EXPOSE=5000", `15:1 ENTRYPOINT=["python", "-m"] python|-m`, `16:1 CMD=["flask", "run"] python|-m|flask|run`,
			"17:1 CMD=flask run --host=0.0.0.0 && true flask|run|--host=0.0.0.0|&|&|true",
		}},
		{"alembic.ini", "[alembic]\n; c\nsqlalchemy.url = driver://user:pass@localhost/x  ; here\nlist =\n    a\n    b\n\n[other]\nkey: v\nflag\n", []string{
			"3:1 alembic/sqlalchemy.url=driver://user:pass@localhost/x", `4:1 alembic/list=\na\nb`, "9:1 other/key=v",
		}},
		{"web.service", "[Service]\nEnvironment=\"SECRET_KEY=a b\" X=1\nExecStart=/usr/bin/flask run\n", []string{
			`2:1 Service/Environment="SECRET_KEY=a b" X=1`, "3:1 Service/ExecStart=/usr/bin/flask run /usr/bin/flask|run",
			"2:1 Service/SECRET_KEY=a b env", "2:1 Service/X=1 env",
		}},
		{".npmrc", "//registry.example.org/:_authToken=abc\n", []string{"1:1 _authToken=abc"}},
		{"supervisord.conf", "[program:web]\nenvironment=A=\"x\",B=\"y\"\ncommand=flask run\n", []string{
			`2:1 program:web/environment=A="x",B="y"`, "3:1 program:web/command=flask run flask|run", "2:1 program:web/A=x env", "2:1 program:web/B=y env",
		}},
		{"config.toml", "title = \"a\"\n[db]\npassword = 'x'\nport = 5\na.b = true\nlist = [\n  \"one\",\n  \"two\",\n]\nin = {k = \"v\"}\n", []string{
			"1:1 title=a", "3:1 db/password=x", "4:1 db/port=5", "5:1 db.a/b=true", "7:3 db/list=one", "8:3 db/list=two", "10:7 db.in/k=v",
		}},
		{"a.properties", "# c\nspring.datasource.password=x\\\n  y\nkey: v\nplain w\n", []string{
			"2:1 spring.datasource/password=xy", "4:1 key=v", "5:1 plain=w",
		}},
		{"config.json", `{"db": {"password": "x", "n": 5, "list": ["a", "b"]},
 "env": [{"name": "KEY", "value": "v"}], "ok": null}`, []string{
			"1:9 db/password=x", "1:26 db/n=5", "1:43 db/list=a", "1:48 db/list=b", "2:11 env/name=KEY", "2:11 env/KEY=v env", "2:42 ok=",
		}},
		{"appsettings.json", "{\n// the database's\n\"url\": \"a://b\", /* no\n more */ \"list\": [\"c,]\",\n],}", []string{"3:1 url=a://b", "4:19 list=c,]"}},
		{"app.json", `{"env": {"SECRET_KEY": {"value": "x"}}}`, []string{"1:25 env.SECRET_KEY/SECRET_KEY=x env"}},
		{"Procfile", "web: flask run -h 0.0.0.0\n# c\nworker: celery\n", []string{"1:1 Procfile/web=flask run -h 0.0.0.0 flask|run|-h|0.0.0.0", "3:1 Procfile/worker=celery celery"}},
		{"run.sh", "#!/bin/sh\nset -e\nexport SECRET_KEY=\"a b\" X=1\ncat <<END\nA=1\nEND\nHOST=$1\nFLASK_DEBUG=1 flask run -h 0.0.0.0 &\necho A=1\n", []string{
			"3:1 SECRET_KEY=a b env", "3:1 X=1 env", "7:1 HOST=$1 env", "8:1 =FLASK_DEBUG=1 flask run -h 0.0.0.0 & FLASK_DEBUG=1|flask|run|-h|0.0.0.0|&",
		}},
		{"secret.yaml", "kind: Secret\ndata:\n  password: aHVudGVyMg==\n", []string{"1:1 kind=Secret", "3:3 data/password=hunter2"}},
	} {
		f := settings.Parse(c.name, c.source)
		if got := said(f); !slices.Equal(got, c.want) {
			t.Errorf("%s:\n got %s\nwant %s", c.name, strings.Join(got, "\n     "), strings.Join(c.want, "\n     "))
		}
		for _, e := range f.Errors {
			t.Errorf("%s: %s", c.name, e.Message)
		}
	}
}
