/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Runs a fuzz target without libFuzzer, the same way each time: all files of a
 * corpus, then mutations of them. An input that ends the process is left in the
 * working folder as "crash-<pid>".
 *
 * Usage: fuzz-TARGET FILE-OR-FOLDER... [--mutations=N]
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <glib.h>
#include "fuzz.h"

#define SEED 20240229
#define MAX_SIZE (64 * 1024)
#define MAX_STEPS 4
#define MAX_BLOCK 64

static const guint8 *current;
static gsize current_size;
static gchar crash_name[64];

static void
on_crash (int number)
{
  int file = open (crash_name, O_WRONLY | O_CREAT | O_TRUNC, 0666);

  if (file >= 0 && write (file, current, current_size) >= 0)
    close (file);
  signal (number, SIG_DFL);
  raise (number);
}

/* A handler of its own stack: the usual one may be what has run out. */
static void
catch_crashes (void)
{
  static const int numbers[] = { SIGABRT, SIGSEGV, SIGTRAP, SIGBUS, SIGFPE };
  static guint8 memory[64 * 1024];
  const stack_t stack = {.ss_sp = memory,.ss_size = sizeof (memory) };
  const struct sigaction action = {
    .sa_handler = on_crash,.sa_flags = SA_ONSTACK | SA_NODEFER
  };
  guint i;

  g_snprintf (crash_name, sizeof (crash_name), "crash-%d", (int) getpid ());
  sigaltstack (&stack, NULL);
  for (i = 0; i < G_N_ELEMENTS (numbers); i++)
    sigaction (numbers[i], &action, NULL);
}

static void
run (const guint8 * data, gsize size)
{
  current = data;
  current_size = size;
  LLVMFuzzerTestOneInput (data, size);
}

static void
load_file (GPtrArray * seeds, const gchar * path)
{
  gchar *data;
  gsize size;
  g_autoptr (GError) error = NULL;

  if (!g_file_get_contents (path, &data, &size, &error))
    g_error ("%s", error->message);
  g_ptr_array_add (seeds, g_byte_array_new_take ((guint8 *) data, size));
}

static gint
compare_names (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const gchar * const *) a, *(const gchar * const *) b);
}

/* In the order of their names: folders have none. */
static void
load_folder (GPtrArray * seeds, const gchar * path)
{
  g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);
  g_autoptr (GPtrArray) names = g_ptr_array_new_with_free_func (g_free);
  const gchar *name;
  guint i;

  g_assert (dir != NULL);
  while ((name = g_dir_read_name (dir)) != NULL)
    g_ptr_array_add (names, g_build_filename (path, name, NULL));
  g_ptr_array_sort (names, compare_names);
  for (i = 0; i < names->len; i++)
    load_file (seeds, g_ptr_array_index (names, i));
}

static guint32
pick (GRand * rand, guint32 end)
{
  return end == 0 ? 0 : g_rand_int (rand) % end;
}

/* One step: @input changes in one place, maybe by a piece of @other. */
static void
mutate (GRand * rand, GByteArray * input, const GByteArray * other)
{
  guint at = pick (rand, input->len + 1);
  guint length = pick (rand, MIN (MAX_BLOCK, input->len - at) + 1);
  guint from = pick (rand, other->len);
  guint n = pick (rand, MIN (MAX_BLOCK, other->len - from) + 1);
  g_autoptr (GByteArray) tail = g_byte_array_new ();

  if (at < input->len && pick (rand, 2) == 0) {
    input->data[at] = pick (rand, 2) == 0 ? pick (rand, 256) :
        input->data[at] ^ 1u << pick (rand, 8);
    return;
  }
  /* What stands at @at is replaced, which may be nothing by something. */
  g_byte_array_append (tail, input->data + at + length,
      input->len - at - length);
  g_byte_array_set_size (input, at);
  if (n > 0)
    g_byte_array_append (input, other->data + from, n);
  g_byte_array_append (input, tail->data, tail->len);
}

static void
run_mutations (GPtrArray * seeds, guint n)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed (SEED);
  guint i;

  for (i = 0; i < n; i++) {
    const GByteArray *seed = g_ptr_array_index (seeds, pick (rand, seeds->len));
    g_autoptr (GByteArray) input = g_byte_array_new ();
    guint steps = 1 + pick (rand, MAX_STEPS);

    g_byte_array_append (input, seed->data, seed->len);
    while (steps-- > 0)
      mutate (rand, input, g_ptr_array_index (seeds, pick (rand, seeds->len)));
    run (input->data, MIN (input->len, MAX_SIZE));
  }
}

int
main (int argc, char **argv)
{
  g_autoptr (GPtrArray) seeds =
      g_ptr_array_new_with_free_func ((GDestroyNotify) g_byte_array_unref);
  guint n_mutations = 0;
  guint j;
  int i;

  LLVMFuzzerInitialize (&argc, &argv);
  for (i = 1; i < argc; i++) {
    if (g_str_has_prefix (argv[i], "--mutations="))
      n_mutations = atoi (strchr (argv[i], '=') + 1);
    else if (g_file_test (argv[i], G_FILE_TEST_IS_DIR))
      load_folder (seeds, argv[i]);
    else
      load_file (seeds, argv[i]);
  }
  g_assert (seeds->len > 0);
  catch_crashes ();
  run ((const guint8 *) "", 0);
  for (j = 0; j < seeds->len; j++) {
    const GByteArray *seed = g_ptr_array_index (seeds, j);

    run (seed->data, seed->len);
  }
  run_mutations (seeds, n_mutations);
  printf ("%u inputs and %u mutations\n", seeds->len, n_mutations);
  return 0;
}
