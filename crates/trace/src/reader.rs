//! Reading.

use std::io::{self, Read};

use zstd::bulk::Decompressor;

use crate::code::Cursor;
use crate::error::{ErrorKind, TraceError};
use crate::event::{Counts, Event, Meta};
use crate::format::{self, ChunkHeader, MAGIC, META_MAX, PREFIX, Tag};

/// The events of a trace, in order; after an error there are none.
///
/// Every chunk's checksum is verified before its first event is returned, and the counts at the end.
pub struct Reader<R: Read> {
    input: R,
    /// How many bytes were read.
    position: u64,
    meta: Meta,
    decompressor: Decompressor<'static>,
    /// The current chunk: where its content begins in the file, its events as bytes, and how far they are read.
    chunk_at: u64,
    chunk: Vec<u8>,
    next_byte: usize,
    events_left: u32,
    counts: Counts,
    ended: bool,
}

impl<R: Read> std::fmt::Debug for Reader<R> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Reader")
            .field("position", &self.position)
            .field("counts", &self.counts)
            .finish_non_exhaustive()
    }
}

impl<R: Read> Reader<R> {
    /// Reads the header. The input should be buffered.
    ///
    /// # Errors
    /// It is no trace, or one of a later version, or damaged, or cannot be read.
    pub fn new(input: R) -> Result<Reader<R>, TraceError> {
        let decompressor = Decompressor::new().map_err(|error| ErrorKind::Io(error).at(0))?;
        let mut reader = Reader {
            input,
            position: 0,
            meta: Meta::default(),
            decompressor,
            chunk_at: 0,
            chunk: Vec::new(),
            next_byte: 0,
            events_left: 0,
            counts: Counts::default(),
            ended: false,
        };
        reader.meta = reader.header()?;
        Ok(reader)
    }

    /// Returns what is known of the recording.
    #[must_use]
    pub fn meta(&self) -> &Meta {
        &self.meta
    }

    /// Returns the counts of the events returned so far.
    #[must_use]
    pub fn counts(&self) -> Counts {
        self.counts
    }

    /// Returns how many bytes of the file were read.
    #[must_use]
    pub fn bytes_read(&self) -> u64 {
        self.position
    }

    fn header(&mut self) -> Result<Meta, TraceError> {
        let mut bytes = vec![0; PREFIX];
        let got = self.fill(&mut bytes)?;
        let begins = got.min(MAGIC.len());
        if got == 0 || bytes[..begins] != MAGIC[..begins] {
            return Err(ErrorKind::NotATrace.at(0));
        }
        self.whole(got, bytes.len(), "the header")?;
        let version = u16::from_le_bytes([bytes[8], bytes[9]]);
        if version != format::VERSION {
            return Err(ErrorKind::Version(version).at(8));
        }
        let length = u32::from_le_bytes([bytes[10], bytes[11], bytes[12], bytes[13]]) as usize;
        if length > META_MAX {
            return Err(ErrorKind::Malformed("a description longer than any writer makes").at(10));
        }
        bytes.resize(PREFIX + length + 4, 0);
        self.exactly(&mut bytes[PREFIX..], "the header")?;
        let (checked, sum) = bytes.split_at(PREFIX + length);
        if format::checksum(&[checked]).to_le_bytes() != sum {
            return Err(ErrorKind::Checksum("the header").at(0));
        }
        let bad = ErrorKind::Malformed("the description is none");
        format::meta(&checked[PREFIX..]).ok_or(bad.at(PREFIX as u64))
    }

    /// Reads the next chunk; returns whether it has events.
    fn next_chunk(&mut self) -> Result<bool, TraceError> {
        let start = self.position;
        let mut bytes = [0; ChunkHeader::LENGTH];
        let got = self.fill(&mut bytes)?;
        if got == 0 {
            return Err(ErrorKind::Truncated("the trace: its end is missing").at(start));
        }
        self.whole(got, bytes.len(), "a chunk")?;
        let malformed = |what| ErrorKind::Malformed(what).at(start);
        let (header, sum) = ChunkHeader::from_bytes(&bytes).map_err(malformed)?;
        let mut stored = vec![0; header.stored as usize];
        self.chunk_at = self.position;
        self.exactly(&mut stored, "a chunk")?;
        if format::checksum(&[&bytes[..ChunkHeader::LENGTH - 4], &stored]) != sum {
            return Err(ErrorKind::Checksum("a chunk").at(start));
        }
        if header.tag == Tag::End {
            return self.end(start, &stored).map(|()| false);
        }
        self.chunk = self
            .decompressor
            .decompress(&stored, header.raw as usize)
            .ok()
            .filter(|chunk| chunk.len() == header.raw as usize && header.events > 0)
            .ok_or_else(|| malformed("a chunk that does not decompress to its length"))?;
        (self.next_byte, self.events_left) = (0, header.events);
        Ok(true)
    }

