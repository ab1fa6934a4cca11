package audit

import (
	"encoding/binary"
	"os"
	"path/filepath"
	"strings"
)

// index is what git has in its source: the bytes of its index in versions 2 and 3, or, of
// version 4, where names are shortened, the names. The zero index has nothing.
type index struct {
	bytes string
	names map[string]bool
}

// largestIndex is the most that is read of an index.
const largestIndex = 64 << 20

// readIndex reads the index of the work tree in a folder.
func readIndex(dir string) index {
	name := filepath.Join(gitFolder(dir), "index")
	info, err := os.Lstat(name)
	if err != nil || !info.Mode().IsRegular() || info.Size() >= largestIndex {
		return index{}
	}
	data, _ := os.ReadFile(name)
	if len(data) > indexHead && binary.BigEndian.Uint32(data[4:]) == 4 {
		for _, hash := range []int{20, 32} { // of SHA-1, of SHA-256
			if names, ok := shortened(data, hash); ok {
				return index{names: names}
			}
		}
	}
	return index{bytes: string(data)}
}

// gitFolder is where git keeps what it knows of a work tree: .git, or what the file of that
// name says, in a submodule and in a second work tree.
func gitFolder(dir string) string {
	name := filepath.Join(dir, ".git")
	if info, err := os.Lstat(name); err != nil || !info.Mode().IsRegular() || info.Size() > 4096 {
		return name
	}
	data, _ := os.ReadFile(name)
	to, ok := strings.CutPrefix(strings.TrimRight(string(data), "\r\n"), "gitdir: ")
	switch {
	case !ok:
		return name
	case filepath.IsAbs(to):
		return to
	}
	return filepath.Join(dir, to)
}

// has reports whether the index has the name. In versions 2 and 3 a name stands behind its
// length, the lower 12 bits of two bytes, and before a NUL.
func (x index) has(name string) bool {
	for at := 0; ; {
		i := strings.Index(x.bytes[at:], name+"\x00")
		if i < 0 {
			return x.names[name]
		}
		at += i
		for _, before := range []int{2, 4} { // version 3 may have two bytes more between
			if at >= before && int(binary.BigEndian.Uint16([]byte(x.bytes[at-before:at-before+2]))&0xfff) == len(name) {
				return true
			}
		}
		at++
	}
}

// The parts of an index: its head, and what stands in an entry before the hash, the times and
// the numbers of the file.
const (
	indexHead = 12
	entryHead = 40
)

// shortened are the names of an index of version 4: of each stands how much of the one before
// is taken off its end, and what comes in its place. ok is whether it has hashes of that size.
func shortened(data []byte, hash int) (names map[string]bool, ok bool) {
	names = map[string]bool{}
	last := ""
	rest := data[indexHead:]
	for range binary.BigEndian.Uint32(data[8:]) {
		if len(rest) < entryHead+hash+2 {
			return nil, false
		}
		flags := binary.BigEndian.Uint16(rest[entryHead+hash:])
		rest = rest[entryHead+hash+2:]
		if flags&0x4000 != 0 && len(rest) > 2 { // there are two bytes more of them
			rest = rest[2:]
		}
		off, n := distance(rest)
		end := strings.IndexByte(string(rest[n:min(len(rest), n+4097)]), 0)
		if n == 0 || off > len(last) || end < 0 {
			return nil, false
		}
		last = last[:len(last)-off] + string(rest[n:n+end])
		if len(last) != int(flags&0xfff) && flags&0xfff != 0xfff {
			return nil, false
		}
		names[last] = true
		rest = rest[n+end+1:]
	}
	return names, true
}

// distance is a number as git writes those of a pack, and how many bytes it takes; none where
// it has no end.
func distance(data []byte) (number, size int) {
	for i, b := range data[:min(len(data), 4)] {
		number = number<<7 | int(b&0x7f)
		if b&0x80 == 0 {
			return number, i + 1
		}
		number++
	}
	return 0, 0
}
