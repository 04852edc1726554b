/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Fuzz target: an offer of a LiveKit server, and behind the first line "---"
 * another one, which comes next or stands for an answer.
 */
#include <string.h>
#include <gst/gst.h>
#include "fuzz.h"
#include "debug.h"
#include "rtc/sdp.h"
#include "rtc/sections.h"

int
LLVMFuzzerInitialize (int *argc, char ***argv)
{
  gst_init (NULL, NULL);
  matrix_rtc_debug_init ();
  g_log_set_always_fatal (G_LOG_LEVEL_CRITICAL | G_LOG_LEVEL_WARNING);
  return 0;
}

static void
check_sections (const GstSDPMessage * sdp, GPtrArray * sections,
    gboolean is_good)
{
  guint i, j;

  for (i = 0; i < sections->len; i++) {
    RtcSection *section = g_ptr_array_index (sections, i);

    g_assert (section->mline < gst_sdp_message_medias_len (sdp));
    g_assert (!is_good || section->mid != NULL);
    if (section->sending && section->track_sid != NULL)
      g_assert (rtc_sections_find_track (sections, section->track_sid) != NULL);
    for (j = 0; j < section->ssrcs->len; j++)
      g_assert (!section->sending || rtc_sections_find_ssrc (sections,
              g_array_index (section->ssrcs, guint32, j)) != NULL);
  }
}

static void
answer (GstSDPMessage * answer, const GstSDPMessage * offer,
    GPtrArray * sections)
{
  g_autofree gchar *text = NULL;

  rtc_sdp_widen_answer (answer, offer);
  rtc_sections_take_answer (sections, answer);
  rtc_sections_put_ends (sections, answer);
  text = gst_sdp_message_as_text (answer);
  g_assert (text != NULL);
}

int
LLVMFuzzerTestOneInput (const uint8_t * data, size_t size)
{
  g_autofree gchar *text = g_strndup ((const gchar *) data, size);
  gchar *rest = strstr (text, "---\n");
  GstSDPMessage *offer, *other = NULL, *copy = NULL;
  g_autoptr (GPtrArray) sections = NULL;
  gboolean is_good;

  if (rest != NULL) {
    *rest = '\0';
    other = rtc_sdp_parse (rest + 4, NULL);
  }
  offer = rtc_sdp_parse (text, NULL);
  if (offer != NULL) {
    is_good = rtc_sdp_check_offer (offer, NULL, NULL);
    rtc_sdp_clean_ssrcs (offer);
    rtc_sdp_remove_clocks (offer);
    sections = rtc_sections_read (offer);
    check_sections (offer, sections, is_good);
    gst_sdp_message_copy (offer, &copy);
    answer (copy, offer, sections);
    rtc_sdp_stick_directions (copy);
  }
  if (offer != NULL && other != NULL) {
    rtc_sdp_check_offer (other, offer, NULL);
    answer (other, offer, sections);
  }
  g_clear_pointer (&offer, gst_sdp_message_free);
  g_clear_pointer (&other, gst_sdp_message_free);
  g_clear_pointer (&copy, gst_sdp_message_free);
  return 0;
}
