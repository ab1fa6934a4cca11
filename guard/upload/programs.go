package upload

import "strings"

// runsOnServer says whether files with this extension are programs, to a web server, an
// interpreter or a desktop. They are never taken: no policy can know what the app's folder
// is on the path of.
func runsOnServer(ext string) bool {
	switch ext {
	case "py", "pyc", "pyo", "pyd", "pyw", "pyx", "pyz", "pth", "egg", "whl", "so", "dll", "dylib",
		"php", "php2", "php3", "php4", "php5", "php6", "php7", "php8", "phps", "phtml", "phtm", "pht",
		"phpt", "phar", "pgif", "hphp", "ctp", "module",
		"asp", "aspx", "ashx", "asmx", "asa", "asax", "ascx", "cer", "cshtml", "vbhtml", "axd", "svc",
		"jsp", "jspx", "jspf", "jsw", "jsv", "jhtml", "jar", "war", "ear", "class", "jnlp",
		"cfm", "cfml", "cfc", "dbm", "cgi", "fcgi", "fpl", "pl", "pm", "plx", "rb", "erb", "lua", "tcl",
		"shtml", "shtm", "stm", "sh", "bash", "zsh", "csh", "ksh", "fish", "command",
		"exe", "bat", "cmd", "ps1", "psm1", "psd1", "vb", "vbs", "vbe", "jse", "wsf", "wsh", "wsc", "hta",
		"msi", "msp", "mst", "scr", "cpl", "pif", "gadget", "application", "lnk", "desktop", "reg",
		"htaccess", "htpasswd", "appimage", "deb", "rpm", "apk", "dmg", "app", "ko", "elf", "run":
		return true
	}
	return false
}

// runsInBrowser says whether browsers run what files with this extension hold.
func runsInBrowser(ext string) bool {
	switch ext {
	case "html", "htm", "xhtml", "xht", "htc", "mht", "mhtml", "svg", "svgz", "js", "mjs", "cjs",
		"xml", "xsl", "xslt", "xbl", "rdf", "swf", "wasm":
		return true
	}
	return false
}

// configures says whether a file of this name changes what servers and interpreters do,
// wherever it lies.
func configures(name string) bool {
	switch strings.ToLower(name) {
	case ".htaccess", ".htpasswd", ".user.ini", "php.ini", "web.config", "uwsgi.ini", "uwsgi.xml",
		"uwsgi.yaml", "uwsgi.yml", "uwsgi.json", "pyvenv.cfg", "gunicorn.conf", ".env", ".flaskenv",
		".bashrc", ".bash_profile", ".profile", ".zshrc", "authorized_keys", "crontab", "autorun.inf":
		return true
	}
	return false
}

// isProgram says whether a file of this name is never taken, whatever it holds. name is a
// safe one, and sent what it was made of.
func isProgram(name, sent string) bool {
	base := strings.TrimLeft(baseName(sent), " ")
	return strings.HasPrefix(base, ".") || configures(name) || runsOnServer(extension(name))
}

// isProgramEntry says the same of an entry of an archive. Hidden files are harmless there:
// macOS puts some into each.
func isProgramEntry(entry string) bool {
	name := strings.TrimRight(baseName(strings.TrimRight(entry, `/\`)), ". ")
	return configures(name) || runsOnServer(extension(name))
}
