package sqlbattery_test

import (
	"encoding/json"
	"strings"
	"testing"
)

// TestEveryWayToSendAStatement: an attack that works through each interface of each driver is
// refused there.
func TestEveryWayToSendAStatement(t *testing.T) {
	if testing.Short() {
		t.Skip("short tests go without servers; make test has them")
	}
	all := asks(t)
	for _, driver := range []struct {
		name, dialect string
		most          int // ways at least
	}{
		{"psycopg2", "postgresql", 28}, {"psycopg", "postgresql", 20}, {"PyMySQL", "mysql", 16},
		{"mysqlclient", "mysql", 14}, {"SQLAlchemy", "postgresql", 9},
	} {
		t.Run(driver.name, func(t *testing.T) {
			a := all[driver.dialect]
			a.Driver = driver.name
			given := struct {
				ask
				Attacks map[string]string `json:"attacks"`
			}{a, map[string]string{
				"number": "1 OR 7=7", "text": "' OR 7=7 -- ", "bare": " OR 7=7 OR name = ", "backslash": `\' OR 7=7 -- `,
				"name": "generate_series(1,3) -- ",
			}}
			var got map[string]json.RawMessage
			python(t, "ways.py", given, &got)
			t.Logf("watched: %s", got["watched"])
			said := strings.Contains(string(got["watched"]), `["sql", "duckdb 1.2", "what does not go through SQLAlchemy is not seen"]`)
			if said != (driver.name == "SQLAlchemy") {
				t.Errorf("it was said that duckdb is not watched: %v", said)
			}
			delete(got, "watched")
			if len(got) < driver.most {
				t.Errorf("only %d ways", len(got))
			}
			for way, result := range got {
				var works, refused bool
				var said string
				if err := json.Unmarshal(result, &[]any{&works, &refused, &said}); err != nil {
					t.Fatal(err)
				}
				if attack := !strings.HasPrefix(way, "harmless_"); !works || refused != attack {
					t.Errorf("%s: works without the guard: %v, refused with it: %v %s", way, works, refused, said)
				}
			}
		})
	}
}
