/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which offers webrtcbin may be given: rtc/sdp.h.
 */
#include <gio/gio.h>
#include <gst/check/gstcheck.h>
#include "debug.h"
#include "rtc/sdp.h"
#include "sdptexts.h"

#define MAX_SDP_SIZE (2 * 1024 * 1024)
#define MAX_SECTIONS 4096

static GstSDPMessage *
parse (const gchar * text)
{
  g_autoptr (GError) error = NULL;
  GstSDPMessage *sdp = rtc_sdp_parse (text, &error);

  g_assert_no_error (error);
  fail_unless (sdp != NULL, "the text can't be parsed");
  return sdp;
}

typedef struct
{
  const gchar *what;
  const gchar *offer;
  const gchar *previous;        /* NULL: none */
} Row;

#define MID_32 "0123456789abcdef0123456789abcdef"
#define MID_64 MID_32 MID_32
#define TWO SESSION ("0 1") AUDIO ("0", "a=sendrecv\r\n") \
    VIDEO ("1", "a=sendrecv\r\n")

static const Row taken[] = {
  {"one section", SESSION ("0") AUDIO ("0", "")},
  {"data only", SESSION ("0") APPLICATION ("0")},
  {"all kinds", SESSION ("0 1 2") APPLICATION ("0") AUDIO ("1", "")
      VIDEO ("2", "")},
  {"bundled in another order", SESSION ("1 0") AUDIO ("0", "")
      VIDEO ("1", "")},
  {"transport once for all", SESSION ("0 a") ICE DTLS AUDIO_MEDIA
        "a=mid:0\r\n" VIDEO_MEDIA "a=mid:a\r\n"},
  {"ICE above, DTLS below", SESSION ("0") ICE AUDIO_MEDIA "a=mid:0\r\n" DTLS},
  {"the longest mid", SESSION (MID_64) AUDIO (MID_64, "")},
  {"nothing sent", SESSION ("0 1") AUDIO ("0", "a=recvonly\r\n")
      VIDEO ("1", "a=inactive\r\n")},
  {"the same again", TWO, TWO},
  {"a section more", TWO, SESSION ("0") AUDIO ("0", "")},
  {"a section of another track", SESSION ("0") AUDIO ("0",
            "a=sendrecv\r\na=msid:PA_2|TR_2 TR_2\r\n"),
      SESSION ("0") AUDIO ("0", "a=sendrecv\r\na=msid:PA_1|TR_1 TR_1\r\n")},
  {"other ICE credentials", SESSION ("0") AUDIO_MEDIA "a=mid:0\r\n"
        "a=ice-ufrag:wxyz\r\na=ice-pwd:zyxwvutsrqponmlkjihgfedc\r\n" DTLS,
      SESSION ("0") AUDIO ("0", "")},
};

GST_START_TEST (test_taken)
{
  const Row *row = &taken[__i__];
  GstSDPMessage *offer = parse (row->offer);
  GstSDPMessage *previous =
      row->previous == NULL ? NULL : parse (row->previous);
  g_autoptr (GError) error = NULL;
  gboolean ok = rtc_sdp_check_offer (offer, previous, &error);

  fail_unless (ok, "%s: %s", row->what, ok ? "" : error->message);
  g_assert_no_error (error);
  gst_sdp_message_free (offer);
  g_clear_pointer (&previous, gst_sdp_message_free);
}

GST_END_TEST;

static const Row refused[] = {
  {"no session description", "nonsense"},
  {"no sections", SESSION ("0")},
  {"no mid", SESSION ("0") AUDIO_MEDIA ICE DTLS},
  {"no mid in the second", SESSION ("0") AUDIO ("0", "") VIDEO_MEDIA ICE DTLS},
  {"an empty mid", SESSION ("") AUDIO ("", "")},
  {"a mid that is too long", SESSION (MID_64 "x") AUDIO (MID_64 "x", "")},
  {"a mid of two words", SESSION ("0 1") AUDIO ("0 1", "")},
  {"a mid with a tab", SESSION ("0\t1") AUDIO ("0\t1", "")},
  {"duplicate mids", SESSION ("0 0") AUDIO ("0", "") VIDEO ("0", "")},
  {"duplicate mids, named once", SESSION ("0") AUDIO ("0", "")
      AUDIO ("0", "")},
  {"two data sections", SESSION ("0 1") APPLICATION ("0") APPLICATION ("1")},
  {"two data sections apart", SESSION ("0 1 2") APPLICATION ("0")
      AUDIO ("1", "") APPLICATION ("2")},
  {"an unknown kind", SESSION ("0") "m=text 9 UDP/TLS/RTP/SAVPF 98\r\n"
        TRANSPORT ("0")},
  {"a kind in capitals", SESSION ("0") "m=AUDIO 9 UDP/TLS/RTP/SAVPF 111\r\n"
        TRANSPORT ("0")},
  {"no ice-ufrag", SESSION ("0") AUDIO_MEDIA "a=mid:0\r\n"
        "a=ice-pwd:abcdefghijklmnopqrstuvwx\r\n" DTLS},
  {"no ice-pwd", SESSION ("0") AUDIO_MEDIA "a=mid:0\r\n"
        "a=ice-ufrag:abcd\r\n" DTLS},
  {"no fingerprint", SESSION ("0") AUDIO_MEDIA "a=mid:0\r\n" ICE SETUP},
  {"no setup", SESSION ("0") AUDIO_MEDIA "a=mid:0\r\n" ICE FINGERPRINT},
  {"no transport in the second", SESSION ("0 1") AUDIO ("0", "")
      VIDEO_MEDIA "a=mid:1\r\n"},
  {"no transport for data", SESSION ("0 1") AUDIO ("0", "")
      APPLICATION_MEDIA "a=mid:1\r\n"},
  {"no BUNDLE", SESSION_WITHOUT_GROUP AUDIO ("0", "")},
  {"another group", SESSION_WITHOUT_GROUP "a=group:LS 0\r\n" AUDIO ("0", "")},
  {"another group first", SESSION_WITHOUT_GROUP "a=group:LS 0\r\n"
        "a=group:BUNDLE 0\r\n" AUDIO ("0", "")},
  {"an empty group", SESSION_WITHOUT_GROUP "a=group:BUNDLE\r\n"
        AUDIO ("0", "")},
  {"a group of nothing", SESSION_WITHOUT_GROUP "a=group:\r\n" AUDIO ("0", "")},
  {"a section out of the bundle", SESSION ("0") AUDIO ("0", "")
      VIDEO ("1", "")},
  {"an unknown mid in the bundle", SESSION ("0 1 2") AUDIO ("0", "")
      VIDEO ("1", "")},
  {"two bundles", SESSION_WITHOUT_GROUP "a=group:BUNDLE 0\r\n"
        "a=group:BUNDLE 1\r\n" AUDIO ("0", "") VIDEO ("1", "")},
  {"one mid bundled twice, another not", SESSION ("0 0") AUDIO ("0", "")
      VIDEO ("1", "")},
  {"a dropped section", SESSION ("0") AUDIO ("0", ""), TWO},
  {"a dropped section in between", SESSION ("1") VIDEO ("1", ""), TWO},
  {"swapped sections", SESSION ("0 1") VIDEO ("1", "") AUDIO ("0", ""), TWO},
  {"swapped mids", SESSION ("0 1") AUDIO ("1", "") VIDEO ("0", ""), TWO},
  {"another kind", SESSION ("0 1") AUDIO ("0", "") AUDIO ("1", ""), TWO},
  {"another mid", SESSION ("0 2") AUDIO ("0", "") VIDEO ("2", ""), TWO},
  {"a new section in front", SESSION ("2 0 1") AUDIO ("2", "")
      AUDIO ("0", "") VIDEO ("1", ""), TWO},
};

