package signs_test

import (
	"testing"

	"github.com/fumehood/fumehood/internal/signs"
)

// TestSchemasOfOthers asks about documents that have a validating reader fetch a schema: from
// the site of their namespace, as those do that tools write, and from another one.
func TestSchemasOfOthers(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		document string
		refused  bool
	}{
		{`<a xmlns="http://a.example/" xsi:schemaLocation="http://a.example/ http://probe.evil.test/a.xsd">b</a>`, true},
		{`<a xmlns='http://a.example/' xsi:schemaLocation='http://a.example/ https://evil.test:8080/a.xsd'/>`, true},
		{`<a b:schemaLocation="x:y z.xsd" c:schemaLocation="http://a.example/ http://probe.evil.test/a.xsd"/>`, true},
		{`<project xmlns="http://maven.apache.org/POM/4.0.0" xsi:schemaLocation="http://maven.apache.org/POM/4.0.0 http://maven.apache.org/xsd/maven-4.0.0.xsd"/>`, false},
		{`<gpx xsi:schemaLocation="http://www.topografix.com/GPX/1/1 http://www.topografix.com/GPX/1/1/gpx.xsd"/>`, false},
		{`<kml xsi:schemaLocation="http://www.opengis.net/kml/2.2 http://schemas.opengis.net/kml/2.2.0/ogckml22.xsd"/>`, false},
		{`<mets xsi:schemaLocation="http://www.loc.gov/METS/ http://www.loc.gov/mets.xsd http://www.w3.org/1999/xlink http://www.loc.gov/xlink.xsd"/>`, false},
		{`<a xsi:schemaLocation="http://www.w3.org/1999/xlink http://www.loc.gov/standards/xlink/xlink.xsd"/>`, false},
		{`<a xsi:schemaLocation="http://a.example/ns a.xsd"/>`, false},
		{`<a xsi:schemaLocation="http://a.example/ http://probe.evil.test/a.xsd`, false},
		{`<a xsi:schemaLocation=""/>`, false},
		{`<a> xsi:schemaLocation=`, false},
	} {
		score := signs.Judge(tt.document)
		if points := score.Points(signs.XML); (points >= signs.Refuse) != tt.refused {
			t.Errorf("%s: %d points (%s)", tt.document, points, score.Why(signs.XML))
		}
	}
}
