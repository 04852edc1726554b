/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The libnice agent behind a webrtcbin, for what webrtcbin has no properties for.
 * Does nothing where webrtcbin runs on another ICE implementation.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <string.h>
#include <nice/agent.h>
#include "../debug.h"
#include "iceagent.h"

#define GST_CAT_DEFAULT matrixrtc_peer_debug

/* All sections are bundled: webrtcbin makes one stream with one component. */
#define STREAM_ID 1
#define COMPONENT_ID 1

static GObject *
get_ice (GstElement * webrtcbin)
{
  GObject *ice = NULL;

  g_object_get (webrtcbin, "ice-agent", &ice, NULL);
  return ice;
}

static NiceAgent *
get_agent (GstElement * webrtcbin)
{
  g_autoptr (GObject) ice = get_ice (webrtcbin);
  GObject *agent = NULL;

  if (ice != NULL
      && g_object_class_find_property (G_OBJECT_GET_CLASS (ice), "agent"))
    g_object_get (ice, "agent", &agent, NULL);
  if (agent == NULL || !NICE_IS_AGENT (agent)) {
    g_clear_object (&agent);
    return NULL;
  }
  return NICE_AGENT (agent);
}

/* The SFU is in the open: a hole in the router needs no asking for, and asking
 * would be heard by the whole local network. Keepalives want an answer, so that a
 * path that has died is noticed, if late. */
void
rtc_ice_agent_adapt (GstElement * webrtcbin)
{
  NiceAgent *agent = get_agent (webrtcbin);

  if (agent == NULL)
    return;
  g_object_set (agent, "upnp", FALSE, "keepalive-conncheck", TRUE, NULL);
  g_object_unref (agent);
}

/* Before the first offer: media leaves from @address alone. */
void
rtc_ice_agent_use_only (GstElement * webrtcbin, const gchar * address)
{
  NiceAgent *agent = get_agent (webrtcbin);
  NiceAddress local;

  if (agent == NULL)
    return;
  nice_address_init (&local);
  if (nice_address_set_from_string (&local, address))
    nice_agent_add_local_address (agent, &local);
  g_object_unref (agent);
}

/* Restarting */

/* New credentials on both sides; what there was of candidates of the other side
 * is forgotten, ours stay. Media goes on over the old path until there is a new
 * one. FALSE where webrtcbin has no such agent. */
gboolean
rtc_ice_agent_restart (GstElement * webrtcbin, const gchar * remote_ufrag,
    const gchar * remote_pwd, gchar ** ufrag, gchar ** pwd)
{
  g_autoptr (GObject) owned = (GObject *) get_agent (webrtcbin);
  NiceAgent *agent = (NiceAgent *) owned;

  return agent != NULL && nice_agent_restart_stream (agent, STREAM_ID)
      && nice_agent_get_local_credentials (agent, STREAM_ID, ufrag, pwd)
      && nice_agent_set_remote_credentials (agent, STREAM_ID, remote_ufrag,
      remote_pwd);
}

gboolean
rtc_ice_agent_is_connected (GstElement * webrtcbin)
{
  g_autoptr (GObject) agent = (GObject *) get_agent (webrtcbin);
  NiceComponentState state;

  if (agent == NULL)
    return FALSE;
  state = nice_agent_get_component_state (NICE_AGENT (agent), STREAM_ID,
      COMPONENT_ID);
  return state == NICE_COMPONENT_STATE_CONNECTED
      || state == NICE_COMPONENT_STATE_READY;
}

/* Those of ours that were gathered, as in an SDP. */
GStrv
rtc_ice_agent_get_candidates (GstElement * webrtcbin)
{
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();
  g_autoptr (GObject) agent = (GObject *) get_agent (webrtcbin);
  GSList *candidates = agent == NULL ? NULL :
      nice_agent_get_local_candidates (NICE_AGENT (agent), STREAM_ID,
      COMPONENT_ID);
  GSList *item;

  for (item = candidates; item != NULL; item = item->next) {
    g_autofree gchar *line = nice_agent_generate_local_candidate_sdp
        (NICE_AGENT (agent), item->data);

    g_strv_builder_add (builder, line + strlen ("a="));
  }
  g_slist_free_full (candidates, (GDestroyNotify) nice_candidate_free);
  return g_strv_builder_end (builder);
}

