//! The list of blocks that other threads have freed: many push, one takes, and one day it closes.
//!
//! A Treiber stack without its trouble: nobody pops a single block, the owner takes all of them at once, so
//! the same block coming back cannot confuse anybody (no ABA).
//!
//! ```text
//!  pusher:  head = load; block.next = head; compare_exchange(head, block, Release)   — again if it lost
//!  owner:   swap(null, Acquire), walk the chain
//!  closing: lock estate; swap(CLOSED, Acquire); the chain and all else go into the estate; unlock
//!  pusher that meets CLOSED: lock estate; free the block there
//! ```
//!
//! The *estate* is what the owner leaves behind. It is filled under the lock before anybody who met `CLOSED`
//! can get the lock, so a late pusher always finds it complete. A block is pushed or freed in the estate,
//! never both, never neither: that is decided by one compare-and-exchange against the closing swap.
//!
//! An owner may *rest*, too: for a while nobody looks after the list. It says so before it takes the last time, and a
//! pusher asks after it has pushed; at least one of the two sees the other (the fences of `rest` and `push_chain`), so
//! no block waits unseen: a pusher that learns that the owner rests sees to it that somebody takes (`heaps.rs`).
//!
//! The list is generic over the link, so that loom model-checks this very code (`tests/loom.rs`) with a link
//! whose accesses it watches; in production the link is the first word of the free block.

use core::ptr;

use gleaner_sync::Mutex;
use gleaner_sync::atomic::{AtomicBool, AtomicPtr, Ordering, fence};

/// How a block links to the next one.
///
/// # Safety
/// `next` returns what the last `set_next` stored.
pub unsafe trait Link {
    /// Stores the link.
    ///
    /// # Safety
    /// `this` is exclusively the caller's.
    unsafe fn set_next(this: *mut Self, next: *mut Self);

    /// Reads the link.
    ///
    /// # Safety
    /// `this` is exclusively the caller's, and a link was stored in it.
    unsafe fn next(this: *mut Self) -> *mut Self;
}

/// Blocks freed by other threads, and the estate for those that come after the owner's end.
#[derive(Debug)]
pub struct RemoteList<L: Link, E> {
    head: AtomicPtr<L>,
    resting: AtomicBool,
    estate: Mutex<E>,
}

/// What became of blocks that were pushed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Sent {
    /// The owner takes them when it likes.
    Awaited,
    /// They are there, but the owner rests: somebody has to take them.
    Resting,
    /// The list is closed; they are still the pusher's.
    Refused,
}

/// Blocks taken from a list, the last pushed first; exclusively the taker's.
#[derive(Debug)]
pub struct Chain<L: Link> {
    next: *mut L,
}

impl<L: Link> Iterator for Chain<L> {
    type Item = *mut L;

    fn next(&mut self) -> Option<*mut L> {
        let block = self.next;
        if block.is_null() {
            return None;
        }
        // SAFETY: the block was pushed with a link and taken by us alone (A8); the link is read before the
        // block is given away.
        self.next = unsafe { L::next(block) };
        Some(block)
    }
}

/// Returns the head of a closed list: no address of a block, which is aligned.
fn closed<L>() -> *mut L {
    ptr::without_provenance_mut(1)
}

impl<L: Link, E> RemoteList<L, E> {
    /// Makes an open, empty list.
    pub fn new(estate: E) -> RemoteList<L, E> {
        RemoteList {
            head: AtomicPtr::new(ptr::null_mut()),
            resting: AtomicBool::new(false),
            estate: Mutex::new(estate),
        }
    }

    /// Pushes a block. Lock-free.
    ///
    /// # Safety
    /// The block is exclusively the caller's, and no longer unless it is refused.
    #[must_use]
    pub unsafe fn push(&self, block: *mut L) -> Sent {
        // SAFETY: a chain of one.
        unsafe { self.push_chain(block, block) }
    }

    /// Pushes blocks that are linked from `first` to `last`. Lock-free: one exchange for all of them.
    ///
    /// # Safety
    /// The blocks are exclusively the caller's, and no longer unless they are refused.
    #[must_use]
    pub unsafe fn push_chain(&self, first: *mut L, last: *mut L) -> Sent {
        // Relaxed: nothing is read through the head; the exchange below publishes.
        let mut head = self.head.load(Ordering::Relaxed);
        while head != closed() {
            // SAFETY: the block is ours until the exchange succeeds.
            unsafe { L::set_next(last, head) };
            // Release: pairs with the Acquire of the swaps in `take` and `close`; publishes the links and all
            // that this thread did with the blocks.
            match self.head.compare_exchange_weak(head, first, Ordering::Release, Ordering::Relaxed) {
                Ok(_) => return self.whether_resting(),
                Err(now) => head = now,
            }
        }
        Sent::Refused
    }

    fn whether_resting(&self) -> Sent {
        // SeqCst: partner of the fence in `rest`: either that owner's last take sees our push, or we see that it rests.
        fence(Ordering::SeqCst);
        match self.resting.load(Ordering::Relaxed) {
            true => Sent::Resting,
            false => Sent::Awaited,
        }
    }

    /// Says that nobody will look after the list; the owner takes once more after this.
    pub fn rest(&self) {
        self.resting.store(true, Ordering::Relaxed);
        // SeqCst: partner of the fence in `whether_resting`.
        fence(Ordering::SeqCst);
    }

    /// Says that there is an owner again, who looks after the list.
    pub fn wake(&self) {
        self.resting.store(false, Ordering::Relaxed);
    }

    /// Takes all blocks. Only the owner does, and not after [`close`](RemoteList::close).
    #[inline]
    pub fn take(&self) -> Chain<L> {
        // Relaxed: a hint; a block that is missed now is taken next time.
        if self.head.load(Ordering::Relaxed).is_null() {
            return Chain { next: ptr::null_mut() };
        }
        // Acquire: pairs with the Release in `push`; the earlier pushes' exchanges continue each other's
        // release sequence, so it pairs with all of them.
        Chain { next: self.head.swap(ptr::null_mut(), Ordering::Acquire) }
    }

    /// Closes the list: `inherit` gets the last blocks and fills the estate. Only the owner does, once.
    pub fn close(&self, inherit: impl FnOnce(Chain<L>, &mut E)) {
        self.with_estate(|estate| {
            // Acquire: pairs with the Release in `push`. Those that meet the mark read nothing through it;
            // the lock orders them after us.
            let next = self.head.swap(closed(), Ordering::Acquire);
            inherit(Chain { next }, estate);
        });
    }

    /// Runs `body` on the estate, under its lock. For those whose push was refused, and for the end.
    pub fn with_estate<R>(&self, body: impl FnOnce(&mut E) -> R) -> R {
        // A panic under the lock leaves a chunk too many behind, nothing worse.
        let mut estate = self.estate.lock().unwrap_or_else(|broken| broken.into_inner());
        body(&mut estate)
    }
}
