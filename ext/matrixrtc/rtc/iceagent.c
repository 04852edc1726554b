/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The libnice agent behind a webrtcbin, for what webrtcbin has no properties for.
 * Does nothing where webrtcbin runs on another ICE implementation.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <nice/agent.h>
#include "../debug.h"
#include "iceagent.h"

#define GST_CAT_DEFAULT matrixrtc_peer_debug

static NiceAgent *
get_agent (GstElement * webrtcbin)
{
  g_autoptr (GObject) ice = NULL;
  GObject *agent = NULL;

  g_object_get (webrtcbin, "ice-agent", &ice, NULL);
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
 * would be heard by the whole local network. */
void
rtc_ice_agent_disable_upnp (GstElement * webrtcbin)
{
  NiceAgent *agent = get_agent (webrtcbin);

  if (agent == NULL)
    return;
  g_object_set (agent, "upnp", FALSE, NULL);
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
