/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The element's properties that an application sets: what they are called, what
 * they mean, and where they are kept.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <gst/gst.h>
#include "gstmatrixrtc-enumtypes.h"
#include "gstmatrixrtcsrcsettings.h"

#define DEFAULT_SLOT_ID "m.call#ROOM"
#define DEFAULT_JOIN_ROOM FALSE
#define DEFAULT_FORCE_OLD_JWT_ENDPOINT FALSE
#define DEFAULT_OUTPUT GST_MATRIX_RTC_OUTPUT_ENCODED
#define DEFAULT_MEDIA GST_MATRIX_RTC_MEDIA_ALL
#define DEFAULT_VIDEO_QUALITY GST_MATRIX_RTC_VIDEO_QUALITY_HIGH
#define DEFAULT_LATENCY 200
#define DEFAULT_TIMEOUT 15
#define DEFAULT_RECONNECT_TIMEOUT 60
#define MAX_TIMEOUT 3600
#define DEFAULT_SSL_STRICT TRUE
#define DEFAULT_USER_AGENT PACKAGE "/" VERSION " "
#define DEFAULT_ICE_TRANSPORT_POLICY GST_MATRIX_RTC_ICE_TRANSPORT_POLICY_ALL
#define DEFAULT_E2EE_KEYS GST_MATRIX_RTC_E2EE_KEYS_AUTO
#define DEFAULT_UNENCRYPTED_MEDIA GST_MATRIX_RTC_UNENCRYPTED_MEDIA_WARN

#define WRITE_ONLY \
  (G_PARAM_WRITABLE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_READY)
#define READ_WRITE (WRITE_ONLY | G_PARAM_READABLE)
#define CHANGEABLE (G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | \
    GST_PARAM_MUTABLE_PLAYING)

enum
{
  SETTING_HOMESERVER = GST_MATRIX_RTC_SRC_FIRST_SETTING,
  SETTING_ACCESS_TOKEN,
  SETTING_ACCESS_TOKEN_FILE,
  SETTING_USER_ID,
  SETTING_DEVICE_ID,
  SETTING_MEMBER_ID,
  SETTING_ROOM_ID,
  SETTING_JOIN_ROOM,
  SETTING_SLOT_ID,
  SETTING_LIVEKIT_SERVICE_URL,
  SETTING_FORCE_OLD_JWT_ENDPOINT,
  SETTING_LIVEKIT_URL,
  SETTING_LIVEKIT_TOKEN,
  SETTING_OUTPUT,
  SETTING_MEDIA,
  SETTING_VIDEO_QUALITY,
  SETTING_LATENCY,
  SETTING_ADD_REFERENCE_TIMESTAMP_META,
  SETTING_TIMEOUT,
  SETTING_RECONNECT_TIMEOUT,
  SETTING_SSL_STRICT,
  SETTING_SSL_CA_FILE,
  SETTING_PROXY,
  SETTING_USER_AGENT,
  SETTING_ICE_TRANSPORT_POLICY,
  SETTING_E2EE_KEYS,
  SETTING_E2EE_PASSPHRASE,
  SETTING_E2EE_PASSPHRASE_FILE,
  SETTING_UNENCRYPTED_MEDIA,
};

/* The defaults. All else of @settings is zero already. */
void
gst_matrix_rtc_src_settings_init (CallSettings * settings)
{
  settings->slot_id = g_strdup (DEFAULT_SLOT_ID);
  settings->user_agent = g_strdup (DEFAULT_USER_AGENT);
  settings->join_room = DEFAULT_JOIN_ROOM;
  settings->force_old_jwt_endpoint = DEFAULT_FORCE_OLD_JWT_ENDPOINT;
  settings->output = DEFAULT_OUTPUT;
  settings->media = DEFAULT_MEDIA;
  settings->video_quality = DEFAULT_VIDEO_QUALITY;
  settings->latency = DEFAULT_LATENCY;
  settings->timeout = DEFAULT_TIMEOUT;
  settings->reconnect_timeout = DEFAULT_RECONNECT_TIMEOUT;
  settings->ssl_strict = DEFAULT_SSL_STRICT;
  settings->ice_transport_policy = DEFAULT_ICE_TRANSPORT_POLICY;
  settings->e2ee_keys = DEFAULT_E2EE_KEYS;
  settings->unencrypted_media = DEFAULT_UNENCRYPTED_MEDIA;
}

/* Values */

