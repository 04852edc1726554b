/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The element under test, from an application's side: its messages from the bus,
 * its pads by their signals. Everything waits for an event with a deadline.
 */
#include "receiver.h"

struct _Receiver
{
  TestCall *call;
  GstElement *pipeline;
  GstElement *src;
  GstBus *bus;
  gboolean dont_link;
  GString *states;              /* "old>new old>new " as messages told */

  GMutex lock;
  GCond cond;
  GPtrArray *pads;              /* of ReceiverPad, under lock */
  gint lost_pads;               /* of webrtcbin, atomic */
};

static void
receiver_pad_free (ReceiverPad * pad)
{
  gst_object_unref (pad->pad);
  g_free (pad->track_sid);
  gst_clear_event (&pad->stream_start);
  g_free (pad);
}

static void
receiver_pad_note_time (ReceiverPad * pad, GstBuffer * buffer)
{
  if (pad->n_buffers > 0) {
    if (GST_BUFFER_PTS (buffer) < pad->last_pts)
      pad->went_back = TRUE;
    else
      pad->longest_gap = MAX (pad->longest_gap,
          GST_BUFFER_PTS (buffer) - pad->last_pts);
    if (GST_BUFFER_FLAG_IS_SET (buffer, GST_BUFFER_FLAG_DISCONT))
      pad->n_disconts++;
  }
  pad->last_pts = GST_BUFFER_PTS (buffer);
}

static void
receiver_pad_take_buffer (Receiver * receiver, ReceiverPad * pad,
    GstBuffer * buffer)
{
  /* It stands in for media that doesn't come. */
  if (GST_BUFFER_FLAG_IS_SET (buffer, GST_BUFFER_FLAG_GAP))
    return;
  g_mutex_lock (&receiver->lock);
  receiver_pad_note_time (pad, buffer);
  if (pad->n_buffers++ == 0)
    pad->first_is_delta =
        GST_BUFFER_FLAG_IS_SET (buffer, GST_BUFFER_FLAG_DELTA_UNIT);
  g_cond_broadcast (&receiver->cond);
  g_mutex_unlock (&receiver->lock);
}

typedef struct
{
  Receiver *receiver;
  ReceiverPad *pad;
} PadProbe;

static GstPadProbeReturn
on_data (GstPad * gst_pad, GstPadProbeInfo * info, gpointer user_data)
{
  PadProbe *probe = user_data;
  GstEvent *event;

  if (GST_PAD_PROBE_INFO_TYPE (info) & GST_PAD_PROBE_TYPE_BUFFER) {
    receiver_pad_take_buffer (probe->receiver, probe->pad,
        GST_PAD_PROBE_INFO_BUFFER (info));
    return GST_PAD_PROBE_OK;
  }
  event = GST_PAD_PROBE_INFO_EVENT (info);
  g_mutex_lock (&probe->receiver->lock);
  if (GST_EVENT_TYPE (event) == GST_EVENT_EOS)
    probe->pad->is_eos = TRUE;
  else if (GST_EVENT_TYPE (event) == GST_EVENT_GAP)
    probe->pad->n_gaps++;
  else if (GST_EVENT_TYPE (event) == GST_EVENT_STREAM_START)
    gst_event_replace (&probe->pad->stream_start, event);
  g_cond_broadcast (&probe->receiver->cond);
  g_mutex_unlock (&probe->receiver->lock);
  return GST_PAD_PROBE_OK;
}

/* What comes to @sink_pad is what comes out of @pad. */
void
receiver_watch (Receiver * receiver, ReceiverPad * pad, GstPad * sink_pad)
{
  PadProbe *probe = g_new (PadProbe, 1);

  probe->receiver = receiver;
  probe->pad = pad;
  gst_pad_add_probe (sink_pad, GST_PAD_PROBE_TYPE_BUFFER |
      GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM, on_data, probe, g_free);
}

static void
receiver_link (Receiver * receiver, ReceiverPad * pad)
{
  GstElement *sink = gst_element_factory_make ("fakesink", NULL);
  g_autoptr (GstPad) sink_pad = NULL;

  g_object_set (sink, "sync", FALSE, "async", FALSE, NULL);
  gst_bin_add (GST_BIN (receiver->pipeline), sink);
  sink_pad = gst_element_get_static_pad (sink, "sink");
  receiver_watch (receiver, pad, sink_pad);
  gst_element_sync_state_with_parent (sink);
  fail_unless_equals_int (gst_pad_link (pad->pad, sink_pad), GST_PAD_LINK_OK);
}

