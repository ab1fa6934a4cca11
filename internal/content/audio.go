package content

import "encoding/binary"

// walkMP3 steps over ID3 tags and looks for two frames one behind the other (ISO 11172-3,
// 2.4.1.3): eleven bits that are set are in many files.
func walkMP3(v *view) error {
	off := int64(0)
	for {
		head, err := v.at(off, 10)
		if err != nil {
			return err
		}
		if string(head[:3]) != "ID3" {
			break
		}
		// ID3v2.4, 3.1: the length has 7 bits in each byte.
		length := int64(head[6]&0x7F)<<21 | int64(head[7]&0x7F)<<14 | int64(head[8]&0x7F)<<7 | int64(head[9]&0x7F)
		off += 10 + length
		if err := v.step(); err != nil {
			return err
		}
	}
	for pad := 0; pad < maxPad; pad++ { // zeros behind a tag
		c, err := v.at(off, 1)
		if err != nil {
			return err
		}
		if c[0] != 0 {
			break
		}
		off++
	}
	for range 2 {
		if off == v.size {
			return nil
		}
		head, err := v.at(off, 4)
		if err != nil {
			return err
		}
		length := mpegFrame(binary.BigEndian.Uint32(head))
		if length == 0 {
			return fault(Bytes, "it has no two frames of sound one behind the other")
		}
		off += length
	}
	return nil
}

// mpegFrame returns the length of an MPEG audio frame by its header, 0 for none.
func mpegFrame(head uint32) int64 {
	version, layer := head>>19&3, 4-head>>17&3 // 3 is MPEG 1, 2 is MPEG 2, 0 is MPEG 2.5
	bitrate, rate, padding := head>>12&15, head>>10&3, int64(head>>9&1)
	if head>>21 != 0x7FF || version == 1 || layer == 4 || layer == 0 || bitrate == 0 || bitrate == 15 || rate == 3 {
		return 0
	}
	table := layer - 1 // MPEG 1
	if version != 3 {
		table = 3
		if layer > 1 {
			table = 4
		}
	}
	kbit := int64(bitrates[table][bitrate])
	hertz := []int64{44100, 48000, 32000}[rate]
	switch version {
	case 2:
		hertz /= 2
	case 0:
		hertz /= 4
	}
	switch {
	case layer == 1:
		return (12*kbit*1000/hertz + padding) * 4
	case layer == 3 && version != 3:
		return 72*kbit*1000/hertz + padding
	}
	return 144*kbit*1000/hertz + padding
}

// bitrates are those of ISO 11172-3, 2.4.2.3, and ISO 13818-3, 2.4.2.3, in kbit/s: of MPEG 1 by
// layer, of MPEG 2 for layer I and for the others.
var bitrates = [5][15]int16{
	{0, 32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448},
	{0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384},
	{0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320},
	{0, 32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256},
	{0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160},
}

// walkAAC looks for two frames of ADTS one behind the other (ISO 13818-7, 6.2).
func walkAAC(v *view) error {
	off := int64(0)
	for range 2 {
		if off == v.size {
			return nil
		}
		head, err := v.at(off, 7)
		if err != nil {
			return err
		}
		length := int64(head[3]&3)<<11 | int64(head[4])<<3 | int64(head[5])>>5
		if head[0] != 0xFF || head[1]&0xF6 != 0xF0 || length < 7 {
			return fault(Bytes, "it has no two frames of sound one behind the other")
		}
		off += length
	}
	return nil
}
