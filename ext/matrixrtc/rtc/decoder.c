/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The decoder for a track: the best one that is installed and works.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "../debug.h"
#include "decoder.h"
#include "elements.h"

#define GST_CAT_DEFAULT matrixrtc_peer_debug

/* Without what a parser can change. Takes @caps. */
static GstCaps *
loosen (GstCaps * caps)
{
  guint i;

  caps = gst_caps_make_writable (caps);
  for (i = 0; i < gst_caps_get_size (caps); i++)
    gst_structure_remove_fields (gst_caps_get_structure (caps, i),
        "stream-format", "alignment", "parsed", NULL);
  return caps;
}

/* Whether its sink takes @loose caps, perhaps in another form, and wants nothing
 * that they don't have. */
static gboolean
can_decode (GstElementFactory * factory, GstCaps * loose)
{
  const GList *i = gst_element_factory_get_static_pad_templates (factory);

  for (; i != NULL; i = i->next) {
    GstStaticPadTemplate *templ = i->data;
    g_autoptr (GstCaps) taken = gst_static_pad_template_get_caps (templ);
    g_autoptr (GstCaps) common =
        loosen (gst_caps_intersect_full (loose, taken,
            GST_CAPS_INTERSECT_FIRST));

    if (templ->direction == GST_PAD_SINK && gst_caps_is_subset (loose, common))
      return TRUE;
  }
  return FALSE;
}

/* The best first. */
static GList *
find_factories (void)
{
  return gst_element_factory_list_get_elements
      (GST_ELEMENT_FACTORY_TYPE_DECODER, GST_RANK_MARGINAL);
}

/* A frame that can't be decoded costs nothing but a request for a key frame, and
 * audio that is missing is made up from what there is. */
static void
set_up (GstElement * decoder)
{
  rtc_element_set_if_there (decoder, "max-errors", "-1");
  rtc_element_set_if_there (decoder, "automatic-request-sync-points", "true");
  rtc_element_set_if_there (decoder, "plc", "true");
}

static gboolean
has_pad (GstElement * element, const gchar * name)
{
  g_autoptr (GstPad) pad = gst_element_get_static_pad (element, name);

  return pad != NULL;
}

/* NULL if it doesn't start: the device that it needs may not be there. */
static GstElement *
start (GstElementFactory * factory)
{
  GstElement *decoder = gst_element_factory_create (factory, NULL);

  if (decoder == NULL)
    return NULL;
  gst_object_ref_sink (decoder);
  set_up (decoder);
  if (gst_element_set_state (decoder, GST_STATE_READY) !=
      GST_STATE_CHANGE_FAILURE && has_pad (decoder, "sink")
      && has_pad (decoder, "src"))
    return decoder;
  gst_element_set_state (decoder, GST_STATE_NULL);
  gst_object_unref (decoder);
  return NULL;
}

/* In READY, for what is coded as @caps say, or NULL. @needs_parser says whether it
 * wants that in another form. */
GstElement *
rtc_decoder_new (GstCaps * caps, gboolean * needs_parser)
{
  g_autoptr (GstCaps) loose = loosen (gst_caps_copy (caps));
  GList *factories = find_factories ();
  GstElement *decoder = NULL;
  GList *i;

  for (i = factories; i != NULL && decoder == NULL; i = i->next) {
    if (!can_decode (i->data, loose))
      continue;
    decoder = start (i->data);
    *needs_parser = !gst_element_factory_can_sink_all_caps (i->data, caps);
    GST_DEBUG ("%s for %" GST_PTR_FORMAT ": %s", GST_OBJECT_NAME (i->data),
        caps, decoder == NULL ? "doesn't start" : "is used");
  }
  gst_plugin_feature_list_free (factories);
  return decoder;
}