    /// Checks the last chunk, and that nothing follows.
    fn end(&mut self, start: u64, content: &[u8]) -> Result<(), TraceError> {
        if format::counts(content) != Some(self.counts) {
            return Err(ErrorKind::Malformed("the counts are not those of the events").at(start));
        }
        let position = self.position;
        if self.fill(&mut [0])? != 0 {
            return Err(ErrorKind::Malformed("something follows the end of the trace").at(position));
        }
        Ok(())
    }

    fn next_event(&mut self) -> Result<Option<Event>, TraceError> {
        if self.events_left == 0 && !self.next_chunk()? {
            return Ok(None);
        }
        let mut cursor = Cursor::at(&self.chunk, self.next_byte);
        let bad = |what| ErrorKind::Malformed(what).at(self.chunk_at);
        let event =
            cursor.event(self.counts.ids()).ok_or_else(|| bad("a chunk with an event that is none"))?;
        self.events_left -= 1;
        if self.events_left == 0 && cursor.rest() > 0 {
            return Err(bad("a chunk with more than its events"));
        }
        self.next_byte = cursor.position();
        self.counts.add(event);
        Ok(Some(event))
    }

    /// Fills the buffer as far as the file reaches; returns how far.
    fn fill(&mut self, buffer: &mut [u8]) -> Result<usize, TraceError> {
        let mut filled = 0;
        while filled < buffer.len() {
            match self.input.read(&mut buffer[filled..]) {
                Ok(0) => break,
                Ok(read) => filled += read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(ErrorKind::Io(error).at(self.position + filled as u64)),
            }
        }
        self.position += filled as u64;
        Ok(filled)
    }

    fn exactly(&mut self, buffer: &mut [u8], what: &'static str) -> Result<(), TraceError> {
        let got = self.fill(buffer)?;
        self.whole(got, buffer.len(), what)
    }

    fn whole(&self, got: usize, wanted: usize, what: &'static str) -> Result<(), TraceError> {
        if got == wanted { Ok(()) } else { Err(ErrorKind::Truncated(what).at(self.position)) }
    }
}

impl<R: Read> Iterator for Reader<R> {
    type Item = Result<Event, TraceError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        let event = self.next_event().transpose();
        self.ended = !matches!(event, Some(Ok(_)));
        event
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    /// What a forger makes: a right header, and chunks with right checksums but of any content.
    fn forged(chunks: &[(bool, bool, Vec<u8>, u32, u32)]) -> Vec<u8> {
        let mut file = format::header(&Meta::default());
        for (end, compressed, content, events, more) in chunks {
            let stored =
                if *compressed { zstd::bulk::compress(content, 1).expect("memory") } else { content.clone() };
            let tag = if *end { Tag::End } else { Tag::Events };
            let raw = content.len() as u32 + more;
            let header = ChunkHeader { tag, events: *events, raw, stored: stored.len() as u32 };
            file.extend_from_slice(&header.to_bytes(&stored));
            file.extend_from_slice(&stored);
        }
        file
    }

    /// A length decides how much memory is asked for, before the checksum is known.
    #[test]
    fn a_chunk_longer_than_any_is_refused_at_once() {
        let longest = ChunkHeader {
            tag: Tag::Events,
            events: 1,
            raw: format::CHUNK_MAX as u32,
            stored: format::STORED_MAX as u32,
        };
        let parsed =
            |header: ChunkHeader| ChunkHeader::from_bytes(&header.to_bytes(&[])).map(|(header, _)| header);
        assert_eq!(parsed(longest), Ok(longest));
        assert!(parsed(ChunkHeader { raw: longest.raw + 1, ..longest }).is_err());
        assert!(parsed(ChunkHeader { stored: longest.stored + 1, ..longest }).is_err());
    }

    proptest! {
        #[test]
        fn a_forged_file_is_a_trace_or_an_error(chunks in vec(
            (
                prop::bool::weighted(0.1),
                prop::bool::weighted(0.9),
                vec(prop_oneof![any::<u8>(), 0_u8..16], 0..30),
                0_u32..8,
                prop_oneof![9 => Just(0), 1 => any::<u32>().prop_map(|more| more >> 1)],
            ),
            0..6,
        )) {
            let file = forged(&chunks);
            let mut reader = Reader::new(&file[..]).expect("the header is right");
            let mut ids = 0;
            for event in reader.by_ref() {
                match event {
                    Ok(Event::Free { id }) => prop_assert!(id < ids),
                    Ok(Event::Realloc { id, .. }) => {
                        prop_assert!(id < ids);
                        ids += 1;
                    }
                    Ok(_) => ids += 1,
                    Err(error) => prop_assert!(error.position <= file.len() as u64),
                }
            }
            prop_assert!(reader.next().is_none(), "nothing follows an error or the end");
        }
    }
}
