/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The embedded call as a program, for the demo and for trying things by hand:
 * prints where it is, one KEY=VALUE a line, and runs until told to end. */

#include "testcall.h"

#include <glib-unix.h>
#include <gst/gst.h>
#include <stdio.h>

static const struct
{
  const gchar *name;
  TestcallCodec codec;
} cast[] = {
  {"ana", TESTCALL_VP8}, {"ben", TESTCALL_H264}, {"cleo", TESTCALL_VP8},
  {"dan", TESTCALL_VP8}, {"eva", TESTCALL_H264}, {"finn", TESTCALL_VP8}
};

static gint participants = 3;
static gint duration;
static gboolean h264;
static gboolean vp8;
static gboolean vp9;
static gboolean audio_only;
static gboolean screen;

static const GOptionEntry entries[] = {
  {"participants", 'n', 0, G_OPTION_ARG_INT, &participants,
      "How many are in the call (3)", "N"},
  {"duration", 'd', 0, G_OPTION_ARG_INT, &duration,
      "End after so many seconds", "S"},
  {"h264", 0, 0, G_OPTION_ARG_NONE, &h264, "All send H.264", NULL},
  {"vp8", 0, 0, G_OPTION_ARG_NONE, &vp8, "All send VP8", NULL},
  {"vp9", 0, 0, G_OPTION_ARG_NONE, &vp9, "All send VP9", NULL},
  {"audio-only", 0, 0, G_OPTION_ARG_NONE, &audio_only, "No cameras", NULL},
  {"screen", 0, 0, G_OPTION_ARG_NONE, &screen,
      "The first also shares a screen", NULL},
  {NULL}
};

static gboolean
on_end (gpointer loop)
{
  g_main_loop_quit (loop);
  return G_SOURCE_REMOVE;
}

static void
fill_call (TestCall * call)
{
  gint i;

  for (i = 0; i < participants; i++) {
    guint part = i % G_N_ELEMENTS (cast);
    g_autofree gchar *name = i < (gint) G_N_ELEMENTS (cast) ?
        g_strdup (cast[part].name) : g_strdup_printf ("%s%u", cast[part].name,
        i / (guint) G_N_ELEMENTS (cast) + 1);
    TestcallMedia media = TESTCALL_AUDIO | (audio_only ? 0 : TESTCALL_VIDEO)
        | (screen && i == 0 ? TESTCALL_SCREEN : 0);

    testcall_join (call, name, media, h264 ? TESTCALL_H264 : vp8 ?
        TESTCALL_VP8 : vp9 ? TESTCALL_VP9 : cast[part].codec);
  }
}

static void
print_call (TestCall * call)
{
  g_autofree gchar *token = testcall_make_jwt (call, "demo", NULL);

  g_print ("HOMESERVER=%s\nACCESS_TOKEN=%s\nROOM_ID=%s\n"
      "LIVEKIT_SERVICE_URL=%s\nLIVEKIT_URL=%s\nLIVEKIT_TOKEN=%s\nREADY\n",
      testcall_get_url (call), testcall_get_access_token (call),
      testcall_get_room_id (call), testcall_get_service_url (call),
      testcall_get_sfu_url (call), token);
  fflush (stdout);
}

int
main (int argc, char **argv)
{
  g_autoptr (GOptionContext) context =
      g_option_context_new ("- an embedded MatrixRTC call");
  g_autoptr (GMainLoop) loop = NULL;
  g_autoptr (GError) error = NULL;
  TestCall *call;

  g_option_context_add_main_entries (context, entries, NULL);
  g_option_context_add_group (context, gst_init_get_option_group ());
  if (!g_option_context_parse (context, &argc, &argv, &error)) {
    g_printerr ("%s\n", error->message);
    return 1;
  }
  loop = g_main_loop_new (NULL, FALSE);
  g_unix_signal_add (SIGINT, on_end, loop);
  g_unix_signal_add (SIGTERM, on_end, loop);
  if (duration > 0)
    g_timeout_add_seconds (duration, on_end, loop);

  call = testcall_new ();
  fill_call (call);
  print_call (call);
  g_main_loop_run (loop);
  testcall_free (call);
  return 0;
}
