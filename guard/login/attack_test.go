package login_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf16"

	"github.com/fumehood/fumehood/guard/login"
)

// A word list against one account finds the password of the bare app.
func TestAttackWordList(t *testing.T) {
	t.Parallel()
	words := make([]string, 400)
	for i := range words {
		words[i] = fmt.Sprint("guess", i)
	}
	words[300] = "correct horse of admin"
	attack := func(h http.Handler) (found bool) {
		attacker := program("203.0.113.9")
		for _, word := range words {
			if w := attacker.login(t, h, "/login", "admin", word); w.Code == 303 {
				return true
			}
		}
		return false
	}
	app := newShop("admin")
	s := learned(t, login.Config{}, app)
	if !attack(app) {
		t.Fatal("without the guard the attack must succeed")
	}
	before := app.tried()
	if attack(s.guard) {
		t.Error("the password was found")
	}
	if n := app.tried() - before; n != 5 {
		t.Errorf("%d guesses reached the app, want 5", n)
	}
	// Over a day, patiently: never more than five a minute, and ever slower.
	attacker := program("203.0.113.9")
	before = app.tried()
	for end := s.clock.Now().Add(24 * time.Hour); s.clock.Now().Before(end); {
		if w := attacker.login(t, s.guard, "/login", "admin", "x"); w.Code == 429 {
			s.clock.turn(retryAfter(t, w))
		}
	}
	if n := app.tried() - before; n > 110 {
		t.Errorf("%d guesses in a day", n)
	}
}

func TestWaitDoubles(t *testing.T) {
	t.Parallel()
	s := learned(t, login.Config{}, newShop("admin"))
	attacker := program("203.0.113.9")
	for range 5 {
		if w := attacker.login(t, s.guard, "/login", "admin", "x"); w.Code != 200 {
			t.Fatalf("%d within the first five", w.Code)
		}
	}
	for _, minutes := range []int{1, 2, 4, 8, 15, 15} {
		want := time.Duration(minutes) * time.Minute
		w := attacker.login(t, s.guard, "/login", "admin", "x")
		if w.Code != 429 || retryAfter(t, w) != want {
			t.Fatalf("%d, Retry-After %q, want %v", w.Code, w.Header().Get("Retry-After"), want)
		}
		s.clock.turn(want - time.Second)
		if w := attacker.login(t, s.guard, "/login", "admin", "x"); w.Code != 429 || retryAfter(t, w) != time.Second {
			t.Fatalf("a second too soon: %d, %q", w.Code, w.Header().Get("Retry-After"))
		}
		s.clock.turn(time.Second)
		if w := attacker.login(t, s.guard, "/login", "admin", "x"); w.Code != 200 {
			t.Fatalf("in time: %d", w.Code)
		}
	}
}

// Many at once, whose outcome nobody has waited for.
func TestAttackAllAtOnce(t *testing.T) {
	t.Parallel()
	app := newShop("admin")
	s := learned(t, login.Config{}, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == "POST" {
			time.Sleep(20 * time.Millisecond) // a slow hash
		}
		app.ServeHTTP(w, r)
	}))
	var all sync.WaitGroup
	for i := range 100 {
		all.Go(func() { program("203.0.113.9").login(t, s.guard, "/login", "admin", fmt.Sprint(i)) })
	}
	all.Wait()
	if n := app.tried(); n > 5 {
		t.Errorf("%d guesses reached the app", n)
	}
}

// One password against 500 accounts of one site.
func TestAttackSpraying(t *testing.T) {
	t.Parallel()
	var names []string
	for i := range 500 {
		names = append(names, fmt.Sprint("user", i))
	}
	app := newShop(names...)
	app.passwords["user400"] = "Winter2026"
	attack := func(h http.Handler) (found bool) {
		for i, name := range names { // from all addresses of a network
			found = program(fmt.Sprint("203.0.113.", i%250)).login(t, h, "/login", name, "Winter2026").Code == 303 || found
		}
		return found
	}
	s := learned(t, login.Config{}, app)
	if !attack(app) {
		t.Fatal("without the guard the attack must succeed")
	}
	before := app.tried()
	if attack(s.guard) {
		t.Error("a password was found")
	}
	if n := app.tried() - before; n < 18 || n > 24 {
		t.Errorf("%d accounts were tried, want about 20", n)
	}
	if got := strings.Count(s.log.String(), "one network tries to log in to many accounts"); got != 1 {
		t.Errorf("%d warnings:\n%s", got, s.log)
	}
	// Others go on, and so does who is known in that network.
	if w := browser("198.51.100.7").login(t, s.guard, "/login", "user3", "correct horse of user3"); w.Code != 303 {
		t.Errorf("another network: %d", w.Code)
	}
}