static void
on_pad_added (GstElement * src, GstPad * gst_pad, Receiver * receiver)
{
  ReceiverPad *pad = g_new0 (ReceiverPad, 1);
  g_autoptr (GstCaps) caps = gst_pad_get_current_caps (gst_pad);

  pad->pad = gst_object_ref (gst_pad);
  pad->had_caps = caps != NULL;
  g_object_get (gst_pad, "track-sid", &pad->track_sid, NULL);
  if (!receiver->dont_link)
    receiver_link (receiver, pad);
  g_mutex_lock (&receiver->lock);
  g_ptr_array_add (receiver->pads, pad);
  g_cond_broadcast (&receiver->cond);
  g_mutex_unlock (&receiver->lock);
}

static void
on_pad_removed (GstElement * src, GstPad * gst_pad, Receiver * receiver)
{
  guint i;

  g_mutex_lock (&receiver->lock);
  for (i = 0; i < receiver->pads->len; i++) {
    ReceiverPad *pad = g_ptr_array_index (receiver->pads, i);

    if (pad->pad == gst_pad) {
      pad->is_removed = TRUE;
      pad->lacks_eos = !pad->is_eos
          && GST_STATE_TARGET (receiver->pipeline) > GST_STATE_READY;
    }
  }
  g_cond_broadcast (&receiver->cond);
  g_mutex_unlock (&receiver->lock);
}

static void
on_element_removed (GstBin * bin, GstElement * element, Receiver * receiver)
{
  g_mutex_lock (&receiver->lock);
  g_cond_broadcast (&receiver->cond);
  g_mutex_unlock (&receiver->lock);
}

static void
on_webrtcbin_pad_removed (GstElement * webrtcbin, GstPad * pad,
    Receiver * receiver)
{
  if (GST_STATE (webrtcbin) > GST_STATE_READY)
    g_atomic_int_inc (&receiver->lost_pads);
}

/* See docs/versions.md: that a webrtcbin reads a list that has changed is too rare
 * to wait for. */
static void
on_deep_element_added (GstBin * src, GstBin * bin, GstElement * element,
    Receiver * receiver)
{
  GstElementFactory *factory = gst_element_get_factory (element);

  if (factory != NULL && g_str_equal (GST_OBJECT_NAME (factory), "webrtcbin"))
    g_signal_connect (element, "pad-removed",
        G_CALLBACK (on_webrtcbin_pad_removed), receiver);
}

static void
on_state_notified (GObject * src, GParamSpec * pspec, Receiver * receiver)
{
  g_mutex_lock (&receiver->lock);
  g_cond_broadcast (&receiver->cond);
  g_mutex_unlock (&receiver->lock);
}

Receiver *
receiver_new (TestCall * call)
{
  Receiver *receiver = g_new0 (Receiver, 1);

  receiver->call = call;
  g_mutex_init (&receiver->lock);
  g_cond_init (&receiver->cond);
  receiver->states = g_string_new (NULL);
  receiver->pads =
      g_ptr_array_new_with_free_func ((GDestroyNotify) receiver_pad_free);
  receiver->pipeline = gst_pipeline_new (NULL);
  receiver->bus = gst_element_get_bus (receiver->pipeline);
  receiver->src = gst_element_factory_make ("matrixrtcsrc", NULL);
  fail_unless (receiver->src != NULL, "matrixrtcsrc is not registered");
  gst_bin_add (GST_BIN (receiver->pipeline), receiver->src);
  g_signal_connect (receiver->src, "pad-added", G_CALLBACK (on_pad_added),
      receiver);
  g_signal_connect (receiver->src, "deep-element-added",
      G_CALLBACK (on_deep_element_added), receiver);
  g_signal_connect (receiver->src, "element-removed",
      G_CALLBACK (on_element_removed), receiver);
  g_signal_connect (receiver->src, "pad-removed", G_CALLBACK (on_pad_removed),
      receiver);
  g_signal_connect (receiver->src, "notify::connection-state",
      G_CALLBACK (on_state_notified), receiver);
  return receiver;
}

