package pool

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/fumehood/fumehood/internal/frame"
	"github.com/fumehood/fumehood/internal/hint"
)

// readLoop is the one reader of the worker's channel.
func (w *worker) readLoop() {
	buf := make([]byte, 64<<10)
	have := 0
	var woken []*Call
	for {
		if have == len(buf) { // a frame longer than the buffer: the header bounds its size
			buf = append(buf, make([]byte, len(buf))...)
		}
		n, err := w.io.Read(buf[have:])
		if err != nil {
			break
		}
		have += n
		var rest []byte
		woken, rest, err = w.take(buf[:have], woken[:0])
		w.flush()
		for i, c := range woken {
			c.wake()
			woken[i] = nil
		}
		if err != nil {
			w.condemn(err)
			break
		}
		have = copy(buf, rest)
	}
	w.lost()
}

// take handles every whole frame in b and gives the worker what waits for it. What a frame
// has for the log is logged once the pool is unlocked: a log may be slow.
func (w *worker) take(b []byte, woken []*Call) (_ []*Call, rest []byte, err error) {
	p := w.pool
	now := time.Now()
	p.mu.Lock()
	defer func() {
		p.mu.Unlock()
		w.logSaid()
	}()
	for {
		h, payload, after, ok, err := frame.Next(b)
		if err != nil {
			return woken, b, err
		}
		if !ok {
			break
		}
		b = after
		w.heard++
		w.read = h.Read
		c, err := w.handle(h, payload, now)
		if err != nil {
			return woken, b, err
		}
		if c != nil {
			woken = append(woken, c)
		}
	}
	p.refill(w, now)
	return woken, b, nil
}

// remark is what a worker says for the log.
type remark struct {
	message, key, text string
	news               frame.Kind // not 0: text is for Config.News
}

// logSaid is called by the reader only, without pool.mu.
func (w *worker) logSaid() {
	for _, r := range w.toLog {
		if r.news != 0 {
			if w.pool.cfg.News != nil {
				w.pool.cfg.News(r.news, []byte(r.text))
			}
			continue
		}
		w.pool.log.Error(r.message, "worker", w.slot, r.key, r.text)
	}
	w.toLog = nil
}

// handle carries out one frame, with pool.mu held, and returns the call it was for.
func (w *worker) handle(h frame.Header, payload []byte, now time.Time) (*Call, error) {
	p := w.pool
	if done, err := w.beside(h, payload); done || err != nil {
		return nil, err
	}
	var file *os.File
	if h.Kind == frame.File {
		var err error
		if file, err = w.takeFile(); err != nil {
			return nil, err
		}
	}
	c, known := w.calls[h.ID]
	if !known {
		return nil, fmt.Errorf("%w: an answer to request %d, which it does not have", frame.ErrGarbage, h.ID)
	}
	if w.streak++; now.Sub(w.answered) >= brisk {
		w.streak = 0
	}
	w.answered = now
	if h.Flags&frame.End != 0 {
		p.release(w, h.ID)
	}
	if c == nil { // a late answer: nobody waits for it
		if file != nil {
			file.Close()
		}
		return nil, nil
	}
	c.begun = c.begun || h.Kind != frame.Hints && (h.Kind != frame.Hit || h.Flags&frame.End != 0)
	if !c.deliver(h, payload, file) {
		return c, fmt.Errorf("%w: it sent more than was asked for", frame.ErrGarbage)
	}
	return c, nil
}

// beside carries out a frame that is no part of an answer.
func (w *worker) beside(h frame.Header, payload []byte) (done bool, err error) {
	switch h.Kind {
	case frame.Pong:
		if w.state.move(Probing, Ready) {
			w.bootedWith(nil)
		}
	case frame.Ready:
		return true, w.imported(payload)
	case frame.Failed:
		w.bootedWith(bootError(payload))
	case frame.Stack:
		w.toLog = append(w.toLog, remark{message: "stack of the request that timed out", key: "stack", text: string(payload)})
	case frame.Taken:
		if c := w.calls[h.ID]; c != nil && len(payload) == 4 {
			c.taken(int(binary.LittleEndian.Uint32(payload)))
		}
	case frame.Error:
		if h.ID != 0 {
			return false, nil
		} // after the end of an answer
		w.toLog = append(w.toLog, remark{message: "app raised after its answer", key: "traceback", text: string(payload)})
	case frame.News:
		w.toLog = append(w.toLog, remark{news: h.Kind, text: string(payload)})
	case frame.Hit:
		if w.calls[h.ID] == nil { // nobody waits for that answer any more
			w.toLog = append(w.toLog, remark{news: h.Kind, text: string(payload)})
		}
		return h.ID == 0, nil
	case frame.Answer, frame.Piece, frame.File, frame.Hints:
		return false, nil
	default:
		return true, fmt.Errorf("%w: kind %d", frame.ErrGarbage, h.Kind)
	}
	return true, nil
}

// imported takes the worker's word of what the app is and asks its reading thread for a
// sign of life.
func (w *worker) imported(payload []byte) error {
	var about About
	if err := json.Unmarshal(payload, &about); err != nil {
		return fmt.Errorf("%w: %w", frame.ErrGarbage, err)
	}
	if w.pool.about.Python == "" {
		w.pool.about = about
	}
	if w.state.move(Importing, Probing) {
		w.out = frame.Append(w.out, frame.Header{Kind: frame.Probe}, nil)
		w.sent++
	}
	return nil
}

func bootError(payload []byte) error {
	var report struct{ Error, Hint, Traceback string }
	if err := json.Unmarshal(payload, &report); err != nil {
		report.Error = "the app could not be imported"
	}
	return &BootError{Err: hint.With(errors.New(report.Error), report.Hint), Traceback: report.Traceback}
}

// lastBreath is how long a process that has closed its channel may take to be gone.
const lastBreath = 200 * time.Millisecond
