package content

import (
	"bytes"
	"strings"
)

// start returns up to n bytes of the beginning of a text, in ASCII or what is above it: without
// a byte order mark and blanks, and with one byte for each unit of UTF-16.
func (v *view) start(n int) ([]byte, error) {
	raw, err := v.at(0, int(min(v.size, int64(n))))
	if err != nil {
		return nil, err
	}
	switch {
	case bytes.HasPrefix(raw, []byte{0xEF, 0xBB, 0xBF}):
		raw = raw[3:]
	case isUTF16(raw):
		raw = narrow(raw)
	}
	return bytes.TrimLeft(raw, "\t\n\f\r "), nil // the whitespace bytes of WHATWG MIME Sniffing
}

func isUTF16(b []byte) bool {
	return bytes.HasPrefix(b, []byte{0xFE, 0xFF}) || bytes.HasPrefix(b, []byte{0xFF, 0xFE})
}

// narrow makes one byte of each unit of UTF-16 behind the byte order mark: itself where it is
// ASCII, else one that stands for no letter.
func narrow(b []byte) []byte {
	low := 0
	if b[0] == 0xFE {
		low = 1
	}
	out := make([]byte, 0, len(b)/2)
	for i := 2; i+1 < len(b); i += 2 {
		if b[i+1-low] == 0 && b[i+low] < 0x80 {
			out = append(out, b[i+low])
		} else {
			out = append(out, 0x80)
		}
	}
	return out
}

// control says whether c is in no text: a "binary data byte" of WHATWG MIME Sniffing, section
// 3, but for those that old programs and exports of data bases leave in their texts: the bell
// and backspaces in logs, vertical tabs for lines within a field, DOS' mark of the end, and
// the separators of fields (ECMA-48, 8.3). Each program for a machine has others as well.
func control(c byte) bool {
	return c < ' ' && !(c >= 0x07 && c <= '\r' || c >= 0x1A)
}

// isText says whether the file is text all through (the first 8 MB of it): UTF-8, UTF-16 with a
// byte order mark, or any of the encodings that write ASCII as itself, such as Latin-1 and
// Shift JIS. What tells it from other files is that it holds no control bytes.
func isText(v *view) (bool, error) {
	if v.size == 0 {
		return true, nil
	}
	first, err := v.at(0, int(min(v.size, 4)))
	if err != nil {
		return false, err
	}
	wide := isUTF16(first)
	if wide {
		if v.size%2 != 0 {
			return false, nil
		}
		first = bytes.Clone(first[:2])
	}
	for off := int64(0); off < min(v.size, maxText); {
		block, err := v.rest(off)
		if err != nil {
			return false, err
		}
		off += int64(len(block))
		if wide {
			block = narrow(append(first[:2:2], block...)) // blocks are an even number of bytes
		}
		for _, c := range block {
			if control(c) {
				return false, nil
			}
		}
	}
	return true, nil
}

// tag is the beginning of something that a browser or a server may run.
type tag struct {
	name string // case counts only where it has capitals
	end  string // one of these follows; "": anything
	kind string // the kind that it begins
	soft bool   // a text of Markdown may begin with it
}

// Behind a tag of the standard's table come a blank or ">"; the names that begin a whole
// document are taken with any end of a name.
const (
	tagEnd  = " >"
	nameEnd = " >/\t\n\f\r"
)

// tags has the patterns of WHATWG MIME Sniffing, section 7.1 (identifying a resource with an
// unknown MIME type), as far as they are text, and what else is run by its beginning.
var tags = []tag{
	{"<!doctype html", nameEnd, "html", false},
	{"<html", nameEnd, "html", false},
	{"<head", nameEnd, "html", false},
	{"<script", nameEnd, "html", false},
	{"<iframe", nameEnd, "html", false},
	{"<h1", tagEnd, "html", true},
	{"<div", tagEnd, "html", true},
	{"<font", tagEnd, "html", true},
	{"<table", tagEnd, "html", true},
	{"<a", tagEnd, "html", true},
	{"<style", nameEnd, "html", false},
	{"<title", nameEnd, "html", false},
	{"<b", tagEnd, "html", true},
	{"<body", nameEnd, "html", false},
	{"<br", tagEnd, "html", true},
	{"<p", tagEnd, "html", true},
	{"<!--", tagEnd, "html", true},
	{"<?xml", "", "xml", false},
	{"%PDF-", "", "pdf", false},
	{"%!PS-Adobe-", "", "ps", false},

	{"<svg", nameEnd, "svg", false},
	{"<?php", "", "php", false},
	{"<?=", "", "php", false},
	{"<%", "", "asp", false},
	{"#!", "", "sh", false},
	{"{\\rtf", "", "rtf", false},
	{"GIF87a", "", "gif", false},
	{"GIF89a", "", "gif", false},
}

// beginning returns the tag that a text begins with; its name is empty where it begins with
// none. start is what view.start gives.
func beginning(start []byte) tag {
	for _, t := range tags {
		n := len(t.name)
		if len(start) < n || !same(string(start[:n]), t.name) {
			continue
		}
		if t.end == "" || len(start) > n && bytes.IndexByte([]byte(t.end), start[n]) >= 0 {
			return t
		}
	}
	return tag{}
}

func same(s, name string) bool {
	return s == name || strings.EqualFold(s, name) && strings.ToLower(name) == name
}

// plain returns the tag that makes a text more than that, if any: a browser that is not told
// what it is, or a server, would run it. A text may well speak of tags; it must not begin with
// one. Markdown may, with those that lay out a piece of text, since they belong to it.
func plain(v *view, markdown bool) (tag, error) {
	if v.size == 0 {
		return tag{}, nil
	}
	start, err := v.start(headSize)
	if err != nil {
		return tag{}, err
	}
	if t := beginning(start); !(markdown && t.soft) {
		return t, nil
	}
	return tag{}, nil
}