/* Where a string is kept, or NULL. */
static gchar **
settings_find_string (CallSettings * settings, guint id)
{
  switch (id) {
    case SETTING_HOMESERVER:
      return &settings->homeserver;
    case SETTING_ACCESS_TOKEN:
      return &settings->access_token;
    case SETTING_ACCESS_TOKEN_FILE:
      return &settings->access_token_file;
    case SETTING_USER_ID:
      return &settings->user_id;
    case SETTING_DEVICE_ID:
      return &settings->device_id;
    case SETTING_MEMBER_ID:
      return &settings->member_id;
    case SETTING_ROOM_ID:
      return &settings->room_id;
    case SETTING_SLOT_ID:
      return &settings->slot_id;
    case SETTING_LIVEKIT_SERVICE_URL:
      return &settings->livekit_service_url;
    case SETTING_LIVEKIT_URL:
      return &settings->livekit_url;
    case SETTING_LIVEKIT_TOKEN:
      return &settings->livekit_token;
    case SETTING_SSL_CA_FILE:
      return &settings->ssl_ca_file;
    case SETTING_PROXY:
      return &settings->proxy;
    case SETTING_USER_AGENT:
      return &settings->user_agent;
    case SETTING_E2EE_PASSPHRASE:
      return &settings->e2ee_passphrase;
    case SETTING_E2EE_PASSPHRASE_FILE:
      return &settings->e2ee_passphrase_file;
    default:
      return NULL;
  }
}

gboolean
gst_matrix_rtc_src_settings_set (CallSettings * settings, guint id,
    const GValue * value)
{
  gchar **string = settings_find_string (settings, id);

  if (string != NULL) {
    g_free (*string);
    *string = g_value_dup_string (value);
    return TRUE;
  }
  switch (id) {
    case SETTING_JOIN_ROOM:
      settings->join_room = g_value_get_boolean (value);
      break;
    case SETTING_FORCE_OLD_JWT_ENDPOINT:
      settings->force_old_jwt_endpoint = g_value_get_boolean (value);
      break;
    case SETTING_OUTPUT:
      settings->output = g_value_get_enum (value);
      break;
    case SETTING_MEDIA:
      settings->media = g_value_get_flags (value);
      break;
    case SETTING_VIDEO_QUALITY:
      settings->video_quality = g_value_get_enum (value);
      break;
    case SETTING_ADD_REFERENCE_TIMESTAMP_META:
      settings->add_reference_timestamp_meta = g_value_get_boolean (value);
      break;
    case SETTING_LATENCY:
      settings->latency = g_value_get_uint (value);
      break;
    case SETTING_TIMEOUT:
      settings->timeout = g_value_get_uint (value);
      break;
    case SETTING_RECONNECT_TIMEOUT:
      settings->reconnect_timeout = g_value_get_uint (value);
      break;
    case SETTING_SSL_STRICT:
      settings->ssl_strict = g_value_get_boolean (value);
      break;
    case SETTING_ICE_TRANSPORT_POLICY:
      settings->ice_transport_policy = g_value_get_enum (value);
      break;
    case SETTING_E2EE_KEYS:
      settings->e2ee_keys = g_value_get_enum (value);
      break;
    case SETTING_UNENCRYPTED_MEDIA:
      settings->unencrypted_media = g_value_get_enum (value);
      break;
    default:
      return FALSE;
  }
  return TRUE;
}

gboolean
gst_matrix_rtc_src_settings_get (CallSettings * settings, guint id,
    GValue * value)
{
  gchar **string = settings_find_string (settings, id);

  if (string != NULL) {
    g_value_set_string (value, *string);
    return TRUE;
  }
  switch (id) {
    case SETTING_JOIN_ROOM:
      g_value_set_boolean (value, settings->join_room);
      break;
    case SETTING_FORCE_OLD_JWT_ENDPOINT:
      g_value_set_boolean (value, settings->force_old_jwt_endpoint);
      break;
    case SETTING_OUTPUT:
      g_value_set_enum (value, settings->output);
      break;
    case SETTING_MEDIA:
      g_value_set_flags (value, settings->media);
      break;
    case SETTING_VIDEO_QUALITY:
      g_value_set_enum (value, settings->video_quality);
      break;
    case SETTING_ADD_REFERENCE_TIMESTAMP_META:
      g_value_set_boolean (value, settings->add_reference_timestamp_meta);
      break;
    case SETTING_LATENCY:
      g_value_set_uint (value, settings->latency);
      break;
    case SETTING_TIMEOUT:
      g_value_set_uint (value, settings->timeout);
      break;
    case SETTING_RECONNECT_TIMEOUT:
      g_value_set_uint (value, settings->reconnect_timeout);
      break;
    case SETTING_SSL_STRICT:
      g_value_set_boolean (value, settings->ssl_strict);
      break;
    case SETTING_ICE_TRANSPORT_POLICY:
      g_value_set_enum (value, settings->ice_transport_policy);
      break;
    case SETTING_E2EE_KEYS:
      g_value_set_enum (value, settings->e2ee_keys);
      break;
    case SETTING_UNENCRYPTED_MEDIA:
      g_value_set_enum (value, settings->unencrypted_media);
      break;
    default:
      return FALSE;
  }
  return TRUE;
}

