package settings

import (
	"path"
	"strings"
)

// Standing says how close a file is to what runs.
type Standing uint8

// The standings.
const (
	Deployed    Standing = iota // nothing says that it is anything else
	Development                 // for the machine of whoever writes the app
	Example                     // to be copied and filled in
	CI                          // for the machines that test it
	Test                        // a part of the tests
	Docs                        // explains something
	Foreign                     // configures a program in another language; who reads the folder sets it
	Unversioned                 // git leaves it out of the source; likewise
)

func (s Standing) String() string {
	switch s {
	case Development:
		return "a file for development"
	case Example:
		return "an example"
	case CI:
		return "a file for automatic tests"
	case Test:
		return "a part of the tests"
	case Docs:
		return "a part of the documentation"
	case Foreign:
		return "that of a program in another language"
	case Unversioned:
		return "left out of the source by .gitignore"
	}
	return ""
}

// standing goes by the name, and by the folders that the file is in: tests before all.
func standing(name string) Standing {
	name = strings.ToLower(name)
	base := path.Base(name)
	is := map[Standing]bool{}
	for dir := range strings.SplitSeq(path.Dir(name), "/") {
		switch dir {
		case ".github", ".gitlab", ".circleci", ".azure-pipelines", ".buildkite", ".woodpecker", ".drone", ".ci", "ci":
			is[CI] = true
		case "testing", "unittests", "spec", "specs", "fixtures", "testdata", "__snapshots__", "cassettes", "e2e", "molecule", "testinfra", "cypress", "integration_tests":
			is[Test] = true
		case "docs", "doc", "documentation", "examples", "example", "samples":
			is[Docs] = true
		case "templates", "template", "skel", "skeleton":
			is[Example] = true
		case ".vscode", ".idea", ".devcontainer", "dev", "development", "local", "localdev", "local-dev":
			is[Development] = true
		}
		is[Test] = is[Test] || hasWord(dir, "test", "tests")
	}
	for _, s := range []string{".gitlab-ci", ".travis", "azure-pipelines", "bitbucket-pipelines", ".drone", "appveyor", ".appveyor", "tox.ini", "pytest.ini", "noxfile", ".pre-commit", ".coveragerc", "codecov", "cloudbuild", "jenkins"} {
		is[CI] = is[CI] || strings.HasPrefix(base, s)
	}
	is[Example] = is[Example] || hasWord(base, "example", "sample", "dist", "template", "tmpl", "tpl", "skeleton")
	is[Test] = is[Test] || hasWord(base, "test", "tests", "testing", "e2e", "pytest", "cypress", "integration")
	is[CI] = is[CI] || hasWord(base, "ci")
	is[Development] = is[Development] || hasWord(base, "dev", "develop", "development", "local", "localdev", "override", "debug") || base == ".flaskenv" || base == ".envrc" || base == "pyproject.toml" || base == "setup.cfg"
	for _, s := range []Standing{Test, CI, Docs, Example, Development} {
		if is[s] {
			return s
		}
	}
	return Deployed
}

// hasWord reports whether a part of the name between dots, dashes and underscores is one of
// the words.
func hasWord(base string, words ...string) bool {
	for part := range strings.FieldsFuncSeq(base, func(r rune) bool { return r == '.' || r == '-' || r == '_' }) {
		for _, w := range words {
			if part == w {
				return true
			}
		}
	}
	return false
}
