//! What kind of program a trace is of.

use std::collections::BTreeMap;
use std::io::Read;

use crate::error::TraceError;
use crate::event::{Counts, Event};
use crate::reader::Reader;

/// The shape of a trace: sizes and ages.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Summary {
    /// How many events there are.
    pub counts: Counts,
    /// How many bytes the file has.
    pub file_bytes: u64,
    /// How often each size was asked for.
    pub sizes: BTreeMap<u64, u64>,
    /// How many blocks ended, by free or realloc, before sixteen more had begun.
    pub young: u64,
    /// The most blocks that were live at once.
    pub peak_blocks: u64,
}

/// A block is young until so many more have begun.
const YOUNG: u64 = 16;

/// The size up to which CPython's own allocator serves a request.
const SMALL: u64 = 512;

impl Summary {
    /// Reads the rest of a trace; returns what was read, and the error that ended it, if any.
    pub fn read<R: Read>(reader: &mut Reader<R>) -> (Summary, Option<TraceError>) {
        let mut summary = Summary::default();
        let error = reader.by_ref().find_map(|event| match event {
            Ok(event) => {
                summary.add(event);
                None
            }
            Err(error) => Some(error),
        });
        summary.file_bytes = reader.bytes_read();
        (summary, error)
    }

    fn add(&mut self, event: Event) {
        if let Event::Realloc { id, .. } | Event::Free { id } = event {
            let age = self.counts.ids() - 1 - id;
            self.young += u64::from(age < YOUNG);
        }
        if let Event::Malloc { size } | Event::Calloc { size } | Event::Realloc { size, .. } = event {
            *self.sizes.entry(size).or_default() += 1;
        }
        self.counts.add(event);
        self.peak_blocks = self.peak_blocks.max(self.counts.live());
    }

    /// Returns the share of requests of up to 512 bytes.
    #[must_use]
    pub fn small_share(&self) -> f64 {
        share(self.sizes.range(..=SMALL).map(|(_, count)| count).sum(), self.counts.ids())
    }

    /// Returns the share of blocks that died young.
    #[must_use]
    pub fn young_share(&self) -> f64 {
        share(self.young, self.counts.ids())
    }

    /// Returns the requests by size class of 16 bytes, the most frequent first, with their share.
    #[must_use]
    pub fn top_classes(&self) -> Vec<(u64, f64)> {
        let mut classes: BTreeMap<u64, u64> = BTreeMap::new();
        for (&size, &count) in &self.sizes {
            *classes.entry(size.max(1).next_multiple_of(16)).or_default() += count;
        }
        let mut classes: Vec<_> =
            classes.into_iter().map(|(class, count)| (class, share(count, self.counts.ids()))).collect();
        classes.sort_by(|a, b| b.1.total_cmp(&a.1));
        classes
    }
}

fn share(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}