/* Installing */

static void
install_account (GObjectClass * klass)
{
  /**
   * matrixrtcsrc:homeserver:
   *
   * The base URL of the client-server API of the account's Matrix homeserver, for
   * example `https://matrix.example.org`. Used with #matrixrtcsrc:access-token.
   *
   * Unset: `https://SERVER/.well-known/matrix/client` says, also if that redirects to
   * another https URL, or if there is none it's `https://SERVER`. SERVER is the server
   * name of #matrixrtcsrc:user-id or, if that isn't set either, of
   * #matrixrtcsrc:room-id: an account on another server than its room needs one of the
   * two. A homeserver that is found so gets the access token, so it must be https, but
   * for one on this machine. If there is none the code is `OPEN_ID_ERROR`.
   *
   * Since: 0.1.0
   */
  g_object_class_install_property (klass, SETTING_HOMESERVER,
      g_param_spec_string ("homeserver", "Homeserver",
          "Client-server API base URL of the Matrix homeserver "
          "(unset: found by the server name of user-id or room-id)", NULL,
          READ_WRITE));

  /**
   * matrixrtcsrc:access-token:
   *
   * The Matrix access token of the account that joins. Write-only; prefer
   * #matrixrtcsrc:access-token-file, which no process list shows. If both are
   * set, this one counts.
   *
   * Since: 0.1.0
   */
  g_object_class_install_property (klass, SETTING_ACCESS_TOKEN,
      g_param_spec_string ("access-token", "Access token",
          "Matrix access token (write-only)", NULL, WRITE_ONLY));

  /**
   * matrixrtcsrc:access-token-file:
   *
   * The path of a file that holds the Matrix access token and nothing else but
   * white space around it. It is read at each start.
   *
   * Since: 0.1.0
   */
  g_object_class_install_property (klass, SETTING_ACCESS_TOKEN_FILE,
      g_param_spec_string ("access-token-file", "Access token file",
          "File with the Matrix access token, read at each start", NULL,
          READ_WRITE));

  /**
   * matrixrtcsrc:user-id:
   *
   * The Matrix user id of the account. Unset: the homeserver is asked
   * (`/account/whoami`). Its server name tells where that is, if
   * #matrixrtcsrc:homeserver doesn't.
   *
   * Since: 0.1.0
   */
  g_object_class_install_property (klass, SETTING_USER_ID,
      g_param_spec_string ("user-id", "User id",
          "Matrix user id (unset: the homeserver says)", NULL, READ_WRITE));

  /**
   * matrixrtcsrc:device-id:
   *
   * The Matrix device id that we join as. Unset: the one of the access token. Two
   * clients that use one device id through `/sfu/get` throw each other out of
   * the call.
   *
   * Since: 0.1.0
   */
  g_object_class_install_property (klass, SETTING_DEVICE_ID,
      g_param_spec_string ("device-id", "Device id",
          "Matrix device id (unset: the homeserver says)", NULL, READ_WRITE));
}

