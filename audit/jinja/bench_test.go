package jinja_test

import (
	"os"
	"strings"
	"testing"

	"github.com/fumehood/fumehood/audit/jinja"
)

// page is mostly text, as templates are.
const page = `{% extends "base.html" %}
{% block body %}
<div class="card card-{{ kind }}" id="user-{{ user.id }}">
  <h2>{{ user.name }}</h2>
  <p>Some words about what this page is for, so that there is text between the tags, as there is on most pages that
     people write. It goes on for a while, since they explain a lot. Nothing here needs more than a look.</p>
  {% if user.admin and not user.locked %}
  <a class="button" href="{{ url_for('admin.index', user=user.id, next=request.path) }}" title="Administration">All users</a>
  {% else %}
  <span class="note" style="color: red">You may not see the others, since you are no administrator of this site.</span>
  {% endif %}
  <ul class="list list-unstyled">
    {% for item in items|sort(attribute="name") %}
    <li class="item"><img src="/static/item.png" alt="An item" width="16" height="16"> {{ loop.index }}. {{ item.name|truncate(20) }}</li>
    {% endfor %}
  </ul>
  <script>
    document.querySelector("#more").addEventListener("click", function (event) { load("more", {{ page|tojson }}); });
  </script>
</div>
{% endblock %}
`

func BenchmarkParse(b *testing.B) {
	source := strings.Repeat(page, 20)
	b.SetBytes(int64(len(source)))
	b.ReportAllocs()
	for b.Loop() {
		jinja.Parse("x.html", source, jinja.Options{})
	}
}

func BenchmarkText(b *testing.B) {
	source := strings.Repeat("<p class=\"a b\">Words that go on for a while, <a href=\"/somewhere\">and on</a>.</p>\n", 1000) + "{{ x }}"
	b.SetBytes(int64(len(source)))
	b.ReportAllocs()
	for b.Loop() {
		jinja.Parse("x.html", source, jinja.Options{})
	}
}

// BenchmarkFiles reads what is below FUMEHOOD_TEST_TEMPLATES.
func BenchmarkFiles(b *testing.B) {
	dir := os.Getenv("FUMEHOOD_TEST_TEMPLATES")
	if dir == "" {
		dir = "testdata"
	}
	var sources []string
	size := 0
	for _, name := range templates(b, dir) {
		source, err := os.ReadFile(name)
		if err != nil {
			b.Fatal(err)
		}
		sources = append(sources, string(source))
		size += len(source)
	}
	b.SetBytes(int64(size))
	b.ReportAllocs()
	for b.Loop() {
		for _, source := range sources {
			jinja.Parse("x.html", source, jinja.Options{})
		}
	}
}
