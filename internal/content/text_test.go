package content_test

import (
	"errors"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/fumehood/fumehood/internal/content"
)

// TestTextsThatBrowsersTakeForMore: all that the MIME Sniffing standard computes from text,
// when nobody says what it is, is no plain text. net/http has the standard's table too.
func TestTextsThatBrowsersTakeForMore(t *testing.T) {
	t.Parallel()
	table, err := os.ReadFile("testdata/whatwg.txt")
	if err != nil {
		t.Fatal(err)
	}
	rows := 0
	for line := range strings.Lines(string(table)) {
		if strings.HasPrefix(line, "# ") {
			continue
		}
		rows++
		row := strings.Split(strings.TrimSpace(line), "\t")
		for _, before := range []string{"", " ", "\n", "\t\n\f\r  "} {
			for _, after := range []string{" ", ">"} {
				for _, name := range []string{row[0], strings.ToLower(row[0])} {
					text := before + name + after + "rest"
					computed, _, _ := strings.Cut(http.DetectContentType([]byte(text)), ";")
					if computed == "text/plain" { // blanks before, or letters of the other case
						continue
					}
					if computed != row[2] {
						t.Fatalf("%q is %s to net/http, %s in the table", text, computed, row[2])
					}
					refuses(t, []byte(text), "a.txt", "text/plain", content.Bytes)
					refuses(t, []byte(text), "a.csv", "text/csv", content.Bytes)
					refuses(t, []byte("\xef\xbb\xbf"+text), "a.txt", "", content.Bytes)
					refuses(t, []byte("\xff\xfe"+wide(text)), "a.txt", "", content.Bytes)
				}
			}
		}
	}
	if rows != 20 {
		t.Errorf("the table has %d rows", rows)
	}
}

func TestTextsThatServersRun(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"<?php phpinfo();", "<?= 1 ?>", "\n\n<?PHP", "#!/usr/bin/env python3\n", "#!/bin/sh", "<%@ page %>", "<% eval %>",
		"<svg onload=alert(1)>", "<svg/onload=alert(1)>", "<script\nsrc=x>", "<html\n>", "<body\tonload=alert(1)>",
		"GIF89a/*x*/=1;alert(1)", `{\rtf1`,
	} {
		refuses(t, []byte(text), "a.txt", "text/plain", content.Bytes)
		refuses(t, []byte(text), "a.md", "", content.Bytes)
		refuses(t, []byte(text), "a.json", "", content.Bytes)
	}
}

// TestPlainTexts: people write about tags, and in all scripts.
func TestPlainTexts(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"To run a script, write <script>alert(1)</script> in the page.\n",
		"The tag\n<script>\nbegins a script, <?php begins PHP, and #!/bin/sh a shell script.\n",
		"%PDF-1.4 is how a PDF begins.", // no: see below
		"< 5 items", "<3", "<alice@example.org> wrote:", "<apple> is no tag", "<bold statement>", "<pre-order>", "a<b",
		"<!doctypes of the world", "<-- see above", "# a comment", "#hashtag", "! important", "BM is a company",
		"MZ stands for Mark Zbikowski", "PK are his initials, Phil Katz's", "gif89a is a format", "ID3 is a tag",
		"Grüße aus Köln", "Привет", "こんにちは", "你好", "مرحبا", "नमस्ते", "👋", "\ufeffwith a mark",
		"caf\xe9 au lait \xb0C \x80 5", "\x82\xb1\x82\xf1\x82\xc9\x82\xbf\x82\xcd", "\xcf\xf0\xe8\xe2\xe5\xf2",
		"\xff\xfe" + wide("plain text in UTF-16"), "\xfe\xff\x00h\x00i\x04\x1f",
		"tabs\tand\fpages\r\nand colours \x1b[31mred\x1b[0m",
		"", " ", "\n", "x",
		strings.Repeat("a long text \u00e9\n", 10_000),
	} {
		if strings.HasPrefix(text, "%PDF") {
			refuses(t, []byte(text), "a.txt", "text/plain", content.Bytes)
			text = "A PDF begins with %PDF-1.4 and ends with %%EOF."[:30]
		}
		takes(t, []byte(text), "a.txt", "text/plain", "txt")
		takes(t, []byte(text), "a.log", "", "log")
	}
}

// leftIn are the control bytes that old programs and exports of data bases leave in texts.
const leftIn = "\a\b\v\x1a\x1c\x1d\x1e\x1f"

// TestControlBytes: each other binary data byte of the MIME Sniffing standard (section 3),
// wherever it stands, makes a file no text; net/http agrees on those near the beginning.
func TestControlBytes(t *testing.T) {
	t.Parallel()
	for c := range 256 {
		near, far := []byte("text "+string([]byte{byte(c)})+" text"), []byte(strings.Repeat("text ", 8000)+string([]byte{byte(c)}))
		binary := http.DetectContentType(near) == "application/octet-stream" && !strings.Contains(leftIn, string(rune(c)))
		for _, data := range [][]byte{near, far} {
			_, err := inspect(data, "a.txt", "")
			var m *content.Mismatch
			if refused := errors.As(err, &m); refused != binary {
				t.Errorf("%#x in %d bytes: %v", c, len(data), err)
			}
		}
	}
	refuses(t, []byte("\xff\xfea\x00\x00\x00"), "a.txt", "", content.Bytes) // NUL in UTF-16
	refuses(t, []byte("\xff\xfe\x00\x00a\x00\x00\x00"), "a.txt", "", content.Bytes)
	refuses(t, []byte("a\x00b\x00"), "a.txt", "", content.Bytes) // UTF-16 that does not say so
	refuses(t, []byte("\xff\xfea\x00b"), "a.txt", "", content.Bytes)
}
