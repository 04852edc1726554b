/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The libnice agent of one webrtcbin, which knows no ICE restart. libnice goes
 * on sending to the old address during one, LiveKit doesn't: there is a gate
 * in front of the network that stays shut meanwhile. */

#include "path.h"
#include "offer.h"

#include <nice/agent.h>
#include <nice/interfaces.h>
#include <string.h>

#define STREAM_ID 1             /* BUNDLE: one stream, one component */
#define COMPONENT_ID 1

struct _Path
{
  GstElement *webrtc;           /* its owner owns us too */
  NiceAgent *agent;
  gulong handler;
  gint *shut;                   /* atomic, shared with the gate's probes */
  gboolean has_gate;
  gboolean restarting;
  gboolean is_lost;             /* the two have no common credentials */
  gboolean is_cut;
  gchar *ufrag;                 /* replace webrtcbin's after a restart */
  gchar *pwd;
  gchar *remote_ufrag;
};

static void
add_address (NiceAgent * agent, const gchar * text)
{
  NiceAddress address;

  nice_address_init (&address);
  if (nice_address_set_from_string (&address, text))
    nice_agent_add_local_address (agent, &address);
}

/* Between addresses of one machine the kernel keeps everything on its loopback
 * device. 127.0.0.1 alone is not enough: a libnice client gathers no loopback
 * address where it finds another, and ties its sockets to that interface, from
 * where 127.0.0.1 can't be reached. */
static void
restrict_to_machine (NiceAgent * agent)
{
  GList *own = nice_interfaces_get_local_ips (FALSE);
  GList *item;

  g_object_set (agent, "upnp", FALSE, "ice-tcp", FALSE, NULL);
  add_address (agent, "127.0.0.1");
  for (item = own; item; item = item->next) {
    if (!strchr (item->data, ':'))
      add_address (agent, item->data);
  }
  g_list_free_full (own, g_free);
}

Path *
path_new (GstElement * webrtc, GCallback changed, gpointer user_data,
    GClosureNotify destroy)
{
  Path *path = g_new0 (Path, 1);
  GObject *ice = NULL;

  path->webrtc = webrtc;
  path->shut = g_atomic_rc_box_new0 (gint);
  g_object_get (webrtc, "ice-agent", &ice, NULL);
  g_object_get (ice, "agent", &path->agent, NULL);
  g_object_unref (ice);
  restrict_to_machine (path->agent);
  path->handler = g_signal_connect_data (path->agent,
      "component-state-changed", changed, user_data, destroy,
      G_CONNECT_SWAPPED);
  return path;
}

void
path_free (Path * path)
{
  g_signal_handler_disconnect (path->agent, path->handler);
  g_object_unref (path->agent);
  g_atomic_rc_box_release (path->shut);
  g_free (path->ufrag);
  g_free (path->pwd);
  g_free (path->remote_ufrag);
  g_free (path);
}

/* --- The gate ------------------------------------------------------------ */

static GstPadProbeReturn
on_packet (GstPad * pad, GstPadProbeInfo * info, gpointer shut)
{
  return g_atomic_int_get ((gint *) shut) ? GST_PAD_PROBE_DROP :
      GST_PAD_PROBE_OK;
}

static void
build_gate (const GValue * item, gpointer user_data)
{
  Path *path = user_data;
  GstElement *nicesink = g_value_get_object (item);
  g_autoptr (GstPad) pad = gst_element_get_static_pad (nicesink, "sink");

  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER |
      GST_PAD_PROBE_TYPE_BUFFER_LIST, on_packet,
      g_atomic_rc_box_acquire (path->shut), g_atomic_rc_box_release);
}

static void
shut_gate (Path * path)
{
  if (!path->has_gate) {
    GstIterator *sinks = gst_bin_iterate_all_by_element_factory_name
        (GST_BIN (path->webrtc), "nicesink");

    gst_iterator_foreach (sinks, build_gate, path);
    gst_iterator_free (sinks);
    path->has_gate = TRUE;
  }
  g_atomic_int_set (path->shut, TRUE);
}

/* --- Restarts ------------------------------------------------------------ */

void
path_restart (Path * path)
{
  if (path->is_cut)
    return;
  g_clear_pointer (&path->ufrag, g_free);
  g_clear_pointer (&path->pwd, g_free);
  shut_gate (path);
  path->restarting = TRUE;
  path->is_lost = FALSE;
  nice_agent_restart_stream (path->agent, STREAM_ID);
  nice_agent_get_local_credentials (path->agent, STREAM_ID, &path->ufrag,
      &path->pwd);
}

gboolean
path_is_restarting (Path * path)
{
  return path->restarting;
}

gboolean
path_update (Path * path)
{
  NiceComponentState state;

  if (path->restarting || path->is_lost || path->is_cut
      || !g_atomic_int_get (path->shut))
    return FALSE;
  state = nice_agent_get_component_state (path->agent, STREAM_ID, COMPONENT_ID);
  if (state != NICE_COMPONENT_STATE_CONNECTED
      && state != NICE_COMPONENT_STATE_READY)
    return FALSE;
  g_atomic_int_set (path->shut, FALSE);
  return TRUE;
}

/* libnice takes new remote credentials only from us: webrtcbin knows no
 * restart. */
gboolean
path_hear (Path * path, const gchar * ufrag, const gchar * pwd)
{
  gboolean is_first = path->remote_ufrag == NULL;

  if (g_strcmp0 (path->remote_ufrag, ufrag) == 0)
    return TRUE;
  g_free (path->remote_ufrag);
  path->remote_ufrag = g_strdup (ufrag);
  if (path->restarting) {
    path->restarting = FALSE;
    nice_agent_set_remote_credentials (path->agent, STREAM_ID, ufrag, pwd);
  } else if (!is_first) {
    path->is_lost = TRUE;
    shut_gate (path);
  }
  return !path->is_lost;
}

void
path_put_credentials (Path * path, GstSDPMessage * sdp)
{
  offer_put_credentials (sdp, path->ufrag, path->pwd);
}

void
path_tell_candidates (Path * path, PathCandidate tell, gpointer user_data)
{
  GSList *candidates = path->is_cut ? NULL :
      nice_agent_get_local_candidates (path->agent, STREAM_ID, COMPONENT_ID);
  GSList *item;

  for (item = candidates; item; item = item->next) {
    g_autofree gchar *line = nice_agent_generate_local_candidate_sdp
        (path->agent, item->data);

    tell (user_data, line + strlen ("a="));
  }
  g_slist_free_full (candidates, (GDestroyNotify) nice_candidate_free);
}

/* --- The end ------------------------------------------------------------- */

void
path_cut (Path * path)
{
  if (!path->is_cut)
    nice_agent_remove_stream (path->agent, STREAM_ID);
  path->is_cut = TRUE;
}
