/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * An SFU whose offers aren't what they should be. Each time the call goes on, or
 * ends with one error, and the element starts again.
 */
#include "fixture.h"
#include "outcome.h"

#include <string.h>

#include "livekit.pb-c.h"

static void
setup (void)
{
  fixture_setup ();
  outcome_watch (receiver);
  testcall_join (call, "ana", TESTCALL_AUDIO | TESTCALL_VIDEO, TESTCALL_VP8);
  receiver_go_direct (receiver);
}

static void
send_offer (const gchar * type, const gchar * sdp, guint id)
{
  Livekit__SignalResponse message = LIVEKIT__SIGNAL_RESPONSE__INIT;
  Livekit__SessionDescription offer = LIVEKIT__SESSION_DESCRIPTION__INIT;
  g_autofree guint8 *data = NULL;

  offer.type = (gchar *) type;
  offer.sdp = (gchar *) sdp;
  offer.id = id;
  message.message_case = LIVEKIT__SIGNAL_RESPONSE__MESSAGE_OFFER;
  message.offer = &offer;
  data = g_malloc (livekit__signal_response__get_packed_size (&message));
  testcall_send_raw (call, data,
      livekit__signal_response__pack (&message, data), FALSE);
}

/* What is done to the text of the last offer. */

typedef gchar *(*Change) (const gchar * sdp);

/* Each match of @pattern becomes @replacement. */
static gchar *
replace (const gchar * sdp, const gchar * pattern, const gchar * replacement)
{
  g_autoptr (GRegex) regex =
      g_regex_new (pattern, G_REGEX_MULTILINE | G_REGEX_DOTALL, 0, NULL);

  return g_regex_replace (regex, sdp, -1, 0, replacement, 0, NULL);
}

/* The session's part and the sections, each from its m= on. */
static GPtrArray *
split (const gchar * sdp)
{
  GPtrArray *parts = g_ptr_array_new_with_free_func (g_free);
  const gchar *start = sdp;
  const gchar *end;

  while ((end = strstr (start, "\nm=")) != NULL) {
    g_ptr_array_add (parts, g_strndup (start, end + 1 - start));
    start = end + 1;
  }
  g_ptr_array_add (parts, g_strdup (start));
  return parts;
}

static gchar *
join (GPtrArray * parts)
{
  GString *text = g_string_new (NULL);
  guint i;

  for (i = 0; i < parts->len; i++)
    g_string_append (text, g_ptr_array_index (parts, i));
  g_ptr_array_unref (parts);
  return g_string_free (text, FALSE);
}

static gchar *
as_it_is (const gchar * sdp)
{
  return g_strdup (sdp);
}

static gchar *
without_mids (const gchar * sdp)
{
  return replace (sdp, "^a=mid:[^\r]*\r\n", "");
}

static gchar *
with_one_mid (const gchar * sdp)
{
  return replace (sdp, "^a=mid:[^\r]*\r\n", "a=mid:0\r\n");
}

static gchar *
with_long_mids (const gchar * sdp)
{
  g_autofree gchar *filler = g_strnfill (5000, '7');
  g_autofree gchar *line = g_strdup_printf ("a=mid:%s\r\n", filler);

  return replace (sdp, "^a=mid:[^\r]*\r\n", line);
}

static gchar *
without_bundle (const gchar * sdp)
{
  return replace (sdp, "^a=group:BUNDLE[^\r]*\r\n", "");
}

static gchar *
with_two_bundles (const gchar * sdp)
{
  return replace (sdp, "^a=group:BUNDLE 0[^\r]*\r\n",
      "a=group:BUNDLE 0\r\na=group:BUNDLE 1 2\r\n");
}

static gchar *
with_strange_bundle (const gchar * sdp)
{
  return replace (sdp, "^a=group:BUNDLE", "a=group:BUNDLE 77 78");
}

static gchar *
moved (const gchar * sdp)
{
  GPtrArray *parts = split (sdp);
  gpointer first = parts->pdata[1];

  fail_unless (parts->len > 2);
  parts->pdata[1] = parts->pdata[2];
  parts->pdata[2] = first;
  return join (parts);
}

