/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib-object.h>

G_BEGIN_DECLS

/**
 * GstMatrixRtcConnectionState:
 * @GST_MATRIX_RTC_CONNECTION_STATE_INITIALIZED: not started yet
 * @GST_MATRIX_RTC_CONNECTION_STATE_FETCHING_CONFIG: asking the homeserver and
 *   the authorization service for the SFU's address and a token
 * @GST_MATRIX_RTC_CONNECTION_STATE_CONNECTING: connecting to the SFU
 * @GST_MATRIX_RTC_CONNECTION_STATE_CONNECTED: joined, and media can flow
 * @GST_MATRIX_RTC_CONNECTION_STATE_SIGNAL_RECONNECTING: signalling was lost
 *   and is being resumed while media flows
 * @GST_MATRIX_RTC_CONNECTION_STATE_RECONNECTING: joining anew after a loss
 * @GST_MATRIX_RTC_CONNECTION_STATE_DISCONNECTED: the call has ended
 * @GST_MATRIX_RTC_CONNECTION_STATE_STOPPED: left by our own wish
 * @GST_MATRIX_RTC_CONNECTION_STATE_FAILED: ended by an error, see the
 *   last-error property
 *
 * The state of the connection to the call, as in Element Call's Connection.
 *
 * Since: 0.1.0
 */
typedef enum {
  GST_MATRIX_RTC_CONNECTION_STATE_INITIALIZED,
  GST_MATRIX_RTC_CONNECTION_STATE_FETCHING_CONFIG,
  GST_MATRIX_RTC_CONNECTION_STATE_CONNECTING,
  GST_MATRIX_RTC_CONNECTION_STATE_CONNECTED,
  GST_MATRIX_RTC_CONNECTION_STATE_SIGNAL_RECONNECTING,
  GST_MATRIX_RTC_CONNECTION_STATE_RECONNECTING,
  GST_MATRIX_RTC_CONNECTION_STATE_DISCONNECTED,
  GST_MATRIX_RTC_CONNECTION_STATE_STOPPED,
  GST_MATRIX_RTC_CONNECTION_STATE_FAILED,
} GstMatrixRtcConnectionState;

/**
 * GstMatrixRtcOutput:
 * @GST_MATRIX_RTC_OUTPUT_ENCODED: encoded frames, as the participants sent
 *   them
 * @GST_MATRIX_RTC_OUTPUT_RTP: RTP packets behind the jitter buffer
 * @GST_MATRIX_RTC_OUTPUT_DECODED: raw pictures, and raw sound at 48 kHz
 *
 * What the source pads give.
 *
 * Since: 0.1.0
 */
typedef enum {
  GST_MATRIX_RTC_OUTPUT_ENCODED,
  GST_MATRIX_RTC_OUTPUT_RTP,
  GST_MATRIX_RTC_OUTPUT_DECODED,
} GstMatrixRtcOutput;

/**
 * GstMatrixRtcMedia:
 * @GST_MATRIX_RTC_MEDIA_AUDIO: microphones, and audio whose source isn't known
 * @GST_MATRIX_RTC_MEDIA_VIDEO: cameras, and video whose source isn't known
 * @GST_MATRIX_RTC_MEDIA_SCREEN_SHARE: shared screens and windows
 * @GST_MATRIX_RTC_MEDIA_SCREEN_SHARE_AUDIO: the sound of shared screens
 *
 * Kinds of tracks.
 *
 * Since: 0.1.0
 */
typedef enum {
  GST_MATRIX_RTC_MEDIA_AUDIO = 1 << 0,
  GST_MATRIX_RTC_MEDIA_VIDEO = 1 << 1,
  GST_MATRIX_RTC_MEDIA_SCREEN_SHARE = 1 << 2,
  GST_MATRIX_RTC_MEDIA_SCREEN_SHARE_AUDIO = 1 << 3,
} GstMatrixRtcMedia;

