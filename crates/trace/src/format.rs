//! The bytes around the events: header and chunks. `docs/trace.md` has the tables.

use crate::code::{self, Cursor};
use crate::event::{Counts, Meta};

/// The first bytes of every trace: not text, and damaged by a transfer as text.
pub(crate) const MAGIC: [u8; 8] = *b"\x89GLNR\r\n\x1a";

/// The version of the format.
pub(crate) const VERSION: u16 = 1;

/// Magic, version, and the length of what follows.
pub(crate) const PREFIX: usize = 8 + 2 + 4;

/// The longest description that is read.
pub(crate) const META_MAX: usize = 1 << 20;

/// A chunk is written as soon as its events take so many bytes, before compression.
pub(crate) const CHUNK: usize = 1 << 20;

/// The most bytes of events in a chunk: one event more than `CHUNK`.
pub(crate) const CHUNK_MAX: usize = CHUNK + code::EVENT_MAX;

/// The most bytes that a chunk takes in the file: zstd adds little to what it cannot compress.
pub(crate) const STORED_MAX: usize = CHUNK_MAX + (CHUNK_MAX >> 7) + 1024;

/// What a chunk holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Tag {
    /// Events, compressed.
    Events = b'E' as isize,
    /// The counts of all events; nothing follows.
    End = b'Z' as isize,
}

/// The bytes in front of a chunk's content.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct ChunkHeader {
    pub(crate) tag: Tag,
    /// How many events there are.
    pub(crate) events: u32,
    /// How many bytes they take, decompressed.
    pub(crate) raw: u32,
    /// How many bytes follow this header.
    pub(crate) stored: u32,
}

impl ChunkHeader {
    /// The length of a chunk's header: 13 bytes and the checksum of them and the content.
    pub(crate) const LENGTH: usize = 17;

    /// Returns the header's bytes.
    pub(crate) fn to_bytes(self, content: &[u8]) -> [u8; Self::LENGTH] {
        let mut bytes = [0; Self::LENGTH];
        bytes[0] = self.tag as u8;
        bytes[1..5].copy_from_slice(&self.events.to_le_bytes());
        bytes[5..9].copy_from_slice(&self.raw.to_le_bytes());
        bytes[9..13].copy_from_slice(&self.stored.to_le_bytes());
        let sum = checksum(&[&bytes[..13], content]);
        bytes[13..].copy_from_slice(&sum.to_le_bytes());
        bytes
    }

    /// Returns the header and the checksum that belongs to it, or what is wrong with it.
    pub(crate) fn from_bytes(bytes: &[u8; Self::LENGTH]) -> Result<(ChunkHeader, u32), &'static str> {
        let word = |at: usize| u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]);
        let tag = match bytes[0] {
            b'E' => Tag::Events,
            b'Z' => Tag::End,
            _ => return Err("no chunk begins with this byte"),
        };
        let header = ChunkHeader { tag, events: word(1), raw: word(5), stored: word(9) };
        if header.raw as usize > CHUNK_MAX || header.stored as usize > STORED_MAX {
            return Err("a chunk longer than any writer makes");
        }
        Ok((header, word(13)))
    }
}

/// Returns the checksum of some bytes, one part after the other.
pub(crate) fn checksum(parts: &[&[u8]]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    for part in parts {
        hasher.update(part);
    }
    hasher.finalize()
}

/// Returns the header of a file: prefix, description, checksum of both.
pub(crate) fn header(meta: &Meta) -> Vec<u8> {
    let mut content = Vec::new();
    let strings: Vec<&str> =
        std::iter::once(&meta.runtime).chain(&meta.command).map(String::as_str).collect();
    code::put(&mut content, strings.len() as u64);
    for string in strings {
        code::put(&mut content, string.len() as u64);
        content.extend_from_slice(string.as_bytes());
    }
    // A description that is too long to be read back is left out: the events matter more.
    if content.len() > META_MAX {
        return header(&Meta::default());
    }
    let mut bytes = MAGIC.to_vec();
    bytes.extend_from_slice(&VERSION.to_le_bytes());
    bytes.extend_from_slice(&(content.len() as u32).to_le_bytes());
    bytes.extend_from_slice(&content);
    let sum = checksum(&[&bytes]);
    bytes.extend_from_slice(&sum.to_le_bytes());
    bytes
}

/// Returns the description that a header's content holds, or `None` if it is none.
pub(crate) fn meta(content: &[u8]) -> Option<Meta> {
    let mut cursor = Cursor::new(content);
    let strings = cursor.take()?;
    let mut string = || {
        let length = usize::try_from(cursor.take()?).ok()?;
        String::from_utf8(cursor.bytes(length)?.to_vec()).ok()
    };
    let runtime = string()?;
    let command = (1..strings).map(|_| string()).collect::<Option<_>>()?;
    (cursor.rest() == 0).then_some(Meta { command, runtime })
}

/// Returns the content of the last chunk.
pub(crate) fn end(counts: &Counts) -> Vec<u8> {
    let mut content = Vec::new();
    for count in [counts.mallocs, counts.callocs, counts.reallocs, counts.frees, counts.bytes] {
        code::put(&mut content, count);
    }
    content
}

/// Returns the counts that the last chunk holds, or `None` if it holds none.
pub(crate) fn counts(content: &[u8]) -> Option<Counts> {
    let mut cursor = Cursor::new(content);
    let mut next = || cursor.take();
    let counts =
        Counts { mallocs: next()?, callocs: next()?, reallocs: next()?, frees: next()?, bytes: next()? };
    (cursor.rest() == 0).then_some(counts)
}
