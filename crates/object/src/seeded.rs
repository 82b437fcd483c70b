//! Seeded bugs: mistakes that can be switched on to see whether the harnesses find them.
//!
//! Without the feature `seeded-bugs`, [`seeded`] is a constant `false` and nothing of this is compiled into the
//! heap. With it, one bug can be armed per thread.

/// A mistake, named after what goes wrong.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Bug {
    /// What survives a full collection stays in the generation it was in.
    PromotionLeftOut,
    /// Overwriting a slot does not give up the reference that was in it.
    DecrementForgotten,
    /// A weak reference without callback is not cleared when its referent dies by count.
    WeakReferenceKept,
    /// A cycle in slices is not told what the program touches.
    TouchMissed,
    /// The recycler forgets the old objects that were touched.
    CandidateForgotten,
    /// The paced collector lets the heap grow four times as far as it promises.
    CycleLate,
}

impl Bug {
    /// All of them, with the names of the command line.
    pub const ALL: [(&'static str, Bug); 6] = [
        ("promotion-left-out", Bug::PromotionLeftOut),
        ("decrement-forgotten", Bug::DecrementForgotten),
        ("weak-reference-kept", Bug::WeakReferenceKept),
        ("touch-missed", Bug::TouchMissed),
        ("candidate-forgotten", Bug::CandidateForgotten),
        ("cycle-late", Bug::CycleLate),
    ];
}

#[cfg(feature = "seeded-bugs")]
thread_local! {
    static ARMED: core::cell::Cell<Option<Bug>> = const { core::cell::Cell::new(None) };
}

/// Arms a bug on this thread, or none.
#[cfg(feature = "seeded-bugs")]
pub fn arm(bug: Option<Bug>) {
    ARMED.set(bug);
}

/// Tells whether `bug` is armed on this thread.
#[inline]
#[must_use]
pub fn seeded(bug: Bug) -> bool {
    #[cfg(feature = "seeded-bugs")]
    return ARMED.get() == Some(bug);
    #[cfg(not(feature = "seeded-bugs"))]
    {
        let _ = bug;
        false
    }
}
