//! What a program runs under: the rules of one Python version, a collector's policy, and faults.

/// When an allocation that passes the threshold collects.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Trigger {
    /// Inside the allocation, before the new object exists (3.11).
    InsideAllocation,
    /// Right after it, with the new object alive (3.12 and later: the eval breaker).
    AfterAllocation,
}

/// The rules of one Python version, as far as they differ (the lines marked **V** of the contract).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Profile {
    /// The minor version: 11 for Python 3.11.
    pub minor: u8,
    /// The thresholds at the start.
    pub thresholds: [u32; 3],
    /// When an automatic collection runs.
    pub trigger: Trigger,
    /// Whether weak references without callback outlive the finalizers, and stay alive if their referent
    /// was resurrected (PY-37).
    pub plain_refs_survive: bool,
}

impl Profile {
    /// The newest version known.
    pub const NEWEST: Profile = Profile::of(15);

    /// Returns the rules of Python 3.`minor`; older versions than 3.11 count as 3.11, newer than 3.15 as 3.15.
    #[must_use]
    pub const fn of(minor: u8) -> Profile {
        Profile {
            minor,
            thresholds: if minor <= 12 { [700, 10, 10] } else { [2000, 10, 10] },
            trigger: if minor <= 11 { Trigger::InsideAllocation } else { Trigger::AfterAllocation },
            plain_refs_survive: minor >= 15,
        }
    }
}

/// What collections there are.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Policy {
    /// None: `collect` does nothing, answers 0 and reports no collection; nothing is ever automatic. The
    /// counts of generations 1 and 2 stay 0, every object stays in generation 0 (but `unfreeze` moves to 2).
    RefcountOnly,
    /// Every collection, explicit of any generation or automatic (when generation 0's count exceeds its
    /// threshold and a quarter of what survived the last one), is over the whole heap and is reported, and counted in the statistics, as one of generation 2; survivors
    /// are in generation 2, keep their order of age; new objects are in generation 0; all counts become 0.
    MarkSweep,
    /// CPython's three generations.
    Generational,
    /// As `MarkSweep`, but a pass is reported, and counted, as one of the generation that was asked for, automatic
    /// ones as of generation 0, and the counts change as in `Generational`; an automatic one is due already when
    /// exactly a quarter is new, and whenever the second threshold is 0.
    Full,
    /// Candidates and what they reach. From here on a machine is held to a contract (`gleaner_model::contract`), not
    /// to what the model says.
    Recycler,
    /// The young and an increment of the old.
    Incremental,
    /// The young at once, the whole heap in slices.
    Paced,
}

impl Policy {
    /// Returns whether the model says exactly what a machine of this policy says.
    #[must_use]
    pub const fn is_exact(self) -> bool {
        !matches!(self, Policy::Recycler | Policy::Incremental | Policy::Paced)
    }
}

/// How a collector that works in slices (`Policy::Paced`) does it.
///
/// It lets the heap grow by a tenth of what a cycle has left, or by [`Slices::SLACK`] objects, if that is more.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Slices {
    /// A slice lasts until the cycle is over.
    #[default]
    Long,
    /// A slice is over when the clock is looked at first.
    Short,
}

impl Slices {
    /// The number of objects by which any heap may grow.
    pub const SLACK: u64 = 8;
}

/// Everything besides the program that decides what happens.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Environment {
    /// The version's rules.
    pub profile: Profile,
    /// The collector's policy.
    pub policy: Policy,
    /// How many objects, never reported, live in the permanent generation from the start (see
    /// `docs/language.md`).
    pub foreign: u64,
    /// The allocation (counting nodes and refs from 0) that fails once for want of memory, if any: the
    /// operation answers `FAILED` and binds nothing; inside a finalizer or callback the failure is an exception.
    pub fail_at: Option<u64>,
    /// How slices are cut.
    pub slices: Slices,
}

impl Default for Environment {
    fn default() -> Self {
        Environment {
            profile: Profile::NEWEST,
            policy: Policy::Generational,
            foreign: 5000,
            fail_at: None,
            slices: Slices::Long,
        }
    }
}
