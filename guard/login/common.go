package login

import (
	"bytes"
	"compress/gzip"
	_ "embed"
	"io"
	"slices"
	"strings"
)

// commonList are the 10,000 most common passwords, sorted, in lower case, one a line: the
// first of the list "passwords" in the frequency lists of zxcvbn (PyPI package zxcvbn 4.5.0,
// MIT licence, see NOTICE). testdata/common.py made the file.
//
//go:embed common.txt.gz
var commonList []byte

// commonPasswords unpacks the list.
func commonPasswords() []string {
	plain, err := gzip.NewReader(bytes.NewReader(commonList))
	if err != nil {
		panic(err) // it is part of the program
	}
	text, err := io.ReadAll(plain)
	if err != nil {
		panic(err)
	}
	return strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
}

// isCommon says whether a password is on the list, in whatever case.
func isCommon(list []string, password string) bool {
	_, found := slices.BinarySearch(list, strings.ToLower(strings.TrimSpace(password)))
	return found
}
