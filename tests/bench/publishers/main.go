// SPDX-License-Identifier: LGPL-2.1-or-later

// Publishers joins participants into a LiveKit room who send the same media
// over and over, for benchmarks of receivers.
//
// The media was encoded before: encoders would take more of the machine than
// what is measured. What is left is to encrypt packets and to send them. Who
// asks for a key frame gets none but the file's.
//
// It prints "ready" when the server has media of all tracks, and leaves when
// its standard input ends or on SIGTERM.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"os"
	"os/signal"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/livekit/protocol/logger"
	lksdk "github.com/livekit/server-sdk-go/v2"
	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"golang.org/x/sync/errgroup"
)

const (
	packetSize    = 1200 // at most, as browsers make them
	joinsAtOnce   = 4
	timeout       = 20 * time.Second // of the first reports
	joinTimeout   = 4 * time.Second
	joinAttempts  = 5
	timerAccuracy = time.Millisecond
)

// track is one participant's sending of a clip.
type track struct {
	*lksdk.LocalTrack
	packetizer rtp.Packetizer
	options    lksdk.TrackPublicationOptions
	received   chan struct{} // closed when the server has reported of it
}

func newTrack(c *clip) *track {
	received := make(chan struct{})
	var once sync.Once
	local, err := lksdk.NewLocalTrack(c.codec,
		lksdk.WithRTCPHandler(func(packet rtcp.Packet) {
			if _, ok := packet.(*rtcp.ReceiverReport); ok {
				once.Do(func() { close(received) })
			}
		}))
	if err != nil {
		log.Fatal(err)
	}
	packetizer := rtp.NewPacketizer(packetSize, 0, 0, c.payloader(),
		rtp.NewRandomSequencer(), c.codec.ClockRate)
	return &track{local, packetizer, c.options, received}
}

// play sends the clip's frames on all tracks at their time, and never ends.
// The tracks take turns within each frame's duration, so that they don't all
// send at the same instant. It is one goroutine and few timers: those who are
// due within the accuracy of a timer share one.
func (c *clip) play(tracks []*track) {
	due := time.Now()
	for i := 0; ; i = (i + 1) % len(c.frames) {
		f := c.frames[i]
		duration := time.Duration(f.samples) * time.Second / time.Duration(c.codec.ClockRate)
		for turn, t := range tracks {
			offset := duration * time.Duration(turn) / time.Duration(len(tracks))
			if wait := time.Until(due.Add(offset)); wait > timerAccuracy {
				time.Sleep(wait)
			}
			for _, packet := range t.packetizer.Packetize(f.data, f.samples) {
				// Goes nowhere before the track is published. An error is that
				// of a connection that is gone, which is told elsewhere.
				_ = t.WriteRTP(packet, nil)
			}
		}
		due = due.Add(duration)
	}
}

// start makes count tracks, on which the file at path is played.
func start(count uint, path string, read func([]byte) (*clip, error)) []*track {
	if count == 0 {
		return nil
	}
	data, err := os.ReadFile(path)
	if err != nil {
		log.Fatal(err)
	}
	c, err := read(data)
	if err != nil {
		log.Fatalf("%s: %v", path, err)
	}
	tracks := make([]*track, count)
	for i := range tracks {
		tracks[i] = newTrack(c)
	}
	go c.play(tracks)
	return tracks
}

// join joins a participant who publishes the tracks and subscribes to none.
// It calls fail for one that loses its connection later, which must not come
// back as if nothing had been.
//
// Of a hundred joins one or two never see the server's answer, with
// server-sdk-go 2.18.0 and livekit-server 1.13.5: their signalling goes on, but
// nothing comes of it. So a join that takes too long is begun again.
func join(ctx context.Context, url string, who lksdk.ConnectInfo, tracks []*track,
	fail func(error)) (room *lksdk.Room, err error) {
	for range joinAttempts {
		room, err = joinOnce(ctx, url, who, tracks, fail)
		if err == nil || ctx.Err() != nil {
			break
		}
	}
	return room, err
}

func joinOnce(ctx context.Context, url string, who lksdk.ConnectInfo, tracks []*track,
	fail func(error)) (*lksdk.Room, error) {
	ctx, cancel := context.WithTimeout(ctx, joinTimeout)
	defer cancel()
	var joined atomic.Bool
	lost := func() {
		if joined.Load() {
			fail(fmt.Errorf("%s lost its connection", who.ParticipantIdentity))
		}
	}
	options := []lksdk.ConnectOption{
		lksdk.WithAutoSubscribe(false),
		lksdk.WithConnectTimeout(joinTimeout),
		lksdk.WithSinglePeerConnection(), // the least work, and WithTrack wants it
	}
	for _, t := range tracks {
		options = append(options, lksdk.WithTrack(t.LocalTrack, &t.options))
	}
	room := lksdk.NewRoom(&lksdk.RoomCallback{OnReconnecting: lost, OnDisconnected: lost})
	if err := room.JoinWithContext(ctx, url, who, options...); err != nil {
		return nil, fmt.Errorf("%s: %w", who.ParticipantIdentity, err)
	}
	joined.Store(true)
	return room, nil
}

// publish returns when ctx ends. It ends it itself when something goes wrong.
func publish(ctx context.Context, end func(error), url string, who lksdk.ConnectInfo,
	audio, video []*track) {
	group, joining := errgroup.WithContext(ctx)
	group.SetLimit(joinsAtOnce)
	rooms := make([]*lksdk.Room, max(len(audio), len(video)))
	for i := range rooms {
		var tracks []*track
		if i < len(audio) {
			tracks = append(tracks, audio[i])
		}
		if i < len(video) {
			tracks = append(tracks, video[i])
		}
		who := who
		who.ParticipantIdentity = fmt.Sprintf("publisher%d", i)
		group.Go(func() (err error) {
			rooms[i], err = join(joining, url, who, tracks, end)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		end(err)
	}

	late := time.After(timeout)
	for _, t := range append(audio, video...) {
		select {
		case <-t.received:
		case <-late:
			end(errors.New("the server doesn't report of all tracks"))
		case <-ctx.Done():
		}
	}
	if ctx.Err() == nil {
		fmt.Println("ready")
	}
	<-ctx.Done()
	for _, room := range rooms {
		if room != nil {
			room.Disconnect()
		}
	}
}

func main() {
	log.SetFlags(0)
	log.SetPrefix("publishers: ")
	lksdk.SetLogger(logger.GetDiscardLogger())

	var who lksdk.ConnectInfo
	url := flag.String("url", "", "the server's ws:// `URL`")
	flag.StringVar(&who.APIKey, "key", "", "the server's API `key`")
	flag.StringVar(&who.APISecret, "secret", "", "the key's `secret`")
	flag.StringVar(&who.RoomName, "room", "", "the `name` of the room to join")
	audios := flag.Uint("audio", 0, "how `many` publish audio")
	videos := flag.Uint("video", 0, "how `many` publish video")
	ogg := flag.String("ogg", "", "the `file` with the Opus audio to send")
	ivf := flag.String("ivf", "", "the `file` with the VP8 video to send")
	flag.Parse()

	ctx, end := context.WithCancelCause(context.Background())
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGTERM, os.Interrupt)
	go func() {
		<-stop
		end(nil)
	}()
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		end(nil)
	}()
	publish(ctx, end, *url, who, start(*audios, *ogg, readOgg), start(*videos, *ivf, readIVF))
	if err := context.Cause(ctx); err != context.Canceled {
		log.Fatal(err)
	}
}