static void
install_room (GObjectClass * klass)
{
  /**
   * matrixrtcsrc:member-id:
   *
   * The id of our membership of the call (MSC4143). Unset: a new UUID at each
   * start.
   *
   * Since: 0.1.0
   */
  g_object_class_install_property (klass, SETTING_MEMBER_ID,
      g_param_spec_string ("member-id", "Member id",
          "Id of our membership of the call (unset: a new UUID at each start)",
          NULL, READ_WRITE));

  /**
   * matrixrtcsrc:room-id:
   *
   * The Matrix room whose call is joined, by its id, `!id:server`, or an alias,
   * `#alias:server`, which the homeserver resolves. An alias of no room is an error
   * of the kind `GST_RESOURCE_ERROR_NOT_FOUND`.
   *
   * Since: 0.1.0
   */
  g_object_class_install_property (klass, SETTING_ROOM_ID,
      g_param_spec_string ("room-id", "Room id",
          "Matrix room of the call, !id:server or #alias:server", NULL,
          READ_WRITE));

  /**
   * matrixrtcsrc:join-room:
   *
   * Whether the account joins the Matrix room, if it isn't in it yet; all in the room
   * can see that, and it stays in it. Otherwise that is an error of the kind
   * `GST_RESOURCE_ERROR_NOT_AUTHORIZED`, unless #matrixrtcsrc:homeserver,
   * #matrixrtcsrc:livekit-service-url and a room's id are set: the room isn't looked
   * at then.
   *
   * Since: 0.1.0
   */
  g_object_class_install_property (klass, SETTING_JOIN_ROOM,
      g_param_spec_boolean ("join-room", "Join room",
          "Join the Matrix room if the account isn't in it",
          DEFAULT_JOIN_ROOM, READ_WRITE));

  /**
   * matrixrtcsrc:slot-id:
   *
   * The slot of the call in its room (MSC4143).
   *
   * Since: 0.1.0
   */
  g_object_class_install_property (klass, SETTING_SLOT_ID,
      g_param_spec_string ("slot-id", "Slot id",
          "Slot of the call in its room", DEFAULT_SLOT_ID, READ_WRITE));
}

static void
install_sfu (GObjectClass * klass)
{
  /**
   * matrixrtcsrc:livekit-service-url:
   *
   * The base URL of the MatrixRTC authorization service (MSC4195), which knows the
   * LiveKit server of the call: `livekit_service_url` in the homeserver's
   * configuration.
   *
   * Unset: it's the one of the call's oldest member whose event in the room names
   * one. If there is no such member, it's the one of the homeserver, which is asked
   * for its transports (MSC4143), and at last the one in
   * `https://SERVER/.well-known/matrix/client`, with the server name of the account.
   * The code is `MISSING_MATRIX_RTC_TRANSPORT` if none of them knows any.
   *
   * Since: 0.1.0
   */
  g_object_class_install_property (klass, SETTING_LIVEKIT_SERVICE_URL,
      g_param_spec_string ("livekit-service-url", "LiveKit service URL",
          "Base URL of the MatrixRTC authorization service "
          "(unset: found for the room)", NULL, READ_WRITE));

  /**
   * matrixrtcsrc:force-old-jwt-endpoint:
   *
   * Asks the authorization service only at `/sfu/get`, not at `/get_token` first.
   *
   * Since: 0.1.0
   */
  g_object_class_install_property (klass, SETTING_FORCE_OLD_JWT_ENDPOINT,
      g_param_spec_boolean ("force-old-jwt-endpoint", "Force old JWT endpoint",
          "Ask the authorization service only at /sfu/get",
          DEFAULT_FORCE_OLD_JWT_ENDPOINT, READ_WRITE));

  /**
   * matrixrtcsrc:livekit-url:
   *
   * The URL of a LiveKit server (ws, wss, http or https) that is joined straight
   * away with #matrixrtcsrc:livekit-token. Neither homeserver nor authorization
   * service is asked.
   *
   * Since: 0.1.0
   */
  g_object_class_install_property (klass, SETTING_LIVEKIT_URL,
      g_param_spec_string ("livekit-url", "LiveKit URL",
          "LiveKit server to join without Matrix (ws, wss, http or https)",
          NULL, READ_WRITE));

  /**
   * matrixrtcsrc:livekit-token:
   *
   * The JSON Web Token for #matrixrtcsrc:livekit-url. Write-only.
   *
   * Since: 0.1.0
   */
  g_object_class_install_property (klass, SETTING_LIVEKIT_TOKEN,
      g_param_spec_string ("livekit-token", "LiveKit token",
          "Token for livekit-url (write-only)", NULL, WRITE_ONLY));
}

