package login

import (
	"sync"
	"time"
)

const (
	window        = int64(10 * time.Minute)
	usualNetworks = 50 // that fail in a window is nothing to warn of, whatever the site
	tightAccounts = 2  // what a network may try where nobody has ever logged in, in a wave
)

// stuffing notices when logins fail from more networks than usual: passwords that were
// stolen elsewhere are tried from many addresses, each of which fails once or twice.
type stuffing struct {
	mu     sync.Mutex
	number int64       // of the window
	bits   [128]uint64 // the networks in which a login has failed
	set    int
	usual  float64 // networks in a window
	until  int64   // the end of the wave, as far as it is known
	warned bool    // in this window
}

// wave is what there is to say of a window, once.
type wave struct {
	networks, usual int
}

// tight says whether there is a wave.
func (w *stuffing) tight(now int64) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return now < w.until
}

// failed counts a network in which a login has failed. It returns a wave when there is one
// that was not told of in this window.
func (w *stuffing) failed(network key, now int64) *wave {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.roll(now / window)
	word, bit := network[0]>>6&127, uint64(1)<<(network[0]&63)
	if w.bits[word]&bit == 0 {
		w.bits[word] |= bit
		w.set++
	}
	n := w.count()
	if n < usualNetworks || float64(n) < 3*w.usual {
		return nil
	}
	w.until = (w.number + 2) * window
	if w.warned {
		return nil
	}
	w.warned = true
	return &wave{n, int(w.usual)}
}

func (w *stuffing) count() int { return linear(w.set, 64*len(w.bits)) }

// roll begins a new window. What is usual follows slowly, and a wave does not become usual
// by itself: one window can at most add a quarter to it.
func (w *stuffing) roll(number int64) {
	for passed := 0; w.number < number && passed < 100; passed++ {
		seen := min(float64(w.count()), 2*max(w.usual, usualNetworks/3))
		w.usual += (seen - w.usual) / 4
		w.bits, w.set, w.warned = [128]uint64{}, 0, false
		w.number++
	}
	w.number = number
}
