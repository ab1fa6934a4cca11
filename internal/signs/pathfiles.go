package signs

import "strings"

// wrapper finds schemes that open files or run things instead of fetching pages.
func (s *Score) wrapper(value string, alone bool) {
	i := strings.Index(value, ":")
	for n := 0; i >= 0 && n < 16; n++ {
		start := i
		for start > 0 && (isWord(value[start-1]) || value[start-1] == '.') && i-start < 24 {
			start--
		}
		s.scheme(value[start:i], value[i+1:], start == 0, alone && strings.IndexByte(value, ' ') < 0)
		next := strings.IndexByte(value[i+1:], ':')
		if next < 0 {
			return
		}
		i += next + 1
	}
}

// scheme judges one scheme, what follows its colon, whether the value begins with it, and
// whether it is nothing else.
func (s *Score) scheme(name, rest string, first, alone bool) {
	var buf [32]byte
	slashed := strings.HasPrefix(rest, "//")
	switch string(lower(name, &buf)) {
	case "php":
		if slashed && (first || strings.HasPrefix(rest, "//filter/") || strings.HasPrefix(rest, "//input")) {
			s.add(Path, Refuse, "a stream wrapper of PHP")
		}
	case "expect", "phar", "zip", "compress.zlib", "compress.bzip2", "zlib", "glob", "ogg", "rar", "ssh2.exec", "ssh2.shell":
		if slashed && first {
			s.add(Path, Refuse, "a stream wrapper of PHP")
		}
	case "data":
		if first && (slashed || strings.HasPrefix(rest, "text/plain;base64,PD9")) {
			s.add(Path, Refuse, "a stream wrapper of PHP")
		}
	case "jar":
		if first && alone && (foldPrefix(rest, "http") || foldPrefix(rest, "file:")) && strings.Contains(rest, "!/") {
			s.add(Path, Refuse, "a URL of a file in an archive")
		}
		fallthrough
	case "file", "netdoc":
		if strings.HasPrefix(rest, "/") && (first || sensitive(strings.TrimLeft(rest, "/"))) {
			s.add(Path, points(first && (alone || slashed || sensitive(strings.TrimLeft(rest, "/"))), Refuse, Weak), "a URL of a file on the server")
		}
	}
}

// absolute judges a value that is one path from the root of a disk: files of the system,
// logs and configurations are not what a site's own forms and links hold.
func (s *Score) absolute(value string) {
	var buf [96]byte
	plain := string(flatten(value, &buf))
	path := strings.TrimLeft(plain, "/ \x00")
	rooted := len(path) < len(plain)
	if len(path) > 2 && isLetter(path[0]) && path[1] == ':' && path[2] == '/' {
		rooted, path = true, strings.TrimLeft(path[2:], "/")
	}
	if told(plain) {
		return
	}
	switch {
	case sensitiveStart([]byte(path)), strings.Contains(plain, "/.ssh/"), strings.Contains(plain, "/.ht"), strings.Contains(plain, "/.git/"):
		s.add(Path, Refuse, "a file of the system")
	case rooted && dotFolder(plain):
		s.add(Path, Refuse, "a folder that keeps secrets")
	case rooted && configName(path):
		s.add(Path, Refuse, "a configuration or a log")
	case rooted && sharedFolder(path):
		s.add(Path, points(keeps(path), Refuse, Weak), "a folder of the system")
	case rooted && systemFolder(path):
		s.add(Path, Refuse, "a folder of the system")
	case rooted && strings.HasPrefix(path, "home/") && keeps(path):
		s.add(Path, Refuse, "a file that keeps secrets")
	}
}

// sensitive says whether a path, without what leads to it, is one of the files that attacks
// read: slashes of either kind, with any encoding of them.
func sensitive(path string) bool {
	if len(path) < 4 || !begun(path) {
		return false
	}
	var buf [96]byte
	return sensitiveStart(flatten(path, &buf))
}

// begun says whether the first two letters of a path, if there are two, begin such a file.
func begun(path string) bool {
	if !isLetter(path[0]) || !isLetter(path[1]) || path[0]|path[1] >= 0x80 {
		return true
	}
	for _, want := range sensitiveFiles[path[0]|0x20] {
		if want[1] == path[1]|0x20 {
			return true
		}
	}
	return false
}

func sensitiveStart(plain []byte) bool {
	if len(plain) > 0 && plain[0] == '/' {
		plain = plain[1:]
	}
	if len(plain) == 0 {
		return false
	}
	for _, want := range sensitiveFiles[plain[0]] {
		if n := len(want); len(plain) >= n && string(plain[:n]) == want {
			return true
		}
	}
	return false
}