static void
install_media (GObjectClass * klass)
{
  /**
   * matrixrtcsrc:output:
   *
   * What the source pads give. Encoded H.264 and H.265 come as byte-stream, or as
   * avc, avc3, hvc1 or hev1 where what is linked takes only that. Decoded tracks take
   * the decoder of the highest rank that starts; where there is none, the track has no
   * pad, a missing-plugin message tells which it is, and a warning follows.
   *
   * Since: 0.1.0
   */
  g_object_class_install_property (klass, SETTING_OUTPUT,
      g_param_spec_enum ("output", "Output",
          "What the source pads give", GST_TYPE_MATRIX_RTC_OUTPUT,
          DEFAULT_OUTPUT, READ_WRITE));

  /**
   * matrixrtcsrc:media:
   *
   * What is received, as LiveKit's UpdateSubscription asks for it: nothing of any
   * other kind is sent by the SFU. When it changes, pads of what isn't wanted any
   * more get an EOS and are removed, and those of what is wanted now appear.
   *
   * Since: 0.1.0
   */
  g_object_class_install_property (klass, SETTING_MEDIA,
      g_param_spec_flags ("media", "Media",
          "Kinds of tracks that are received", GST_TYPE_MATRIX_RTC_MEDIA,
          DEFAULT_MEDIA, CHANGEABLE));

  /**
   * matrixrtcsrc:video-quality:
   *
   * Which layer of videos that have several (simulcast) the SFU sends. Setting it
   * sets #GstMatrixRtcSrcPad:video-quality of all pads that there are, and is where
   * new ones begin.
   *
   * Since: 0.1.0
   */
  g_object_class_install_property (klass, SETTING_VIDEO_QUALITY,
      g_param_spec_enum ("video-quality", "Video quality",
          "Layer of each video that is received",
          GST_TYPE_MATRIX_RTC_VIDEO_QUALITY, DEFAULT_VIDEO_QUALITY,
          CHANGEABLE));

  /**
   * matrixrtcsrc:latency:
   *
   * How long packets may be late, in milliseconds: the length of the jitter
   * buffers, and the latency that the element reports.
   *
   * Since: 0.1.0
   */
  g_object_class_install_property (klass, SETTING_LATENCY,
      g_param_spec_uint ("latency", "Latency",
          "Length of the jitter buffers, in milliseconds", 0, G_MAXINT,
          DEFAULT_LATENCY, READ_WRITE));

  /**
   * matrixrtcsrc:add-reference-timestamp-meta:
   *
   * Whether buffers have a `GstReferenceTimestampMeta` of `timestamp/x-ntp`: when
   * they were sampled, in nanoseconds since 1900, by the publisher's clock. Those
   * before a track's first sender report have none.
   *
   * Since: 0.1.0
   */
  g_object_class_install_property (klass, SETTING_ADD_REFERENCE_TIMESTAMP_META,
      g_param_spec_boolean ("add-reference-timestamp-meta",
          "Add reference timestamp meta",
          "Whether buffers tell when they were sampled, by the publisher's clock",
          FALSE, READ_WRITE));
}

