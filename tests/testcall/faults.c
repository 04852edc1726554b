/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The fault switch: which step goes wrong now, and how an HTTP answer goes
 * wrong. An answer that is cut or slow is written by hand on the stolen
 * connection, since libsoup would only ever send it whole. */

#include "testcall-private.h"

#include <string.h>

#define TICK_MS 20

typedef struct
{
  TestCall *call;
  SoupServerMessage *msg;
  TestcallStep step;
  guint status;
  gchar *content_type;
  gchar *headers;
  GBytes *body;
  FaultsPass pass;
  gpointer data;
} Pending;

typedef struct
{
  GIOStream *stream;
  GBytes *bytes;
  gsize sent;
  gsize end;
  guint per_tick;
} Writer;

/* --- The table ----------------------------------------------------------- */

static void
slot_clear (FaultSlot * slot)
{
  if (slot->body)
    g_bytes_unref (slot->body);
  g_free (slot->content_type);
  g_free (slot->headers);
  memset (slot, 0, sizeof (*slot));
}

void
faults_clear (TestCall * call)
{
  guint i;

  for (i = 0; i < TESTCALL_N_STEPS; i++)
    slot_clear (&call->faults[i]);
}

typedef struct
{
  TestcallStep step;
  const TestcallFault *fault;
} SetFault;

static void
do_set_fault (TestCall * call, gpointer data)
{
  const SetFault *set = data;
  const TestcallFault *fault = set->fault;
  FaultSlot *slot = &call->faults[set->step];

  slot_clear (slot);
  if (!fault)
    return;
  slot->fault = *fault;
  slot->set = TRUE;
  if (fault->body)
    slot->body = g_bytes_new (fault->body, fault->body_length ?
        fault->body_length : strlen (fault->body));
  slot->content_type = g_strdup (fault->content_type);
  slot->headers = g_strdup (fault->headers);
}

void
testcall_set_fault (TestCall * call, TestcallStep step,
    const TestcallFault * fault)
{
  SetFault set = { step, fault };

  g_return_if_fail (step < TESTCALL_N_STEPS);
  testcall_run (call, do_set_fault, &set);
}

const FaultSlot *
faults_peek (TestCall * call, TestcallStep step)
{
  const FaultSlot *slot;

  if (step >= TESTCALL_N_STEPS)
    return NULL;
  slot = &call->faults[step];
  if (!slot->set || slot->met < slot->fault.skip)
    return NULL;
  if (slot->fault.times && slot->met >= slot->fault.skip + slot->fault.times)
    return NULL;
  return slot;
}

gboolean
fault_keeps_message (const TestcallFault * fault)
{
  return fault->send == TESTCALL_SEND_NORMAL
      || fault->send == TESTCALL_SEND_AFTER
      || fault->send == TESTCALL_SEND_TWICE;
}

const FaultSlot *
faults_take (TestCall * call, TestcallStep step)
{
  const FaultSlot *slot = faults_peek (call, step);

  if (step < TESTCALL_N_STEPS)
    call->faults[step].met++;
  return slot;
}

/* --- HTTP answers -------------------------------------------------------- */

static void
pending_free (gpointer data)
{
  Pending *pending = data;

  g_object_unref (pending->msg);
  g_free (pending->content_type);
  g_free (pending->headers);
  if (pending->body)
    g_bytes_unref (pending->body);
  g_free (pending);
}

static void
writer_free (gpointer data)
{
  Writer *writer = data;

  g_io_stream_close (writer->stream, NULL, NULL);
  g_object_unref (writer->stream);
  g_bytes_unref (writer->bytes);
  g_free (writer);
}

/* Never blocks: what the socket doesn't take now goes with the next tick. */
static gboolean
on_tick (gpointer user_data)
{
  Writer *writer = user_data;
  GOutputStream *out = g_io_stream_get_output_stream (writer->stream);
  const gchar *data = g_bytes_get_data (writer->bytes, NULL);
  gsize length = MIN (writer->end - writer->sent, writer->per_tick);
  g_autoptr (GError) error = NULL;
  gssize n;

  if (length > 0) {
    n = g_pollable_output_stream_write_nonblocking (G_POLLABLE_OUTPUT_STREAM
        (out), data + writer->sent, length, NULL, &error);
    if (n < 0 && !g_error_matches (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK))
      return G_SOURCE_REMOVE;
    writer->sent += MAX (n, 0);
  }
  return writer->sent < writer->end;
}

static GBytes *
whole_answer (const Pending * pending)
{
  gsize length;
  const gchar *data = g_bytes_get_data (pending->body, &length);
  GString *text = g_string_new (NULL);

  g_string_append_printf (text, "HTTP/1.1 %u %s\r\nContent-Type: %s\r\n"
      "Content-Length: %" G_GSIZE_FORMAT "\r\nConnection: close\r\n%s\r\n",
      pending->status, soup_status_get_phrase (pending->status),
      pending->content_type, length, pending->headers ? pending->headers : "");
  g_string_append_len (text, data, length);
  return g_string_free_to_bytes (text);
}