static gchar *
dropped (const gchar * sdp)
{
  GPtrArray *parts = split (sdp);

  g_ptr_array_set_size (parts, parts->len - 1);
  return join (parts);
}

static gchar *
doubled (const gchar * sdp)
{
  GPtrArray *parts = split (sdp);

  g_ptr_array_add (parts, g_strdup (g_ptr_array_index (parts, parts->len - 1)));
  return join (parts);
}

static gchar *
without_sections (const gchar * sdp)
{
  GPtrArray *parts = split (sdp);

  g_ptr_array_set_size (parts, 1);
  return join (parts);
}

static gchar *
of_other_kind (const gchar * sdp)
{
  g_autofree gchar *half = replace (sdp, "^m=audio", "m=other");
  g_autofree gchar *most = replace (half, "^m=video", "m=audio");

  return replace (most, "^m=other", "m=video");
}

static gchar *
of_no_kind (const gchar * sdp)
{
  return replace (sdp, "^m=video", "m=text");
}

static gchar *
without_ssrcs (const gchar * sdp)
{
  return replace (sdp, "^a=ssrc[^\r]*\r\n", "");
}

static gchar *
with_zero_ssrcs (const gchar * sdp)
{
  return replace (sdp, "^a=ssrc:[0-9]+", "a=ssrc:0");
}

static gchar *
with_one_ssrc (const gchar * sdp)
{
  return replace (sdp, "^a=ssrc:[0-9]+", "a=ssrc:1234");
}

static gchar *
with_wild_ssrcs (const gchar * sdp)
{
  return replace (sdp, "^a=ssrc:[0-9]+", "a=ssrc:-99999999999999999999");
}

static gchar *
with_bad_groups (const gchar * sdp)
{
  return replace (sdp, "^a=ssrc-group:[^\r]*", "a=ssrc-group:FID 1");
}

static gchar *
with_many_ssrcs (const gchar * sdp)
{
  g_autoptr (GString) lines = g_string_new ("a=mid:\\1\r\n");
  guint i;

  for (i = 1; i <= 2000; i++)
    g_string_append_printf (lines, "a=ssrc:%u cname:x\r\n", i);
  return replace (sdp, "^a=mid:([^\r]*)\r\n", lines->str);
}

static gchar *
without_msids (const gchar * sdp)
{
  return replace (sdp, "^a=msid:[^\r]*\r\n|^a=ssrc:[0-9]+ msid[^\r]*\r\n", "");
}

static gchar *
without_codecs (const gchar * sdp)
{
  return replace (sdp, "^a=rtpmap:[^\r]*\r\n", "");
}

static gchar *
with_bad_codecs (const gchar * sdp)
{
  return replace (sdp, "^a=rtpmap:[^\r]*\r\n", "a=rtpmap:999 x\r\n");
}

static gchar *
with_bad_formats (const gchar * sdp)
{
  return replace (sdp, "SAVPF [^\r]*", "SAVPF -1 x 999 99999999999");
}

static gchar *
without_formats (const gchar * sdp)
{
  return replace (sdp, "SAVPF [^\r]*", "SAVPF");
}

static gchar *
without_ice (const gchar * sdp)
{
  return replace (sdp, "^a=ice-[^\r]*\r\n", "");
}

static gchar *
with_empty_ice (const gchar * sdp)
{
  return replace (sdp, "^(a=ice-[a-z]*):[^\r]*\r\n", "\\1:\r\n");
}

static gchar *
with_other_ice (const gchar * sdp)
{
  return replace (sdp, "^(a=ice-[a-z]*):[^\r]*\r\n",
      "\\1:abcdefghijklmnopqrstuvwxyz\r\n");
}

static gchar *
without_fingerprint (const gchar * sdp)
{
  return replace (sdp, "^a=fingerprint:[^\r]*\r\n", "");
}

static gchar *
with_bad_fingerprint (const gchar * sdp)
{
  return replace (sdp, "^a=fingerprint:[^\r]*\r\n",
      "a=fingerprint:sha-256 GG\r\n");
}

