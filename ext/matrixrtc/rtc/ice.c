/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The ICE side of a peer: servers, candidates in both directions, whether the
 * transport is up, and restarts, which webrtcbin knows nothing of. libnice is
 * restarted under it, and from then on its answers carry libnice's credentials
 * in place of its own. DTLS and SRTP go on over a restart.
 *
 * Lives on the worker thread; webrtcbin's and libnice's threads only post to it.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <string.h>
#include <gst/webrtc/webrtc.h>
#include "../debug.h"
#include "ice.h"
#include "iceagent.h"
#include "iceserver.h"
#include "sdp.h"

#define GST_CAT_DEFAULT matrixrtc_peer_debug

/* A server that restarts ICE may have closed the old path, and then says so. */
#define FAILURE_TIMEOUT_MS 1000

#define RESTART_TIMEOUT_MS 15000

/* Of a restart whose offer is yet to come. A server has some ten. */
#define MAX_HELD_CANDIDATES 64

struct _RtcIce
{
  MatrixRtcLoop *loop;
  GstElement *webrtcbin;
  RtcIceCallbacks callbacks;
  gpointer user_data;
  gboolean is_closed;

  gboolean has_stun_server;
  gboolean has_turn_server;
  gboolean is_connected;
  gboolean is_restarting;       /* until it is connected again */
  gboolean is_restart_told;     /* the other side has our answer to it */
  GSource *failure_timer;       /* of a failure, or of a restart */
  gchar *remote_ufrag;          /* of the last offer that was answered */
  gchar *ufrag;                 /* ours, since a restart; NULL: webrtcbin's own */
  gchar *pwd;
  GQueue held;                  /* of Candidate: the other side's, for later */
};

typedef struct
{
  guint mline;
  gchar *text;
} Candidate;

static Candidate *
candidate_new (guint mline, const gchar * text)
{
  Candidate *candidate = g_new (Candidate, 1);

  candidate->mline = mline;
  candidate->text = g_strdup (text);
  return candidate;
}

static void
candidate_free (gpointer data)
{
  Candidate *candidate = data;

  g_free (candidate->text);
  g_free (candidate);
}

static void
ice_clear (RtcIce * ice)
{
  matrix_rtc_loop_unref (ice->loop);
  gst_object_unref (ice->webrtcbin);
  g_free (ice->remote_ufrag);
  g_free (ice->ufrag);
  g_free (ice->pwd);
  g_queue_clear_full (&ice->held, candidate_free);
}

void
rtc_ice_unref (RtcIce * ice)
{
  g_atomic_rc_box_release_full (ice, (GDestroyNotify) ice_clear);
}

static void
ice_unref_closure (gpointer ice, GClosure * closure)
{
  rtc_ice_unref (ice);
}

/* What another thread wants done on the worker thread, unless it is closed by
 * then. */
typedef struct
{
  RtcIce *ice;
  void (*func) (RtcIce * ice, const Candidate * candidate);
  Candidate *candidate;         /* or NULL */
} Post;

static void
post_free (gpointer data)
{
  Post *post = data;

  g_clear_pointer (&post->candidate, candidate_free);
  rtc_ice_unref (post->ice);
  g_free (post);
}

static gboolean
post_run (gpointer data)
{
  Post *post = data;

  if (!post->ice->is_closed)
    post->func (post->ice, post->candidate);
  return G_SOURCE_REMOVE;
}

static void
ice_post (RtcIce * ice, void (*func) (RtcIce *, const Candidate *),
    Candidate * candidate)
{
  Post *post = g_new (Post, 1);

  post->ice = g_atomic_rc_box_acquire (ice);
  post->func = func;
  post->candidate = candidate;
  matrix_rtc_loop_invoke (ice->loop, post_run, post, post_free);
}

/* Servers */

/* @url is of the kind that LiveKit gives (RFC 7064, 7065). webrtcbin takes one
 * STUN server, the first. */
void
rtc_ice_add_server (RtcIce * ice, const gchar * url, const gchar * username,
    const gchar * credential)
{
  RtcIceServerKind kind;
  g_autofree gchar *server =
      rtc_ice_server_to_webrtcbin (url, username, credential, &kind);
  gboolean taken;

  if (server == NULL) {
    GST_WARNING_OBJECT (ice->webrtcbin, "an ICE server can't be used");
  } else if (kind == RTC_ICE_SERVER_TURN) {
    g_signal_emit_by_name (ice->webrtcbin, "add-turn-server", server, &taken);
    ice->has_turn_server = TRUE;
  } else if (!ice->has_stun_server) {
    g_object_set (ice->webrtcbin, "stun-server", server, NULL);
    ice->has_stun_server = TRUE;
  }
}

