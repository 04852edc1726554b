/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the tests of the element begin and end with.
 */
#include "fixture.h"

TestCall *call;
Receiver *receiver;

void
fixture_setup (void)
{
  call = testcall_new ();
  receiver = receiver_new (call);
}

/* At the end of each test and not behind it: GST_END_TEST waits for GStreamer's
 * threads. */
void
fixture_teardown (void)
{
  receiver_free (receiver);
  testcall_free (call);
}

/* The case of a suite that has only one. Its tests tear down themselves. */
TCase *
fixture_add_case (Suite * suite, SFun setup)
{
  TCase *tc = tcase_create ("general");

  tcase_add_checked_fixture (tc, setup, NULL);
  suite_add_tcase (suite, tc);
  return tc;
}