// Pairs of names and passwords that were stolen elsewhere, each tried once from its own address.
func TestAttackStuffing(t *testing.T) {
	t.Parallel()
	app := newShop("regular")
	s := learned(t, login.Config{}, app)
	home := browser("198.51.100.7")
	if w := home.login(t, s.guard, "/login", "regular", "correct horse of regular"); w.Code != 303 {
		t.Fatalf("login: %d", w.Code)
	}
	attack := func() {
		for bot := range 300 {
			for try := range 6 {
				program(fmt.Sprintf("10.%d.%d.1", bot/200, bot%200)).login(t, s.guard, "/login", fmt.Sprintf("stolen%d-%d", bot, try), "x")
			}
		}
	}
	before := app.tried()
	attack()
	if n := app.tried() - before; n > 50*6+250*3 {
		t.Errorf("%d of 1800 attempts reached the app", n)
	}
	if got := strings.Count(s.log.String(), "many more networks than usual"); got != 1 {
		t.Errorf("%d warnings:\n%s", got, s.log)
	}
	s.clock.turn(11 * time.Minute)
	attack()
	if got := strings.Count(s.log.String(), "many more networks than usual"); got != 2 {
		t.Errorf("%d warnings after the next window", got)
	}
	if w := browser("198.51.100.8").login(t, s.guard, "/login", "regular", "correct horse of regular"); w.Code != 303 {
		t.Errorf("a known network: %d", w.Code)
	}
	if w := browser("192.0.2.200").login(t, s.guard, "/login", "regular", "correct horse of regular"); w.Code != 303 {
		t.Errorf("a new network at its first try: %d", w.Code)
	}
}

// From a thousand networks against one account; and the victim still logs in.
func TestAttackBotnetAgainstOneAccount(t *testing.T) {
	t.Parallel()
	app := newShop("victim")
	s := learned(t, login.Config{}, app)
	victim := browser("198.51.100.7")
	if w := victim.login(t, s.guard, "/login", "victim", "correct horse of victim"); w.Code != 303 {
		t.Fatalf("login: %d", w.Code)
	}
	before := app.tried()
	for hour := range 3 {
		for bot := range 1000 {
			program(fmt.Sprintf("10.%d.%d.1", bot/200, bot%200)).login(t, s.guard, "/login", "victim", fmt.Sprint(hour, bot))
			s.clock.turn(3600 * time.Millisecond)
		}
		if n := app.tried() - before; n > 30*(hour+1) {
			t.Errorf("%d guesses in %d hours", n, hour+1)
		}
	}
	elsewhere := &visitor{from: "192.0.2.77", cookies: victim.cookies} // on the way, with the same device
	if w := elsewhere.login(t, s.guard, "/login", "victim", "correct horse of victim"); w.Code != 303 {
		t.Errorf("the victim's device: %d", w.Code)
	}
	if w := browser("198.51.100.99").login(t, s.guard, "/login", "victim", "correct horse of victim"); w.Code != 303 {
		t.Errorf("another device at home: %d", w.Code)
	}
}

// Somebody in the same house locks the victim's network out, but not the device.
func TestAttackLockOutFromTheSameNetwork(t *testing.T) {
	t.Parallel()
	s := learned(t, login.Config{}, newShop("victim"))
	victim := browser("198.51.100.7")
	victim.login(t, s.guard, "/login", "victim", "correct horse of victim")
	for range 50 {
		program("198.51.100.7").login(t, s.guard, "/login", "victim", "x")
	}
	if w := victim.login(t, s.guard, "/login", "victim", "correct horse of victim"); w.Code != 303 {
		t.Errorf("the victim's device: %d", w.Code)
	}
	for range 5 {
		victim.login(t, s.guard, "/login", "victim", "x")
	}
	if w := victim.login(t, s.guard, "/login", "victim", "x"); w.Code != 429 {
		t.Errorf("a stolen device has no end of tries: %d", w.Code)
	}
}