gboolean
rtc_ice_has_turn_server (RtcIce * ice)
{
  return ice->has_turn_server;
}

/* Candidates */

static void
ice_tell_candidate (RtcIce * ice, const Candidate * candidate)
{
  ice->callbacks.candidate (candidate->mline, candidate->text, ice->user_data);
}

static void
on_ice_candidate (GstElement * webrtcbin, guint mline, const gchar * text,
    RtcIce * ice)
{
  if (text != NULL && *text != '\0')
    ice_post (ice, ice_tell_candidate, candidate_new (mline, text));
}

/* A candidate may name the credentials that it belongs to. FALSE: to others than
 * those of the last offer. */
static gboolean
ice_candidate_is_current (RtcIce * ice, const gchar * text)
{
  const gchar *ufrag = strstr (text, " ufrag ");
  gsize length;

  if (ufrag == NULL || ice->remote_ufrag == NULL)
    return TRUE;
  ufrag += strlen (" ufrag ");
  length = strcspn (ufrag, " ");
  return strlen (ice->remote_ufrag) == length
      && strncmp (ice->remote_ufrag, ufrag, length) == 0;
}

/* A restart forgets all candidates, so those that come before it wait for it. */
void
rtc_ice_add_candidate (RtcIce * ice, guint mline, const gchar * text)
{
  if (ice_candidate_is_current (ice, text))
    g_signal_emit_by_name (ice->webrtcbin, "add-ice-candidate", mline, text);
  else if (g_queue_get_length (&ice->held) < MAX_HELD_CANDIDATES)
    g_queue_push_tail (&ice->held, candidate_new (mline, text));
}

static void
ice_release_candidates (RtcIce * ice)
{
  GQueue held = ice->held;
  Candidate *candidate;

  g_queue_init (&ice->held);
  while ((candidate = g_queue_pop_head (&held)) != NULL) {
    rtc_ice_add_candidate (ice, candidate->mline, candidate->text);
    candidate_free (candidate);
  }
}

static void
ice_tell_candidates_again (RtcIce * ice)
{
  g_auto (GStrv) candidates = rtc_ice_agent_get_candidates (ice->webrtcbin);
  guint i;

  for (i = 0; candidates[i] != NULL; i++)
    ice->callbacks.candidate (0, candidates[i], ice->user_data);
}

/* Whether it is connected */

/* Media may be here before webrtcbin says how it came. */
void
rtc_ice_take_connected (RtcIce * ice)
{
  if (ice->is_connected || ice->is_restarting)
    return;
  ice->is_connected = TRUE;
  matrix_rtc_clear_source (&ice->failure_timer);
  ice->callbacks.connected (ice->user_data);
}

gboolean
rtc_ice_is_connected (RtcIce * ice)
{
  return ice->is_connected;
}

/* In PAUSED a live source passes no data, so DTLS can't finish there: the ICE
 * connection is all that can be had. */
static gboolean
ice_transport_is_up (RtcIce * ice)
{
  GstWebRTCPeerConnectionState state;
  GstWebRTCICEConnectionState ice_state;

  g_object_get (ice->webrtcbin, "connection-state", &state,
      "ice-connection-state", &ice_state, NULL);
  if (state == GST_WEBRTC_PEER_CONNECTION_STATE_CONNECTED)
    return TRUE;
  return GST_STATE_TARGET (ice->webrtcbin) < GST_STATE_PLAYING
      && (ice_state == GST_WEBRTC_ICE_CONNECTION_STATE_CONNECTED
      || ice_state == GST_WEBRTC_ICE_CONNECTION_STATE_COMPLETED);
}

static gboolean
ice_has_failed (RtcIce * ice)
{
  GstWebRTCPeerConnectionState state;

  g_object_get (ice->webrtcbin, "connection-state", &state, NULL);
  return state == GST_WEBRTC_PEER_CONNECTION_STATE_FAILED;
}

static gboolean
on_failure_timeout (gpointer user_data)
{
  RtcIce *ice = user_data;

  matrix_rtc_clear_source (&ice->failure_timer);
  if (ice->is_restarting || ice_has_failed (ice))
    ice->callbacks.failed (ice->is_restarting ?
        "the ICE restart takes too long" : "the media transport failed",
        ice->user_data);
  return G_SOURCE_REMOVE;
}

static void
ice_set_failure_timeout (RtcIce * ice, guint timeout_ms)
{
  matrix_rtc_clear_source (&ice->failure_timer);
  ice->failure_timer = matrix_rtc_loop_add_timeout (ice->loop, timeout_ms,
      on_failure_timeout, ice);
}

