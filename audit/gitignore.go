package audit

import (
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// gitignore knows what git leaves out of the source. It reads .gitignore files and the index
// itself; git is not asked, since that would read the audited repository's configuration.
type gitignore struct {
	folder *folder
	prefix string // of the audited folder in the repository, "" or with a slash at its end
	root   string
	index  index
	lists  map[string][]string // the patterns of a folder, by its name from root
}

// The most that is read of a list of patterns, and of folders above the audited one.
const (
	mostPatterns = 5000
	mostParents  = 40
)

// gitignore finds the repository that the folder is in. Without one the folder itself is its
// root.
func (f *folder) gitignore() *gitignore {
	g := &gitignore{folder: f, root: f.base, lists: map[string][]string{}}
	for dir, n := f.base, 0; n < mostParents; n++ {
		if _, err := os.Stat(filepath.Join(dir, ".git")); err == nil {
			g.root = dir
			if rel, err := filepath.Rel(dir, f.base); err == nil && rel != "." {
				g.prefix = filepath.ToSlash(rel) + "/"
			}
			g.index = readIndex(dir)
			break
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			break
		}
		dir = parent
	}
	return g
}

// leavesOut reports whether patterns name the file, or a folder that it is in, and it was not
// added in spite of them.
func (g *gitignore) leavesOut(rel string) bool {
	name := g.prefix + rel
	if g.index.has(name) {
		return false
	}
	parts := strings.Split(name, "/")
	for n := range parts {
		if g.ignored(strings.Join(parts[:n+1], "/"), n < len(parts)-1) {
			return true
		}
	}
	return false
}

// ignored asks the lists of all folders above a name, the last pattern that fits decides.
func (g *gitignore) ignored(name string, isDir bool) bool {
	yes := false
	for dir := "."; ; {
		below := name
		if dir != "." {
			below = strings.TrimPrefix(name, dir+"/")
		}
		for _, p := range g.list(dir) {
			if not, fits := matches(p, below, isDir); fits {
				yes = !not
			}
		}
		next, _, more := strings.Cut(below, "/")
		if !more {
			return yes
		}
		dir = path.Join(dir, next)
	}
}

// list are the patterns of a folder.
func (g *gitignore) list(dir string) []string {
	if list, ok := g.lists[dir]; ok {
		return list
	}
	var list []string
	name := filepath.Join(g.root, filepath.FromSlash(dir), ".gitignore")
	if info, err := os.Lstat(name); err == nil && info.Mode().IsRegular() && info.Size() < 1<<20 {
		data, _ := os.ReadFile(name)
		for line := range strings.Lines(string(data)) {
			line = strings.TrimRight(line, "\r\n")
			if !strings.HasSuffix(line, "\\ ") {
				line = strings.TrimRight(line, " \t")
			}
			if line != "" && line[0] != '#' && len(list) < mostPatterns {
				list = append(list, line)
			}
		}
	}
	g.lists[dir] = list
	return list
}

// matches reports whether a pattern fits a name below its own folder, and whether it takes
// the name back in.
func matches(pattern, name string, isDir bool) (not, fits bool) {
	pattern, not = strings.CutPrefix(pattern, "!")
	pattern = strings.TrimPrefix(pattern, "\\")
	pattern, onlyDirs := strings.CutSuffix(pattern, "/")
	if onlyDirs && !isDir {
		return not, false
	}
	if !strings.Contains(pattern, "/") {
		ok, _ := path.Match(pattern, path.Base(name))
		return not, ok
	}
	return not, matchParts(strings.Split(strings.TrimPrefix(pattern, "/"), "/"), strings.Split(name, "/"))
}

// matchParts matches part by part; ** stands for any number of them.
func matchParts(pattern, name []string) bool {
	fits := make([]bool, len(name)+1) // whether the pattern so far fits so many parts
	fits[0] = true
	for i, p := range pattern {
		if p == "**" && i == len(pattern)-1 { // what is below, and not the folder itself
			return slices.Contains(fits[:len(name)], true)
		}
		if p == "**" {
			for n := range name {
				fits[n+1] = fits[n+1] || fits[n]
			}
			continue
		}
		for n := len(name); n > 0; n-- {
			ok, _ := path.Match(p, name[n-1])
			fits[n] = fits[n-1] && ok
		}
		fits[0] = false
	}
	return fits[len(name)]
}
