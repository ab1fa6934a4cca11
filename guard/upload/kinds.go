package upload

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/fumehood/fumehood/internal/archive"
	"github.com/fumehood/fumehood/internal/content"
	"github.com/fumehood/fumehood/internal/hint"
	"github.com/fumehood/fumehood/internal/reencode"
)

// kinds are the kinds of files that are taken.
type kinds struct {
	taken  []content.Kind
	feared []string // the names of those that run
	list   string   // "PNG, JPG and PDF", for whoever has chosen another
}

// newKinds reads Config.Types and Config.DangerouslyAllowTypes.
func newKinds(cfg Config) (k kinds, mistakes []error) {
	types := cfg.Types
	if len(types) == 0 {
		types = []string{"png", "jpg", "gif", "webp", "pdf", "txt", "csv"}
	}
	var names []string
	add := func(key, name string, feared bool) {
		kind, known := content.ByName(name)
		if err := typeMistake(cfg, kind, known, name, feared); err != nil {
			mistakes = append(mistakes, fmt.Errorf("upload.%s: %w", key, err))
			return
		}
		if k.takes(kind.Name) {
			return
		}
		names = append(names, strings.ToUpper(name))
		k.taken = append(k.taken, kind)
		if feared {
			k.feared = append(k.feared, kind.Name)
		}
	}
	for _, name := range types {
		add("types", name, false)
	}
	for _, name := range cfg.DangerouslyAllowTypes {
		add("dangerously_allow_types", name, true)
	}
	if k.list = strings.Join(names, ", "); len(names) > 1 {
		k.list = strings.Join(names[:len(names)-1], ", ") + " and " + names[len(names)-1]
	}
	return k, mistakes
}

// typeMistake says what is wrong with one name in the configuration.
func typeMistake(cfg Config, kind content.Kind, known bool, name string, feared bool) error {
	switch {
	case strings.ToLower(name) != name || strings.HasPrefix(name, "."):
		return hint.With(fmt.Errorf("%q is not how a type is written", name),
			fmt.Sprintf("write %q", strings.ToLower(strings.TrimLeft(name, "."))))
	case runsOnServer(name) || known && isServerKind(kind):
		return hint.With(fmt.Errorf("%q is never allowed", name), "see docs/guides/uploads.md")
	case !known:
		return hint.With(fmt.Errorf("%q is no type that can be recognised", name), "the types are "+knownTypes())
	case kind.Active && !feared:
		return hint.With(fmt.Errorf("%q is a type that runs in the browser or program of whoever opens it", name),
			fmt.Sprintf("leave it out, or write upload.dangerously_allow_types = [%q]", name))
	case !kind.Active && feared:
		return hint.With(fmt.Errorf("there is nothing to fear in %q", name),
			fmt.Sprintf("write it into upload.types instead: types = [%q]", name))
	case cfg.Images == "reencode" && kind.Class == "image" && !kind.Active && reencode.Output(kind.Name) == "":
		return hint.With(fmt.Errorf("a %q picture cannot be made anew", name), `leave it out, or write upload.images = "keep"`)
	case !canLookInto(kind):
		return hint.With(fmt.Errorf("nobody can look into a %q archive here", name), "leave it out: zip, tar, tgz, gz and bz2 can be looked into")
	}
	return nil
}

// isServerKind says whether files of a kind are programs to a server, an interpreter or a
// desktop. Style sheets and scripts for pages are not.
func isServerKind(kind content.Kind) bool {
	switch kind.Name {
	case "js", "css", "wasm":
		return false
	}
	return kind.Class == "program" || runsOnServer(kind.Name)
}

// canLookInto says whether kind is none that holds others, or one that internal/archive
// knows.
func canLookInto(kind content.Kind) bool {
	if kind.Class != "archive" {
		return true
	}
	var refused *archive.Refused
	err := archive.Check(context.Background(), bytes.NewReader(nil), 0, kind.Name, archive.Limits{})
	return !errors.As(err, &refused) || refused.Reason != archive.Unknown
}

// knownTypes lists what Types may have.
func knownTypes() string {
	var names []string
	for _, kind := range content.Known() {
		if !kind.Active && canLookInto(kind) {
			names = append(names, kind.Name)
		}
	}
	return strings.Join(names, ", ")
}

// takes says whether files of the kind of that name are taken.
func (k *kinds) takes(name string) bool {
	for i := range k.taken {
		if k.taken[i].Name == name {
			return true
		}
	}
	return false
}

// fears says whether a kind is taken although it runs.
func (k *kinds) fears(name string) bool {
	for _, feared := range k.feared {
		if feared == name {
			return true
		}
	}
	return false
}

// guess says what a file without an extension is that was declared as media and whose
// bytes are of the kind found, if that is known. Several kinds of text are text/plain; the
// one whose first name it is counts before the others.
func (k *kinds) guess(found content.Kind, media string) (content.Kind, bool) {
	if found.Name != "" && k.takes(found.Name) {
		return found, true
	}
	for _, kind := range k.taken {
		if kind.MIME[0] == media {
			return kind, true
		}
	}
	for _, kind := range k.taken {
		for _, mime := range kind.MIME {
			if mime == media {
				return kind, true
			}
		}
	}
	return content.Kind{}, false
}
