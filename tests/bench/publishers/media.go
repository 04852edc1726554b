// SPDX-License-Identifier: LGPL-2.1-or-later

package main

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"time"

	lksdk "github.com/livekit/server-sdk-go/v2"
	"github.com/livekit/server-sdk-go/v2/pkg/oggreader"
	"github.com/pion/rtp"
	"github.com/pion/rtp/codecs"
	"github.com/pion/webrtc/v4"
)

// frame is what an encoder made at once; all tracks of its clip send it.
type frame struct {
	data    []byte
	samples uint32 // its duration, in units of the RTP clock
}

// clip is a file's media.
type clip struct {
	codec     webrtc.RTPCodecCapability
	payloader func() rtp.Payloader
	options   lksdk.TrackPublicationOptions
	frames    []frame
}

// readOgg reads Opus in Ogg.
func readOgg(data []byte) (*clip, error) {
	reader, _, err := oggreader.NewOggReader(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	c := &clip{
		codec: webrtc.RTPCodecCapability{
			MimeType: webrtc.MimeTypeOpus, ClockRate: 48000, Channels: 2},
		payloader: func() rtp.Payloader { return &codecs.OpusPayloader{} },
	}
	for {
		packet, err := reader.ReadPacket()
		if err == io.EOF && len(c.frames) > 0 {
			return c, nil
		} else if err != nil {
			return nil, err
		}
		duration, err := oggreader.ParsePacketDuration(packet)
		if err != nil {
			return nil, err
		}
		c.frames = append(c.frames, frame{packet, uint32(duration * 48 / time.Millisecond)})
	}
}

// readIVF reads VP8 in IVF. A frame lasts until the next; the last one as long
// as that before it.
func readIVF(data []byte) (*clip, error) {
	var header struct {
		Signature     [4]byte
		Version, Size uint16
		Codec         [4]byte
		Width, Height uint16
		Rate, Scale   uint32
		Frames, _     uint32
	}
	reader := bytes.NewReader(data)
	err := binary.Read(reader, binary.LittleEndian, &header)
	if err != nil || string(header.Codec[:]) != "VP80" || header.Rate == 0 {
		return nil, errors.New("it is not VP8 in IVF")
	}
	c := &clip{
		codec:     webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeVP8, ClockRate: 90000},
		payloader: func() rtp.Payloader { return &codecs.VP8Payloader{EnablePictureID: true} },
		options: lksdk.TrackPublicationOptions{
			VideoWidth: int(header.Width), VideoHeight: int(header.Height)},
	}
	var times []uint64
	for {
		var head struct {
			Size uint32
			Time uint64
		}
		err := binary.Read(reader, binary.LittleEndian, &head)
		if err == io.EOF && len(times) > 1 {
			break
		} else if err != nil {
			return nil, err
		}
		data := make([]byte, head.Size)
		if _, err := io.ReadFull(reader, data); err != nil {
			return nil, err
		}
		times = append(times, head.Time*uint64(header.Scale)*90000/uint64(header.Rate))
		c.frames = append(c.frames, frame{data: data})
	}
	for i := range c.frames {
		next := min(i+1, len(times)-1)
		c.frames[i].samples = uint32(times[next] - times[next-1])
	}
	return c, nil
}