// Whatever strangers do, a device that was logged in before never waits for it.
func TestPropertyStrangersCannotHoldUpAKnownDevice(t *testing.T) {
	t.Parallel()
	for seed := range uint64(20) {
		random := rand.New(rand.NewPCG(seed, 7))
		s := learned(t, login.Config{}, newShop("victim", "mallory"))
		victim := browser("198.51.100.7")
		if w := victim.login(t, s.guard, "/login", "victim", "correct horse of victim"); w.Code != 303 {
			t.Fatalf("login: %d", w.Code)
		}
		mallory := browser("203.0.113.5")
		for step := range 400 {
			from := fmt.Sprintf("%d.51.100.%d", 190+random.IntN(12), random.IntN(250))
			account := []string{"victim", "Victim ", "VICTIM", "mallory", fmt.Sprint("u", random.IntN(100))}[random.IntN(5)]
			switch random.IntN(8) {
			case 0:
				s.clock.turn(time.Duration(random.IntN(1200)) * time.Second)
			case 1:
				mallory.login(t, s.guard, "/login", "mallory", "correct horse of mallory")
				mallory.from = from
			case 2:
				mallory.login(t, s.guard, "/login", account, "x")
			case 3: // with what looks like the victim's cookie
				forger := browser(from)
				forger.cookies["__Host-fumehood-known"] = flip(victim.cookies["__Host-fumehood-known"], random)
				forger.login(t, s.guard, "/login", "victim", "x")
			default:
				program(from).login(t, s.guard, "/login", account, "x")
			}
			if step%20 == 19 {
				victim.from = from
				if random.IntN(3) == 0 {
					victim.login(t, s.guard, "/login", "victim", "typo")
				}
				if w := victim.login(t, s.guard, "/login", "victim", "correct horse of victim"); w.Code != 303 {
					t.Fatalf("seed %d, step %d: %d %s", seed, step, w.Code, w.Body)
				}
			}
		}
	}
}

func flip(text string, random *rand.Rand) string {
	b := []byte(text)
	if len(b) > 0 {
		b[random.IntN(len(b))] ^= 1
	}
	return string(b)
}

// Names that databases take for the same account share its attempts.
func TestAttackVariantsOfAName(t *testing.T) {
	t.Parallel()
	app := newShop("admin")
	s := learned(t, login.Config{}, app)
	variants := []string{
		"admin", "Admin", "ADMIN", "admin ", " admin", "\tadmin\n", "ad\u00admin", "admin\x00", "\ufeffadmin", "ａｄｍｉｎ", "ádmin",
		"admin\u200b", "a\u0301dmin", "ⓐdmin", "adm\u0130n",
	}
	for i := range 40 {
		program("203.0.113.9").login(t, s.guard, "/login", variants[i%len(variants)], fmt.Sprint("x", i))
	}
	if n := app.tried(); n != 5 {
		t.Errorf("%d guesses reached the app", n)
	}
	if w := program("203.0.113.9").login(t, s.guard, "/login", "adm", "x"); w.Code != 200 {
		t.Errorf("another account: %d", w.Code)
	}
}

func multipartForm(t *testing.T, fields ...[2]string) (kind, body string) {
	t.Helper()
	var b bytes.Buffer
	form := multipart.NewWriter(&b)
	for _, f := range fields {
		form.WriteField(f[0], f[1])
	}
	form.Close()
	return form.FormDataContentType(), b.String()
}

// Every way to say the same to the app counts, or is refused.
func TestAttackOtherWaysToSayIt(t *testing.T) {
	t.Parallel()
	multi, multiBody := multipartForm(t, [2]string{"username", "admin"}, [2]string{"password", "x"})
	wide := utf16.Encode([]rune(`{"username":"admin","password":"x"}`))
	var utf16Body []byte
	for _, c := range wide {
		utf16Body = append(utf16Body, byte(c), byte(c>>8))
	}
	type way struct{ method, target, kind, body string }
	ways := map[string]way{
		"a form":                    {"POST", "/login", formType, "username=admin&password=x"},
		"encoded names":             {"POST", "/login", formType, "user%6eame=admin&%70assword=x"},
		"the query":                 {"POST", "/login?username=admin&password=x", "", ""},
		"the query of a GET":        {"GET", "/login?username=admin&password=x", "", ""},
		"half in the query":         {"POST", "/login?username=admin", formType, "password=x"},
		"two accounts":              {"POST", "/login", formType, "username=admin&username=other&password=x"},
		"two accounts, last":        {"POST", "/login", formType, "username=other&username=admin&password=x"},
		"another in the query":      {"POST", "/login?username=other", formType, "username=admin&password=x"},
		"multipart":                 {"POST", "/login", multi, multiBody},
		"multipart, no form-data":   {"POST", "/login", multi, strings.ReplaceAll(multiBody, "form-data", "attachment")},
		"JSON":                      {"POST", "/login", "application/json", `{"username":"admin","password":"x"}`},
		"JSON with a mark":          {"POST", "/login", "application/json", "\xef\xbb\xbf" + `{"username":"admin","password":"x"}`},
		"JSON, inside":              {"POST", "/login", "application/json", `{"user":{"username":"admin","password":"x"}}`},
		"JSON, twice":               {"POST", "/login", "application/json", `{"username":"other","username":"admin","password":"x"}`},
		"JSON, in a list":           {"POST", "/login", "application/json", `{"username":["admin"],"password":"x"}`},
		"JSON as text":              {"POST", "/login", "text/plain", `{"username":"admin","password":"x"}`},
		"JSON of a kind":            {"POST", "/login", "application/vnd.api+json", `{"username":"admin","password":"x"}`},
		"JSON in UTF-16":            {"POST", "/login", "application/json", string(utf16Body)},
		"JSON in UTF-16, as text":   {"POST", "/login", "text/plain", string(utf16Body)},
		"JSON with NaN":             {"POST", "/login", "application/json", `{"username":"admin","password":"x","n":NaN}`},
		"a type with Latin-1 space": {"POST", "/login", formType + "\xa0", "username=admin&password=x"},
		"a type in capitals":        {"POST", "/login", strings.ToUpper(formType) + " ; charset=utf-8", "username=admin&password=x"},
		"a path in capitals":        {"POST", "/LOGIN", formType, "username=admin&password=x"},
		"a slash at the end":        {"POST", "/login/", formType, "username=admin&password=x"},
		"another method":            {"PUT", "/login", formType, "username=admin&password=x"},
		"a deep path":               {"POST", "/x/../login", formType, "username=admin&password=x"},
	}
	for name, way := range ways {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			reached := 0
			s := learned(t, login.Config{}, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.URL.RawQuery != "" || r.Method != "GET" {
					reached++
				}
				w.Header().Set("Content-Type", "text/html; charset=utf-8")
				fmt.Fprintf(w, loginPage, "wrong")
			}))
			attacker := program("203.0.113.9")
			for range 20 {
				attacker.do(t, s.guard, way.method, way.target, way.kind, way.body)
			}
			if reached > 5 {
				t.Errorf("%d of 20 guesses reached the app", reached)
			}
			// The same account, said in the usual way, shares the attempts.
			if reached > 0 {
				if w := attacker.login(t, s.guard, "/login", "admin", "x"); w.Code != 429 {
					t.Errorf("it was another account: %d", w.Code)
				}
			}
		})
	}
}