void
receiver_free (Receiver * receiver)
{
  fail_unless_equals_int (gst_element_set_state (receiver->pipeline,
          GST_STATE_NULL), GST_STATE_CHANGE_SUCCESS);
  fail_unless_equals_int (g_atomic_int_get (&receiver->lost_pads), 0);
  gst_object_unref (receiver->bus);
  gst_object_unref (receiver->pipeline);
  g_ptr_array_unref (receiver->pads);
  g_string_free (receiver->states, TRUE);
  g_mutex_clear (&receiver->lock);
  g_cond_clear (&receiver->cond);
  g_free (receiver);
}

GstElement *
receiver_get_src (Receiver * receiver)
{
  return receiver->src;
}

GstElement *
receiver_get_pipeline (Receiver * receiver)
{
  return receiver->pipeline;
}

void
receiver_dont_link (Receiver * receiver)
{
  receiver->dont_link = TRUE;
}

void
receiver_go_through_matrix (Receiver * receiver)
{
  g_object_set (receiver->src,
      "homeserver", testcall_get_url (receiver->call),
      "access-token", testcall_get_access_token (receiver->call),
      "room-id", testcall_get_room_id (receiver->call),
      "livekit-service-url", testcall_get_service_url (receiver->call), NULL);
}

/* The room alone: where its call is has to be found. */
void
receiver_go_by_room (Receiver * receiver)
{
  receiver_go_through_matrix (receiver);
  g_object_set (receiver->src, "livekit-service-url", NULL, NULL);
}

void
receiver_go_direct (Receiver * receiver)
{
  g_autofree gchar *jwt = testcall_make_jwt (receiver->call, "recorder", NULL);

  g_object_set (receiver->src,
      "livekit-url", testcall_get_sfu_url (receiver->call),
      "livekit-token", jwt, NULL);
}

void
receiver_play (Receiver * receiver)
{
  fail_unless_equals_int (gst_element_set_state (receiver->pipeline,
          GST_STATE_PAUSED), GST_STATE_CHANGE_NO_PREROLL);
  fail_unless_equals_int (gst_element_set_state (receiver->pipeline,
          GST_STATE_PLAYING), GST_STATE_CHANGE_SUCCESS);
}

/* Messages */

static void
receiver_note_state (Receiver * receiver, GstMessage * message)
{
  const GstStructure *structure = gst_message_get_structure (message);

  if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_ELEMENT
      && gst_structure_has_name (structure, "matrixrtc-connection-state"))
    g_string_append_printf (receiver->states, "%s>%s ",
        gst_structure_get_string (structure, "old"),
        gst_structure_get_string (structure, "new"));
}

/* The next message of ours or error, or NULL after @deadline. */
static GstMessage *
receiver_pop (Receiver * receiver, gint64 deadline)
{
  gint64 left = MAX (0, deadline - g_get_monotonic_time ());
  GstMessage *message = gst_bus_timed_pop_filtered (receiver->bus,
      left * GST_USECOND, GST_MESSAGE_ELEMENT | GST_MESSAGE_ERROR);

  if (message != NULL)
    receiver_note_state (receiver, message);
  return message;
}

static gint64
deadline_new (void)
{
  return g_get_monotonic_time () + DEADLINE_MS * 1000LL;
}

/* TRUE as soon as a message tells that @state was reached. */
gboolean
receiver_wait_for_state (Receiver * receiver, const gchar * state)
{
  gint64 deadline = deadline_new ();
  GstMessage *message;

  while ((message = receiver_pop (receiver, deadline)) != NULL) {
    const GstStructure *structure = gst_message_get_structure (message);
    gboolean reached = GST_MESSAGE_TYPE (message) == GST_MESSAGE_ELEMENT
        && gst_structure_has_name (structure, "matrixrtc-connection-state")
        && g_strcmp0 (gst_structure_get_string (structure, "new"), state) == 0;

    gst_message_unref (message);
    if (reached)
      return TRUE;
  }
  return FALSE;
}

/* All states that messages have told so far, those still on the bus too. */
gchar *
receiver_get_states (Receiver * receiver)
{
  GstMessage *message;

  while ((message = receiver_pop (receiver, 0)) != NULL)
    gst_message_unref (message);
  return g_strdup (receiver->states->str);
}

