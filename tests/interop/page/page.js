// SPDX-License-Identifier: LGPL-2.1-or-later
// Participants of LiveKit's client for browsers, on the orders of browser.py.
// What they publish is made here: the page asks for no camera or microphone.

"use strict";

const client = LivekitClient;
const WORKER = "livekit-client.e2ee.worker.js";

// As Element Call has it: see encryption.py.
const OWN_KEYS = {
  ratchetWindowSize: 10,
  failureTolerance: 10,
  keyringSize: 256,
};

function keyProvider(encryption) {
  return encryption === "shared"
    ? new client.ExternalE2EEKeyProvider({ keyringSize: OWN_KEYS.keyringSize })
    : new client.BaseKeyProvider(OWN_KEYS);
}

function fromHex(text) {
  return Uint8Array.from(text.match(/../g), (byte) => parseInt(byte, 16));
}

// The kind of a key chooses how the client derives others from it.
function material(key) {
  return typeof key === "string"
    ? client.createKeyMaterialFromString(key) // PBKDF2
    : client.createKeyMaterialFromBuffer(fromHex(key.hex).buffer); // HKDF
}

function sleep(seconds) {
  return new Promise((resolve) => setTimeout(resolve, seconds * 1000));
}

// A track of I420 pictures: the encoder gets the colours as they are. One that
// comes while an earlier one waits is left out.
function videoTrack(pictures, width, height, fps) {
  const track = new MediaStreamTrackGenerator({ kind: "video" });
  const writer = track.writable.getWriter();
  const start = performance.now();
  const size = (width * height * 3) / 2;
  const timer = setInterval(() => {
    if (writer.desiredSize <= 0) return;
    const time = performance.now() - start;
    const step = Math.floor((time * fps) / 1000);
    const offset = (step * size) % pictures.byteLength;
    const frame = new VideoFrame(new Uint8Array(pictures, offset, size), {
      format: "I420",
      codedWidth: width,
      codedHeight: height,
      timestamp: Math.round(time * 1000),
    });
    writer.write(frame).catch(() => clearInterval(timer)); // the track ended
  }, 1000 / fps);
  return track;
}

// A tone for each channel.
function audioTrack(frequencies) {
  const context = new AudioContext({ sampleRate: 48000 });
  const channelCount = frequencies.length;
  const destination = new MediaStreamAudioDestinationNode(context, {
    channelCount,
  });
  const merger = new ChannelMergerNode(context, {
    numberOfInputs: channelCount,
  });
  frequencies.forEach((frequency, channel) => {
    const volume = new GainNode(context, { gain: 0.3 });
    const tone = new OscillatorNode(context, { frequency });
    tone.connect(volume).connect(merger, 0, channel);
    tone.start();
  });
  merger.connect(destination);
  return destination.stream.getAudioTracks()[0];
}

class Participant {
  async join({ url, token, index, tone, encryption }) {
    const options = {};
    this.index = index;
    this.tone = tone;
    if (encryption) {
      this.keys = keyProvider(encryption);
      options.e2ee = { keyProvider: this.keys, worker: new Worker(WORKER) };
    }
    this.room = new client.Room(options);
    if (encryption) await this.room.setE2EEEnabled(true);
    await this.room.connect(url, token, { autoSubscribe: false });
    this.local = this.room.localParticipant;
    return { sid: this.local.sid, identity: this.local.identity };
  }

  async publish_audio({ right }) {
    const tones = right ? [this.tone, right] : [this.tone];
    return this.publish(audioTrack(tones), {
      source: client.Track.Source.Microphone,
      dtx: false,
      forceStereo: tones.length > 1,
    });
  }

  async publish_video({
    codec = "vp8",
    width = 320,
    height = 240,
    fps = 15,
    bitrate = 300000,
    scalability, // the client takes L3T3_KEY for VP9
  }) {
    const answer = await fetch(`pictures/${this.index}/${width}/${height}`);
    const pictures = await answer.arrayBuffer();
    return this.publish(videoTrack(pictures, width, height, fps), {
      source: client.Track.Source.Camera,
      videoCodec: codec,
      scalabilityMode: scalability,
      simulcast: false,
      backupCodec: false,
      videoEncoding: { maxBitrate: bitrate, maxFramerate: fps },
    });
  }

  async publish(track, options) {
    const publication = await this.local.publishTrack(track, options);
    return { sid: publication.trackSid };
  }

  async set_key({ key, index, identity }) {
    const own = identity ?? this.local.identity;
    this.keys.onSetEncryptionKey(
      await material(key),
      typeof key === "string" ? undefined : own,
      index,
    );
  }

  async rotate_every({ keys, seconds }) {
    for (const [key, index] of keys) {
      await this.set_key({ key, index });
      await sleep(seconds);
    }
  }

  // What the encoder of a track does: the first that sends, if there are more.
  async statistics({ sid }) {
    const { sender } = this.local.trackPublications.get(sid).track;
    for (const entry of (await sender.getStats()).values()) {
      if (entry.type === "outbound-rtp" && entry.framesSent) return entry;
    }
    return null;
  }

  async leave() {
    await this.room.disconnect();
  }
}

const participants = new Map();

async function obey({ command, name, ...rest }) {
  if (command === "join") participants.set(name, new Participant());
  const result = await participants.get(name)[command](rest);
  if (command === "leave") participants.delete(name);
  return result ?? null;
}

const orders = new WebSocket(`ws://${location.host}/orders`);

function answer(content) {
  orders.send(JSON.stringify(content));
}

orders.onopen = () => answer({ number: 0, result: navigator.userAgent });
orders.onmessage = async (event) => {
  const { number, ...order } = JSON.parse(event.data);
  try {
    answer({ number, result: await obey(order) });
  } catch (error) {
    answer({ number, error: `${order.command}: ${error}` });
  }
};
