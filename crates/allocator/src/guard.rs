//! Guarded blocks: what the debug mode lays around the bytes of a request, and what it says when they are spoilt.
//!
//! ```text
//!  start            data = start + 16              tail = data + size
//!   ├ size: 8 ┼ api: 1 ┼ FD × 7 ┼ … size bytes … ┼ FD × 8 ┼ serial: 8 ┤ rest of the block
//! ```
//!
//! Numbers are big endian, so that a dump reads well. `api` is a letter for the family of functions that the block was
//! allocated by, and has to be freed by. `serial` is the number of the call.
//!
//! A block is filled with 0xCD when it is handed out and with 0xDD when it is freed. The second fill is verified when a
//! block of a pool is handed out again; the memory of a large one goes back to the system instead.
//!
//! PY-54: layout, fills and the report are what CPython's debug hooks have. The serial number is always there.

use core::fmt::{self, Write};
use core::ptr::NonNull;
use core::slice;

use crate::fatal;
use crate::poison::{CLEAN, DEAD};

/// What guards are filled with.
const PAD: u8 = 0xFD;
/// The bytes in front of the data, and how many of them are guards.
pub(crate) const HEAD: usize = 16;
const LEAD: usize = 7;
/// The bytes behind the data, and how many of them are guards.
const TAIL: usize = 16;
const TRAIL: usize = 8;

/// How a block is spoilt.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Spoilt {
    /// It was allocated by one family of functions and is used by another.
    Id { allocated: u8, verified: u8 },
    /// A guard in front of it was written to.
    Leading,
    /// Its size cannot be.
    Size,
    /// A guard behind it was written to.
    Trailing,
}

impl fmt::Display for Spoilt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Spoilt::Id { allocated, verified } => write!(
                f,
                "bad ID: Allocated using API '{}', verified using API '{}'",
                allocated.escape_ascii(),
                verified.escape_ascii()
            ),
            Spoilt::Leading => f.write_str("bad leading pad byte"),
            Spoilt::Size => f.write_str("bad size in front of the data"),
            Spoilt::Trailing => f.write_str("bad trailing pad byte"),
        }
    }
}

/// Returns the bytes of a block for a request of `size`; `None` if there can be none.
pub(crate) fn gross(size: usize) -> Option<usize> {
    size.checked_add(HEAD + TAIL)
}

/// Returns the bytes of a block's room that are the user's at most.
pub(crate) fn net(room: usize) -> usize {
    room.saturating_sub(HEAD + TAIL)
}

/// A block with guards. Invariant of the module: it is live, and begins at `start` with `room` bytes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Guarded {
    start: NonNull<u8>,
    room: usize,
}

impl Guarded {
    /// Takes a live block for one with guards.
    ///
    /// # Safety
    /// The block begins there, is live and that long, and stays so while this is used. It has guards, or is not asked
    /// for them before [`lay`](Guarded::lay).
    pub(crate) unsafe fn new(start: NonNull<u8>, room: usize) -> Guarded {
        Guarded { start, room }
    }

    /// Returns a part of the block.
    fn part(&self, from: usize, len: usize) -> &[u8] {
        let from = from.min(self.room);
        // SAFETY: the part lies in the block, which is live (A4) and was filled when it was handed out (A9).
        unsafe { slice::from_raw_parts(self.start.as_ptr().add(from), len.min(self.room - from)) }
    }

    fn fill(&self, from: usize, len: usize, byte: u8) {
        let from = from.min(self.room);
        // SAFETY: as in `part`.
        unsafe { self.start.as_ptr().add(from).write_bytes(byte, len.min(self.room - from)) };
    }

    fn write(&self, from: usize, bytes: &[u8]) {
        debug_assert!(from + bytes.len() <= self.room, "it lies in the block");
        // SAFETY: as in `part`.
        unsafe { self.start.as_ptr().add(from).copy_from_nonoverlapping(bytes.as_ptr(), bytes.len()) };
    }

    /// Returns where the user's bytes begin.
    pub(crate) fn data(&self) -> NonNull<u8> {
        // SAFETY: guarded blocks have room for the head at least (A4).
        unsafe { self.start.add(HEAD) }
    }

    fn number(&self, from: usize) -> u64 {
        self.part(from, 8).iter().fold(0, |number, &byte| number << 8 | u64::from(byte))
    }

    /// Returns how many bytes were asked for.
    pub(crate) fn size(&self) -> usize {
        self.number(0) as usize
    }

    fn api(&self) -> u8 {
        self.part(8, 1)[0]
    }

