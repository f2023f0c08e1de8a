// POSTHOUSE_OWN_FRAME: keeps a coroutine's frame out of its caller's.
#pragma once

/// Before a coroutine that is awaited where it is called, and not while its caller waits for long. An optimising
/// compiler puts the frame of such a coroutine into its caller's, so that every session that waits in IDLE has room for
/// what it does before and after; with this it gets a frame of its own, which is gone when it ends.
#define POSTHOUSE_OWN_FRAME [[gnu::noinline]]