// sensitiveFiles has, by their first byte, the beginnings of files that attacks read.
var sensitiveFiles = [256][]string{
	'e': {"etc/passwd", "etc/shadow", "etc/group", "etc/hosts", "etc/issue", "etc/motd", "etc/fstab", "etc/crontab", "etc/mysql", "etc/ssh", "etc/apache", "etc/httpd", "etc/nginx", "etc/php", "etc/sudoers", "etc/os-release", "etc/resolv", "etc/hostname", "etc/ssl"},
	'p': {"proc/self", "proc/version", "proc/cmdline", "proc/net", "proc/mounts", "proc/cpuinfo", "proc/1/", "proc/sys", "private/etc/"},
	's': {"sys/class", "system32"},
	'd': {"dev/tcp"},
	'w': {"windows/", "winnt/", "win.ini", "web-inf", "wp-config", "web.config"},
	'b': {"boot.ini"},
	'a': {"autoexec.bat", "apache/logs"},
	'i': {"inetpub", "id_rsa"},
	'm': {"meta-inf"},
	'.': {".ssh/", ".env", ".git/", ".aws/", ".svn/", ".hg/", ".htaccess", ".htpasswd", ".bash_history"},
	'r': {"root/."},
	'v': {"var/log/", "var/run/secrets"},
	'u': {"usr/local/etc"},
	'g': {"global.asa"},
}

// flatten lowers a path and makes its slashes plain, as far as buf goes.
func flatten(path string, buf *[96]byte) []byte {
	n := 0
	for i := 0; i < len(path) && n < len(buf); {
		c := path[i]
		m, size, _ := mark(path[i:])
		switch {
		case m == markSlash:
			c = '/'
			if n > 0 && buf[n-1] == '/' {
				i += size
				continue
			}
		case m == markDot:
			c = '.'
		default:
			size = 1
			if c-'A' < 26 {
				c |= 0x20
			}
		}
		buf[n] = c
		n++
		i += size
	}
	return buf[:n]
}

// systemFolder says whether the first folder of an absolute path belongs to the system.
func systemFolder(path string) bool {
	end := strings.IndexByte(path, '/')
	if end < 0 {
		return false
	}
	switch path[:end] {
	case "etc", "proc", "sys", "dev", "boot", "root", "var", "usr", "sbin", "bin", "lib", "lib64", "private", "opt", "mnt", "run", "tmp",
		"windows", "winnt", "inetpub", "xampp", "wamp", "program files", "program files (x86)", "programfiles", "apache", "apache2", "apache24",
		"php", "php4", "php5", "php7", "mysql", "documents and settings", "programdata", "cygwin", "oracle", "system32", "volumes", "nginx", "srv":
		return true
	case "library":
		return strings.HasPrefix(path[end:], "/webserver")
	}
	return false
}

// sharedFolder says whether a path leads to where people's own files may be, too: such a path
// alone is a signature or an address as well.
func sharedFolder(path string) bool {
	end := strings.IndexByte(path, '/')
	if end < 0 {
		return false
	}
	switch path[:end] {
	case "usr", "opt", "tmp", "var":
		return true
	}
	return false
}

// keeps says whether a path names a kind of file that secrets are in: keys, logs, sessions.
func keeps(path string) bool {
	for _, kind := range [...]string{"shadow", "passw", "ssh", "key", "history", "log", "sess", "secret", "credential", "token", "cron", "mail/", "backup", "/www", "/html", "/htdocs", "conf", ".my", "var/adm/", "var/spool/", "secur"} {
		if strings.Contains(path, kind) {
			return true
		}
	}
	return false
}

// told says whether a path is the beginning of a sentence: words without dots and slashes
// follow it.
func told(path string) bool {
	words := 0
	for _, rest, found := strings.Cut(path, " "); found; {
		var word string
		word, rest, found = strings.Cut(rest, " ")
		if oneWord(strings.TrimRight(word, ".,;:!?")) && len(word) > 1 {
			words++
		}
	}
	return words > 1 && !strings.HasPrefix(path, "c:") && !strings.Contains(path, "program files") && !strings.Contains(path, "documents and settings")
}

// dotFolder says whether a path leads through a folder whose name begins with a dot: .docker, .svn.
func dotFolder(path string) bool {
	i := strings.Index(path, "/.")
	return i >= 0 && i+3 < len(path) && isLetter(path[i+2]) && strings.IndexByte(path[i+2:], '/') > 0 && !strings.HasPrefix(path[i:], "/.well-known/")
}

// configName says whether the last part of an absolute path names what holds secrets.
func configName(path string) bool {
	name := path[strings.LastIndexByte(path, '/')+1:]
	if i := strings.IndexByte(name, '.'); i == 0 && len(name) > 3 {
		return true // /x/.bash_history
	}
	dot := strings.LastIndexByte(name, '.')
	if dot < 0 {
		if strings.HasPrefix(name, "id_") && strings.HasSuffix(path, "/"+name) && len(name) < 11 { // id_rsa, id_ed25519
			return true
		}
		return strings.HasSuffix(name, "_log") || strings.HasSuffix(name, "-log") || strings.HasSuffix(name, "_history")
	}
	switch name[dot+1:] {
	case "sql", "log", "ini", "conf", "cnf", "cfg", "err", "bak", "asa", "sqlite", "sqlite3", "db", "pem", "key", "htaccess", "htpasswd", "passwd", "config":
		return true
	}
	return false
}

// hidden judges a value that is only a name: of a file that keeps secrets.
func (s *Score) hidden(value string) {
	if len(value) < 4 || len(value) > 64 || strings.ContainsAny(value, " \n") {
		return
	}
	path := strings.TrimLeft(value, "/")
	if path[:min(1, len(path))] == "." && sensitive(path) {
		s.add(Path, points(len(path) < len(value), Refuse, Weak), "a file that keeps secrets")
	}
}
