//! What is written is what is read, whatever the order of requests.

use std::collections::HashMap;

use gleaner_trace::{Counts, Event, Meta, OpKind, Reader, Script, Writer};
use proptest::collection::vec;
use proptest::prelude::*;

/// What a program may tell the recorder, with addresses from a small range, so that they are reused.
#[derive(Clone, Copy, Debug)]
enum Told {
    Malloc(usize, usize),
    Calloc(usize, usize),
    Realloc(usize, usize, usize),
    Free(usize),
}

fn told() -> impl Strategy<Value = Told> {
    let addr = || 0_usize..40;
    let size = prop_oneof![0_usize..600, any::<usize>().prop_map(|size| size >> 2)];
    prop_oneof![
        (addr(), size.clone()).prop_map(|(addr, size)| Told::Malloc(addr, size)),
        (addr(), size.clone()).prop_map(|(addr, size)| Told::Calloc(addr, size)),
        (addr(), addr(), size).prop_map(|(old, new, size)| Told::Realloc(old, new, size)),
        addr().prop_map(Told::Free),
    ]
}

/// The writer's contract, told another way: address to id, and an event for each change.
fn expected(all: &[Told]) -> Vec<Event> {
    let mut live: HashMap<usize, u64> = HashMap::new();
    let (mut events, mut next) = (Vec::new(), 0);
    for &one in all {
        let (addr, event) = match one {
            Told::Malloc(addr, size) => (addr, Event::Malloc { size: size as u64 }),
            Told::Calloc(addr, size) => (addr, Event::Calloc { size: size as u64 }),
            Told::Realloc(_, 0, _) => continue,
            Told::Realloc(old, new, size) => match live.remove(&old) {
                Some(id) => (new, Event::Realloc { id, size: size as u64 }),
                None => (new, Event::Malloc { size: size as u64 }),
            },
            Told::Free(addr) => {
                events.extend(live.remove(&addr).map(|id| Event::Free { id }));
                continue;
            }
        };
        if addr == 0 {
            continue;
        }
        events.extend(live.remove(&addr).map(|id| Event::Free { id }));
        events.push(event);
        live.insert(addr, next);
        next += 1;
    }
    events
}

fn tell(writer: &mut Writer<Vec<u8>>, one: Told) {
    match one {
        Told::Malloc(addr, size) => writer.malloc(addr, size),
        Told::Calloc(addr, size) => writer.calloc(addr, size),
        Told::Realloc(old, new, size) => writer.realloc(old, new, size),
        Told::Free(addr) => writer.free(addr),
    }
}

proptest! {
    #[test]
    fn what_is_told_is_read(
        all in vec((told(), prop::bool::weighted(0.02)), 0..400),
        command in vec(".*", 0..4),
        runtime in ".*",
    ) {
        let meta = Meta { command, runtime };
        let mut writer = Writer::new(Vec::new(), &meta)?;
        for &(one, flush) in &all {
            tell(&mut writer, one);
            if flush {
                writer.flush();
            }
        }
        let (file, counts) = writer.finish()?;
        let mut reader = Reader::new(&file[..])?;
        prop_assert_eq!(reader.meta(), &meta);
        let events = reader.by_ref().collect::<Result<Vec<_>, _>>()?;
        prop_assert_eq!(reader.counts(), counts);
        prop_assert_eq!(reader.bytes_read(), file.len() as u64);
        let all: Vec<Told> = all.into_iter().map(|(one, _)| one).collect();
        prop_assert_eq!(events, expected(&all));
    }
}

/// Many chunks, and ids of earlier ones.
#[test]
fn a_long_trace() {
    let mut writer = Writer::new(Vec::new(), &Meta::default()).expect("memory");
    let mut told = Counts::default();
    for number in 0..2_000_000_usize {
        let addr = 1 + number % 70_000;
        writer.malloc(addr, number % 1000);
        told.mallocs += 1;
        told.bytes += number as u64 % 1000;
        told.frees += u64::from(number >= 70_000);
    }
    let (file, counts) = writer.finish().expect("memory");
    assert_eq!(counts, told);
    let mut reader = Reader::new(&file[..]).expect("a header");
    let script = Script::read(&mut reader).expect("a trace");
    assert_eq!((script.slots(), script.pairs()), (70_000, 2_000_000));
    assert_eq!(script.ops().len() as u64, counts.events());
}

#[test]
fn a_script_has_slots_for_ids() {
    let mut writer = Writer::new(Vec::new(), &Meta::default()).expect("memory");
    writer.malloc(1, 10);
    writer.calloc(2, 20);
    writer.realloc(1, 3, 30);
    writer.free(2);
    writer.malloc(4, 40);
    writer.free(3);
    writer.realloc(4, 4, 50);
    let (file, _) = writer.finish().expect("memory");
    let script = Script::read(&mut Reader::new(&file[..]).expect("a header")).expect("a trace");
    let ops: Vec<_> = script.ops().iter().map(|op| (op.kind(), op.slot(), op.size())).collect();
    let expected = [
        (OpKind::Malloc, 0, 10),
        (OpKind::Calloc, 1, 20),
        (OpKind::Realloc, 0, 30),
        (OpKind::Free, 1, 20),
        (OpKind::Malloc, 1, 40),
        (OpKind::Free, 0, 30),
        (OpKind::Realloc, 1, 50),
    ];
    assert_eq!(ops, expected);
    let mut saved = Vec::new();
    script.save(&mut saved).expect("memory");
    assert_eq!(Script::load(&mut &saved[..], saved.len()).expect("a script"), script);
    saved.rotate_left(8);
    assert!(Script::load(&mut &saved[..], saved.len()).is_err(), "a free of a block that is not live");
}
