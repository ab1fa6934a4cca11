package flow_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/fumehood/fumehood/audit/flow"
	"github.com/fumehood/fumehood/audit/jinja"
	"github.com/fumehood/fumehood/audit/program"
)

const withPages = `from flask import *
app = Flask(__name__)
@app.before_request
def before():
    g.name = request.args['n']
    session['n'] = request.args['n']
@app.template_filter()
def same(x):
    return x
def bare(x):
    return x
app.jinja_env.filters['bare'] = bare
@app.route('/')
def v():
    return render_template('given.html', x=request.args['q'])
-- templates/given.html --
{{ x|safe }}
-- templates/alone.html --
<a onclick="f('{{ request.args.q }}')">{{ request.args.q|safe }}</a>
-- templates/global.html --
{{ g.name|safe }}
-- templates/session.html --
{{ session['n']|safe }}
-- templates/filtered.html --
{{ request.args.q|same|safe }}
-- templates/bare.html --
{{ request.args.q|bare|safe }}
-- templates/base.html --
<p>{% block a %}{{ a|safe }}{% endblock %}</p>
-- templates/child.html --
{% extends 'base.html' %}{% block a %}{{ b|safe }}{{ g.name|safe }}{% endblock %}
-- templates/part.html --
{{ row|safe }}
-- templates/whole.html --
{% include 'part.html' %}{% import 'macros.jinja' as m %}{{ m.one(request.args.q) }}
-- templates/macros.jinja --
{% macro one(a) %}<p>{{ a }}</p>{% endmacro %}{% macro two(a) %}<p>{{ a }}{{ b }}</p>{% endmacro %}
-- templates/spoken.html --
{{ c|safe }}{{ url_for('static', filename='part.html') }}
-- templates/unspoken.jinja --
<p>{{ d }}{{ e }}</p>
`

// pageFlows are the flows of the project as texts.
func pageFlows(t *testing.T, start func(*flow.Templates, *program.Program)) []string {
	p, pages := read(t, withPages)
	linked := flow.Link(pages)
	start(linked, p.Fork())
	flows, crashed := flow.Follow(t.Context(), p, linked, nil)
	if len(crashed) > 0 {
		t.Errorf("%+v", crashed)
	}
	var all []string
	for _, f := range flows {
		all = append(all, fmt.Sprint(f.Kind, f.Use, f.What, f.Origin.Source, f.Origin.Where, f.Origin.Note, f.Way, f.Built, f.Weak, f.Idle))
	}
	slices.Sort(all)
	return all
}

// TestReadAhead: it makes no difference which templates were read while functions were.
func TestReadAhead(t *testing.T) {
	t.Parallel()
	want := pageFlows(t, func(*flow.Templates, *program.Program) {})
	for _, page := range []string{"given", "alone", "global", "session", "filtered", "bare", "child", "part", "macros", "spoken", "unspoken"} {
		if !slices.ContainsFunc(want, func(f string) bool { return strings.Contains(f, "templates/"+page+".") }) {
			t.Errorf("nothing is found in %s", page)
		}
	}
	if got := pageFlows(t, func(l *flow.Templates, p *program.Program) { l.ReadAhead(t.Context(), p) }); !slices.Equal(got, want) {
		t.Errorf("all read before:\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	for range 50 {
		if got := pageFlows(t, func(l *flow.Templates, p *program.Program) { go l.ReadAhead(t.Context(), p) }); !slices.Equal(got, want) {
			t.Fatalf("read meanwhile:\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
	}
}

// TestReadAheadIsBounded: what may be included into all templates together is the same, whoever
// reads them.
func TestReadAheadIsBounded(t *testing.T) {
	t.Parallel()
	source := "-- app.py --\nfrom flask import *\n-- templates/part.html --\n" + strings.Repeat("{{ request.args.q|safe }} ", 500) + "\n"
	for i := range 6 {
		source += fmt.Sprintf("-- templates/whole%d.html --\n%s\n", i, strings.Repeat("{% include 'part.html' %}", 300))
	}
	tangled := func(start func(*flow.Templates, *program.Program)) []string {
		p, pages := read(t, source)
		slices.SortFunc(pages, func(a, b *jinja.Template) int { return strings.Compare(a.Name, b.Name) })
		linked := flow.Link(pages)
		start(linked, p.Fork())
		_, crashed := flow.Follow(t.Context(), p, linked, nil)
		var all []string
		for _, c := range crashed {
			all = append(all, c.Place.File+c.Reason)
		}
		return all
	}
	want := tangled(func(*flow.Templates, *program.Program) {})
	if len(want) == 0 {
		t.Error("none is nested too deep")
	}
	if got := tangled(func(l *flow.Templates, p *program.Program) { l.ReadAhead(t.Context(), p) }); !slices.Equal(got, want) {
		t.Errorf("all read before: %q, want %q", got, want)
	}
}

// TestIdle: a template is idle that neither the program nor another template speaks of.
func TestIdle(t *testing.T) {
	t.Parallel()
	idle := map[string]bool{}
	for _, f := range follow(t, withPages) {
		if f.Origin.Source == flow.Unproven {
			idle[f.Use.File] = f.Idle
		}
	}
	for page, want := range map[string]bool{"part.html": false, "base.html": false, "spoken.html": true, "unspoken.jinja": true, "macros.jinja": false} {
		if got, known := idle["templates/"+page]; got != want || !known {
			t.Errorf("%s: idle is %v, known %v", page, got, known)
		}
	}
}
