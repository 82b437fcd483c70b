//! Recording.

use std::io::{self, Write};

use hashbrown::HashMap;
use zstd::bulk::Compressor;

use crate::code;
use crate::event::{Counts, Event, Meta};
use crate::format::{self, CHUNK, CHUNK_MAX, ChunkHeader, Tag};

/// How hard zstd tries. Higher levels take more of the recorded process's time for some percent.
const LEVEL: i32 = 9;

/// Writes a trace, a chunk at a time, and keeps which address is which id.
///
/// It is told of events in the order in which they happened. Where threads allocate, that takes a lock: a
/// free is told *before* the block is freed, and a malloc after it has returned, so that no address is told to begin
/// before it was told to end; a realloc is both, so the lock is held around it.
///
/// What it is told never fails: an error of the output ends the recording, and [`finish`](Writer::finish) returns
/// it. Addresses that it does not know (allocated before the recording began) are passed over when freed, and
/// begin a life as by malloc when their size changes; null pointers are passed over.
///
/// Without `finish`, the file has all full chunks and lacks its end, and reading it ends with an error.
pub struct Writer<W: Write> {
    output: W,
    /// The first error; nothing is written after it.
    failed: Option<io::Error>,
    compressor: Compressor<'static>,
    /// The events of the current chunk, as bytes, and their number.
    chunk: Vec<u8>,
    events: u32,
    /// The ids of the live blocks.
    ids: HashMap<usize, u64>,
    counts: Counts,
}

impl<W: Write> std::fmt::Debug for Writer<W> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Writer")
            .field("counts", &self.counts)
            .field("failed", &self.failed)
            .finish_non_exhaustive()
    }
}

impl<W: Write> Writer<W> {
    /// Begins a trace.
    ///
    /// # Errors
    /// The header could not be written.
    pub fn new(mut output: W, meta: &Meta) -> io::Result<Writer<W>> {
        output.write_all(&format::header(meta))?;
        let compressor = Compressor::new(LEVEL)?;
        let chunk = Vec::with_capacity(CHUNK_MAX);
        let (ids, counts) = (HashMap::new(), Counts::default());
        Ok(Writer { output, failed: None, compressor, chunk, events: 0, ids, counts })
    }

    /// A block of `size` bytes came from malloc.
    pub fn malloc(&mut self, addr: usize, size: usize) {
        self.begin(addr, Event::Malloc { size: size as u64 });
    }

    /// A block of `size` bytes came from calloc.
    pub fn calloc(&mut self, addr: usize, size: usize) {
        self.begin(addr, Event::Calloc { size: size as u64 });
    }

    /// The block at `old_addr` became one of `size` bytes at `new_addr`, which may be the same. If there was no memory
    /// (`new_addr` is null), nothing happened.
    pub fn realloc(&mut self, old_addr: usize, new_addr: usize, size: usize) {
        if new_addr == 0 {
            return;
        }
        let size = size as u64;
        match self.ids.remove(&old_addr) {
            Some(id) => self.begin(new_addr, Event::Realloc { id, size }),
            None => self.begin(new_addr, Event::Malloc { size }),
        }
    }

    /// The block at `addr` is about to be freed.
    pub fn free(&mut self, addr: usize) {
        if let Some(id) = self.ids.remove(&addr) {
            self.put(Event::Free { id });
        }
    }

    /// Returns what was recorded so far.
    #[must_use]
    pub fn counts(&self) -> Counts {
        self.counts
    }

    /// Returns the error that ended the recording, if any.
    #[must_use]
    pub fn error(&self) -> Option<&io::Error> {
        self.failed.as_ref()
    }

    /// Writes what was recorded so far, as a chunk of its own, for example before a fork.
    pub fn flush(&mut self) {
        if self.events > 0 {
            self.end_chunk();
        }
        if self.failed.is_none() {
            self.failed = self.output.flush().err();
        }
    }

    /// Ends the trace.
    ///
    /// # Errors
    /// The first error of the output, now or before.
    pub fn finish(mut self) -> io::Result<(W, Counts)> {
        self.flush();
        self.put_chunk(Tag::End, 0, &format::end(&self.counts));
        match self.failed.take().or_else(|| self.output.flush().err()) {
            Some(error) => Err(error),
            None => Ok((self.output, self.counts)),
        }
    }

    /// Records an event that begins an id.
    fn begin(&mut self, addr: usize, event: Event) {
        if addr == 0 {
            return;
        }
        // Whoever owned this address must have freed it; the recorder was not told.
        self.free(addr);
        let id = self.counts.ids();
        self.put(event);
        self.ids.insert(addr, id);
    }

    fn put(&mut self, event: Event) {
        code::put_event(&mut self.chunk, event, self.counts.ids());
        self.counts.add(event);
        self.events += 1;
        if self.chunk.len() >= CHUNK {
            self.end_chunk();
        }
    }

    /// Compresses and writes the current chunk, and begins the next.
    fn end_chunk(&mut self) {
        match self.compressor.compress(&self.chunk) {
            Ok(stored) => self.put_chunk(Tag::Events, self.chunk.len(), &stored),
            Err(error) => self.failed = self.failed.take().or(Some(error)),
        }
        self.chunk.clear();
        self.events = 0;
    }

    fn put_chunk(&mut self, tag: Tag, raw: usize, content: &[u8]) {
        if self.failed.is_some() {
            return;
        }
        // Both lengths are below `STORED_MAX`, by the chunk's size.
        let header = ChunkHeader { tag, events: self.events, raw: raw as u32, stored: content.len() as u32 };
        let bytes = header.to_bytes(content);
        self.failed = self.output.write_all(&bytes).and_then(|()| self.output.write_all(content)).err();
    }
}
