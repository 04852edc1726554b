/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Parts of session descriptions as LiveKit writes them.
 */
#pragma once

#define SESSION_WITHOUT_GROUP \
  "v=0\r\no=- 4215775240449105457 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n" \
  "a=msid-semantic:WMS *\r\na=extmap-allow-mixed\r\n"
#define SESSION(mids) SESSION_WITHOUT_GROUP "a=group:BUNDLE " mids "\r\n"

#define ICE "a=ice-ufrag:abcd\r\na=ice-pwd:abcdefghijklmnopqrstuvwx\r\n"
#define FINGERPRINT \
  "a=fingerprint:sha-256 00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:" \
  "00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF\r\n"
#define SETUP "a=setup:actpass\r\n"
#define DTLS FINGERPRINT SETUP
#define TRANSPORT(mid) "c=IN IP4 0.0.0.0\r\na=mid:" mid "\r\n" ICE DTLS

#define AUDIO_MEDIA "m=audio 9 UDP/TLS/RTP/SAVPF 111 63 0 8\r\n"
#define AUDIO_CODECS \
  "a=rtpmap:111 opus/48000/2\r\na=fmtp:111 minptime=10;useinbandfec=1\r\n" \
  "a=rtcp-fb:111 nack\r\n" \
  "a=rtpmap:63 red/48000/2\r\na=fmtp:63 111/111\r\n" \
  "a=rtpmap:0 PCMU/8000\r\na=rtpmap:8 PCMA/8000\r\n"
#define VIDEO_MEDIA "m=video 9 UDP/TLS/RTP/SAVPF 96 97\r\n"
#define VIDEO_CODECS \
  "a=rtpmap:96 VP8/90000\r\na=rtcp-fb:96 nack\r\na=rtcp-fb:96 nack pli\r\n" \
  "a=rtpmap:97 rtx/90000\r\na=fmtp:97 apt=96\r\n"
#define APPLICATION_MEDIA "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\n"

#define AUDIO(mid, more) \
  AUDIO_MEDIA TRANSPORT (mid) "a=rtcp-mux\r\na=rtcp-rsize\r\n" AUDIO_CODECS more
#define VIDEO(mid, more) \
  VIDEO_MEDIA TRANSPORT (mid) "a=rtcp-mux\r\na=rtcp-rsize\r\n" VIDEO_CODECS more
#define APPLICATION(mid) \
  APPLICATION_MEDIA TRANSPORT (mid) "a=sendrecv\r\na=sctp-port:5000\r\n"
