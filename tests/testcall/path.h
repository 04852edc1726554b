/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The network under a peer's webrtcbin: its libnice agent, for what webrtcbin
 * has no words for. */

#pragma once

#include <gst/gst.h>
#include <gst/sdp/sdp.h>

typedef struct _Path Path;

/* Before the first offer: media stays on this machine. changed is called from
 * any thread; path_update() wants to be called then. */
Path *path_new (GstElement * webrtc, GCallback changed, gpointer user_data,
    GClosureNotify destroy);
void path_free (Path * path);

/* New credentials on our side. Nothing more is sent until the other side has
 * new ones too and both have found each other with them. */
void path_restart (Path * path);
/* TRUE: the other side's new credentials are missing. */
gboolean path_is_restarting (Path * path);
/* TRUE: since a restart, the two have found each other just now. */
gboolean path_update (Path * path);
/* What an answer says. FALSE: new credentials that no restart had asked for;
 * nothing gets through any more. */
gboolean path_hear (Path * path, const gchar * ufrag, const gchar * pwd);

/* After a restart webrtcbin would put its first credentials back. */
void path_put_credentials (Path * path, GstSDPMessage * sdp);
typedef void (*PathCandidate) (gpointer user_data, const gchar * candidate);
void path_tell_candidates (Path * path, PathCandidate tell,
    gpointer user_data);

/* The network dies without a word, for good. */
void path_cut (Path * path);
