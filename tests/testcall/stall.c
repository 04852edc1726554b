/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A TCP connection that can stand still; see stall.h. libsoup makes a new
 * source for each time that it waits, which is where it is caught. */

#include "stall.h"

struct _StallConnection
{
  GTcpConnection parent;
  GIOStream *stream;
  GInputStream *input;
  GOutputStream *output;
  gboolean stalled;
  GPtrArray *waiting;           /* GSource *, until it is let go */
};

/* The connection owns its streams and outlives their use. */
typedef struct
{
  GFilterInputStream parent;
  StallConnection *connection;
} StallInput;
typedef GFilterInputStreamClass StallInputClass;

typedef struct
{
  GFilterOutputStream parent;
  StallConnection *connection;
} StallOutput;
typedef GFilterOutputStreamClass StallOutputClass;

static GType stall_input_get_type (void);
static GType stall_output_get_type (void);

G_DEFINE_TYPE (StallConnection, stall_connection, G_TYPE_TCP_CONNECTION);

static gssize
would_block (GError ** error)
{
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK, "stalled");
  return -1;
}

/* Takes ready, which is of the stream underneath. */
static GSource *
source_new (StallConnection * connection, gpointer stream, GSource * ready)
{
  GSource *source;

  if (connection->stalled) {
    source = g_pollable_source_new (stream);
    g_ptr_array_add (connection->waiting, g_source_ref (source));
  } else {
    source = g_pollable_source_new_full (stream, ready, NULL);
  }
  g_source_unref (ready);
  return source;
}

/* --- Reading ------------------------------------------------------------- */

static GPollableInputStream *
base_of_input (gpointer stream)
{
  return G_POLLABLE_INPUT_STREAM (g_filter_input_stream_get_base_stream
      (stream));
}

static gboolean
input_is_readable (GPollableInputStream * stream)
{
  return !((StallInput *) stream)->connection->stalled
      && g_pollable_input_stream_is_readable (base_of_input (stream));
}

static GSource *
input_create_source (GPollableInputStream * stream, GCancellable * cancellable)
{
  return source_new (((StallInput *) stream)->connection, stream,
      g_pollable_input_stream_create_source (base_of_input (stream),
          cancellable));
}

static gssize
input_read (GPollableInputStream * stream, void *buffer, gsize count,
    GError ** error)
{
  if (((StallInput *) stream)->connection->stalled)
    return would_block (error);
  return g_pollable_input_stream_read_nonblocking (base_of_input (stream),
      buffer, count, NULL, error);
}

static void
input_iface_init (GPollableInputStreamInterface * iface)
{
  iface->is_readable = input_is_readable;
  iface->create_source = input_create_source;
  iface->read_nonblocking = input_read;
}

G_DEFINE_TYPE_WITH_CODE (StallInput, stall_input, G_TYPE_FILTER_INPUT_STREAM,
    G_IMPLEMENT_INTERFACE (G_TYPE_POLLABLE_INPUT_STREAM, input_iface_init));

static void
stall_input_class_init (StallInputClass * klass)
{
}

static void
stall_input_init (StallInput * input)
{
}

/* --- Writing ------------------------------------------------------------- */

static GPollableOutputStream *
base_of_output (gpointer stream)
{
  return G_POLLABLE_OUTPUT_STREAM (g_filter_output_stream_get_base_stream
      (stream));
}

static gboolean
output_is_writable (GPollableOutputStream * stream)
{
  return !((StallOutput *) stream)->connection->stalled
      && g_pollable_output_stream_is_writable (base_of_output (stream));
}

static GSource *
output_create_source (GPollableOutputStream * stream,
    GCancellable * cancellable)
{
  return source_new (((StallOutput *) stream)->connection, stream,
      g_pollable_output_stream_create_source (base_of_output (stream),
          cancellable));
}

static gssize
output_write (GPollableOutputStream * stream, const void *buffer, gsize count,
    GError ** error)
{
  if (((StallOutput *) stream)->connection->stalled)
    return would_block (error);
  return g_pollable_output_stream_write_nonblocking (base_of_output (stream),
      buffer, count, NULL, error);
}

static void
output_iface_init (GPollableOutputStreamInterface * iface)
{
  iface->is_writable = output_is_writable;
  iface->create_source = output_create_source;
  iface->write_nonblocking = output_write;
}

G_DEFINE_TYPE_WITH_CODE (StallOutput, stall_output,
    G_TYPE_FILTER_OUTPUT_STREAM,
    G_IMPLEMENT_INTERFACE (G_TYPE_POLLABLE_OUTPUT_STREAM, output_iface_init));

static void
stall_output_class_init (StallOutputClass * klass)
{
}

static void
stall_output_init (StallOutput * output)
{
}

/* --- The connection ------------------------------------------------------ */

static GInputStream *
get_input_stream (GIOStream * stream)
{
  return STALL_CONNECTION (stream)->input;
}

static GOutputStream *
get_output_stream (GIOStream * stream)
{
  return STALL_CONNECTION (stream)->output;
}

static void
stall_connection_constructed (GObject * object)
{
  StallConnection *connection = STALL_CONNECTION (object);
  GIOStreamClass *parent = G_IO_STREAM_CLASS (stall_connection_parent_class);

  G_OBJECT_CLASS (stall_connection_parent_class)->constructed (object);
  connection->input = g_object_new (stall_input_get_type (), "base-stream",
      parent->get_input_stream (G_IO_STREAM (object)), "close-base-stream",
      FALSE, NULL);
  ((StallInput *) connection->input)->connection = connection;
  connection->output = g_object_new (stall_output_get_type (), "base-stream",
      parent->get_output_stream (G_IO_STREAM (object)), "close-base-stream",
      FALSE, NULL);
  ((StallOutput *) connection->output)->connection = connection;
}

static void
stall_connection_finalize (GObject * object)
{
  StallConnection *connection = STALL_CONNECTION (object);

  g_ptr_array_unref (connection->waiting);
  g_object_unref (connection->input);
  g_object_unref (connection->output);
  g_clear_object (&connection->stream);
  G_OBJECT_CLASS (stall_connection_parent_class)->finalize (object);
}

static void
stall_connection_class_init (StallConnectionClass * klass)
{
  G_OBJECT_CLASS (klass)->constructed = stall_connection_constructed;
  G_OBJECT_CLASS (klass)->finalize = stall_connection_finalize;
  G_IO_STREAM_CLASS (klass)->get_input_stream = get_input_stream;
  G_IO_STREAM_CLASS (klass)->get_output_stream = get_output_stream;
}

static void
stall_connection_init (StallConnection * connection)
{
  connection->waiting = g_ptr_array_new_with_free_func ((GDestroyNotify)
      g_source_unref);
}

StallConnection *
stall_connection_new (GSocket * socket, GIOStream * stream)
{
  StallConnection *connection = g_object_new (STALL_TYPE_CONNECTION, "socket",
      socket, NULL);

  connection->stream = g_object_ref (stream);
  return connection;
}

static void
let_go (gpointer source, gpointer user_data)
{
  g_source_set_ready_time (source, 0);
}

void
stall_connection_set_stalled (StallConnection * connection, gboolean stalled)
{
  connection->stalled = stalled;
  if (stalled)
    return;
  g_ptr_array_foreach (connection->waiting, let_go, NULL);
  g_ptr_array_set_size (connection->waiting, 0);
}

gboolean
stall_connection_is_stalled (StallConnection * connection)
{
  return connection->stalled;
}
