package upload_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/fumehood/fumehood/guard/upload"
)

func TestSafeNames(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		// what people have
		"photo.png": "photo.png", "IMG_0001.JPG": "IMG_0001.JPG", "Mein Lebenslauf (neu).pdf": "Mein Lebenslauf (neu).pdf",
		"O'Brien & söhne – 100% #1.pdf": "O'Brien & söhne – 100% #1.pdf", "отчёт за май.txt": "отчёт за май.txt",
		"報告書２０２４.pdf": "報告書２０２４.pdf", "تقرير.pdf": "تقرير.pdf", "צילום.png": "צילום.png", "रिपोर्ट.pdf": "रिपोर्ट.pdf", "นาย.txt": "นาย.txt",
		"می\u200cخواهم.txt": "می\u200cخواهم.txt", "👩\u200d🔬.png": "👩\u200d🔬.png", "v1.2.final.pdf": "v1.2.final.pdf", "Mr. Smith.pdf": "Mr. Smith.pdf",
		"a\u00a0b.txt": "a b.txt", "archive.tar.gz": "archive.tar.gz", "50%.txt": "50%.txt", "%0\f0.txt": "_00.txt",

		// folders and what leads out of them
		"../../app.py": "app.py", `..\..\app.py`: "app.py", "/etc/passwd": "passwd", `C:\fakepath\x.png`: "x.png", "folder/sub/x.png": "x.png",
		"x/": "file", "..": "file", "....//....//x.txt": "x.txt", ".": "file", "": "file", "...": "file",
		"%2e%2e%2fx.txt": "_2e_2e_2fx.txt", "..%2fx.txt": "_2fx.txt", "%252e%252e%252fx.txt": "_252e_252e_252fx.txt", "..%c0%afx.txt": "_c0_afx.txt",
		"．．／x.txt": "_x.txt", "‥∕x.txt": "_x.txt", "\u2024\u2024\u2044x.txt": "_x.txt", "..;/x.txt": "x.txt", "a..b.txt": "a.b.txt",

		// what hides what it is
		"x.php.jpg": "x_php.jpg", "x.PHP5.JPG": "x_PHP5.JPG", "x.php .jpg": "x_php .jpg", "x.html.pdf": "x_html.pdf", "x.pHtMl.svg.png": "x_pHtMl_svg.png",
		"x.php.": "x.php", "x.php ": "x.php", "x.php. . .": "x.php", "x.php::$DATA": "x.php___DATA", "x.asp;.jpg": "x.asp_.jpg", "x.php%00.jpg": "x.php_00.jpg",
		"x\u202egpj.exe": "xgpj.exe", "x.p\u200dhp": "x.php", "x.p\u00adhp": "x.php", "\ufeffx.txt": "x.txt", "x\u0085y.txt": "xy.txt", "a\u2028b.txt": "a b.txt",
		".htaccess": "htaccess", " .env": "env", "-rf.txt": "_rf.txt", "~root.txt": "_root.txt",
		"CON": "_CON", "con.txt": "_con.txt", "Aux .png": "_Aux .png", "LPT1.pdf": "_LPT1.pdf", "com¹.txt": "_com¹.txt", "COM10.txt": "COM10.txt", "console.txt": "console.txt",
		`"><img src=x onerror=alert(1)>.png`: "___img src=x onerror=alert(1)_.png", "`id`.txt": "_id_.txt", "a|b?c*.txt": "a_b_c_.txt",
		"$(id).txt": "_(id).txt", "$HOME.txt": "_HOME.txt", "a&$(id)&.txt": "a&_(id)&.txt",
	} {
		if got := upload.SafeName(in); got != want {
			t.Errorf("%q became %q, want %q", in, got, want)
		}
	}
	long := upload.SafeName(strings.Repeat("絵", 100) + ".png")
	if len(long) > 180 || len(long) < 170 || !strings.HasSuffix(long, "絵.png") || !utf8.ValidString(long) {
		t.Errorf("a long name became %q", long)
	}
	if cut := upload.SafeName("x" + strings.Repeat("y", 170) + ".phpzzzzzz.jpg"); strings.Contains(cut, ".php.") {
		t.Errorf("cutting made %q", cut)
	}
}

