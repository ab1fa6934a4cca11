package signs

// program says what a word is as the name of a program.
type program uint8

const (
	notProgram program = iota
	plainWord          // a program whose name people use in prose too: cat, find, time
	rareWord           // a name that stands for the program and little else: wget, whoami
	runner             // a program that runs the command behind it: sudo, time, env
)

// programOf looks a program up by its name without folder and extension.
func programOf(name string) program {
	var buf [32]byte
	low := lower(name, &buf)
	if len(low) < 2 {
		if len(low) == 1 && low[0] == 'w' {
			return plainWord
		}
		return notProgram
	}
	if n := len(low); n > 4 && string(low[n-4:]) == ".exe" {
		low = low[:n-4]
	}
	if kind, ok := programs[string(low)]; ok { // base64, rundll32
		return kind
	}
	for n := len(low); n > 3 && (isDigit(low[n-1]) || low[n-1] == '.'); n-- { // python3.11, gcc10.1
		low = low[:n-1]
	}
	if kind, ok := programs[string(low)]; ok {
		return kind
	}
	for i, c := range low { // ssh-keygen, ansible-test
		if c == '-' && i > 1 && programs[string(low[:i])] == rareWord {
			return rareWord
		}
	}
	return notProgram
}

var programs = map[string]program{
	// Unix, names that are words too.
	"cat": plainWord, "find": plainWord, "more": plainWord, "less": plainWord, "head": plainWord, "tail": plainWord,
	"sort": plainWord, "cut": plainWord, "kill": plainWord, "watch": plainWord, "touch": plainWord, "date": plainWord,
	"echo": plainWord, "host": plainWord, "who": plainWord, "last": plainWord, "man": plainWord, "look": plainWord,
	"split": plainWord, "join": plainWord, "paste": plainWord, "test": plainWord, "make": plainWord, "read": plainWord,
	"source": plainWord, "export": plainWord, "set": plainWord, "script": plainWord, "strings": plainWord, "top": plainWord,
	"tree": plainWord, "view": plainWord, "write": plainWord, "file": plainWord, "fold": plainWord, "comm": plainWord,
	"bridge": plainWord, "route": plainWord, "mail": plainWord, "install": plainWord, "mount": plainWord, "link": plainWord,
	"shred": plainWord, "patch": plainWord, "locate": plainWord, "expand": plainWord, "at": plainWord, "batch": plainWord,
	"sleep": plainWord, "ping": plainWord, "which": plainWord, "printf": rareWord, "rev": plainWord, "tar": plainWord,
	"zip": plainWord, "go": plainWord, "node": plainWord, "ruby": plainWord, "java": plainWord, "chef": plainWord, "lua": plainWord,
	"type": plainWord, "copy": plainWord, "move": plainWord, "start": plainWord, "del": plainWord, "net": plainWord,
	"screen": plainWord, "finger": plainWord, "trap": plainWord, "wall": plainWord, "dash": plainWord, "fish": plainWord,
	"git": plainWord, "docker": plainWord, "python": plainWord, "perl": rareWord, "php": rareWord, "ss": plainWord,
	"ip": plainWord, "dig": plainWord, "users": plainWord, "groups": plainWord, "dir": plainWord, "cd": plainWord,
	"exit": plainWord, "eval": plainWord, "reset": plainWord, "sh": plainWord, "cp": plainWord, "ab": plainWord, "nice": runner,
	"ex": plainWord, "as": plainWord, "ar": plainWord, "alias": plainWord, "id": plainWord, "call": plainWord, "echoargs": plainWord,

	// Unix, names that are little else.
	"ls": rareWord, "ll": rareWord, "pwd": rareWord, "whoami": rareWord, "uname": rareWord, "hostname": rareWord, "ifconfig": rareWord,
	"netstat": rareWord, "ps": rareWord, "grep": rareWord, "egrep": rareWord, "fgrep": rareWord, "sed": rareWord, "awk": rareWord,
	"gawk": rareWord, "mawk": rareWord, "wget": rareWord, "curl": rareWord, "nc": rareWord, "ncat": rareWord, "netcat": rareWord,
	"telnet": rareWord, "ssh": rareWord, "scp": rareWord, "sftp": rareWord, "ftp": rareWord, "tftp": rareWord, "rsync": rareWord,
	"nslookup": rareWord, "traceroute": rareWord, "tracepath": rareWord, "tcpdump": rareWord, "nmap": rareWord, "socat": rareWord,
	"chmod": rareWord, "chown": rareWord, "chgrp": rareWord, "chroot": rareWord, "mkdir": rareWord, "rmdir": rareWord, "rm": rareWord,
	"mv": rareWord, "ln": rareWord, "dd": rareWord, "df": rareWord, "du": rareWord, "mkfifo": rareWord, "mknod": rareWord,
	"mktemp": rareWord, "tee": rareWord, "tac": rareWord, "nl": rareWord, "od": rareWord, "xxd": rareWord, "hexdump": rareWord,
	"base64": rareWord, "base32": rareWord, "uniq": rareWord, "wc": rareWord, "tr": rareWord, "diff": rareWord, "cmp": rareWord,
	"gzip": rareWord, "gunzip": rareWord, "zcat": rareWord, "zstdcat": rareWord, "bzip2": rareWord, "bunzip2": rareWord, "bzcat": rareWord,
	"xz": rareWord, "unxz": rareWord, "xzcat": rareWord, "unzip": rareWord, "cpio": rareWord, "bash": rareWord, "zsh": rareWord,
	"ksh": rareWord, "csh": rareWord, "tcsh": rareWord, "rbash": rareWord, "busybox": rareWord, "sudo": runner, "doas": runner, "su": rareWord,
	"visudo": rareWord, "passwd": rareWord, "useradd": rareWord, "adduser": rareWord, "usermod": rareWord, "userdel": rareWord,
	"groupadd": rareWord, "crontab": rareWord, "systemctl": rareWord, "service": plainWord, "journalctl": rareWord, "dmesg": rareWord,
	"reboot": plainWord, "poweroff": rareWord, "halt": plainWord, "lsof": rareWord, "lsblk": rareWord, "lscpu": rareWord, "lsmod": rareWord,
	"insmod": rareWord, "modprobe": rareWord, "iptables": rareWord, "arp": rareWord, "iwconfig": rareWord, "pkill": rareWord,
	"killall": rareWord, "pgrep": rareWord, "htop": rareWord, "vim": rareWord, "vi": rareWord, "nano": plainWord, "emacs": rareWord,
	"printenv": rareWord, "lastlog": rareWord, "lastlogin": rareWord, "getent": rareWord, "xargs": runner, "env": runner, "nohup": rareWord,
	"time": runner, "timeout": runner, "strace": rareWord, "ltrace": rareWord, "exec": runner, "command": runner, "builtin": runner,
	"cpulimit": rareWord, "flock": rareWord, "watchman": rareWord, "setsid": rareWord, "stdbuf": rareWord, "ionice": rareWord, "unshare": runner,
	"gcc": rareWord, "cc": rareWord, "g++": rareWord, "clang": rareWord, "gdb": rareWord, "rustc": rareWord, "javac": rareWord,
	"npm": rareWord, "npx": rareWord, "pip": rareWord, "pipx": rareWord, "gem": plainWord, "cargo": plainWord, "yarn": plainWord,
	"apt": rareWord, "apt-get": rareWord, "dpkg": rareWord, "yum": rareWord, "dnf": rareWord, "rpm": rareWord, "apk": rareWord, "brew": plainWord,
	"pacman": plainWord, "snap": plainWord, "kubectl": rareWord, "helm": plainWord, "podman": rareWord, "mysql": rareWord, "mysqldump": rareWord,
	"psql": rareWord, "sqlite3": rareWord, "sqlite": rareWord, "redis-cli": rareWord, "mongo": rareWord, "mongodump": rareWord,
	"sendmail": rareWord, "openssl": rareWord, "gpg": rareWord, "aws": rareWord, "gcloud": rareWord, "terraform": plainWord,
	"ansible": plainWord, "ansible-console": rareWord, "ansible-galaxy": rareWord, "ansible-inventory": rareWord, "ansible-playbook": rareWord,
	"ansible-vault": rareWord, "ansible-doc": rareWord, "ansible-pull": rareWord, "chef-shell": rareWord, "cscli": rareWord, "puppet": plainWord,
	"rmt": rareWord, "rmt-tar": rareWord, "rmt-dump": rareWord, "uconv": rareWord, "iconv": rareWord, "ed": rareWord, "rlwrap": rareWord,
	"msfconsole": rareWord, "msfvenom": rareWord, "hydra": plainWord, "sqlmap": rareWord, "mkpasswd": rareWord, "pdksh": rareWord,
	"tclsh": rareWord, "expect": plainWord, "lynx": plainWord, "links": plainWord, "w3m": rareWord, "aria2c": rareWord, "axel": plainWord,
	"fetch": plainWord, "sha1sum": rareWord, "sha256sum": rareWord, "md5sum": rareWord, "cksum": rareWord, "seq": rareWord, "shuf": rareWord,
	"ulimit": rareWord, "umask": rareWord, "unset": plainWord, "uptime": plainWord, "sysctl": rareWord, "pdftotext": rareWord, "ffmpeg": rareWord,
	"ghostscript": rareWord, "gs": rareWord, "magick": rareWord, "zsoelim": rareWord, "pdftex": rareWord, "capsh": rareWord,

	// Programs that come with many systems and can be made to run or read something.
	"lwp-download": rareWord, "lwp-request": rareWord, "whois": rareWord, "findstr": rareWord, "forfiles": rareWord, "takeown": rareWord,
	"nltest": rareWord, "gpresult": rareWord, "getmac": rareWord, "logman": rareWord, "makecab": rareWord, "msbuild": rareWord, "regasm": rareWord,
	"regsvcs": rareWord, "installutil": rareWord, "esentutl": rareWord, "extrac32": rareWord, "chkdsk": rareWord, "tskill": rareWord, "w32tm": rareWord,
	"runas": rareWord, "setx": rareWord, "pushd": rareWord, "popd": rareWord, "chdir": rareWord, "expr": rareWord, "jq": rareWord, "busctl": rareWord,
	"tshark": rareWord, "pandoc": rareWord, "tmux": rareWord, "virsh": rareWord, "zypper": rareWord, "pkexec": rareWord, "nft": rareWord,
	"exiftool": rareWord, "dmidecode": rareWord, "hping3": rareWord, "enscript": rareWord, "ldconfig": rareWord, "whiptail": rareWord,
	"openvpn": rareWord, "start-stop-daemon": rareWord, "agetty": rareWord, "aspell": rareWord, "atobm": rareWord, "batcat": rareWord,
	"bpftrace": rareWord, "bconsole": rareWord, "byebug": rareWord, "cabal": rareWord, "certbot": rareWord, "clamscan": rareWord, "cobc": rareWord,
	"cowsay": rareWord, "cowthink": rareWord, "cpan": rareWord, "csplit": rareWord, "csvtool": rareWord, "cupsfilter": rareWord, "dmsetup": rareWord,
	"dos2unix": rareWord, "dvips": rareWord, "easy_install": rareWord, "efax": rareWord, "espeak": rareWord, "facter": rareWord, "fping": rareWord,
	"gcore": rareWord, "genisoimage": rareWord, "ghci": rareWord, "ginsh": rareWord, "gnuplot": rareWord, "grc": rareWord, "gtester": rareWord,
	"iftop": rareWord, "irb": rareWord, "ispell": rareWord, "jjs": rareWord, "jrunscript": rareWord, "ksshell": rareWord, "ksu": rareWord,
	"latexmk": rareWord, "lftp": rareWord, "loginctl": rareWord, "logrotate": rareWord, "luatex": rareWord, "lualatex": rareWord, "minicom": rareWord,
	"msgfilter": rareWord, "mtr": rareWord, "nasm": rareWord, "ncdu": rareWord, "ncftp": rareWord, "neofetch": rareWord, "nginx": rareWord,
	"nroff": rareWord, "nsenter": rareWord, "ntpdate": rareWord, "openvt": rareWord, "opkg": rareWord, "pdflatex": rareWord, "perlbug": rareWord,
	"pidstat": rareWord, "psftp": rareWord, "readelf": rareWord, "restic": rareWord, "rlogin": rareWord, "rpmquery": rareWord, "rpmdb": rareWord,
	"rpmverify": rareWord, "rtorrent": rareWord, "run-parts": rareWord, "rview": rareWord, "rvim": rareWord, "scanmem": rareWord, "setarch": rareWord,
	"setfacl": rareWord, "getfacl": rareWord, "smbclient": rareWord, "smbmap": rareWord, "sshpass": rareWord, "tasksh": rareWord,
	"timedatectl": rareWord, "tmate": rareWord, "torify": rareWord, "torsocks": rareWord, "troff": rareWord, "unsquashfs": rareWord,
	"uudecode": rareWord, "uuencode": rareWord, "valgrind": rareWord, "vimdiff": rareWord, "vipw": rareWord, "vigr": rareWord, "wireshark": rareWord,
	"xdotool": rareWord, "xetex": rareWord, "xelatex": rareWord, "xmodmap": rareWord, "zathura": rareWord, "ip6tables": rareWord, "ifup": rareWord,
	"ifdown": rareWord, "nmcli": rareWord, "ethtool": rareWord, "blkid": rareWord, "fdisk": rareWord, "mkfs": rareWord, "losetup": rareWord,
	"swapon": rareWord, "chattr": rareWord, "lsattr": rareWord, "chsh": rareWord, "chfn": rareWord, "gpasswd": rareWord, "newgrp": rareWord,
	"logname": rareWord, "stty": rareWord, "ldd": rareWord, "objdump": rareWord, "rake": rareWord, "mvn": rareWord, "cmake": rareWord,
	"docker-compose": rareWord, "kubeadm": rareWord, "minikube": rareWord, "etcdctl": rareWord, "rabbitmqctl": rareWord, "mongosh": rareWord,
	"redis-server": rareWord, "pg_dump": rareWord, "pg_dumpall": rareWord, "createdb": rareWord, "dropdb": rareWord, "mysqladmin": rareWord,
	"mysqlimport": rareWord, "sqlcmd": rareWord, "tnsping": rareWord, "lsusb": rareWord, "lspci": rareWord, "lsns": rareWord, "vmstat": rareWord,
	"iostat": rareWord, "mpstat": rareWord, "nproc": rareWord, "getconf": rareWord, "pstree": rareWord, "pidof": rareWord, "fuser": rareWord,
	"renice": rareWord, "compgen": rareWord, "readarray": rareWord, "coproc": rareWord, "zless": rareWord, "zmore": rareWord, "zgrep": rareWord,
	"zegrep": rareWord, "bzless": rareWord, "xzless": rareWord, "xzgrep": rareWord, "lz4": rareWord, "lzcat": rareWord, "zstd": rareWord,
	"7z": rareWord, "7za": rareWord, "7zr": rareWord, "unrar": rareWord, "shar": rareWord, "basez": rareWord, "basenc": rareWord, "base58": rareWord,
	"ascii85": rareWord, "ascii-xfr": rareWord, "fmt": rareWord, "tsort": rareWord, "aa-exec": rareWord, "choom": rareWord, "mksh": rareWord,
	"lksh": rareWord, "yash": rareWord, "ksh93": rareWord, "sha512sum": rareWord, "sha224sum": rareWord, "b2sum": rareWord, "unlz4": rareWord,
	"zdiff": rareWord, "zcmp": rareWord, "bzgrep": rareWord, "bzdiff": rareWord, "lzgrep": rareWord, "screenfetch": rareWord, "traceroute6": rareWord,
	"ping6": rareWord, "dhclient": rareWord, "pppd": rareWord, "smbd": rareWord, "ufw": rareWord, "firewall-cmd": rareWord, "setenforce": rareWord,
	"getenforce": rareWord, "semanage": rareWord, "auditctl": rareWord, "ausearch": rareWord, "logger": rareWord, "runuser": rareWord,
	"systemd-run": rareWord, "systemd-analyze": rareWord, "hostnamectl": rareWord, "localectl": rareWord, "update-rc.d": rareWord,
	"update-alternatives": rareWord, "dpkg-reconfigure": rareWord, "apt-cache": rareWord, "aptitude": rareWord, "yumdownloader": rareWord,
	"pip3": rareWord, "python2": rareWord, "pypy": rareWord, "ipython": rareWord, "msgcat": rareWord, "msgconv": rareWord,
	"erase": plainWord, "ren": plainWord, "vagrant": plainWord, "gimp": plainWord, "julia": plainWord, "knife": plainWord, "octave": plainWord,
	"dialog": plainWord, "free": plainWord, "history": plainWord, "arch": plainWord, "strip": plainWord, "composer": plainWord, "bundle": plainWord,
	"yelp": plainWord, "ant": plainWord, "gradle": plainWord, "jobs": plainWord, "hash": plainWord, "declare": plainWord, "typeset": plainWord,
	"readonly": plainWord, "wish": plainWord, "cancel": plainWord, "column": plainWord, "restart": plainWord, "unlink": plainWord, "query": plainWord,
	"subst": plainWord, "assoc": plainWord, "chkntfs": plainWord,

	// Windows.
	"cmd": rareWord, "powershell": rareWord, "pwsh": rareWord, "ipconfig": rareWord, "systeminfo": rareWord, "sysinfo": rareWord,
	"tasklist": rareWord, "taskkill": rareWord, "wmic": rareWord, "reg": rareWord, "regedit": rareWord, "regsvr32": rareWord,
	"rundll32": rareWord, "mshta": rareWord, "certutil": rareWord, "bitsadmin": rareWord, "cscript": rareWord, "wscript": rareWord,
	"netsh": rareWord, "schtasks": rareWord, "sc": rareWord, "attrib": rareWord, "icacls": rareWord, "cacls": rareWord, "xcopy": rareWord,
	"robocopy": rareWord, "tracert": rareWord, "nbtstat": rareWord, "net1": rareWord, "quser": rareWord, "qwinsta": rareWord, "bcdboot": rareWord,
	"bcdedit": rareWord, "vssadmin": rareWord, "wevtutil": rareWord, "iwr": rareWord, "iex": rareWord, "invoke-webrequest": rareWord,
	"invoke-expression": rareWord, "invoke-restmethod": rareWord, "invoke-command": rareWord, "start-process": rareWord, "get-content": rareWord,
	"get-childitem": rareWord, "get-process": rareWord, "new-object": rareWord, "set-executionpolicy": rareWord, "gci": rareWord, "ver": plainWord,
	"cls": rareWord, "msiexec": rareWord, "driverquery": rareWord, "fsutil": rareWord, "diskpart": rareWord, "phpinfo": notProgram,
}
