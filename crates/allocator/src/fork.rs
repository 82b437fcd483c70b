//! Forks: the child has one thread, and no lock of ours may be in the hands of another.
//!
//! Handlers take all locks before a fork and release them after it, in parent and child. They are registered before the first
//! lock is taken. Threads that come at the same time all register, since none may wait for another: a child would wait
//! forever if that one was not in it. So the handlers may be there more than once, and all but the first of a fork do nothing.
//!
//! The heaps of the threads that are not in the child may be in the middle of anything: the child leaves them alone.

use core::mem::forget;

use gleaner_sync::process::atomic::{AtomicBool, AtomicUsize, Ordering};

use crate::{heaps, modes, stash, territory};

/// Whether the handlers are known to be registered.
static REGISTERED: AtomicBool = AtomicBool::new(false);

/// The thread that forks and has the locks; 0 if there is none.
static FORKING: AtomicUsize = AtomicUsize::new(0);

/// Sees to it that forks leave no lock taken. Comes before every lock, and allocates nothing of ours.
#[inline]
pub(crate) fn prepare() {
    // Acquire: pairs with the Release below.
    if !REGISTERED.load(Ordering::Acquire) {
        register();
    }
}

#[cold]
fn register() {
    // SAFETY: the handlers may be called by any thread that forks.
    unsafe { libc::pthread_atfork(Some(before), Some(after), Some(after)) };
    REGISTERED.store(true, Ordering::Release);
}

extern "C" fn before() {
    // Relaxed: a thread finds its own name only if it has written it.
    if FORKING.load(Ordering::Relaxed) == me() {
        return;
    }
    REGISTERED.store(true, Ordering::Release);
    // Whoever decides does so before the fork.
    modes::state();
    forget(heaps::lock());
    forget(stash::lock());
    forget(territory::lock());
    FORKING.store(me(), Ordering::Relaxed);
}

extern "C" fn after() {
    if FORKING.load(Ordering::Relaxed) != me() {
        return;
    }
    FORKING.store(0, Ordering::Relaxed);
    // SAFETY: this thread has taken the locks in `before`.
    unsafe {
        territory::unlock();
        stash::unlock();
        heaps::unlock();
    }
}

/// Names this thread; the name is the same in the child.
fn me() -> usize {
    // SAFETY: it has no conditions.
    unsafe { libc::pthread_self() as usize }
}
