package signs

// JudgeRest scores what no sink in a worker decides about: header lines, XML and queries of
// document stores. It is for long values where all the rest is watched, and takes a small part
// of the time.
func JudgeRest(value string) Score {
	var s Score
	sh := shape{has: survey(value)}
	if sh.has&^(letters|digits|spaces) == 0 {
		return s
	}
	sh.measure(value)
	s.header(value, &sh)
	s.xml(value, &sh)
	s.nosql(value, &sh)
	return s
}
