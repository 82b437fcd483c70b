//! What dies by its count while a cycle is under way may run the cycle to its end before it is dead: its finalizer, the callback
//! of a weak reference to it, and its `Drop` may all allocate. It dies once all the same, and is whole until then. So it does
//! under any strategy if a callback collects.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use gleaner::{AnySlot, Bounds, Finalize, Heap, Live, Ref, StrategyKind, Trace, Visitor};

#[derive(Trace)]
struct Plain {
    slot: AnySlot,
}

/// What happened to the objects of a run.
#[derive(Default)]
struct Log {
    drops: Cell<usize>,
    finalized: Cell<usize>,
    robbed: Cell<bool>,
}

/// Allocates so much that a cycle under way comes to its end.
fn finish_cycle(heap: &Heap) {
    drop((0..300).map(|_| plain(heap)).collect::<Vec<_>>());
}

fn plain(heap: &Heap) -> Ref<Plain> {
    heap.alloc(Plain { slot: AnySlot::empty() }).unwrap()
}

/// Allocates when it is dropped.
#[derive(Trace)]
struct Mourned {
    slot: AnySlot,
    #[trace(skip)]
    log: Rc<Log>,
    #[trace(skip)]
    heap: Heap,
}

impl Drop for Mourned {
    fn drop(&mut self) {
        self.log.drops.set(self.log.drops.get() + 1);
        finish_cycle(&self.heap);
    }
}

/// Allocates when it is finalized, and looks then whether it still has what it refers to.
#[derive(Trace)]
#[trace(finalize)]
struct Finalized {
    slot: AnySlot,
    #[trace(skip)]
    log: Rc<Log>,
    #[trace(skip)]
    heap: Heap,
}

impl Finalize for Finalized {
    fn finalize(this: Live<'_, Self>) {
        this.log.finalized.set(this.log.finalized.get() + 1);
        finish_cycle(&this.heap);
        let child = this.slot.get().and_then(|child| child.downcast::<Plain>().ok());
        this.log.robbed.set(child.is_none_or(|child| child.slot.is_empty()));
    }
}

impl Drop for Finalized {
    fn drop(&mut self) {
        self.log.drops.set(self.log.drops.get() + 1);
    }
}

/// Makes a victim between others, gives it to a holder, and lets that go at some moment of a cycle.
fn run(others: usize, moment: usize, victim: impl FnOnce(&Heap, AnySlot) -> AnySlot) {
    let bounds = Bounds { pause: Duration::from_nanos(1), garbage: 0.1, slack: 20 };
    let heap = Heap::builder().strategy(StrategyKind::Paced).bounds(bounds).build().unwrap();
    heap.set_threshold([8, 3, 3]);
    let mut kept: Vec<_> = (0..others).map(|_| plain(&heap)).collect();
    let child = plain(&heap);
    child.slot.set(plain(&heap).as_any());
    let holder = heap.alloc(Plain { slot: victim(&heap, slot_of(child)) }).unwrap();
    // So that there is a cycle, and the holder is old.
    kept.extend((0..60).map(|_| plain(&heap)));
    kept.extend((0..moment).map(|_| plain(&heap)));
    drop(holder);
    finish_cycle(&heap);
}

fn every_moment(run: impl Fn(usize, usize)) {
    for others in [0, 40, 150] {
        (0..80).for_each(|moment| run(others, moment));
    }
}

fn slot_of<T: Trace>(object: Ref<T>) -> AnySlot {
    let slot = AnySlot::empty();
    slot.put(Some(object.into_any()));
    slot
}

#[test]
fn what_allocates_when_it_is_dropped_is_dropped_once() {
    every_moment(|others, moment| {
        let log: Rc<Log> = Rc::default();
        run(others, moment, |heap, slot| {
            slot_of(heap.alloc(Mourned { slot, log: log.clone(), heap: heap.clone() }).unwrap())
        });
        assert_eq!(log.drops.get(), 1, "after {others} others, at moment {moment}");
    });
}

#[test]
fn what_allocates_when_it_is_finalized_keeps_what_it_refers_to_until_then() {
    every_moment(|others, moment| {
        let log: Rc<Log> = Rc::default();
        run(others, moment, |heap, slot| {
            slot_of(heap.alloc(Finalized { slot, log: log.clone(), heap: heap.clone() }).unwrap())
        });
        let found = (log.drops.get(), log.finalized.get(), log.robbed.get());
        assert_eq!(found, (1, 1, false), "after {others} others, at moment {moment}");
    });
}

#[test]
fn what_is_watched_by_who_allocates_dies_once() {
    every_moment(|others, moment| {
        let log: Rc<Log> = Rc::default();
        let called = Rc::new(Cell::new(0));
        let mut weak = None;
        run(others, moment, |heap, slot| {
            let victim = heap.alloc(Finalized { slot, log: log.clone(), heap: heap.clone() }).unwrap();
            let (called, heap, watcher) = (called.clone(), heap.clone(), heap.clone());
            let callback = move |_: Live<'_, _>| {
                called.set(called.get() + 1);
                finish_cycle(&heap);
            };
            weak = Some(watcher.weak_with_callback(&victim, callback).unwrap());
            slot_of(victim)
        });
        let found = (log.drops.get(), log.finalized.get(), called.get());
        assert_eq!(found, (1, 1, 1), "after {others} others, at moment {moment}");
    });
}

/// Its watchers are told before it is finalized.
struct ToldFirst {
    log: Rc<Log>,
}

impl Trace for ToldFirst {
    const TELLS_FIRST: bool = true;

    fn trace(&self, _: &mut impl Visitor) {}
}

impl Drop for ToldFirst {
    fn drop(&mut self) {
        self.log.drops.set(self.log.drops.get() + 1);
    }
}

#[test]
fn a_collection_by_who_is_told_first_leaves_the_dying_alone() {
    for strategy in StrategyKind::ALL {
        let heap = Heap::builder().strategy(strategy).build().unwrap();
        let log: Rc<Log> = Rc::default();
        let dying = heap.alloc(ToldFirst { log: log.clone() }).unwrap();
        let collector = heap.clone();
        let found = Rc::new(Cell::new(None));
        let told = found.clone();
        let weak = heap.weak_with_callback(&dying, move |_| told.set(Some(collector.collect()))).unwrap();
        drop(dying);
        assert_eq!((found.get(), log.drops.get()), (Some(0), 1), "{strategy:?}");
        drop(weak);
    }
}