static gchar *
with_bad_setup (const gchar * sdp)
{
  return replace (sdp, "^a=setup:[^\r]*\r\n", "a=setup:holdconn\r\n");
}

static gchar *
with_directions (const gchar * sdp)
{
  return replace (sdp, "^a=sendrecv\r\n",
      "a=sendrecv\r\na=inactive\r\na=sendonly\r\n");
}

static gchar *
with_bad_extmaps (const gchar * sdp)
{
  return replace (sdp, "^a=extmap:[^\r]*\r\n",
      "a=extmap:0 x\r\na=extmap:999/y z\r\na=extmap:\r\n");
}

static gchar *
with_candidates (const gchar * sdp)
{
  return replace (sdp, "^a=mid:([^\r]*)\r\n", "a=mid:\\1\r\n"
      "a=candidate:\r\na=candidate:1 9 udp x ::: y typ\r\n"
      "a=end-of-candidates\r\n");
}

static gchar *
with_port_zero (const gchar * sdp)
{
  return replace (sdp, "^(m=[a-z]*) 9", "\\1 0");
}

static gchar *
without_utf8 (const gchar * sdp)
{
  return g_strconcat (sdp, "a=\xff\xfe\xc0\x80\r\n", NULL);
}

static gchar *
truncated (const gchar * sdp)
{
  return g_strndup (sdp, strlen (sdp) * 2 / 3);
}

static gchar *
of_a_mebibyte (const gchar * sdp)
{
  g_autofree gchar *filler = g_strnfill (1024 * 1024, 'x');

  return g_strconcat (sdp, "a=", filler, "\r\n", NULL);
}

static gchar *
of_many_lines (const gchar * sdp)
{
  g_autoptr (GString) text = g_string_new (sdp);
  guint i;

  for (i = 0; i < 100000; i++)
    g_string_append (text, "a=x:y\r\n");
  return g_strdup (text->str);
}

static gchar *
of_rubbish (const gchar * sdp)
{
  return g_strdup ("\r\n\r\nm=\r\nv=v=v=\r\na");
}

static gchar *
of_nothing (const gchar * sdp)
{
  return g_strdup ("");
}

#define ROW(change) {#change, change}

static const struct
{
  const gchar *name;
  Change change;
} rows[] = {
  ROW (as_it_is), ROW (without_mids), ROW (with_one_mid), ROW (with_long_mids),
  ROW (without_bundle), ROW (with_two_bundles), ROW (with_strange_bundle),
  ROW (moved), ROW (dropped), ROW (doubled), ROW (without_sections),
  ROW (of_other_kind), ROW (of_no_kind), ROW (without_ssrcs),
  ROW (with_zero_ssrcs), ROW (with_one_ssrc), ROW (with_wild_ssrcs),
  ROW (with_bad_groups), ROW (with_many_ssrcs), ROW (without_msids),
  ROW (without_codecs), ROW (with_bad_codecs), ROW (with_bad_formats),
  ROW (without_formats), ROW (without_ice), ROW (with_empty_ice),
  ROW (with_other_ice), ROW (without_fingerprint), ROW (with_bad_fingerprint),
  ROW (with_bad_setup), ROW (with_directions), ROW (with_bad_extmaps),
  ROW (with_candidates), ROW (with_port_zero), ROW (without_utf8),
  ROW (truncated), ROW (of_a_mebibyte), ROW (of_many_lines), ROW (of_rubbish),
  ROW (of_nothing),
};

/* With media flowing, one more. It has no id, lest the server's next one comes
 * behind it. */
GST_START_TEST (test_later_offer)
{
  g_autofree gchar *last = NULL;
  g_autofree gchar *sdp = NULL;

  outcome_connect (call, receiver);
  last = testcall_get_last_offer (call);
  sdp = rows[__i__].change (last);
  send_offer ("offer", sdp, 0);
  outcome_check (call, receiver, rows[__i__].name, OUTCOME_ANY);
  outcome_check_restart (call, receiver);
  fixture_teardown ();
}

GST_END_TEST;

