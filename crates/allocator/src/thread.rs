//! The thread's word: where the fast paths of the process's allocator find their magazines.
//!
//! It points to the magazines of this thread's heap, or, while the thread has none, to [`NO_MAGAZINES`], which are all
//! empty and full at once, so that the first request takes the slow path and nobody asks whether there is a heap.
//!
//! In a shared library, Rust's `thread_local!` calls a function of the dynamic linker for each access. On x86-64 Linux the
//! word is therefore a variable of the initial-exec model, written in assembler: its offset from the thread's base
//! is loaded from a fixed place, which takes two instructions, and the linker makes it one in executables.

use core::cell::Cell;
use core::mem::offset_of;
use core::ptr;

use crate::allocator::Allocator;
use crate::geometry::MAX_CLASSES;
use crate::magazine::Magazine;

/// What the fast paths want of a heap: the beginning of its `Allocator`.
#[repr(C)]
pub(crate) struct Magazines {
    /// `[class + 1]`; number 0 is always empty and full.
    pub(crate) of: [Magazine; MAX_CLASSES + 1],
    /// Where the first territory is: what lies in it has its magazine's number in the territory's table.
    pub(crate) base: Cell<*mut u8>,
    pub(crate) len: Cell<usize>,
}

const _: () = {
    assert!(offset_of!(Allocator, magazines) == offset_of!(Magazines, of));
    assert!(offset_of!(Allocator, base) == offset_of!(Magazines, base));
    assert!(offset_of!(Allocator, len) == offset_of!(Magazines, len));
};

// SAFETY: A5: these are never written.
unsafe impl Sync for NoMagazines {}

/// The magazines of a thread without a heap.
#[repr(transparent)]
pub(crate) struct NoMagazines(Magazines);

pub(crate) static NO_MAGAZINES: NoMagazines = NoMagazines(Magazines {
    of: [const { Magazine::none() }; MAX_CLASSES + 1],
    base: Cell::new(ptr::null_mut()),
    len: Cell::new(0),
});

/// Returns the magazines of a thread without a heap.
pub(crate) fn none() -> *const Magazines {
    &raw const NO_MAGAZINES.0
}

/// Returns whether the thread has a heap.
pub(crate) fn has_heap() -> bool {
    !ptr::eq(magazines(), none())
}

#[cfg(all(target_arch = "x86_64", target_os = "linux"))]
mod word {
    use super::{Magazines, NO_MAGAZINES};
    use core::arch::{asm, global_asm};

    global_asm!(
        ".pushsection .tdata.gleaner, \"awT\", @progbits",
        ".balign 8",
        ".globl gleaner_thread_magazines",
        ".hidden gleaner_thread_magazines",
        "gleaner_thread_magazines:",
        ".quad {none}",
        ".popsection",
        none = sym NO_MAGAZINES,
    );

    #[inline(always)]
    pub(crate) fn get() -> *const Magazines {
        let magazines: *const Magazines;
        // SAFETY: A12: reads the thread's word.
        unsafe {
            asm!(
                "mov {word}, qword ptr [rip + gleaner_thread_magazines@GOTTPOFF]",
                "mov {word}, qword ptr fs:[{word}]",
                word = out(reg) magazines,
                options(pure, readonly, nostack, preserves_flags),
            );
        }
        magazines
    }

    pub(crate) fn set(magazines: *const Magazines) {
        // SAFETY: A12: writes the thread's word.
        unsafe {
            asm!(
                "mov {offset}, qword ptr [rip + gleaner_thread_magazines@GOTTPOFF]",
                "mov qword ptr fs:[{offset}], {word}",
                offset = out(reg) _,
                word = in(reg) magazines,
                options(nostack, preserves_flags),
            );
        }
    }
}

#[cfg(not(all(target_arch = "x86_64", target_os = "linux")))]
mod word {
    use super::{Cell, Magazines};

    std::thread_local! {
        static WORD: Cell<*const Magazines> = const { Cell::new(&raw const super::NO_MAGAZINES.0) };
    }

    #[inline(always)]
    pub(crate) fn get() -> *const Magazines {
        WORD.get()
    }

    pub(crate) fn set(magazines: *const Magazines) {
        WORD.set(magazines);
    }
}

/// Returns the thread's magazines.
#[inline(always)]
pub(crate) fn magazines() -> *const Magazines {
    word::get()
}

/// Makes these the thread's magazines.
pub(crate) fn set_magazines(magazines: *const Magazines) {
    word::set(magazines);
}
