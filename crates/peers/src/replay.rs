//! A script on an allocator: every operation, and the memory touched as a program would.
//!
//! The first word of a block is written when it begins and read when it ends, and one byte of each further page is
//! written. The word says which slot it is of, and is read again after a realloc, so a block that was given away twice, or a
//! realloc that loses its content, is seen.

use std::hint::black_box;
use std::ptr;

use gleaner_trace::{OpKind, Script};
use serde::{Deserialize, Serialize};

use crate::door::CDoor;
use crate::process;

/// What one replay took.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Measured {
    /// Processor time of the operations.
    pub nanoseconds: u64,
    /// Pages that the kernel had to map meanwhile; each costs as much as some hundred instructions.
    pub page_faults: u64,
    /// Resident bytes before the first operation.
    pub start_rss: u64,
    /// The most resident bytes meanwhile.
    pub peak_rss: u64,
    /// Resident bytes after the last operation, when what the program never freed is still live.
    pub end_rss: u64,
}

/// Why a replay has no result.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ReplayError {
    /// The allocator returned null.
    #[error("out of memory")]
    OutOfMemory,
    /// A block's first word was not what was written there, or a calloc's not zero.
    #[error("the allocator damaged a block")]
    Damaged,
}

/// The distance of the bytes that are touched in long blocks.
const PAGE: usize = 4096;

/// Replays a script once, and measures it.
///
/// # Errors
/// The allocator failed.
pub fn measure<D: CDoor>(door: &D, script: &Script) -> Result<Measured, ReplayError> {
    let mut table: Vec<*mut u8> = Vec::with_capacity(script.slots());
    // Written one by one, so that no page of the table is first touched while time is taken.
    table.extend((0..script.slots()).map(|_| black_box(ptr::null_mut())));
    process::trim();
    process::reset_peak();
    let start_rss = process::resident();
    let faults = process::page_faults();
    let start = process::cpu_nanoseconds();
    let damage = replay_operations(door, script, &mut table);
    let nanoseconds = process::cpu_nanoseconds() - start;
    let page_faults = process::page_faults() - faults;
    let (peak, end_rss) = (process::peak(), process::resident());
    match damage {
        None => Err(ReplayError::OutOfMemory),
        Some(damage) if D::REAL && damage != 0 => Err(ReplayError::Damaged),
        Some(_) => {
            let peak_rss = peak.max(end_rss).max(start_rss);
            Ok(Measured { nanoseconds, page_faults, start_rss, peak_rss, end_rss })
        }
    }
}

/// The name of the function that runs the operations, as profilers find it.
pub const HOT: &str = "replay_operations";

/// Runs all operations; returns 0 if every word read was the one written, and `None` if memory ran out.
#[inline(never)]
fn replay_operations<D: CDoor>(door: &D, script: &Script, table: &mut [*mut u8]) -> Option<u64> {
    let mut damage = 0;
    for op in script.ops() {
        let (number, size) = (op.slot(), op.size());
        // SAFETY: the script's slots are below its number of slots, which is the table's length (P2).
        let slot = unsafe { table.get_unchecked_mut(number) };
        let block = match op.kind() {
            OpKind::Malloc => door.malloc(size),
            OpKind::Calloc => {
                let block = door.calloc(size);
                if !block.is_null() {
                    // SAFETY: the block is live and has that size (P1).
                    damage |= unsafe { first_word(block, size, 0) };
                }
                block
            }
            OpKind::Realloc => {
                // SAFETY: the slot's block is live, and is not used after this (P2).
                let block = unsafe { door.realloc(*slot, size) };
                if op.found_word() && !block.is_null() {
                    // SAFETY: the block has that size, and its first word is that of the old one (P1, P2).
                    damage |= unsafe { first_word(block, size, number as u64) };
                }
                block
            }
            OpKind::Free => {
                // SAFETY: the slot's block is live, has that size, and is not used after this (P2).
                unsafe {
                    damage |= first_word(*slot, size, number as u64);
                    door.free(*slot, size);
                }
                continue;
            }
        };
        if block.is_null() {
            return None;
        }
        *slot = block;
        // SAFETY: the block is live and has that size, if the door is real; else 64 bytes (P1).
        unsafe { touch::<D>(block, size, number as u64) };
    }
    Some(damage)
}

/// Returns in what the first word differs from what it should be; 0 for a block that is shorter.
///
/// # Safety
/// The block has `size` bytes, and the first word was written.
#[inline]
unsafe fn first_word(block: *mut u8, size: usize, written: u64) -> u64 {
    if size < 8 {
        return 0;
    }
    // SAFETY: by contract; blocks of a word are aligned for it (P1).
    unsafe { block.cast::<u64>().read() ^ written }
}

/// Writes to a block.
///
/// # Safety
/// The block has `size` bytes, or 64 if the door is not real.
#[inline]
unsafe fn touch<D: CDoor>(block: *mut u8, size: usize, word: u64) {
    if size >= 8 {
        // SAFETY: by contract; blocks of a word are aligned for it (P1).
        unsafe { block.cast::<u64>().write(word) };
    }
    if D::REAL && size > PAGE {
        for at in (PAGE..size).step_by(PAGE) {
            // SAFETY: `at` is below the size (P1).
            unsafe { block.add(at).write(1) };
        }
    }
}