/* As the first with tracks. It is made from one of an earlier call: the ICE and
 * DTLS parameters are a stranger's. */
GST_START_TEST (test_first_offer)
{
  TestcallFault fault = {.sdp = TESTCALL_SDP_TEXT };
  g_autofree gchar *last = NULL;
  g_autofree gchar *sdp = NULL;

  outcome_connect (call, receiver);
  gst_element_set_state (receiver_get_pipeline (receiver), GST_STATE_NULL);
  receiver_forget_pads (receiver);
  last = testcall_get_last_offer (call);
  sdp = rows[__i__].change (last);
  fault.body = sdp;
  testcall_set_fault (call, TESTCALL_STEP_OFFER, &fault);
  testcall_set_first_offer (call, TESTCALL_OFFER_TRACKS_AT_ONCE);
  g_object_set (receiver_get_src (receiver), "timeout", 1, NULL);
  receiver_play (receiver);
  outcome_check (call, receiver, rows[__i__].name, OUTCOME_ANY);
  testcall_set_fault (call, TESTCALL_STEP_OFFER, NULL);
  g_object_set (receiver_get_src (receiver), "timeout", 15, NULL);
  outcome_check_restart (call, receiver);
  fixture_teardown ();
}

GST_END_TEST;

/* Ids and types */

static const struct
{
  const gchar *type;
  gint id_offset;               /* to the last; G_MININT: zero */
  guint times;
} orders[] = {
  {"offer", 0, 1}, {"offer", -1, 1}, {"offer", G_MININT, 1},
  {"offer", G_MININT, 2}, {"offer", G_MININT, 200}, {"offer", 1, 200},
  {"answer", G_MININT, 1}, {"rollback", G_MININT, 1}, {"", G_MININT, 1},
  {"\xff", G_MININT, 1}
};

GST_START_TEST (test_order)
{
  g_autofree gchar *last = NULL;
  guint i, id;

  outcome_connect (call, receiver);
  last = testcall_get_last_offer (call);
  id = testcall_get_last_offer_id (call);
  for (i = 0; i < orders[__i__].times; i++)
    send_offer (orders[__i__].type, last, orders[__i__].id_offset == G_MININT ?
        0 : id + orders[__i__].id_offset + i);
  g_object_set (receiver_get_src (receiver), "timeout", 2, NULL);
  outcome_check (call, receiver, orders[__i__].type, OUTCOME_ANY);
  outcome_check_restart (call, receiver);
  fixture_teardown ();
}

GST_END_TEST;

static const TestcallFault faults[] = {
  {.send = TESTCALL_SEND_TWICE}, {.send = TESTCALL_SEND_TWICE,.skip = 1},
  {.id_offset = 1000000},
  {.sdp = TESTCALL_SDP_NO_MID,.skip = 1},
  {.sdp = TESTCALL_SDP_TEXT,.body = "v=0\r\n",.skip = 1},
};

GST_START_TEST (test_fault)
{
  testcall_set_fault (call, TESTCALL_STEP_OFFER, &faults[__i__]);
  g_object_set (receiver_get_src (receiver), "timeout", 2, NULL);
  receiver_play (receiver);
  outcome_check (call, receiver, "fault", OUTCOME_ANY);
  testcall_set_fault (call, TESTCALL_STEP_OFFER, NULL);
  g_object_set (receiver_get_src (receiver), "timeout", 15, NULL);
  outcome_check_restart (call, receiver);
  fixture_teardown ();
}

GST_END_TEST;

static Suite *
hostile_offers_suite (void)
{
  Suite *suite = suite_create ("hostile-offers");
  TCase *tc = fixture_add_case (suite, setup);

  tcase_add_loop_test (tc, test_later_offer, 0, G_N_ELEMENTS (rows));
  tcase_add_loop_test (tc, test_first_offer, 0, G_N_ELEMENTS (rows));
  tcase_add_loop_test (tc, test_order, 0, G_N_ELEMENTS (orders));
  tcase_add_loop_test (tc, test_fault, 0, G_N_ELEMENTS (faults));
  return suite;
}

GST_CHECK_MAIN (hostile_offers);
