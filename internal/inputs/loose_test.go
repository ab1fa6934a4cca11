package inputs_test

import (
	"encoding/base64"
	"encoding/json"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/fumehood/fumehood/internal/inputs"
	"github.com/fumehood/fumehood/internal/testapp"
)

// decoding is what Python's own decoders make of values.
const decoding = `import base64, binascii, json, sys
out = []
for v in json.load(sys.stdin):
    got = []
    for f in (base64.b64decode, base64.urlsafe_b64decode):
        for tail in ("", "=", "=="):
            try: got.append(f(v + tail).decode())
            except (ValueError, binascii.Error): pass
    out.append(got)
json.dump(out, sys.stdout)`

// TestLooseBase64: Python skips what is not of the alphabet, and needs no alphabet of one kind.
func TestLooseBase64(t *testing.T) {
	t.Parallel()
	const attack = `?><script>alert("ü")</script>?>`
	std, url := base64.StdEncoding.EncodeToString([]byte(attack)), base64.URLEncoding.EncodeToString([]byte(attack))
	values := []string{
		std, url, strings.TrimRight(std, "="), strings.TrimRight(url, "="), std[:5] + "!" + std[5:], "'" + std + "'", strings.Join(strings.Split(std, ""), "~"),
		std[:20] + "\r\n" + std[20:], std[:8] + "-_" + std[8:], url[:8] + ".*" + url[8:], strings.Repeat("(", 500) + std, std[:4] + "=" + std[4:], std + "=====", std + "==AAAA",
		base64.StdEncoding.EncodeToString([]byte("\x01" + attack)), base64.StdEncoding.EncodeToString([]byte("\x00\n" + attack + "\x7f")), std[:2] + " " + std[2:],
	}
	ask, _ := json.Marshal(values)
	cmd := exec.Command(testapp.Python(t), "-c", decoding)
	cmd.Stdin = strings.NewReader(string(ask))
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	var said [][]string
	if err := json.Unmarshal(out, &said); err != nil {
		t.Fatal(err)
	}
	for i, value := range values {
		if len(said[i]) == 0 {
			t.Errorf("Python decodes nothing of %q", value)
		}
		forms := inputs.Decoded(value)
		for _, text := range said[i] {
			if strings.Contains(text, "<script>") && !slices.Contains(forms, text) {
				t.Errorf("%q: Python has %q, not in %q", value, text, forms)
			}
		}
	}
}

// TestControlCharactersHideNothing: Python's decode() takes them as they are.
func TestControlCharactersHideNothing(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"\x01<script>alert(1)</script>", "<script>\x0b\x0calert(1)</script>\x7f", "\x00' OR 1=1 -- 12345678"} {
		value := base64.RawURLEncoding.EncodeToString([]byte(text))
		if !inputs.Risky(value) || !slices.Contains(inputs.Decoded(value), text) {
			t.Errorf("%q: %v, %q", value, inputs.Risky(value), inputs.Decoded(value))
		}
	}
}

// TestLooseBase64OfJSON: what is in it comes by itself, as from other base64.
func TestLooseBase64OfJSON(t *testing.T) {
	t.Parallel()
	std := base64.StdEncoding.EncodeToString([]byte(`{"q":"x' OR 1=1","n":"lamp"}`))
	if forms := inputs.Decoded(std[:7] + " " + std[7:]); !slices.Contains(forms, "x' OR 1=1") || slices.Contains(forms, "lamp") {
		t.Errorf("%q", forms)
	}
}

// TestProseIsNoBase64: texts have no other form by chance.
func TestProseIsNoBase64(t *testing.T) {
	t.Parallel()
	for _, value := range []string{
		"O'Brien & Sons", "see you tomorrow, then", "It isn't the fall that hurts (as they say).", "d2Vic2l0ZQ is a word", "Q: what? A: nothing", "12, rue de l'Église",
		"iVBORw0KGgoAAAANSUhEUgAAAAUA AAAFCAYAAACNbyblAAAAHElEQVQI12P4", "C:\\temp\\x", "a=b&c=d", "x < y and y > z", "Zm9v",
	} {
		for _, form := range inputs.Decoded(value) {
			if !strings.ContainsAny(value, `\&É`) {
				t.Errorf("%q: %q", value, form)
			}
		}
	}
}
