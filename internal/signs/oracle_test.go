package signs_test

import (
	"bytes"
	"encoding/json"
	"os/exec"
	"slices"
	"testing"

	"github.com/fumehood/fumehood/internal/signs"
	"github.com/fumehood/fumehood/internal/testapp"
)

// ask has SQLite say in which statements each payload changes what the statement does.
func ask(t *testing.T, payloads []string) [][]string {
	t.Helper()
	in, err := json.Marshal(payloads)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(testapp.Python(t), "testdata/oracle.py")
	cmd.Stdin = bytes.NewReader(in)
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	var places [][]string
	if err := json.Unmarshal(out, &places); err != nil || len(places) != len(payloads) {
		t.Fatalf("%d answers for %d payloads: %v", len(places), len(payloads), err)
	}
	return places
}

// payloads are all combinations of a way out of the app's string, something to do, and a
// way to make the rest of the statement fit. Most are not SQL in most places.
func payloads() []string {
	var all []string
	for _, out := range []string{"", "1", "x'", "'", "')", `x"`, `"`, "%'", "zz' ", "tea' ", "1) ", "x'\t", "x'/**/"} {
		for _, do := range []string{
			" OR 1=1", " or true", " OR 'a'='a'", " OR name LIKE '%'", " OR id>0", " OR id=id", " OR NOT name='zz'", " OR EXISTS(SELECT 1)",
			" OR id BETWEEN 1 AND 9", " OR id IN (1,2,3)", " OR length(name)>1", " OR name IS NOT NULL", " || 1=1", " OR 1", "||'a'||'b' OR 1=1",
			" UNION SELECT login, password FROM users", " UNION ALL SELECT 1,2", "\nunion\nselect\n*\nfrom\nusers", " UNION/**/SELECT(login),(password)FROM(users)",
			" UNION VALUES (1,2)", "; DROP TABLE items", ";DELETE FROM items", "; SELECT 1", " OR (SELECT count(*) FROM users)>0", " or 1 like 1",
			" OR CASE WHEN 1=1 THEN 1 ELSE 0 END", " OR id=(SELECT max(id) FROM items)", " OR 0x1=1", " or hex(name)>'' ", " OR 1e0=1", "", " ", " OR name GLOB '*'",
			" OR id+1>0", " OR -1<id", " OR +id", " oR/**/1=1", "/**/OR/**/id", " OR 'x'||'y'='xy'", " OR (1)=(1)", " or iif(1,1,0)",
		} {
			for _, rest := range []string{"", "-- ", " --", "--", "/*", " OR ''='", ";--", " OR '1'='1", ` OR "1"="1`, " AND '1' LIKE '1", ") --", " or (''='"} {
				all = append(all, out+do+rest)
			}
		}
	}
	return all
}

// TestWhatChangesAStatement: whatever SQLite lets change a statement from inside a string is
// refused, and whatever changes one where a number or a column stands is at least a weak sign.
func TestWhatChangesAStatement(t *testing.T) {
	t.Parallel()
	all := payloads()
	quoted, bare, missed := 0, 0, 0
	for i, places := range ask(t, all) {
		score := signs.Judge(all[i])
		points := score.Points(signs.SQL)
		inString := slices.ContainsFunc(places, func(p string) bool { return p == "quoted" || p == "double" || p == "paren" || p == "like" })
		want := 0
		switch {
		case inString:
			want = signs.Refuse
			quoted++
		case len(places) > 0:
			want = signs.Weak
			bare++
		}
		if points < want {
			if missed++; missed < 40 {
				t.Errorf("%q changes a statement (%v), and has %d points of %d", all[i], places, points, want)
			}
		}
	}
	if quoted < 500 || bare < 200 {
		t.Errorf("SQLite let only %d and %d of %d payloads change a statement: the oracle is broken", quoted, bare, len(all))
	}
}
