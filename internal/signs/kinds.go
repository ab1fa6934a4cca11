package signs

// Short names, so that the table below can be read as a page of ASCII.
const (
	az = letters
	d9 = digits
	sp = spaces
	nl = lines | spaces
	qu = quotes
	pa = parens
	br = braces
	sq = squares
	an = angles
	eq = equals
	se = semis
	pi = pipes
	do = dollars
	sl = slashes
	dt = dots
	pc = percents
	ha = hashes
	at = ats
	st = stars
	co = colons
	da = dashes
	ct = controls
	pu = punctuation
	hi = foreign | letters
)

// kinds has the kind of each byte, sixteen in a line.
var kinds = [256]bytesSeen{
	ct, ct, ct, ct, ct, ct, ct, ct, ct, sp, nl, sp, sp, nl, ct, ct,
	ct, ct, ct, ct, ct, ct, ct, ct, ct, ct, ct, ct, ct, ct, ct, ct,
	sp, pu, qu, ha, do, pc, pi, qu, pa, pa, st, pu, pu, da, dt, sl,
	d9, d9, d9, d9, d9, d9, d9, d9, d9, d9, co, se, an, eq, an, pu,
	at, az, az, az, az, az, az, az, az, az, az, az, az, az, az, az,
	az, az, az, az, az, az, az, az, az, az, az, sq, sl, sq, pu, az,
	qu, az, az, az, az, az, az, az, az, az, az, az, az, az, az, az,
	az, az, az, az, az, az, az, az, az, az, az, br, pi, br, pu, ct,
	hi, hi, hi, hi, hi, hi, hi, hi, hi, hi, hi, hi, hi, hi, hi, hi,
	hi, hi, hi, hi, hi, hi, hi, hi, hi, hi, hi, hi, hi, hi, hi, hi,
	hi, hi, hi, hi, hi, hi, hi, hi, hi, hi, hi, hi, hi, hi, hi, hi,
	hi, hi, hi, hi, hi, hi, hi, hi, hi, hi, hi, hi, hi, hi, hi, hi,
	hi, hi, hi, hi, hi, hi, hi, hi, hi, hi, hi, hi, hi, hi, hi, hi,
	hi, hi, hi, hi, hi, hi, hi, hi, hi, hi, hi, hi, hi, hi, hi, hi,
	hi, hi, hi, hi, hi, hi, hi, hi, hi, hi, hi, hi, hi, hi, hi, hi,
	hi, hi, hi, hi, hi, hi, hi, hi, hi, hi, hi, hi, hi, hi, hi, hi,
}
