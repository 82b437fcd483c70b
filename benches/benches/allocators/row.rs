//! Which rows there are, and how one is measured in this process.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use clap::ValueEnum;
use gleaner_peers::process::{cpu_nanoseconds, peak, reset_peak, resident, trim};
use gleaner_peers::{CAllocator, Door, GleanerSized, Null, find, python};

use crate::rows::{self, Churn, LIVE, Young, get, put};
use crate::sizes::{Random, Sizes};
use crate::threads;

/// The rows, in the order in which they are printed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub(crate) enum Row {
    Lifo,
    Batch,
    Batch512,
    Churn,
    Young,
    ProducerConsumer,
    Larson,
    Xmalloc,
    Churn2,
    Return,
}

impl Row {
    /// Returns how many pairs take a tenth of a second or more.
    pub(crate) fn pairs(self) -> u64 {
        match self {
            Row::Lifo => 20_000_000,
            Row::Batch | Row::Batch512 => 10_000_000,
            Row::Churn | Row::Young | Row::Churn2 => 4_000_000,
            Row::ProducerConsumer | Row::Larson | Row::Xmalloc => 4_000_000,
            Row::Return => 1,
        }
    }

    /// Returns whether a heap of one thread can take part.
    pub(crate) fn is_for_one_thread(self) -> bool {
        self < Row::ProducerConsumer || matches!(self, Row::Churn2 | Row::Return)
    }

    /// Returns whether instructions are counted: all are this thread's, and after a start, all alike.
    pub(crate) fn is_counted(self) -> bool {
        self < Row::ProducerConsumer
    }
}

impl PartialOrd for Row {
    fn partial_cmp(&self, other: &Row) -> Option<std::cmp::Ordering> {
        (*self as u8).partial_cmp(&(*other as u8))
    }
}

/// Measures a row in this process: nanoseconds of all pairs, or, for `return`, the share of the peak that is still
/// resident, in millionths.
pub(crate) fn measure(row: Row, allocator: &str, library: Option<&Path>, pairs: u64) -> Result<u64> {
    match (allocator, library) {
        ("null", _) => on(row, Null::new, pairs),
        ("gleaner-sized", _) if row.is_for_one_thread() => on_one(row, GleanerSized::new, pairs),
        (_, Some(library)) if row.is_for_one_thread() && row != Row::Churn2 => {
            let door = python::load(library)?;
            one(row, &door, pairs).context("a row of two threads")
        }
        _ => {
            let found: CAllocator =
                *find(allocator).with_context(|| format!("{allocator}: no such allocator"))?;
            on(row, || found, pairs)
        }
    }
}

/// Any row.
fn on<D: Door>(row: Row, make: impl Fn() -> D + Sync, pairs: u64) -> Result<u64> {
    Ok(match row {
        Row::ProducerConsumer => time(|| threads::producer_consumer(make, pairs)),
        Row::Larson => time(|| threads::larson(make, pairs)),
        Row::Xmalloc => time(|| threads::xmalloc(make, pairs)),
        _ => return on_one(row, make, pairs),
    })
}

/// A row in which every thread keeps to its own door.
fn on_one<D: Door>(row: Row, make: impl Fn() -> D + Sync, pairs: u64) -> Result<u64> {
    match row {
        Row::Churn2 => Ok(threads::churn(make, pairs)),
        _ => match one(row, &make(), pairs) {
            Some(result) => Ok(result),
            None => bail!("blocks go from thread to thread in this row"),
        },
    }
}

/// A row of one thread; `None` for the others.
fn one<D: Door>(row: Row, door: &D, pairs: u64) -> Option<u64> {
    Some(match row {
        Row::Lifo => time(|| rows::lifo(door, pairs)),
        Row::Batch => time(|| rows::batch(door, pairs, Sizes::recorded(2))),
        Row::Batch512 => time(|| rows::batch(door, pairs, Sizes::one(512))),
        Row::Churn => {
            let mut churn = Churn::new(door, 3, LIVE);
            time(|| churn.run(door, pairs))
        }
        Row::Young => {
            let mut young = Young::new(door);
            time(|| young.run(door, pairs))
        }
        Row::Return => returned(door),
        _ => return None,
    })
}

/// Returns the processor time of all threads meanwhile.
fn time(work: impl FnOnce()) -> u64 {
    let start = cpu_nanoseconds();
    work();
    cpu_nanoseconds() - start
}

/// Allocates 256 MB, frees all, waits a second; returns how much of the peak is still resident, in millionths.
fn returned<D: Door>(door: &D) -> u64 {
    const BYTES: usize = 256 << 20;
    let mut random = Random::new(7);
    let mut sizes = Sizes::recorded(7);
    // Half the bytes in blocks as Python asks for, half in blocks of up to 32 KiB.
    let plan: Vec<u32> = std::iter::from_fn(|| {
        let large = random.below(128) == 0;
        Some(if large { 8 + random.below(32 << 10) as u32 } else { sizes.next() as u32 })
    })
    .scan(0, |total, size| {
        *total += size as usize;
        (*total < BYTES).then_some(size)
    })
    .collect();
    let mut blocks = Vec::with_capacity(plan.len());
    // Touched before the start, so that the list itself is not counted.
    blocks.extend(plan.iter().map(|_| rows::Block { at: std::ptr::null_mut(), size: 0 }));
    trim();
    reset_peak();
    let start = resident();
    for (block, &size) in blocks.iter_mut().zip(&plan) {
        *block = get(door, size as usize);
        for at in (4096..block.size).step_by(4096) {
            if D::REAL {
                // SAFETY: the block is live, and `at` below its size.
                unsafe { block.at.add(at).write(1) };
            }
        }
    }
    let most = peak().max(resident()).saturating_sub(start);
    for &block in &blocks {
        // SAFETY: the block is ours.
        unsafe { put(door, block) };
    }
    std::thread::sleep(Duration::from_secs(1));
    let rest = resident().saturating_sub(start);
    rest.saturating_mul(1_000_000).checked_div(most).unwrap_or(0)
}