static void
ice_check_connection (RtcIce * ice, const Candidate * unused)
{
  if (ice->failure_timer == NULL && ice_has_failed (ice))
    ice_set_failure_timeout (ice, FAILURE_TIMEOUT_MS);
  else if (ice_transport_is_up (ice))
    rtc_ice_take_connected (ice);
}

static void
on_connection_state (GstElement * webrtcbin, GParamSpec * pspec, RtcIce * ice)
{
  ice_post (ice, ice_check_connection, NULL);
}

/* Restarts */

/* webrtcbin's own state comes late, and not at all if the agent is quick. */
static void
ice_check_restart (RtcIce * ice, const Candidate * unused)
{
  if (!ice->is_restarting || !ice->is_restart_told
      || !rtc_ice_agent_is_connected (ice->webrtcbin))
    return;
  ice->is_restarting = FALSE;
  rtc_ice_take_connected (ice);
}

static void
on_agent_state (gpointer ice)
{
  ice_post (ice, ice_check_restart, NULL);
}

static gboolean
ice_restart (RtcIce * ice, const gchar * remote_ufrag, const gchar * remote_pwd)
{
  GST_DEBUG_OBJECT (ice->webrtcbin, "the other side restarts ICE");
  g_clear_pointer (&ice->ufrag, g_free);
  g_clear_pointer (&ice->pwd, g_free);
  ice->is_connected = FALSE;
  ice->is_restarting = TRUE;
  ice->is_restart_told = FALSE;
  ice_set_failure_timeout (ice, RESTART_TIMEOUT_MS);
  ice->callbacks.restarting (ice->user_data);
  return rtc_ice_agent_restart (ice->webrtcbin, remote_ufrag, remote_pwd,
      &ice->ufrag, &ice->pwd);
}

/* Before webrtcbin gets @answer to @offer as its local description, which sets the
 * credentials in it: a restart that @offer asks for happens now. FALSE: it can't
 * be done. */
gboolean
rtc_ice_take_answer (RtcIce * ice, const GstSDPMessage * offer,
    GstSDPMessage * answer)
{
  const gchar *ufrag, *pwd;

  if (ice->remote_ufrag != NULL && rtc_sdp_get_credentials (offer, &ufrag, &pwd)
      && !g_str_equal (ufrag, ice->remote_ufrag)
      && !ice_restart (ice, ufrag, pwd))
    return FALSE;
  if (ice->ufrag != NULL)
    rtc_sdp_set_credentials (answer, ice->ufrag, ice->pwd);
  return TRUE;
}

/* The other side has the answer to @offer. */
void
rtc_ice_take_applied (RtcIce * ice, const GstSDPMessage * offer)
{
  const gchar *ufrag, *pwd;

  if (!rtc_sdp_get_credentials (offer, &ufrag, &pwd))
    return;
  g_free (ice->remote_ufrag);
  ice->remote_ufrag = g_strdup (ufrag);
  if (ice->is_restarting && !ice->is_restart_told) {
    ice->is_restart_told = TRUE;
    ice_tell_candidates_again (ice);
  }
  ice_release_candidates (ice);
}

/* Life */

static void
ice_connect (RtcIce * ice, const gchar * signal, GCallback callback)
{
  g_signal_connect_data (ice->webrtcbin, signal, callback,
      g_atomic_rc_box_acquire (ice), ice_unref_closure, 0);
}

/* Before the first offer. */
RtcIce *
rtc_ice_new (MatrixRtcLoop * loop, GstElement * webrtcbin,
    const RtcIceCallbacks * callbacks, gpointer user_data)
{
  RtcIce *ice = g_atomic_rc_box_new0 (RtcIce);

  ice->loop = matrix_rtc_loop_ref (loop);
  ice->webrtcbin = gst_object_ref (webrtcbin);
  ice->callbacks = *callbacks;
  ice->user_data = user_data;
  g_queue_init (&ice->held);
  rtc_ice_agent_adapt (webrtcbin);
  rtc_ice_agent_watch (webrtcbin, on_agent_state,
      g_atomic_rc_box_acquire (ice), ice_unref_closure);
  ice_connect (ice, "on-ice-candidate", G_CALLBACK (on_ice_candidate));
  ice_connect (ice, "notify::connection-state",
      G_CALLBACK (on_connection_state));
  ice_connect (ice, "notify::ice-connection-state",
      G_CALLBACK (on_connection_state));
  return ice;
}

/* On the worker thread, or when that doesn't run any more: no callback comes any
 * more. */
void
rtc_ice_close (RtcIce * ice)
{
  if (ice->is_closed)
    return;
  ice->is_closed = TRUE;
  matrix_rtc_clear_source (&ice->failure_timer);
  rtc_ice_agent_unwatch (ice->webrtcbin, ice);
  g_signal_handlers_disconnect_by_data (ice->webrtcbin, ice);
}
