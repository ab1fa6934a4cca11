package content

import (
	"bytes"
	"io"
)

// maxCode is how much of a file HoldsCode looks through.
const maxCode = 64 << 20

// needle is what code begins with. Needles have five letters or more, so that 10 MB of
// compressed pixels hold one by chance in less than one of ten thousand files.
type needle struct {
	text string // in lower case; letters match in any case
	what string
}

var codeInPictures = []needle{
	{"<?php", "PHP"}, {"__halt_compiler", "PHP"},
	{"<script", "a script"}, {"<!doctype html", "HTML"}, {"<html", "HTML"}, {"<iframe", "HTML"},
	{"<%@ page", "a server page"}, {"<%eval", "a server page"},
	{"javascript:", "a script"},
}

// An action of a PDF that runs needs one of these names (ISO 32000-1, 12.6.4). They are not
// seen where the PDF has them in a compressed stream.
var codeInPDF = []needle{
	{"/javascript", "JavaScript"}, {"/launch", "a call of a program"}, {"/richmedia", "Flash"},
}

// The folder of macros in the older office files ([MS-OVBA], 2.2.1; names are UTF-16 there), and
// what RTF calls an embedded object.
var (
	codeInOffice = []needle{{"_\x00v\x00b\x00a\x00_\x00p\x00r\x00o\x00j\x00e\x00c\x00t\x00", "macros"}}
	codeInRTF    = []needle{{`\objdata`, "an embedded object"}, {`\objupdate`, "an embedded object"}}
)

// HoldsCode says what a picture, a PDF or an older office file carries that could run if it
// were taken for something else, or in a reader that runs what documents hold: "PHP", "a
// script", "JavaScript", "macros"; "" for nothing. It is no reason to refuse by itself: forms in
// PDF may hold JavaScript, metadata may speak of tags. A picture loses it when it is made anew.
// Of other kinds nothing is read; of these the first 64 MB. The error is r's own.
func HoldsCode(r io.ReaderAt, size int64, kind Kind) (string, error) {
	switch {
	case kind.Name == "pdf":
		return find(r, size, codeInPDF)
	case kind.Class == "image":
		return find(r, size, codeInPictures)
	case kind.Name == "doc", kind.Name == "xls", kind.Name == "ppt":
		return find(r, size, codeInOffice)
	case kind.Name == "rtf":
		return find(r, size, codeInRTF)
	}
	return "", nil
}

func find(r io.ReaderAt, size int64, needles []needle) (string, error) {
	const overlap = 32 // longer than a needle
	v := &view{r: r, size: min(size, maxCode)}
	for off := int64(0); off < v.size; off += blockLen - overlap {
		block, err := v.at(off, int(min(v.size-off, blockLen)))
		if err != nil {
			return "", err
		}
		for i, c := range block { // ASCII only: bytes.ToLower would take UTF-8 apart
			if c >= 'A' && c <= 'Z' {
				block[i] = c | 0x20
			}
		}
		for _, n := range needles {
			if bytes.Contains(block, []byte(n.text)) {
				return n.what, nil
			}
		}
	}
	return "", nil
}