static void
install_network (GObjectClass * klass)
{
  /**
   * matrixrtcsrc:timeout:
   *
   * How long one step may take, in seconds: the OpenID token with all retries, each
   * request by which the room and its authorization service are found, with its
   * retries, each to that service, joining the SFU, and finding a media path to it.
   *
   * Since: 0.1.0
   */
  g_object_class_install_property (klass, SETTING_TIMEOUT,
      g_param_spec_uint ("timeout", "Timeout",
          "Limit of one request or connect, in seconds", 1, MAX_TIMEOUT,
          DEFAULT_TIMEOUT, READ_WRITE));

  /**
   * matrixrtcsrc:reconnect-timeout:
   *
   * How long a connection that was lost is tried to be got back, in seconds, before
   * the element fails with `CONNECTION_LOST_ERROR`. With 0 it fails at once. What
   * has never been connected isn't tried again.
   *
   * Since: 0.1.0
   */
  g_object_class_install_property (klass, SETTING_RECONNECT_TIMEOUT,
      g_param_spec_uint ("reconnect-timeout", "Reconnect timeout",
          "How long to try to get a lost connection back, in seconds "
          "(0: not at all)", 0, MAX_TIMEOUT, DEFAULT_RECONNECT_TIMEOUT,
          READ_WRITE));

  /**
   * matrixrtcsrc:ssl-strict:
   *
   * Whether the certificates of the servers are checked.
   *
   * Since: 0.1.0
   */
  g_object_class_install_property (klass, SETTING_SSL_STRICT,
      g_param_spec_boolean ("ssl-strict", "SSL strict",
          "Whether certificates are checked", DEFAULT_SSL_STRICT, READ_WRITE));

  /**
   * matrixrtcsrc:ssl-ca-file:
   *
   * The path of a PEM file with the certificate authorities to trust. Unset: the
   * system's.
   *
   * Since: 0.1.0
   */
  g_object_class_install_property (klass, SETTING_SSL_CA_FILE,
      g_param_spec_string ("ssl-ca-file", "SSL CA file",
          "File with the certificates to trust (unset: the system's)", NULL,
          READ_WRITE));

  /**
   * matrixrtcsrc:proxy:
   *
   * The URI of the HTTP proxy for all requests and the signalling. Unset: as the
   * system is set up. Media doesn't go through it.
   *
   * Since: 0.1.0
   */
  g_object_class_install_property (klass, SETTING_PROXY,
      g_param_spec_string ("proxy", "Proxy",
          "HTTP proxy URI (unset: the system's)", NULL, READ_WRITE));

  /**
   * matrixrtcsrc:user-agent:
   *
   * The User-Agent of our requests. If it ends in a space, libsoup's own is
   * appended.
   *
   * Since: 0.1.0
   */
  g_object_class_install_property (klass, SETTING_USER_AGENT,
      g_param_spec_string ("user-agent", "User agent",
          "Value of the User-Agent HTTP request header field",
          DEFAULT_USER_AGENT, READ_WRITE));

  /**
   * matrixrtcsrc:ice-transport-policy:
   *
   * Which paths media may take. The TURN servers are those that the SFU names.
   *
   * Since: 0.1.0
   */
  g_object_class_install_property (klass, SETTING_ICE_TRANSPORT_POLICY,
      g_param_spec_enum ("ice-transport-policy", "ICE transport policy",
          "Which paths media may take",
          GST_TYPE_MATRIX_RTC_ICE_TRANSPORT_POLICY,
          DEFAULT_ICE_TRANSPORT_POLICY, READ_WRITE));
}

static void
install_encryption (GObjectClass * klass)
{
  /**
   * matrixrtcsrc:e2ee-keys:
   *
   * Where the media keys of an encrypted call come from.
   *
   * Since: 0.1.0
   */
  g_object_class_install_property (klass, SETTING_E2EE_KEYS,
      g_param_spec_enum ("e2ee-keys", "E2EE keys",
          "Where the media keys of an encrypted call come from",
          GST_TYPE_MATRIX_RTC_E2EE_KEYS, DEFAULT_E2EE_KEYS, READ_WRITE));

  /**
   * matrixrtcsrc:e2ee-passphrase:
   *
   * The password of a call that has one for all participants, as it stands after
   * `password=` in the call's link. Write-only; prefer
   * #matrixrtcsrc:e2ee-passphrase-file, which no process list shows. If both are
   * set, this one counts.
   *
   * Since: 0.1.0
   */
  g_object_class_install_property (klass, SETTING_E2EE_PASSPHRASE,
      g_param_spec_string ("e2ee-passphrase", "E2EE passphrase",
          "Password of a call that has one for all (write-only)", NULL,
          WRITE_ONLY));

  /**
   * matrixrtcsrc:e2ee-passphrase-file:
   *
   * The path of a file whose first line is the password of the call. It is read at
   * each start.
   *
   * Since: 0.1.0
   */
  g_object_class_install_property (klass, SETTING_E2EE_PASSPHRASE_FILE,
      g_param_spec_string ("e2ee-passphrase-file", "E2EE passphrase file",
          "File with the call's password, read at each start", NULL,
          READ_WRITE));

  /**
   * matrixrtcsrc:unencrypted-media:
   *
   * What becomes of tracks that aren't encrypted in a call that is: one whose
   * passphrase is set, or in which any other track is encrypted.
   *
   * Since: 0.1.0
   */
  g_object_class_install_property (klass, SETTING_UNENCRYPTED_MEDIA,
      g_param_spec_enum ("unencrypted-media", "Unencrypted media",
          "What to do with plain tracks among encrypted ones",
          GST_TYPE_MATRIX_RTC_UNENCRYPTED_MEDIA, DEFAULT_UNENCRYPTED_MEDIA,
          READ_WRITE));
}

void
gst_matrix_rtc_src_settings_install (GObjectClass * klass)
{
  install_account (klass);
  install_room (klass);
  install_sfu (klass);
  install_media (klass);
  install_network (klass);
  install_encryption (klass);
}