/* The property's nick. */
const gchar *
receiver_get_connection_state (Receiver * receiver)
{
  GValue value = G_VALUE_INIT;
  const gchar *nick;

  g_object_get_property (G_OBJECT (receiver->src), "connection-state", &value);
  nick = g_enum_get_value (G_ENUM_CLASS (g_type_class_peek (G_VALUE_TYPE
              (&value))), g_value_get_enum (&value))->value_nick;
  g_value_unset (&value);
  return nick;
}

GstMessage *
receiver_wait_for_error (Receiver * receiver)
{
  gint64 deadline = deadline_new ();
  GstMessage *message;

  while ((message = receiver_pop (receiver, deadline)) != NULL) {
    if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_ERROR)
      return message;
    gst_message_unref (message);
  }
  return NULL;
}

/* Of ours or from inside of us. */
GstMessage *
receiver_wait_for_warning (Receiver * receiver)
{
  return gst_bus_timed_pop_filtered (receiver->bus, DEADLINE_MS * GST_MSECOND,
      GST_MESSAGE_WARNING);
}

GstMessage *
receiver_wait_for_eos (Receiver * receiver)
{
  return gst_bus_timed_pop_filtered (receiver->bus, DEADLINE_MS * GST_MSECOND,
      GST_MESSAGE_EOS);
}

void
receiver_fail_on_error (Receiver * receiver)
{
  GstMessage *message;

  while ((message = receiver_pop (receiver, 0)) != NULL) {
    if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_ERROR) {
      g_autoptr (GError) error = NULL;
      g_autofree gchar *debug = NULL;

      gst_message_parse_error (message, &error, &debug);
      fail ("error on the bus: %s (%s)", error->message, debug);
    }
    gst_message_unref (message);
  }
}

/* The structure of the next element message with this name, or NULL. */
GstStructure *
receiver_wait_for_message (Receiver * receiver, const gchar * name)
{
  gint64 deadline = deadline_new ();
  GstMessage *message;

  while ((message = receiver_pop (receiver, deadline)) != NULL) {
    GstStructure *structure = NULL;

    if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_ELEMENT
        && gst_message_has_name (message, name))
      structure = gst_structure_copy (gst_message_get_structure (message));
    gst_message_unref (message);
    if (structure != NULL)
      return structure;
  }
  return NULL;
}

/* Pads */

/* The newest one. */
static ReceiverPad *
receiver_find_pad (Receiver * receiver, const gchar * track_sid)
{
  guint i;

  for (i = receiver->pads->len; i-- > 0;) {
    ReceiverPad *pad = g_ptr_array_index (receiver->pads, i);

    if (g_strcmp0 (pad->track_sid, track_sid) == 0)
      return pad;
  }
  return NULL;
}

/* The pad of @track_sid as soon as there is one, or NULL. It may be a second one,
 * if the track was unsubscribed from meanwhile. */
ReceiverPad *
receiver_wait_for_track (Receiver * receiver, const gchar * track_sid)
{
  gint64 deadline = deadline_new ();
  ReceiverPad *pad;

  g_mutex_lock (&receiver->lock);
  while (((pad = receiver_find_pad (receiver, track_sid)) == NULL
          || pad->is_removed)
      && g_cond_wait_until (&receiver->cond, &receiver->lock, deadline));
  g_mutex_unlock (&receiver->lock);
  return pad;
}

gboolean
receiver_wait_for_removal (Receiver * receiver, const gchar * track_sid)
{
  gint64 deadline = deadline_new ();
  ReceiverPad *pad;
  gboolean removed;

  g_mutex_lock (&receiver->lock);
  pad = receiver_find_pad (receiver, track_sid);
  while (pad != NULL && !pad->is_removed
      && g_cond_wait_until (&receiver->cond, &receiver->lock, deadline));
  removed = pad != NULL && pad->is_removed;
  g_mutex_unlock (&receiver->lock);
  return removed;
}

static gboolean
receiver_wait_for_count (Receiver * receiver, const guint * count,
    guint at_least)
{
  gint64 deadline = deadline_new ();
  gboolean enough;

  g_mutex_lock (&receiver->lock);
  while (*count < at_least
      && g_cond_wait_until (&receiver->cond, &receiver->lock, deadline));
  enough = *count >= at_least;
  g_mutex_unlock (&receiver->lock);
  return enough;
}