// A part that only Werkzeug sees, behind a bare carriage return.
func TestAttackHiddenPart(t *testing.T) {
	t.Parallel()
	s := learned(t, login.Config{}, newShop("admin"))
	body := "--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nx\r--b\rContent-Disposition: form-data; name=\"username\"\r\r" +
		"admin\r--b\rContent-Disposition: form-data; name=\"password\"\r\rx\r\n--b--\r\n"
	if w := program("203.0.113.9").do(t, s.guard, "POST", "/login", "multipart/form-data; boundary=b", body); w.Code != 400 {
		t.Errorf("%d", w.Code)
	}
}

// Who logs in to an account of their own in between is not forgiven for that of others.
func TestAttackResetByOneOwnLogin(t *testing.T) {
	t.Parallel()
	app := newShop("admin", "mallory")
	s := learned(t, login.Config{}, app)
	mallory := browser("203.0.113.9")
	for range 30 {
		mallory.login(t, s.guard, "/login", "admin", "x")
		mallory.login(t, s.guard, "/login", "mallory", "correct horse of mallory")
		mallory.do(t, s.guard, "POST", "/login", formType, "username=mallory&username=admin&password="+url.QueryEscape("correct horse of mallory"))
	}
	if w := mallory.login(t, s.guard, "/login", "admin", "correct horse of admin"); w.Code != 429 {
		t.Errorf("%d", w.Code)
	}
}

// A refused login says the same of an account that exists and of one that does not.
func TestRefusalsAreTheSame(t *testing.T) {
	t.Parallel()
	app := newShop("admin")
	s := learned(t, login.Config{}, app)
	answers := map[string]string{}
	for _, account := range []string{"admin", "nobody"} {
		attacker := program("203.0.113.9")
		for range 5 {
			attacker.login(t, s.guard, "/login", account, "x")
		}
		before := app.tried()
		w := attacker.login(t, s.guard, "/login", account, "x")
		if app.tried() != before {
			t.Errorf("%s: the app was asked", account)
		}
		answers[account] = fmt.Sprint(w.Code, w.Header(), w.Body)
		if strings.Contains(s.log.String(), "admin") {
			t.Errorf("the log names the account: %s", s.log)
		}
	}
	if answers["admin"] != answers["nobody"] || !strings.HasPrefix(answers["admin"], "429") {
		t.Errorf("%q\n%q", answers["admin"], answers["nobody"])
	}
}

// Five million accounts and networks cost no memory, and do not make the guard forget.
func TestFloodOfKeys(t *testing.T) {
	// Not in parallel: it looks at all memory that is in use.
	s := learned(t, login.Config{}, newShop("admin"))
	for range 5 {
		program("203.0.113.9").login(t, s.guard, "/login", "admin", "x")
	}
	before := login.Heap()
	s.state.Flood(5_000_000)
	if grown := int64(login.Heap()) - int64(before); grown > 1<<20 {
		t.Errorf("%d bytes more are in use", grown)
	}
	if w := program("203.0.113.9").login(t, s.guard, "/login", "admin", "x"); w.Code != 429 {
		t.Errorf("a flood of other keys made it forget: %d", w.Code)
	}
}
