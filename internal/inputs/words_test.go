package inputs_test

import (
	"net/http/httptest"
	"strings"
	"testing"

	fumehood "github.com/fumehood/fumehood"
	"github.com/fumehood/fumehood/internal/inputs"
)

// TestWordsOfSQLAreRisky: with blanks for "_" or "-", which apps put there, these are SQL.
func TestWordsOfSQLAreRisky(t *testing.T) {
	t.Parallel()
	for _, attack := range []string{
		"0_union_select_s_from_secret", "id-union-select-s-from-secret", "id_or_id", "1_or_1", "0or_1", "1e5or_1", "id__OR__id", "id-and-x",
		"0_is_hidden", "id_isnull", "id-not-null", "a_like_b", "a-between-b-and-c", "x_Xor_y", "case-when-id-then-a-else-b-end",
		"0_uNiOn_SeLeCt_s_FrOm_SeCrEt_0", "0+uNiOn+SeLeCt+s+FrOm+SeCrEt+0A==", "ö_union_select_s", "a_unıon_b", strings.Repeat("0", 300) + "_or_1",
		"id-order-by-x-limit-1",
	} {
		if !inputs.Risky(attack) {
			t.Errorf("%s is not risky", attack)
		}
		r := httptest.NewRequest("GET", "/item/"+strings.NewReplacer("ö", "%C3%B6", "ı", "%C4%B1").Replace(attack), nil)
		if risky, _ := inputs.Pick(inputs.Read(r, inputs.Limits{}).All); len(risky) == 0 {
			t.Errorf("%s is not risky in a path", attack)
		}
	}
	for _, harmless := range []string{
		"how-to-grow-tomatoes", "not-found", "is_active", "user_id", "order_by", "group_by", "from_date", "all-in-one", "android",
		"oracle-sandbox", "unions_of_workers", "selected-works", "form_of_union", "mod-list", "created_at", "and-more", "İstanbul_ve_çevresi",
	} {
		if inputs.Risky(harmless) {
			t.Errorf("%s is risky", harmless)
		}
	}
}

// TestWordsOfSQLInPieces: a long value comes in pieces, of which none ends in a word of SQL.
func TestWordsOfSQLInPieces(t *testing.T) {
	t.Parallel()
	for fill := 4080; fill < 4100; fill++ {
		risky, all := inputs.Pick([]fumehood.Input{{Place: fumehood.InQuery, Value: strings.Repeat("0", fill) + "_or_1"}})
		found := false
		for _, piece := range risky {
			found = found || strings.Contains("_"+piece.Value+"_", "_or_")
		}
		if !all || !found {
			t.Errorf("after %d zeros: %d pieces, all %v, the word is whole: %v", fill, len(risky), all, found)
		}
	}
}
