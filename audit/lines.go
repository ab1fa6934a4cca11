package audit

import "slices"

// mostEdits bounds the comparison of two files: its time grows with the square of the edits.
// Of files with more every line counts as changed.
const mostEdits = 1000

// changedLines tells which lines of now, counted from 1, were not there before: a shortest
// edit script by Myers, "An O(ND) Difference Algorithm and Its Variations" (1986). Where lines
// were only taken out, the neighbours count as changed: a check that is gone leaves nothing
// else to point at.
func changedLines(before, now []string) []bool {
	changed := make([]bool, len(now)+2)
	start := 0
	for start < len(before) && start < len(now) && before[start] == now[start] {
		start++
	}
	a, b := before[start:], now[start:]
	for len(a) > 0 && len(b) > 0 && a[len(a)-1] == b[len(b)-1] {
		a, b = a[:len(a)-1], b[:len(b)-1]
	}
	path, ok := edits(a, b)
	if !ok {
		for i := max(start, 1); i <= start+len(b)+1; i++ { // with the neighbours
			changed[i] = true
		}
		return changed
	}
	var out []int // before which lines, from 1, some were taken out
	x, y := len(a), len(b)
	for d := len(path) - 1; d >= 0 && (x > 0 || y > 0); d-- {
		k := x - y
		down := d > 0 && (k == -d || k != d && path[d-1][k-1+d] < path[d-1][k+1+d])
		px, py := 0, 0
		if d > 0 {
			if down { // b[py] was put in
				px = path[d-1][k+1+d]
				py = px - (k + 1)
				changed[start+py+1] = true
			} else { // a[px] was taken out, before b[py]
				px = path[d-1][k-1+d]
				py = px - (k - 1)
				out = append(out, start+py+1)
			}
		}
		x, y = px, py
	}
	out = slices.DeleteFunc(out, func(n int) bool { return changed[n-1] || changed[n] }) // replaced
	for _, n := range out {
		changed[n-1], changed[n] = n > 1, true
	}
	return changed
}

// edits are the furthest reaching points of each number of edits: path[d][k+d+1] is x on the
// diagonal k after d edits.
func edits(a, b []string) (path [][]int, ok bool) {
	for d := 0; d <= len(a)+len(b); d++ {
		if d > mostEdits {
			return nil, false
		}
		v := make([]int, 2*d+3)
		for k := -d; k <= d; k += 2 {
			x := 0
			if d > 0 {
				last := path[d-1]
				if k == -d || k != d && last[k-1+d] < last[k+1+d] {
					x = last[k+1+d]
				} else {
					x = last[k-1+d] + 1
				}
			}
			for x < len(a) && x-k < len(b) && a[x] == b[x-k] {
				x++
			}
			v[k+d+1] = x
			if x >= len(a) && x-k >= len(b) {
				return append(path, v), true
			}
		}
		path = append(path, v)
	}
	return path, true
}
