package login

import (
	"errors"
	"fmt"
	"slices"
	"time"

	fumehood "github.com/fumehood/fumehood"
	"github.com/fumehood/fumehood/internal/hint"
)

// Config says how often somebody may try to log in.
type Config struct {
	// Mode says what happens to a login that comes too soon after failed ones: enforce,
	// report or off.
	Mode fumehood.Mode `toml:"mode" default:"enforce"`

	// Attempts is how often a login to one account may fail from one place (a device, or an
	// IPv4 /24 or IPv6 /48 network) before the next one has to wait.
	Attempts int `toml:"attempts" default:"5" min:"1" max:"100"`

	// Per is the first wait; it doubles with each further failure. So no more than Attempts
	// logins can fail in that time.
	Per time.Duration `toml:"per" default:"1m" min:"1s" max:"1h"`

	// MaxDelay is the longest wait. After four times as long without a failure, those before
	// are forgotten.
	MaxDelay time.Duration `toml:"max_delay" default:"15m" min:"1s" max:"24h"`

	// AccountCap is how many logins to one account may fail in an hour, from all networks
	// together that have never logged in to it. Devices and networks that have are not held
	// up by the failures of others.
	AccountCap int `toml:"account_cap" default:"30" min:"2" max:"10000"`

	// SprayAccounts is how many accounts one network may try in an hour without success
	// before its logins have to wait.
	SprayAccounts int `toml:"spray_accounts" default:"20" min:"2" max:"200"`

	// Account is the name of the field with the account's name. It is for routes that no
	// form leads to; it needs Password. Empty, where Password is given, means a login that
	// asks for a password only.
	Account string `toml:"account"`

	// Password is the name of the field with the password: in a form, in JSON at any depth,
	// or in the query. A request that has it is a login. Empty means the forms that are found.
	Password string `toml:"password"`

	// NewPassword is the name of the field with a password that is being chosen, on a route
	// for signing up or for changing it that no form leads to.
	NewPassword string `toml:"new_password"`

	// CommonPasswords says what happens when somebody chooses one of the 10,000 most common
	// passwords: allow or refuse.
	CommonPasswords string `toml:"common_passwords" default:"allow" enum:"allow,refuse"`

	// DangerouslyFindNone leaves login forms that the app serves unguarded, but for the
	// routes that name their Password field.
	DangerouslyFindNone bool `toml:"dangerously_find_none"`
}

// Validate returns every mistake in cfg, as New does, and makes nothing.
func (cfg Config) Validate() error { return errors.Join(cfg.complete()...) }

// complete gives zero values their defaults and returns every mistake.
func (cfg *Config) complete() (mistakes []error) {
	cfg.Mode, mistakes = hint.Mode("login.mode", cfg.Mode)
	mistakes = slices.Concat(mistakes,
		hint.Between("login.attempts", &cfg.Attempts, 5, 1, 100),
		hint.Between("login.account_cap", &cfg.AccountCap, 30, 2, 10000),
		hint.Between("login.spray_accounts", &cfg.SprayAccounts, 20, 2, 200),
		hint.Between("login.per", &cfg.Per, time.Minute, time.Second, time.Hour))
	mistakes = append(mistakes,
		hint.Between("login.max_delay", &cfg.MaxDelay, max(15*time.Minute, cfg.Per), time.Second, 24*time.Hour)...)
	if cfg.MaxDelay < cfg.Per {
		mistakes = append(mistakes, hint.With(fmt.Errorf("login.max_delay: %v is shorter than login.per, %v", cfg.MaxDelay, cfg.Per),
			fmt.Sprintf("login.max_delay = %q", cfg.Per)))
	}
	if cfg.Account != "" && cfg.Password == "" {
		mistakes = append(mistakes, hint.With(errors.New("login.account is given, but not login.password"),
			fmt.Sprintf("login = { account = %q, password = \"password\" }", cfg.Account)))
	}
	if cfg.Account != "" && cfg.Account == cfg.Password {
		mistakes = append(mistakes, hint.With(fmt.Errorf("login.account and login.password are both %q", cfg.Account),
			"name the two fields of the form"))
	}
	switch cfg.CommonPasswords {
	case "", "allow", "refuse":
	default:
		mistakes = append(mistakes, hint.With(fmt.Errorf("login.common_passwords: %q is not known", cfg.CommonPasswords), "write allow or refuse"))
	}
	return mistakes
}
