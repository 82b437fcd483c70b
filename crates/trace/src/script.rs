//! A trace as a replay wants it: eight bytes an event, and slots of a table instead of ids.

use std::io::{self, Read, Write};

use hashbrown::HashMap;

use crate::error::{ErrorKind, TraceError};
use crate::event::Event;
use crate::reader::Reader;

/// What an operation asks for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum OpKind {
    /// A block for an empty slot.
    Malloc,
    /// A block of zeros for an empty slot.
    Calloc,
    /// Another size for the block in a slot.
    Realloc,
    /// The end of the block in a slot.
    Free,
}

/// One event, packed: two bits of kind, one that says whether a realloc finds a whole word, 29 of slot, 32 of size.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(transparent)]
pub struct Op(u64);

/// The bytes of a word.
const WORD: u32 = 8;

impl Op {
    /// The most slots.
    const SLOTS: u32 = 1 << 29;

    fn new(kind: OpKind, slot: u32, size: u32) -> Op {
        Op(kind as u64 | u64::from(slot) << 3 | u64::from(size) << 32)
    }

    /// Makes a realloc of a block of `old` bytes.
    fn realloc(slot: u32, old: u32, size: u32) -> Op {
        Op(Op::new(OpKind::Realloc, slot, size).0 | u64::from(old >= WORD) << 2)
    }

    /// Returns what it asks for.
    #[inline]
    #[must_use]
    pub fn kind(self) -> OpKind {
        match self.0 & 3 {
            0 => OpKind::Malloc,
            1 => OpKind::Calloc,
            2 => OpKind::Realloc,
            _ => OpKind::Free,
        }
    }

    /// Returns the slot.
    #[inline]
    #[must_use]
    pub fn slot(self) -> usize {
        (self.0 as u32 >> 3) as usize
    }

    /// Returns whether a realloc finds a block of at least 8 bytes; false for the other kinds.
    #[inline]
    #[must_use]
    pub fn found_word(self) -> bool {
        self.0 & 4 != 0
    }

    /// Returns the size asked for; for `Free`, that of the block that ends.
    #[inline]
    #[must_use]
    pub fn size(self) -> usize {
        (self.0 >> 32) as usize
    }
}

/// All operations of a trace.
///
/// Invariant: every slot is below [`slots`](Script::slots); `Malloc` and `Calloc` find their slot empty, `Realloc` and
/// `Free` find a block in it, of which `Free` has the size.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Script {
    ops: Vec<Op>,
    slots: usize,
    pairs: u64,
}

impl Script {
    /// Reads the rest of a trace.
    ///
    /// # Errors
    /// The trace is damaged, or refers to a block that is not live, or has a size of 4 GiB or more.
    pub fn read<R: Read>(reader: &mut Reader<R>) -> Result<Script, TraceError> {
        let mut builder = Builder::default();
        while let Some(event) = reader.next() {
            let event = event?;
            // The id that this event begins, if it begins one.
            let id = reader.counts().ids().wrapping_sub(1);
            builder.add(event, id).map_err(|what| ErrorKind::Malformed(what).at(reader.bytes_read()))?;
        }
        Ok(builder.script)
    }

    /// Returns the operations.
    #[must_use]
    pub fn ops(&self) -> &[Op] {
        &self.ops
    }

    /// Returns how many slots there are: the most blocks that are live at once.
    #[must_use]
    pub fn slots(&self) -> usize {
        self.slots
    }

    /// Returns how many operations return a block: each is half a pair of an allocation and a free.
    #[must_use]
    pub fn pairs(&self) -> u64 {
        self.pairs
    }

    /// Writes the operations, eight bytes each, for another process of this machine.
    ///
    /// # Errors
    /// The output's.
    pub fn save(&self, output: &mut impl Write) -> io::Result<()> {
        for op in &self.ops {
            output.write_all(&op.0.to_le_bytes())?;
        }
        output.flush()
    }