func TestKeptNames(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"photo.png", "What? \"this\" <that>.pdf", "100%.png", "報告書.pdf", "می\u200cخواهم.txt", "a;b.txt", strings.Repeat("x", 250) + ".txt"} {
		if !upload.Keepable(name) {
			t.Errorf("%q is not kept", name)
		}
	}
	for _, name := range []string{"../x.txt", `a\b.txt`, "a/b.txt", ".x.txt", "x.txt.", "x.txt ", " x.txt", "x\u202e.txt", "x\u200b.txt", "x.php.png", "con.txt", "-x.txt",
		"a..b.txt", "．．／x.txt", "%2E%2e%2Fx.txt", "x%00.txt", "%252e.txt", "", "..", "x\u0085.txt", strings.Repeat("x", 256) + ".txt"} {
		if upload.Keepable(name) {
			t.Errorf("%q is kept", name)
		}
	}
}

func TestAttackNamesThatRun(t *testing.T) {
	t.Parallel()
	for _, name := range []string{
		"app.py", "../app.py", "__init__.py", "x.pth", "site/x.PTH", "uwsgi.ini", "UWSGI.INI", ".htaccess", "a/.htaccess", "web.config", "Web.Config", ".user.ini", "php.ini",
		"sitecustomize.py", ".env", ".bashrc", ".png", "lib.so", "x.php", "x.PhP", "x.php.", "x.php ", "x.php\u200b", "x.phtml", "x.phar", "x.php7", "x.jsp", "x.jspx", "x.asp",
		"x.aspx", "x.cgi", "x.sh", "x.exe", "x.bat", "x.ps1", "x.jar", "x.war", "x.shtml", "x.pl", "x.rb", "x.cshtml", "x.lnk", "x.hta", "x.pyc", "web.config.", "authorized_keys", "x.p\u00adhp",
	} {
		if !upload.IsProgram(name) {
			t.Errorf("%q is taken", name)
		}
	}
	for _, name := range []string{"photo.png", "notes.txt", "php.txt", "python.pdf", "report.so.pdf", "init.txt", "settings.pdf", "uwsgi.txt", "env.png"} {
		if upload.IsProgram(name) {
			t.Errorf("%q is not taken", name)
		}
	}
}

// FuzzSafeName: whatever comes in, what comes out is one name in one folder.
func FuzzSafeName(f *testing.F) {
	for _, name := range []string{"photo.png", "../../app.py", "x.php.jpg", "con.txt", "می\u200cخواهم.txt", "x\u202egpj.exe", "%2e%2e%2f", "．．／", strings.Repeat("絵.", 200)} {
		f.Add(name)
	}
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, in string) {
		if !utf8.ValidString(in) {
			return
		}
		out := upload.SafeName(in)
		switch {
		case out == "" || len(out) > 180 || !utf8.ValidString(out):
			t.Fatalf("%q became %q", in, out)
		case strings.ContainsAny(out, "/\\:*?\"<>|`;$") || strings.Contains(out, "..") || out != filepath.Base(out):
			t.Fatalf("%q became %q", in, out)
		case strings.ContainsFunc(out, unicode.IsControl) || strings.Trim(out, ". ") != out || out[0] == '-':
			t.Fatalf("%q became %q", in, out)
		case upload.SafeName(out) != out || upload.Keepable(out) != true:
			t.Fatalf("%q became %q, and that %q", in, out, upload.SafeName(out))
		}
		if err := os.WriteFile(filepath.Join(dir, out), nil, 0o600); err != nil {
			t.Fatal(err)
		}
		if entries, err := os.ReadDir(dir); err != nil || len(entries) != 1 || os.Remove(filepath.Join(dir, out)) != nil {
			t.Fatalf("%q made %v, %v", out, entries, err)
		}
	})
}
