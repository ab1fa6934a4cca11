package http1

// send puts p on its way as a part of the body.
func (w *response) send(p []byte) error {
	if len(p) == 0 || w.isHead {
		return w.err
	}
	if !w.chunked {
		return w.emit(p)
	}
	w.out = appendChunkSize(w.out, len(p))
	if err := w.emit(p); err != nil {
		return err
	}
	w.out = append(w.out, "\r\n"...)
	return nil
}

// sendHeld sends the beginning of the body, once the head is on its way.
func (w *response) sendHeld() error {
	held := w.held
	w.held = nil
	return w.send(held)
}

// emit collects p, or sends it when there is enough.
func (w *response) emit(p []byte) error {
	for len(w.out)+len(p) > outMost && w.err == nil {
		n := 0
		if len(w.out) > 0 { // one full packet rather than a short one and p
			n = max(0, outMost-len(w.out))
			w.out = append(w.out, p[:n]...)
			w.push()
		} else {
			n = len(p)
			w.write(p)
		}
		p = p[n:]
	}
	if w.err != nil {
		return w.err
	}
	w.out = append(w.out, p...)
	return nil
}

// push sends what was collected.
func (w *response) push() {
	if len(w.out) > 0 {
		w.write(w.out)
		w.out = w.out[:0]
	}
}

func (w *response) write(p []byte) {
	if w.err != nil {
		return
	}
	if _, w.err = w.c.nc.Write(p); w.err != nil {
		w.cancel() // the client is gone
	}
}

// sendContinue tells a client that waits for it to send its body.
func (w *response) sendContinue() {
	w.waiting.Lock()
	defer w.waiting.Unlock()
	if !w.continued {
		w.continued = true
		w.c.nc.Write([]byte("HTTP/1.1 100 Continue\r\n\r\n")) // an error shows in the Read
	}
}

// endContinue sees to it that none is sent once the answer has begun.
func (w *response) endContinue() {
	if !w.expects {
		return
	}
	w.waiting.Lock()
	defer w.waiting.Unlock()
	if !w.continued {
		w.continued = true
		w.closing = true // whether the body comes now, nobody can say (RFC 9110, section 10.1.1)
	}
}

// release gives the buffer back.
func (w *response) release() {
	if w.pooled != nil && cap(w.out) <= 2*outMost {
		*w.pooled = w.out[:0]
		outs.Put(w.pooled)
	}
	w.pooled, w.out, w.held = nil, nil, nil
}
