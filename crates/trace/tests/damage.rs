//! Damaged files are errors that name a byte; no event of a damaged chunk is returned.

use std::io::{self, Write};

use gleaner_trace::{ErrorKind, Event, Meta, Reader, Script, TraceError, Writer};

/// A small trace of two chunks: the file, and the byte where the second chunk begins.
fn small() -> (Vec<u8>, Vec<Event>) {
    let meta = Meta { command: vec!["python3".into(), "-c".into(), "pass".into()], runtime: "none".into() };
    let mut writer = Writer::new(Vec::new(), &meta).expect("memory");
    for addr in 1..60 {
        writer.malloc(addr, addr * 8);
        if addr % 3 == 0 {
            writer.free(addr - 1);
        }
        if addr == 30 {
            writer.flush();
        }
    }
    writer.realloc(7, 100, 1000);
    let (file, _) = writer.finish().expect("memory");
    let events = read(&file).1.expect("a whole trace");
    (file, events)
}

/// Returns the events before the first error, and all of them if there is none.
fn read(file: &[u8]) -> (Vec<Event>, Result<Vec<Event>, TraceError>) {
    let mut events = Vec::new();
    let reader = match Reader::new(file) {
        Ok(reader) => reader,
        Err(error) => return (events, Err(error)),
    };
    for event in reader {
        match event {
            Ok(event) => events.push(event),
            Err(error) => return (events, Err(error)),
        }
    }
    (events.clone(), Ok(events))
}

#[test]
fn truncated_at_every_byte() {
    let (file, all) = small();
    let mut whole_chunks = 0;
    for length in 0..file.len() {
        let (events, result) = read(&file[..length]);
        let error = result.expect_err("the end is missing");
        assert_eq!(error.position, length as u64, "{error}");
        let right = match length {
            0 => matches!(error.kind, ErrorKind::NotATrace),
            _ => matches!(error.kind, ErrorKind::Truncated(_)),
        };
        assert!(right, "{length}: {error}");
        assert_eq!(events, all[..events.len()]);
        whole_chunks += usize::from(error.to_string().contains("its end is missing"));
    }
    assert_eq!(whole_chunks, 3, "after the header and after each of two chunks");
}

#[test]
fn every_byte_matters() {
    let (file, all) = small();
    for at in 0..file.len() {
        for flip in [1, 0x80, 0xFF] {
            let mut damaged = file.clone();
            damaged[at] ^= flip;
            let (events, result) = read(&damaged);
            let error = result.expect_err("a byte was changed");
            assert!(error.position <= file.len() as u64, "{error}");
            assert_eq!(events, all[..events.len()], "{at}: {error}");
        }
    }
}

#[test]
fn what_follows_the_end_is_an_error() {
    let (mut file, _) = small();
    let length = file.len() as u64;
    file.push(0);
    let error = read(&file).1.expect_err("a byte too many");
    assert_eq!((error.position, error.to_string().contains("follows the end")), (length, true), "{error}");
}

#[test]
fn other_files_are_told() {
    let text = read(b"# gleaner-trace 1\n").1.expect_err("text");
    assert_eq!(text.to_string(), "byte 0: not an allocation trace");
    let mut later = small().0;
    later[8] = 9;
    let error = read(&later).1.expect_err("another version");
    assert_eq!(error.to_string(), "byte 8: version 9 of the format; this program reads version 1");
}

/// An output that takes so many bytes, fails once, and takes all that follows.
#[derive(Debug)]
struct Full(usize);

impl Write for Full {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.0 == 0 {
            self.0 = usize::MAX;
            return Err(io::Error::other("full"));
        }
        let taken = bytes.len().min(self.0);
        self.0 -= taken;
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn an_output_that_fails_ends_the_recording() {
    let whole = small().0.len();
    for room in 0..whole {
        let Ok(mut writer) = Writer::new(Full(room), &Meta::default()) else { continue };
        for addr in 1..2000 {
            writer.malloc(addr, addr * 7919 % 6000);
            if addr % 100 == 0 {
                writer.flush();
            }
        }
        assert!(writer.error().is_some());
        assert_eq!(writer.finish().expect_err("no room").to_string(), "full");
    }
}

/// A reader takes any distance; a script does not.
#[test]
fn a_block_that_is_not_live_is_no_script() {
    let mut twice = Writer::new(Vec::new(), &Meta::default()).expect("memory");
    twice.malloc(1, usize::MAX >> 2);
    let (file, _) = twice.finish().expect("memory");
    let error = Script::read(&mut Reader::new(&file[..]).expect("a header")).expect_err("too large");
    assert!(error.to_string().contains("4 GiB"), "{error}");
}
