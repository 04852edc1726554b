/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What the self-tests of the embedded call share: the call, and waiting for
 * things to happen to a client of it. */

#pragma once

#include "selftest-client.h"
#include "testcall.h"

#include <gst/check/gstcheck.h>

/* Ends a test that hangs; only valgrind comes near. */
#define DEADLINE 50000

/* Of the test that runs. */
extern TestCall *call;

/* With a new call for each test. */
TCase *selftest_tcase_new (const gchar * name);

/* The status of a GET with this token or none. */
guint http_get (const gchar * path, const gchar * token);

Client *connect_client (void);
gboolean has_message (Client * client, gpointer message_case);
Livekit__SignalResponse *await_message (Client * client, gint message_case);
gboolean is_closed (Client * client, gpointer data);
void await_closed (Client * client);
void await_count (Client * client, TestcallSaw what, guint64 number);
/* The client leaves and is freed. */
void leave (Client * client);

typedef struct
{
  const gchar *sid;
  guint frames;
  guint key_frames;
} Wanted;

gboolean has_frames (Client * client, gpointer wanted);
/* In all, and after now. */
void await_frames (Client * client, const gchar * sid, guint count);
void await_more_frames (Client * client, const gchar * sid, guint count);
void await_silence (Client * client, const gchar * sid);
