/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The audio and video sections of an offer, and which track each of them
 * carries. Pure functions.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <string.h>
#include "sdp.h"
#include "sections.h"

static void
section_free (RtcSection * section)
{
  g_free (section->mid);
  g_free (section->track_sid);
  g_free (section->msid);
  g_array_unref (section->ssrcs);
  g_free (section);
}

static gboolean
section_is_sending (const GstSDPMedia * media)
{
  return gst_sdp_media_get_port (media) != 0
      && gst_sdp_media_get_attribute_val (media, "recvonly") == NULL
      && gst_sdp_media_get_attribute_val (media, "inactive") == NULL;
}

/* LiveKit's msid is "<participant>|<track> <track>", or with synchronised
 * streams "<participant>|<stream> <track>": the second word is always right. */
static gchar *
track_sid_from_msid (const gchar * msid)
{
  const gchar *space = msid == NULL ? NULL : strchr (msid, ' ');

  return space == NULL || space[1] == '\0' ? NULL : g_strdup (space + 1);
}

static void
section_add_ssrc (RtcSection * section, guint32 ssrc)
{
  guint n = section->ssrcs->len;

  /* One SSRC has several lines, one after the other. */
  if (ssrc == 0 || n >= RTC_SDP_MAX_SSRCS
      || (n > 0 && g_array_index (section->ssrcs, guint32, n - 1) == ssrc))
    return;
  g_array_append_val (section->ssrcs, ssrc);
}

static void
section_read_ssrcs (RtcSection * section, const GstSDPMedia * media)
{
  guint i;

  for (i = 0; i < gst_sdp_media_attributes_len (media); i++) {
    const GstSDPAttribute *attribute = gst_sdp_media_get_attribute (media, i);

    if (g_str_equal (attribute->key, "ssrc"))
      section_add_ssrc (section, rtc_sdp_parse_ssrc (attribute->value));
  }
}

static RtcSection *
section_new (const GstSDPMedia * media, guint mline)
{
  RtcSection *section = g_new0 (RtcSection, 1);

  section->mid = g_strdup (gst_sdp_media_get_attribute_val (media, "mid"));
  section->mline = mline;
  section->is_audio = g_str_equal (gst_sdp_media_get_media (media), "audio");
  section->sending = section_is_sending (media);
  section->msid = g_strdup (gst_sdp_media_get_attribute_val (media, "msid"));
  section->track_sid = track_sid_from_msid (section->msid);
  section->ssrcs = g_array_new (FALSE, FALSE, sizeof (guint32));
  section_read_ssrcs (section, media);
  return section;
}

/* The audio and video sections of an offer, as RtcSection. */
GPtrArray *
rtc_sections_read (const GstSDPMessage * offer)
{
  GPtrArray *sections =
      g_ptr_array_new_with_free_func ((GDestroyNotify) section_free);
  guint i;

  for (i = 0; i < gst_sdp_message_medias_len (offer); i++) {
    const GstSDPMedia *media = gst_sdp_message_get_media (offer, i);

    if (rtc_sdp_section_is_media (media))
      g_ptr_array_add (sections, section_new (media, i));
  }
  return sections;
}

/* The section that sends @ssrc now, or NULL. */
RtcSection *
rtc_sections_find_ssrc (GPtrArray * sections, guint32 ssrc)
{
  guint i, j;

  for (i = 0; i < sections->len; i++) {
    RtcSection *section = g_ptr_array_index (sections, i);

    for (j = 0; section->sending && j < section->ssrcs->len; j++) {
      if (g_array_index (section->ssrcs, guint32, j) == ssrc)
        return section;
    }
  }
  return NULL;
}

/* The section that sends @track_sid now, or NULL. */
RtcSection *
rtc_sections_find_track (GPtrArray * sections, const gchar * track_sid)
{
  guint i;

  for (i = 0; i < sections->len; i++) {
    RtcSection *section = g_ptr_array_index (sections, i);

    if (section->sending && g_strcmp0 (section->track_sid, track_sid) == 0)
      return section;
  }
  return NULL;
}

/* LiveKit may say outright which section carries which track. */
void
rtc_sections_take_map (GPtrArray * sections, GHashTable * mid_to_track)
{
  guint i;

  for (i = 0; i < sections->len; i++) {
    RtcSection *section = g_ptr_array_index (sections, i);
    const gchar *track_sid = section->mid == NULL ? NULL :
        g_hash_table_lookup (mid_to_track, section->mid);

    if (track_sid == NULL || !section->sending)
      continue;
    g_free (section->track_sid);
    section->track_sid = g_strdup (track_sid);
  }
}

/* What webrtcbin has rejected doesn't send. */
void
rtc_sections_take_answer (GPtrArray * sections, const GstSDPMessage * answer)
{
  guint n_answered = gst_sdp_message_medias_len (answer);
  guint i;

  for (i = 0; i < sections->len; i++) {
    RtcSection *section = g_ptr_array_index (sections, i);

    if (section->mline >= n_answered || gst_sdp_media_get_port
        (gst_sdp_message_get_media (answer, section->mline)) == 0)
      section->sending = FALSE;
  }
}

/* Tells the server which sections don't receive: those that don't send. */
void
rtc_sections_put_ends (GPtrArray * sections, GstSDPMessage * answer)
{
  guint i;

  for (i = 0; i < sections->len; i++) {
    RtcSection *section = g_ptr_array_index (sections, i);

    if (!section->sending
        && section->mline < gst_sdp_message_medias_len (answer))
      rtc_sdp_set_direction (answer, section->mline, "inactive");
  }
}