#define GST_MATRIX_RTC_MEDIA_ALL (GST_MATRIX_RTC_MEDIA_AUDIO | \
    GST_MATRIX_RTC_MEDIA_VIDEO | GST_MATRIX_RTC_MEDIA_SCREEN_SHARE | \
    GST_MATRIX_RTC_MEDIA_SCREEN_SHARE_AUDIO)

/**
 * GstMatrixRtcVideoQuality:
 * @GST_MATRIX_RTC_VIDEO_QUALITY_LOW: the smallest
 * @GST_MATRIX_RTC_VIDEO_QUALITY_MEDIUM: the one between, where there is one
 * @GST_MATRIX_RTC_VIDEO_QUALITY_HIGH: the largest
 *
 * Which of the layers that a publisher sends is received. The values are LiveKit's
 * VideoQuality.
 *
 * Since: 0.1.0
 */
typedef enum {
  GST_MATRIX_RTC_VIDEO_QUALITY_LOW,
  GST_MATRIX_RTC_VIDEO_QUALITY_MEDIUM,
  GST_MATRIX_RTC_VIDEO_QUALITY_HIGH,
} GstMatrixRtcVideoQuality;

/**
 * GstMatrixRtcIceTransportPolicy:
 * @GST_MATRIX_RTC_ICE_TRANSPORT_POLICY_ALL: any path to the SFU
 * @GST_MATRIX_RTC_ICE_TRANSPORT_POLICY_RELAY: only through the SFU's TURN
 *   servers
 *
 * Which paths media may take.
 *
 * Since: 0.1.0
 */
typedef enum {
  GST_MATRIX_RTC_ICE_TRANSPORT_POLICY_ALL,
  GST_MATRIX_RTC_ICE_TRANSPORT_POLICY_RELAY,
} GstMatrixRtcIceTransportPolicy;

/**
 * GstMatrixRtcE2eeKeys:
 * @GST_MATRIX_RTC_E2EE_KEYS_AUTO: the passphrase if one is set, else the
 *   application
 * @GST_MATRIX_RTC_E2EE_KEYS_NONE: nowhere; what is encrypted isn't received
 * @GST_MATRIX_RTC_E2EE_KEYS_PASSPHRASE: the passphrase that all participants
 *   share
 * @GST_MATRIX_RTC_E2EE_KEYS_APPLICATION: the action signals set-media-key and
 *   handle-encryption-keys
 *
 * Where the media keys of an encrypted call come from.
 *
 * Since: 0.1.0
 */
typedef enum {
  GST_MATRIX_RTC_E2EE_KEYS_AUTO,
  GST_MATRIX_RTC_E2EE_KEYS_NONE,
  GST_MATRIX_RTC_E2EE_KEYS_PASSPHRASE,
  GST_MATRIX_RTC_E2EE_KEYS_APPLICATION,
} GstMatrixRtcE2eeKeys;

/**
 * GstMatrixRtcUnencryptedMedia:
 * @GST_MATRIX_RTC_UNENCRYPTED_MEDIA_WARN: give it out, with one warning a track
 * @GST_MATRIX_RTC_UNENCRYPTED_MEDIA_DROP: don't give it out
 * @GST_MATRIX_RTC_UNENCRYPTED_MEDIA_ALLOW: give it out
 *
 * What becomes of tracks that aren't encrypted in a call that is.
 *
 * Since: 0.1.0
 */
typedef enum {
  GST_MATRIX_RTC_UNENCRYPTED_MEDIA_WARN,
  GST_MATRIX_RTC_UNENCRYPTED_MEDIA_DROP,
  GST_MATRIX_RTC_UNENCRYPTED_MEDIA_ALLOW,
} GstMatrixRtcUnencryptedMedia;

/**
 * GstMatrixRtcTrackSource:
 * @GST_MATRIX_RTC_TRACK_SOURCE_UNKNOWN: the publisher didn't say
 * @GST_MATRIX_RTC_TRACK_SOURCE_CAMERA: a camera
 * @GST_MATRIX_RTC_TRACK_SOURCE_MICROPHONE: a microphone
 * @GST_MATRIX_RTC_TRACK_SOURCE_SCREEN_SHARE: a shared screen or window
 * @GST_MATRIX_RTC_TRACK_SOURCE_SCREEN_SHARE_AUDIO: the sound of a shared
 *   screen
 *
 * Where a track comes from. The values are LiveKit's TrackSource.
 *
 * Since: 0.1.0
 */