gboolean
receiver_wait_for_buffers (Receiver * receiver, ReceiverPad * pad,
    guint n_buffers)
{
  return receiver_wait_for_count (receiver, &pad->n_buffers, n_buffers);
}

/* Some more of it than there has been up to now. */
gboolean
receiver_wait_for_media (Receiver * receiver, ReceiverPad * pad)
{
  guint n_buffers;

  g_mutex_lock (&receiver->lock);
  n_buffers = pad->n_buffers;
  g_mutex_unlock (&receiver->lock);
  return receiver_wait_for_buffers (receiver, pad, n_buffers + 10);
}

gboolean
receiver_wait_for_discont (Receiver * receiver, ReceiverPad * pad,
    guint n_disconts)
{
  return receiver_wait_for_count (receiver, &pad->n_disconts, n_disconts);
}

/* Measures the longest gaps anew. */
void
receiver_forget_gaps (Receiver * receiver)
{
  guint i;

  g_mutex_lock (&receiver->lock);
  for (i = 0; i < receiver->pads->len; i++)
    ((ReceiverPad *) g_ptr_array_index (receiver->pads, i))->longest_gap = 0;
  g_mutex_unlock (&receiver->lock);
}

gboolean
receiver_wait_for_gaps (Receiver * receiver, ReceiverPad * pad, guint n_gaps)
{
  return receiver_wait_for_count (receiver, &pad->n_gaps, n_gaps);
}

static guint
receiver_count_webrtcbins (Receiver * receiver)
{
  GstIterator *webrtcbins = gst_bin_iterate_all_by_element_factory_name
      (GST_BIN (receiver->src), "webrtcbin");
  GstIteratorResult result;
  GValue item = G_VALUE_INIT;
  guint n = 0;

  while ((result = gst_iterator_next (webrtcbins, &item)) != GST_ITERATOR_DONE) {
    if (result == GST_ITERATOR_OK) {
      g_value_unset (&item);
      n++;
    } else {
      /* It changes: from the start. */
      gst_iterator_resync (webrtcbins);
      n = 0;
    }
  }
  gst_iterator_free (webrtcbins);
  return n;
}

/* As soon as only @n media peers are left. */
gboolean
receiver_wait_for_webrtcbins (Receiver * receiver, guint n)
{
  gint64 deadline = deadline_new ();
  gboolean are_left = FALSE;

  g_mutex_lock (&receiver->lock);
  while (!(are_left = receiver_count_webrtcbins (receiver) <= n)
      && g_cond_wait_until (&receiver->cond, &receiver->lock, deadline));
  g_mutex_unlock (&receiver->lock);
  return are_left;
}

/* Until @predicate is true, which is asked with each change of a pad and of the
 * connection's state, and must not call us. */
gboolean
receiver_wait_until (Receiver * receiver, ReceiverPredicate predicate,
    gpointer user_data)
{
  gint64 deadline = deadline_new ();
  gboolean is_true;

  g_mutex_lock (&receiver->lock);
  while (!(is_true = predicate (receiver->pads, user_data))
      && g_cond_wait_until (&receiver->cond, &receiver->lock, deadline));
  g_mutex_unlock (&receiver->lock);
  return is_true;
}

/* Takes the sinks of a former run out of the pipeline, which is in NULL. */
void
receiver_forget_pads (Receiver * receiver)
{
  GstBin *bin = GST_BIN (receiver->pipeline);
  GList *children = g_list_copy (bin->children);
  GList *item;

  for (item = children; item != NULL; item = item->next) {
    if (item->data != receiver->src)
      gst_bin_remove (bin, item->data);
  }
  g_list_free (children);
  g_mutex_lock (&receiver->lock);
  g_ptr_array_set_size (receiver->pads, 0);
  g_mutex_unlock (&receiver->lock);
}

/* The pads that are there now. */
guint
receiver_count_pads (Receiver * receiver)
{
  guint i, n = 0;

  g_mutex_lock (&receiver->lock);
  for (i = 0; i < receiver->pads->len; i++) {
    if (!((ReceiverPad *) g_ptr_array_index (receiver->pads, i))->is_removed)
      n++;
  }
  g_mutex_unlock (&receiver->lock);
  return n;
}