    /// Reads what [`save`](Script::save) wrote, and checks it as a trace is checked.
    ///
    /// # Errors
    /// The input's, or `InvalidData` if it is no script.
    pub fn load(input: &mut impl Read, length: usize) -> io::Result<Script> {
        let mut script = Script { ops: Vec::with_capacity(length / 8), ..Script::default() };
        let mut live: Vec<Option<usize>> = Vec::new();
        let mut bytes = [0; 8];
        for _ in 0..length / 8 {
            input.read_exact(&mut bytes)?;
            let op = Op(u64::from_le_bytes(bytes));
            // Slots are numbered in the order of their first use.
            if op.slot() == live.len() {
                live.push(None);
            }
            let slot = live.get_mut(op.slot());
            let fits = slot.is_some_and(|slot| match op.kind() {
                OpKind::Malloc | OpKind::Calloc => slot.replace(op.size()).is_none(),
                OpKind::Realloc => slot.replace(op.size()).is_some_and(|old| op.found_word() == (old >= 8)),
                OpKind::Free => slot.take() == Some(op.size()),
            });
            if !fits {
                return Err(io::Error::new(io::ErrorKind::InvalidData, "not a script"));
            }
            script.pairs += u64::from(op.kind() != OpKind::Free);
            script.ops.push(op);
        }
        script.slots = live.len();
        Ok(script)
    }
}

/// A script in the making.
#[derive(Default)]
struct Builder {
    script: Script,
    /// The slot of each live id, and the size of its block.
    live: HashMap<u64, (u32, u32)>,
    free_slots: Vec<u32>,
}

impl Builder {
    fn add(&mut self, event: Event, id: u64) -> Result<(), &'static str> {
        let op = match event {
            Event::Malloc { size } => self.begin(OpKind::Malloc, id, size)?,
            Event::Calloc { size } => self.begin(OpKind::Calloc, id, size)?,
            Event::Realloc { id: old, size } => {
                let ((slot, old), size) = (self.end(old)?, small(size)?);
                self.live.insert(id, (slot, size));
                Op::realloc(slot, old, size)
            }
            Event::Free { id } => {
                let (slot, size) = self.end(id)?;
                self.free_slots.push(slot);
                Op::new(OpKind::Free, slot, size)
            }
        };
        self.script.pairs += u64::from(op.kind() != OpKind::Free);
        self.script.ops.push(op);
        Ok(())
    }

    fn begin(&mut self, kind: OpKind, id: u64, size: u64) -> Result<Op, &'static str> {
        let size = small(size)?;
        let slot = match self.free_slots.pop() {
            Some(slot) => slot,
            None => {
                let slot = u32::try_from(self.script.slots).ok().filter(|&slot| slot < Op::SLOTS);
                self.script.slots += 1;
                slot.ok_or("more live blocks than can be replayed")?
            }
        };
        self.live.insert(id, (slot, size));
        Ok(Op::new(kind, slot, size))
    }

    fn end(&mut self, id: u64) -> Result<(u32, u32), &'static str> {
        self.live.remove(&id).ok_or("an event of a block that is not live, in the chunk before")
    }
}

fn small(size: u64) -> Result<u32, &'static str> {
    u32::try_from(size).map_err(|_| "a block of 4 GiB or more, which cannot be replayed, in the chunk before")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// No writer writes such a trace; a forger may, with right checksums.
    #[test]
    fn a_block_ends_once() {
        let mut builder = Builder::default();
        builder.add(Event::Malloc { size: 8 }, 0).expect("a block");
        builder.add(Event::Free { id: 0 }, 0).expect("it lives");
        assert!(builder.add(Event::Free { id: 0 }, 0).is_err());
        assert!(builder.add(Event::Realloc { id: 0, size: 8 }, 1).is_err());
        assert_eq!(builder.script.ops.len(), 2);
    }
}
