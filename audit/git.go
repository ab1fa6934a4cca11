package audit

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/fumehood/fumehood/internal/hint"
)

// git runs git in a folder, with an environment that has nothing of git's in it and with what
// could run other programs or ask the network turned off.
func git(ctx context.Context, dir string, stdin io.Reader, args ...string) ([]byte, error) {
	args = append([]string{"--no-pager", "--no-replace-objects", "-c", "core.fsmonitor=false", "-c", "core.hooksPath=" + os.DevNull}, args...)
	cmd := exec.CommandContext(ctx, "git", args...)
	cmd.Dir, cmd.Stdin = dir, stdin
	for _, pair := range os.Environ() {
		switch name, _, _ := strings.Cut(pair, "="); name {
		case "PATH", "HOME", "XDG_CONFIG_HOME", "TMPDIR", "USER", "SYSTEMROOT":
			cmd.Env = append(cmd.Env, pair)
		}
	}
	cmd.Env = append(cmd.Env, "LC_ALL=C", "GIT_OPTIONAL_LOCKS=0", "GIT_TERMINAL_PROMPT=0", "GIT_NO_LAZY_FETCH=1", "GIT_ALLOW_PROTOCOL=none")
	var out, said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &said
	if err := cmd.Run(); err != nil {
		if first, _, _ := strings.Cut(strings.TrimSpace(said.String()), "\n"); first != "" {
			return nil, errors.New(strings.TrimPrefix(first, "fatal: "))
		}
		return nil, err
	}
	return out.Bytes(), nil
}

// gitLine is what git says in one line.
func gitLine(ctx context.Context, dir string, args ...string) (string, error) {
	out, err := git(ctx, dir, nil, args...)
	return strings.TrimSpace(string(out)), err
}

// gitCommit is the commit that a revision is; git takes no option for one.
func gitCommit(ctx context.Context, dir, ref string) (string, bool) {
	id, err := gitLine(ctx, dir, "rev-parse", "--verify", "--quiet", "--end-of-options", ref+"^{commit}")
	return id, err == nil && !strings.HasPrefix(id, "^")
}

// noCommit is why a revision is none, and what may be meant.
func noCommit(ctx context.Context, dir, ref, root string) error {
	diff := func(with, root string) string { return "fumehood audit --diff " + hint.Shell(with) + at(root) }
	if _, ok := gitCommit(ctx, dir, "HEAD"); !ok {
		return wrongUse(fmt.Errorf("--diff %s: there is no commit yet", ref), "all lines are new: fumehood audit"+at(root))
	}
	if _, err := os.Lstat(ref); err == nil && root == "." {
		return wrongUse(fmt.Errorf("--diff %s: that is a file or a folder, not a revision of git", ref), diff("HEAD", ref))
	}
	err := fmt.Errorf("--diff %s: git knows no such revision", ref)
	if _, ok := gitCommit(ctx, dir, "refs/remotes/origin/"+ref); ok {
		return wrongUse(err, diff("origin/"+ref, root))
	}
	if first, _, ok := strings.Cut(ref, ".."); ok {
		if _, ok := gitCommit(ctx, dir, first); ok && first != "" {
			return wrongUse(fmt.Errorf("--diff %s: it takes one revision, and compares it with the files as they are", ref), "fumehood audit --diff "+first)
		}
	}
	if shallow, _ := gitLine(ctx, dir, "rev-parse", "--is-shallow-repository"); shallow == "true" {
		return wrongUse(err, "this clone has only the newest commits: git fetch --unshallow, or fetch-depth: 0 in a workflow")
	}
	list, _ := gitLine(ctx, dir, "for-each-ref", "--sort=-committerdate", "--count=200", "--format=%(refname:short)", "refs/heads", "refs/remotes", "refs/tags")
	names := strings.Fields(list)
	if near := hint.Nearest(ref, names); near != "" {
		return wrongUse(fmt.Errorf("%w; did you mean %s?", err, near), diff(near, root))
	}
	const most = 5
	if n := len(names); n > most {
		names = append(names[:most], fmt.Sprintf("%d more", n-most))
	}
	return wrongUse(fmt.Errorf("%w; it has HEAD, %s", err, strings.Join(names, ", ")), diff("HEAD", root))
}

// blob is an old file: its name in the store of git, and the folder of the repository.
type blob struct{ id, dir string }

// gitFiles adds the files of a commit at and below dir, with those of its submodules; lost are
// the submodules of which git has no such commit.
func gitFiles(ctx context.Context, dir, below, commit string, all map[string]blob) (lost []string, err error) {
	out, err := git(ctx, dir, nil, "ls-tree", "-r", "-z", commit)
	if err != nil {
		return nil, err
	}
	for entry := range strings.SplitSeq(string(out), "\x00") {
		about, name, _ := strings.Cut(entry, "\t")
		parts := strings.Fields(about)
		if len(parts) != 3 {
			continue
		}
		full := path.Join(below, name)
		switch parts[1] {
		case "blob":
			all[full] = blob{parts[2], dir}
		case "commit":
			sub := filepath.Join(dir, filepath.FromSlash(name))
			if info, err := os.Lstat(filepath.Join(sub, ".git")); err != nil || info.Mode()&os.ModeSymlink != 0 {
				continue // not checked out
			}
			more, err := gitFiles(ctx, sub, full, parts[2], all)
			lost = append(lost, more...)
			if err != nil {
				lost = append(lost, full)
			}
		}
	}
	return lost, ctx.Err()
}

// gitBlobs are the contents of old files, which may be of several repositories; those that
// git does not have are missing.
func gitBlobs(ctx context.Context, want []blob) (map[blob]string, error) {
	byDir := map[string][]blob{}
	for _, b := range want {
		byDir[b.dir] = append(byDir[b.dir], b)
	}
	all := make(map[blob]string, len(want))
	for dir, list := range byDir {
		var ask strings.Builder
		for _, b := range list {
			ask.WriteString(b.id + "\n")
		}
		out, err := git(ctx, dir, strings.NewReader(ask.String()), "cat-file", "--batch")
		if err != nil {
			return nil, err
		}
		in := bufio.NewReader(bytes.NewReader(out))
		for _, b := range list {
			text, ok, err := nextBlob(in)
			if err != nil {
				return nil, err
			}
			if ok {
				all[b] = text
			}
		}
	}
	return all, nil
}

// nextBlob reads one answer of git cat-file --batch: "ID blob SIZE", the bytes, a line end; or
// "ID missing".
func nextBlob(in *bufio.Reader) (text string, ok bool, err error) {
	head, err := in.ReadString('\n')
	if err != nil {
		return "", false, err
	}
	parts := strings.Fields(head)
	if len(parts) != 3 {
		return "", false, nil
	}
	size, err := strconv.Atoi(parts[2])
	if err != nil {
		return "", false, err
	}
	data := make([]byte, size+1)
	if _, err := io.ReadFull(in, data); err != nil {
		return "", false, err
	}
	return string(data[:size]), true, nil
}
