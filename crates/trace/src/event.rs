//! What is in a trace.

/// One request of the program. Every kind but `Free` begins the next id.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub enum Event {
    /// A block of `size` bytes, content arbitrary.
    Malloc {
        /// The bytes asked for.
        size: u64,
    },
    /// A block of `size` zero bytes.
    Calloc {
        /// The bytes asked for: count times size.
        size: u64,
    },
    /// The block `id` becomes one of `size` bytes, under the next id.
    Realloc {
        /// Which block.
        id: u64,
        /// The bytes asked for.
        size: u64,
    },
    /// The end of the block `id`.
    Free {
        /// Which block.
        id: u64,
    },
}

/// What is known of the recording as a whole.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Meta {
    /// The command that was recorded, with its arguments.
    pub command: Vec<String>,
    /// What ran it, for example `CPython 3.13.0`; may be empty.
    pub runtime: String,
}

/// How many events there are of each kind.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Counts {
    /// Blocks asked for by malloc.
    pub mallocs: u64,
    /// Blocks asked for by calloc.
    pub callocs: u64,
    /// Blocks whose size was changed.
    pub reallocs: u64,
    /// Blocks that were freed.
    pub frees: u64,
    /// Bytes asked for, all in all.
    pub bytes: u64,
}

impl Counts {
    /// Returns how many ids there are: every event but a free begins one.
    #[must_use]
    pub fn ids(&self) -> u64 {
        self.mallocs + self.callocs + self.reallocs
    }

    /// Returns how many events there are.
    #[must_use]
    pub fn events(&self) -> u64 {
        self.ids() + self.frees
    }

    /// Returns how many blocks were never freed.
    #[must_use]
    pub fn live(&self) -> u64 {
        (self.mallocs + self.callocs).saturating_sub(self.frees)
    }

    /// Counts one more event.
    pub fn add(&mut self, event: Event) {
        let (count, size) = match event {
            Event::Malloc { size } => (&mut self.mallocs, size),
            Event::Calloc { size } => (&mut self.callocs, size),
            Event::Realloc { size, .. } => (&mut self.reallocs, size),
            Event::Free { .. } => (&mut self.frees, 0),
        };
        *count += 1;
        self.bytes = self.bytes.saturating_add(size);
    }
}