GST_START_TEST (test_refused)
{
  const Row *row = &refused[__i__];
  GstSDPMessage *offer = parse (row->offer);
  GstSDPMessage *previous =
      row->previous == NULL ? NULL : parse (row->previous);
  g_autoptr (GError) error = NULL;

  fail_if (rtc_sdp_check_offer (offer, previous, &error), "%s was taken",
      row->what);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA);
  gst_sdp_message_free (offer);
  g_clear_pointer (&previous, gst_sdp_message_free);
}

GST_END_TEST;

/* LiveKit's offers grow without end where sections aren't reused. */
GST_START_TEST (test_many_sections)
{
  guint n;

  for (n = MAX_SECTIONS; n <= MAX_SECTIONS + 1; n++) {
    GString *text = g_string_new (SESSION_WITHOUT_GROUP ICE DTLS
        "a=group:BUNDLE");
    GstSDPMessage *offer;
    guint i;

    for (i = 0; i < n; i++)
      g_string_append_printf (text, " %u", i);
    g_string_append (text, "\r\n");
    for (i = 0; i < n; i++)
      g_string_append_printf (text, VIDEO_MEDIA "a=mid:%u\r\n", i);
    offer = rtc_sdp_parse (text->str, NULL);
    fail_unless_equals_int (offer != NULL, n <= MAX_SECTIONS);
    if (offer != NULL) {
      fail_unless (rtc_sdp_check_offer (offer, NULL, NULL));
      gst_sdp_message_free (offer);
    }
    g_string_free (text, TRUE);
  }
}

GST_END_TEST;

static const gchar *const unparsable[] = {
  "", "v=0\r\na=\xff\r\n", "v=0\r\na=\xed\xa0\x80:x\r\n",
};

GST_START_TEST (test_unparsable)
{
  g_autoptr (GError) error = NULL;

  fail_unless (rtc_sdp_parse (unparsable[__i__], &error) == NULL,
      "\"%s\" was taken", unparsable[__i__]);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA);
}

GST_END_TEST;

GST_START_TEST (test_size)
{
  gsize size;

  for (size = MAX_SDP_SIZE; size <= MAX_SDP_SIZE + 1; size++) {
    g_autofree gchar *fill =
        g_strnfill (size - strlen (SESSION ("0") "a=x:"), 'y');
    g_autofree gchar *text = g_strconcat (SESSION ("0") "a=x:", fill, NULL);
    GstSDPMessage *sdp = rtc_sdp_parse (text, NULL);

    fail_unless_equals_int (sdp != NULL, size <= MAX_SDP_SIZE);
    g_clear_pointer (&sdp, gst_sdp_message_free);
  }
}

GST_END_TEST;

static Suite *
sdp_offer_suite (void)
{
  Suite *suite = suite_create ("sdp-offer");
  TCase *tc = tcase_create ("sdp-offer");

  matrix_rtc_debug_init ();
  suite_add_tcase (suite, tc);
  tcase_add_loop_test (tc, test_taken, 0, G_N_ELEMENTS (taken));
  tcase_add_loop_test (tc, test_refused, 0, G_N_ELEMENTS (refused));
  tcase_add_test (tc, test_many_sections);
  tcase_add_loop_test (tc, test_unparsable, 0, G_N_ELEMENTS (unparsable));
  tcase_add_test (tc, test_size);
  return suite;
}

GST_CHECK_MAIN (sdp_offer);