    /// Lays the guards around `size` bytes, of which those from `kept` on are filled as new.
    pub(crate) fn lay(&self, api: u8, size: usize, kept: usize, serial: u64) {
        self.write(0, &(size as u64).to_be_bytes());
        self.write(8, &[api]);
        self.fill(9, LEAD, PAD);
        self.fill(HEAD + kept, size.saturating_sub(kept), CLEAN);
        self.fill(HEAD + size, TRAIL, PAD);
        self.write(HEAD + size + TRAIL, &serial.to_be_bytes());
    }

    /// Verifies that a block has not been written to since it was freed.
    pub(crate) fn expect_dead(&self) {
        let fill = self.part(0, self.room);
        let Some(at) = fill.iter().position(|&byte| byte != DEAD) else { return };
        fatal::end(format_args!(
            "write after free: block {:p} of {} bytes: the byte at p{:+} is 0x{:02x}, not 0x{DEAD:02x}",
            self.data(),
            net(self.room),
            at as isize - HEAD as isize,
            fill[at]
        ));
    }

    /// Fills a block that is freed.
    pub(crate) fn bury(&self) {
        self.fill(0, self.room, DEAD);
    }

    fn is_padded(&self, from: usize, len: usize) -> bool {
        let pad = self.part(from, len);
        pad.len() == len && pad.iter().all(|&byte| byte == PAD)
    }

    /// Returns what is wrong with the block, if it is used by the functions of `api`.
    pub(crate) fn verify(&self, api: Option<u8>) -> Result<(), Spoilt> {
        match api {
            Some(verified) if verified != self.api() => {
                return Err(Spoilt::Id { allocated: self.api(), verified });
            }
            _ => {}
        }
        if !self.is_padded(9, LEAD) {
            return Err(Spoilt::Leading);
        }
        if self.size() > net(self.room) {
            return Err(Spoilt::Size);
        }
        if !self.is_padded(HEAD + self.size(), TRAIL) {
            return Err(Spoilt::Trailing);
        }
        Ok(())
    }

    /// Ends the process with a report if the block is spoilt.
    pub(crate) fn expect_sound(&self, api: Option<u8>) {
        if let Err(spoilt) = self.verify(api) {
            fatal::say(format_args!("{self}\n"));
            fatal::end(format_args!("{spoilt}"));
        }
    }

    /// Writes about the guards from `from` on, which stand at the address called `name`.
    fn report_pads(
        &self,
        f: &mut fmt::Formatter<'_>,
        from: usize,
        len: usize,
        place: &str,
        step: fn(usize) -> (char, usize),
    ) -> fmt::Result {
        let name = &place[..place.find('=').unwrap_or(1)];
        let at = self.start.addr().get() + from;
        write!(f, "    The {len} pad bytes at {place}")?;
        if place.ends_with('=') {
            write!(f, "0x{at:x}")?;
        }
        if self.is_padded(from, len) {
            return f.write_str(" are FORBIDDENBYTE, as expected.\n");
        }
        writeln!(f, " are not all FORBIDDENBYTE (0x{PAD:02x}):")?;
        for (index, &byte) in self.part(from, len).iter().enumerate() {
            let (sign, distance) = step(index);
            let ouch = if byte == PAD { "" } else { " *** OUCH" };
            writeln!(f, "        at {name}{sign}{distance}: 0x{byte:02x}{ouch}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Guarded {
    /// Writes what is known of the block, whatever state it is in.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let size = self.size();
        writeln!(
            f,
            "Debug memory block at address p={:p}: API '{}'",
            self.data(),
            self.api().escape_ascii()
        )?;
        writeln!(f, "    {size} bytes originally requested")?;
        self.report_pads(f, 9, LEAD, "p-7", |index| ('-', LEAD - index))?;
        if size > net(self.room) {
            return writeln!(f, "    The block has room for {} bytes.", net(self.room));
        }
        self.report_pads(f, HEAD + size, TRAIL, "tail=", |index| ('+', index))?;
        let serial = self.number(HEAD + size + TRAIL);
        writeln!(f, "    The block was made by call #{serial} to debug malloc/realloc.")?;
        if size == 0 {
            return Ok(());
        }
        f.write_str("    Data at p:")?;
        let data = self.part(HEAD, size);
        for byte in &data[..size.min(8)] {
            write!(f, " {byte:02x}")?;
        }
        if size > 16 {
            f.write_str(" ...")?;
        }
        for byte in &data[size.saturating_sub(8).max(size.min(8))..] {
            write!(f, " {byte:02x}")?;
        }
        f.write_char('\n')
    }
}