/* @changed is called on the agent's thread whenever its state changes. */
void
rtc_ice_agent_watch (GstElement * webrtcbin, void (*changed) (gpointer),
    gpointer user_data, GClosureNotify notify)
{
  g_autoptr (GObject) agent = (GObject *) get_agent (webrtcbin);

  if (agent != NULL)
    g_signal_connect_data (agent, "component-state-changed",
        G_CALLBACK (changed), user_data, notify, G_CONNECT_SWAPPED);
  else
    notify (user_data, NULL);
}

void
rtc_ice_agent_unwatch (GstElement * webrtcbin, gpointer user_data)
{
  g_autoptr (GObject) agent = (GObject *) get_agent (webrtcbin);

  if (agent != NULL)
    g_signal_handlers_disconnect_by_data (agent, user_data);
}

/* An agent that gives back its allocations, and who waits for that. */
typedef struct
{
  NiceAgent *agent;
  GObject *ice;                 /* webrtcbin's own; it runs the agent's thread */
  GMutex lock;
  GCond cond;
  gboolean is_done;             /* under lock */
  gboolean is_abandoned;        /* under lock: nobody waits any more */
} Closing;

static Closing *
closing_new (GstElement * webrtcbin)
{
  NiceAgent *agent = get_agent (webrtcbin);
  Closing *closing;

  if (agent == NULL)
    return NULL;
  closing = g_new0 (Closing, 1);
  closing->agent = agent;
  closing->ice = get_ice (webrtcbin);
  g_mutex_init (&closing->lock);
  g_cond_init (&closing->cond);
  return closing;
}

/* Not on the agent's thread, which may end here. */
static gpointer
closing_free (gpointer data)
{
  Closing *closing = data;

  g_object_unref (closing->agent);
  g_object_unref (closing->ice);
  g_mutex_clear (&closing->lock);
  g_cond_clear (&closing->cond);
  g_free (closing);
  return NULL;
}

static void
on_closed (GObject * agent, GAsyncResult * result, gpointer user_data)
{
  Closing *closing = user_data;
  gboolean is_abandoned;

  g_mutex_lock (&closing->lock);
  closing->is_done = TRUE;
  is_abandoned = closing->is_abandoned;
  g_cond_signal (&closing->cond);
  g_mutex_unlock (&closing->lock);
  if (is_abandoned)
    g_thread_unref (g_thread_new ("ice-closing", closing_free, closing));
}

/* On the agent's thread, where the answer comes too. */
static gboolean
start_closing (gpointer user_data)
{
  Closing *closing = user_data;
  GMainContext *context = g_source_get_context (g_main_current_source ());

  g_main_context_push_thread_default (context);
  nice_agent_close_async (closing->agent, on_closed, closing);
  g_main_context_pop_thread_default (context);
  return G_SOURCE_REMOVE;
}

static void
closing_start (Closing * closing)
{
  g_autoptr (GSource) source = g_idle_source_new ();
  GMainContext *context;

  g_object_get (closing->agent, "main-context", &context, NULL);
  g_source_set_callback (source, start_closing, closing, NULL);
  g_source_attach (source, context);
}

/* Gives back what the agent holds on TURN servers, which libnice keeps memory and
 * sockets for until the servers have agreed. With the elements down in READY. What
 * takes longer than @timeout_ms goes on by itself. */
void
rtc_ice_agent_close (GstElement * webrtcbin, guint timeout_ms)
{
  Closing *closing = closing_new (webrtcbin);
  gint64 deadline = g_get_monotonic_time () + timeout_ms * 1000LL;
  gboolean is_done;

  if (closing == NULL)
    return;
  closing_start (closing);
  g_mutex_lock (&closing->lock);
  while (!closing->is_done
      && g_cond_wait_until (&closing->cond, &closing->lock, deadline));
  is_done = closing->is_done;
  closing->is_abandoned = !is_done;
  g_mutex_unlock (&closing->lock);
  if (is_done)
    closing_free (closing);
}