typedef enum {
  GST_MATRIX_RTC_TRACK_SOURCE_UNKNOWN,
  GST_MATRIX_RTC_TRACK_SOURCE_CAMERA,
  GST_MATRIX_RTC_TRACK_SOURCE_MICROPHONE,
  GST_MATRIX_RTC_TRACK_SOURCE_SCREEN_SHARE,
  GST_MATRIX_RTC_TRACK_SOURCE_SCREEN_SHARE_AUDIO,
} GstMatrixRtcTrackSource;

/**
 * GstMatrixRtcError:
 * @GST_MATRIX_RTC_ERROR_OPEN_ID: the OpenID request or `/sfu/get` failed
 * @GST_MATRIX_RTC_ERROR_NO_MATRIX_2_0_AUTHORIZATION_SERVICE: only
 *   `/get_token` was allowed, and it failed
 * @GST_MATRIX_RTC_ERROR_MISSING_MATRIX_RTC_TRANSPORT: no SFU is known for the
 *   room
 * @GST_MATRIX_RTC_ERROR_INSUFFICIENT_CAPACITY: the SFU or the room is full
 * @GST_MATRIX_RTC_ERROR_SFU_ROOM_CREATION_RESTRICTED: the SFU has no such room
 *   and doesn't let us make it
 * @GST_MATRIX_RTC_ERROR_PEER_CONNECTION_TIMEOUT: no media path in time
 * @GST_MATRIX_RTC_ERROR_LIVEKIT_CONNECTION: any other failure to connect
 * @GST_MATRIX_RTC_ERROR_CONNECTION_LOST: the connection was lost for good
 * @GST_MATRIX_RTC_ERROR_E2EE_KEY: a media key or a passphrase can't be used
 * @GST_MATRIX_RTC_ERROR_UNKNOWN: the rest
 *
 * What went wrong. The domain is `matrix-rtc-error-quark`; the nicks are the
 * codes of Element Call's errors, and stand as `code` in the details of error
 * messages.
 *
 * Since: 0.1.0
 */
typedef enum {
  GST_MATRIX_RTC_ERROR_OPEN_ID, /*< nick=OPEN_ID_ERROR >*/
  GST_MATRIX_RTC_ERROR_NO_MATRIX_2_0_AUTHORIZATION_SERVICE, /*< nick=NO_MATRIX_2_0_AUTHORIZATION_SERVICE >*/
  GST_MATRIX_RTC_ERROR_MISSING_MATRIX_RTC_TRANSPORT, /*< nick=MISSING_MATRIX_RTC_TRANSPORT >*/
  GST_MATRIX_RTC_ERROR_INSUFFICIENT_CAPACITY, /*< nick=INSUFFICIENT_CAPACITY_ERROR >*/
  GST_MATRIX_RTC_ERROR_SFU_ROOM_CREATION_RESTRICTED, /*< nick=SFU_ROOM_CREATION_RESTRICTED >*/
  GST_MATRIX_RTC_ERROR_PEER_CONNECTION_TIMEOUT, /*< nick=PEER_CONNECTION_TIMEOUT >*/
  GST_MATRIX_RTC_ERROR_LIVEKIT_CONNECTION, /*< nick=LIVEKIT_CONNECTION >*/
  GST_MATRIX_RTC_ERROR_CONNECTION_LOST, /*< nick=CONNECTION_LOST_ERROR >*/
  GST_MATRIX_RTC_ERROR_E2EE_KEY, /*< nick=E2EE_KEY >*/
  GST_MATRIX_RTC_ERROR_UNKNOWN, /*< nick=UNKNOWN_ERROR >*/
} GstMatrixRtcError;

G_END_DECLS
