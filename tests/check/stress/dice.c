/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What changes around the element at random: people, the server, and faults at each
 * of its steps. Nothing is waited for.
 */
#include "dice.h"

#include <string.h>

/* No message, no JSON and no SDP, but text. */
#define GARBAGE "\x1a\x7f{]"

const gchar *const dice_names[DICE_N_NAMES] = { "ana", "bea", "cyd" };

static GRand *dice;
/* Something that a server tells once was changed, and sessions may lack it. */
static gboolean is_lossy;

void
dice_set_seed (guint seed)
{
  g_clear_pointer (&dice, g_rand_free);
  dice = g_rand_new_with_seed (seed);
  is_lossy = FALSE;
}

guint
dice_throw (guint n_sides)
{
  return g_rand_int_range (dice, 0, n_sides);
}

/* People */

void
dice_change_people (TestCall * call)
{
  const gchar *name = dice_names[dice_throw (DICE_N_NAMES)];
  const TestcallMedia media = dice_throw (2) ? TESTCALL_AUDIO : TESTCALL_VIDEO;
  const TestcallCodec codec = dice_throw (2) ? TESTCALL_VP8 : TESTCALL_H264;
  gboolean is_muted = dice_throw (2);

  switch (dice_throw (5)) {
    case 0:
    case 1:
      if (!testcall_leave (call, name))
        testcall_join (call, name, TESTCALL_AUDIO | TESTCALL_VIDEO, codec);
      break;
    case 2:
      testcall_set_muted (call, name, media, is_muted);
      break;
    case 3:
      if (!testcall_unpublish (call, name, media))
        testcall_publish (call, name, media, codec);
      break;
    default:
      break;
  }
}

/* The server */

static void
interrupt_connection (TestCall * call)
{
  guint which = dice_throw (6);
  gboolean is_on = dice_throw (2);

  switch (which) {
    case 0:
    case 1:
      testcall_drop_sockets (call, is_on);
      break;
    case 2:
      testcall_drop_media (call);
      break;
    case 3:
      testcall_stall_sockets (call, is_on);
      break;
    case 4:
      testcall_set_listening (call, is_on);
      break;
    default:
      testcall_set_silent_peer (call, is_on);
      break;
  }
}

static void
change_room (TestCall * call)
{
  guint which = dice_throw (7);
  guint reason = dice_throw (18), action = dice_throw (3);

  switch (which) {
    case 0:
    case 1:
      testcall_send_leave (call, reason, action);
      break;
    case 2:
      testcall_restart (call, TESTCALL_RETURN_AT_ONCE);
      break;
    case 3:
      testcall_restart (call, TESTCALL_RETURN_LATER);
      break;
    case 4:
      testcall_return (call, NULL);
      break;
    case 5:
      testcall_move_room (call);
      break;
    default:
      testcall_set_room_state (call, action + TESTCALL_ROOM_FULL);
      break;
  }
}

void
dice_change_server (TestCall * call)
{
  guint which = dice_throw (8);
  gboolean is_on = dice_throw (2);

  switch (which) {
    case 0:
    case 1:
      interrupt_connection (call);
      break;
    case 2:
    case 3:
      change_room (call);
      break;
    case 4:
    case 5:
      testcall_set_resumable (call, is_on);
      break;
    case 6:
      testcall_set_first_offer (call, is_on ? TESTCALL_OFFER_TRACKS_AT_ONCE :
          TESTCALL_OFFER_DATA_FIRST);
      break;
    default:
      testcall_send_raw (call, GARBAGE, strlen (GARBAGE), is_on);
      break;
  }
}

/* Faults */

static void
make_http_fault (TestcallFault * fault)
{
  static const guint statuses[] = { 400, 401, 404, 429, 500, 502, 503 };

  switch (dice_throw (5)) {
    case 0:
      fault->stall = TRUE;
      break;
    case 1:
      fault->cut = TRUE;
      fault->cut_after = dice_throw (200);
      break;
    case 2:
      fault->body = GARBAGE;
      break;
    default:
      fault->status = statuses[dice_throw (G_N_ELEMENTS (statuses))];
      break;
  }
}

static void
make_message_fault (TestcallFault * fault, TestcallStep step)
{
  fault->send = dice_throw (TESTCALL_SEND_TWICE + 1);
  fault->body = GARBAGE;
  fault->length = 1 << dice_throw (20);
  fault->reason = dice_throw (18);
  fault->action = dice_throw (3);
  if (step == TESTCALL_STEP_OFFER && dice_throw (4) == 0)
    fault->sdp = TESTCALL_SDP_NO_MID;
  if (step == TESTCALL_STEP_OFFER && dice_throw (4) == 0)
    fault->id_offset = dice_throw (5) - 2;
}

/* The next one or two of a step go wrong. */
void
dice_set_fault (TestCall * call)
{
  TestcallStep step = dice_throw (TESTCALL_N_STEPS);
  TestcallFault fault = { 0 };

  fault.times = 1 + dice_throw (2);
  fault.skip = dice_throw (2);
  fault.delay_ms = dice_throw (3) ? 0 : dice_throw (300);
  if (step < TESTCALL_STEP_JOIN) {
    make_http_fault (&fault);
  } else {
    make_message_fault (&fault, step);
    is_lossy = TRUE;
  }
  testcall_set_fault (call, step, &fault);
}

/* Whatever there was, the server is a good one from now on, with everybody in the
 * call and nobody muted. TRUE: its sessions may lack what had been lost on the
 * way. */
gboolean
dice_heal (TestCall * call)
{
  gboolean was_lossy = is_lossy;
  guint i;

  for (i = 0; i < TESTCALL_N_STEPS; i++)
    testcall_set_fault (call, i, NULL);
  testcall_set_listening (call, TRUE);
  testcall_stall_sockets (call, FALSE);
  testcall_set_silent_peer (call, FALSE);
  testcall_set_room_state (call, TESTCALL_ROOM_OPEN);
  testcall_return (call, NULL);
  for (i = 0; i < DICE_N_NAMES; i++) {
    testcall_set_muted (call, dice_names[i], TESTCALL_AUDIO, FALSE);
    testcall_set_muted (call, dice_names[i], TESTCALL_VIDEO, FALSE);
  }
  is_lossy = FALSE;
  return was_lossy;
}