static void
write_by_hand (Pending * pending, const TestcallFault * fault)
{
  Writer *writer = g_new0 (Writer, 1);
  GSource *source;

  writer->bytes = whole_answer (pending);
  writer->end = g_bytes_get_size (writer->bytes);
  if (fault->cut)
    writer->end = MIN (writer->end, fault->cut_after);
  writer->per_tick = fault->bytes_per_second ?
      MAX (fault->bytes_per_second * TICK_MS / 1000, 1) : G_MAXUINT;
  writer->stream = soup_server_message_steal_connection (pending->msg);
  source = testcall_after (pending->call, fault->bytes_per_second ? TICK_MS :
      0, on_tick, writer, writer_free);
  g_source_unref (source);
}

static void
add_headers (SoupServerMessage * msg, const gchar * headers)
{
  g_auto (GStrv) lines = g_strsplit (headers, "\r\n", -1);
  guint i;

  for (i = 0; lines[i]; i++) {
    gchar *colon = strchr (lines[i], ':');

    if (!colon)
      continue;
    *colon = '\0';
    soup_message_headers_append (soup_server_message_get_response_headers
        (msg), lines[i], g_strstrip (colon + 1));
  }
}

static void
write_normally (Pending * pending)
{
  gsize length;
  const gchar *data = g_bytes_get_data (pending->body, &length);

  soup_server_message_set_status (pending->msg, pending->status, NULL);
  soup_server_message_set_response (pending->msg, pending->content_type,
      SOUP_MEMORY_COPY, data, length);
  if (pending->headers)
    add_headers (pending->msg, pending->headers);
  soup_server_message_unpause (pending->msg);
}

static gboolean
is_by_hand (const FaultSlot * slot)
{
  return slot && (slot->fault.cut || slot->fault.bytes_per_second);
}

static void
answer (Pending * pending, const FaultSlot * slot)
{
  if (is_by_hand (slot)) {
    write_by_hand (pending, &slot->fault);
  } else if (pending->pass && !pending->body) {
    pending->pass (pending->call, pending->msg, pending->data);
    soup_server_message_unpause (pending->msg);
  } else {
    write_normally (pending);
  }
}

typedef struct
{
  Pending *pending;
  FaultSlot slot;               /* its flat part, as it was on arrival */
} Later;

static void
later_free (gpointer data)
{
  Later *later = data;

  pending_free (later->pending);
  g_free (later);
}

static gboolean
on_later (gpointer user_data)
{
  Later *later = user_data;

  answer (later->pending, &later->slot);
  return G_SOURCE_REMOVE;
}

/* The fault's own answer in place of the good one. */
static void
replace_answer (Pending * pending, const FaultSlot * slot)
{
  if (slot->fault.status == 0 && !slot->body && !is_by_hand (slot))
    return;
  if (slot->fault.status)
    pending->status = slot->fault.status;
  if (slot->body || slot->fault.status || !pending->body) {
    g_clear_pointer (&pending->body, g_bytes_unref);
    pending->body = slot->body ? g_bytes_ref (slot->body) :
        g_bytes_new_static ("", 0);
  }
  if (slot->content_type || !pending->content_type) {
    g_free (pending->content_type);
    pending->content_type = g_strdup (slot->content_type ? slot->content_type :
        "application/json");
  }
}

/* Takes pending. The message is always paused here and goes on from a source:
 * a connection can't be stolen from within its own handler. */
static void
settle (Pending * pending)
{
  const FaultSlot *slot = faults_take (pending->call, pending->step);
  Later *later;
  GSource *source;

  soup_server_message_pause (pending->msg);
  if (slot && slot->fault.stall) {
    /* The server keeps the connection until it ends. */
    pending_free (pending);
    return;
  }
  later = g_new0 (Later, 1);
  later->pending = pending;
  if (slot) {
    replace_answer (pending, slot);
    pending->headers = g_strdup (slot->headers);
    later->slot.fault = slot->fault;
  }
  source = testcall_after (pending->call, slot ? slot->fault.delay_ms : 0,
      on_later, later, later_free);
  g_source_unref (source);
}

static Pending *
pending_new (TestCall * call, SoupServerMessage * msg, TestcallStep step)
{
  Pending *pending = g_new0 (Pending, 1);

  pending->call = call;
  pending->msg = g_object_ref (msg);
  pending->step = step;
  pending->status = 200;
  return pending;
}

void
faults_reply (TestCall * call, SoupServerMessage * msg, TestcallStep step,
    guint status, const gchar * content_type, const gchar * body)
{
  Pending *pending = pending_new (call, msg, step);

  pending->status = status;
  pending->content_type = g_strdup (content_type);
  pending->body = g_bytes_new (body, strlen (body));
  settle (pending);
}

void
faults_pass (TestCall * call, SoupServerMessage * msg, TestcallStep step,
    FaultsPass pass, gpointer data)
{
  Pending *pending = pending_new (call, msg, step);

  pending->pass = pass;
  pending->data = data;
  settle (pending);
}
