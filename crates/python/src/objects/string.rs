//! Strings and bytes.

use core::cell::Cell;

use compact_str::CompactString;
use gleaner::{Trace, Visitor};

use crate::value::Kind;

/// A string. Up to 24 bytes lie in the object itself.
pub struct Str {
    text: CompactString,
    hash: Cell<i64>,
    chars: u32,
    interned: Cell<bool>,
}

impl Str {
    /// Makes a string.
    #[must_use]
    pub fn new(text: CompactString) -> Str {
        let chars = if text.is_ascii() { text.len() } else { text.chars().count() };
        let chars = u32::try_from(chars).unwrap_or(u32::MAX);
        Str { text, hash: Cell::new(-1), chars, interned: Cell::new(false) }
    }

    /// The text.
    #[inline]
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The number of characters.
    #[must_use]
    pub fn chars(&self) -> usize {
        self.chars as usize
    }

    /// Whether every character is one byte.
    #[must_use]
    pub fn is_ascii(&self) -> bool {
        self.text.len() == self.chars()
    }

    /// The hash, once it is known; -1 before.
    #[must_use]
    pub fn hash(&self) -> &Cell<i64> {
        &self.hash
    }

    /// Whether this is the one string of its text.
    #[must_use]
    pub fn interned(&self) -> &Cell<bool> {
        &self.interned
    }
}

impl Trace for Str {
    const TRACKED: bool = false;
    const UNSEEN: bool = false;
    const FINALIZES: bool = false;
    const TAG: u8 = Kind::Str as u8;

    fn trace(&self, _: &mut impl Visitor) {}
}

/// Bytes.
pub struct Bytes(pub Box<[u8]>);

impl Trace for Bytes {
    const TRACKED: bool = false;
    const UNSEEN: bool = false;
    const FINALIZES: bool = false;
    const TAG: u8 = Kind::Bytes as u8;

    fn trace(&self, _: &mut impl Visitor) {}
}
