//! What a user of the heap may rely on, beyond what the differential harness compares: user code at its worst.

use std::cell::{Cell, RefCell};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::rc::Rc;

use gleaner::{
    Finalize, Geometry, Heap, InvalidGeneration, Live, Phase, Ref, Released, Slot, StrategyKind, Trace,
    Visitor, Weak,
};

type Log = Rc<RefCell<Vec<String>>>;

#[derive(Trace)]
#[trace(finalize)]
struct Item {
    name: &'static str,
    next: Slot<Item>,
    #[trace(skip)]
    world: Rc<World>,
}

#[derive(Default)]
struct World {
    log: Log,
    saved: RefCell<Vec<Ref<Item>>>,
    panics: Cell<bool>,
    resurrects: Cell<bool>,
    collects: Cell<bool>,
}

impl Finalize for Item {
    fn finalize(this: Live<'_, Self>) {
        this.world.log.borrow_mut().push(format!("finalize {}", this.name));
        if this.world.collects.get() {
            let found = Heap::of(&this).collect();
            this.world.log.borrow_mut().push(format!("collected {found}"));
        }
        if this.world.resurrects.get() {
            this.world.saved.borrow_mut().push(Ref::from(this));
        }
        if this.world.panics.get() {
            resume_unwind(Box::new("boom"));
        }
    }
}

impl Drop for Item {
    fn drop(&mut self) {
        self.world.log.borrow_mut().push(format!("drop {}", self.name));
    }
}

fn item(heap: &Heap, world: &Rc<World>, name: &'static str) -> Ref<Item> {
    heap.alloc(Item { name, next: Slot::empty(), world: world.clone() }).unwrap()
}

fn cycle(heap: &Heap, world: &Rc<World>) -> (Ref<Item>, Ref<Item>) {
    let (a, b) = (item(heap, world, "a"), item(heap, world, "b"));
    a.next.set(&b);
    b.next.set(&a);
    (a, b)
}

fn log(world: &World) -> Vec<String> {
    world.log.take()
}

#[test]
fn death_by_count_finalizes_before_it_follows_the_fields() {
    let (heap, world) = (Heap::new().unwrap(), Rc::<World>::default());
    let a = item(&heap, &world, "a");
    a.next.set(&item(&heap, &world, "b"));
    drop(a);
    assert_eq!(log(&world), ["finalize a", "finalize b", "drop b", "drop a"]);
    assert_eq!(heap.live_objects(), 0);
}

#[test]
fn a_resurrected_cycle_survives_whole_and_is_finalized_once() {
    let (heap, world) = (Heap::new().unwrap(), Rc::<World>::default());
    world.resurrects.set(true);
    drop(cycle(&heap, &world));
    assert_eq!(heap.collect(), 0);
    assert_eq!(log(&world), ["finalize a", "finalize b"]);
    assert!(world.saved.borrow().iter().all(|item| item.as_any().is_finalized()));
    world.saved.take();
    assert_eq!(heap.collect(), 2);
    assert_eq!(log(&world).len(), 2, "dropped, but not finalized again");
    assert_eq!(heap.live_objects(), 0);
}

#[test]
fn a_panicking_finalizer_is_unraisable() {
    let (heap, world) = (Heap::new().unwrap(), Rc::<World>::default());
    let told = Rc::new(Cell::new(0));
    let counter = told.clone();
    heap.set_unraisable_hook(move |_, what| {
        assert_eq!(what.0.downcast_ref::<&str>(), Some(&"boom"));
        counter.set(counter.get() + 1);
    });
    world.panics.set(true);
    drop(item(&heap, &world, "alone"));
    drop(cycle(&heap, &world));
    assert_eq!(heap.collect(), 2);
    assert_eq!((told.get(), heap.live_objects()), (3, 0));
}

#[test]
fn a_collection_inside_a_collection_does_nothing() {
    let (heap, world) = (Heap::new().unwrap(), Rc::<World>::default());
    world.collects.set(true);
    drop(cycle(&heap, &world));
    assert_eq!(heap.collect(), 2);
    assert_eq!(log(&world)[..4], ["finalize a", "collected 0", "finalize b", "collected 0"]);
    drop(item(&heap, &world, "c"));
    assert_eq!(log(&world), ["finalize c", "collected 0", "drop c"]);
    heap.check();
}

/// A type whose trace does what it should not.
struct Rude {
    next: Slot<Rude>,
    mood: Rc<Cell<Mood>>,
    victim: RefCell<Option<Ref<Rude>>>,
}

#[derive(Clone, Copy, PartialEq)]
enum Mood {
    Polite,
    Panics,
    DropsOthers,
    Forgets,
    Exaggerates,
    Collects,
}

impl Trace for Rude {
    fn trace(&self, visitor: &mut impl Visitor) {
        match self.mood.get() {
            Mood::Panics => resume_unwind(Box::new("rude")),
            Mood::DropsOthers => drop(self.victim.borrow_mut().take()),
            Mood::Collects => {
                if let Some(victim) = &*self.victim.borrow() {
                    victim.heap().collect();
                }
            }
            _ => {}
        }
        if self.mood.get() != Mood::Forgets {
            self.next.trace(visitor);
        }
        if self.mood.get() == Mood::Exaggerates {
            self.next.trace(visitor);
            self.next.trace(visitor);
        }
    }

    fn clear(&self, released: &mut Released<'_>) {
        self.next.clear_field(released);
    }
}

/// `Slot::clear` and `Trace::clear` share a name; this says which.
trait ClearField {
    fn clear_field(&self, released: &mut Released<'_>);
}

impl ClearField for Slot<Rude> {
    fn clear_field(&self, released: &mut Released<'_>) {
        Trace::clear(self, released);
    }
}

#[test]
fn a_rude_trace_cannot_corrupt_the_heap() {
    for strategy in StrategyKind::ALL {
        for mood in [Mood::Panics, Mood::DropsOthers, Mood::Forgets, Mood::Exaggerates, Mood::Collects] {
            let heap = Heap::builder().strategy(strategy).geometry(Geometry::TINY).build().unwrap();
            let shared = Rc::new(Cell::new(Mood::Polite));
            let make = || {
                heap.alloc(Rude { next: Slot::empty(), mood: shared.clone(), victim: RefCell::default() })
                    .unwrap()
            };
            let ring: Vec<_> = (0..10).map(|_| make()).collect();
            for (index, node) in ring.iter().enumerate() {
                node.next.set(&ring[(index + 1) % ring.len()]);
                *node.victim.borrow_mut() = Some(make());
            }
            let outside = ring[3].clone();
            drop(ring);
            shared.set(mood);
            let outcome = catch_unwind(AssertUnwindSafe(|| heap.collect()));
            let looked = strategy.facts().finds_cycles;
            assert_eq!(outcome.is_err(), mood == Mood::Panics && looked);
            heap.check();
            shared.set(Mood::Polite);
            assert!(outside.refcount() >= 1);
            heap.collect();
            heap.check();
            drop(outside);
            heap.collect();
            heap.check();
            assert_eq!(heap.live_objects() == 0, looked, "{mood}", mood = mood as u8);
        }
    }
}

#[test]
fn weak_references_are_told_newest_first_and_the_plain_one_is_shared() {
    let (heap, world) = (Heap::new().unwrap(), Rc::<World>::default());
    let a = item(&heap, &world, "a");
    let plain = heap.weak(&a).unwrap();
    assert!(plain.object().is(heap.weak(&a).unwrap().object()));
    let watch = |name: &'static str| {
        let told = world.log.clone();
        heap.weak_with_callback(&a, move |_| told.borrow_mut().push(format!("gone {name}"))).unwrap()
    };
    let (first, second) = (watch("1"), watch("2"));
    drop(watch("dead before its referent"));
    assert_eq!(heap.weakref_count(&a), 3);
    assert_eq!(plain.upgrade().unwrap().name, "a");
    drop(a);
    assert_eq!(log(&world), ["finalize a", "gone 2", "gone 1", "drop a"]);
    assert!(!plain.is_alive() && first.upgrade().is_none() && second.upgrade().is_none());
    assert!(Weak::<Item>::from_object(plain.object().clone()).is_some());
    heap.check();
}

#[test]
fn allocation_failure_is_an_error_and_loses_nothing() {
    let (heap, world) = (Heap::new().unwrap(), Rc::<World>::default());
    let a = item(&heap, &world, "a");
    heap.fail_next_allocation();
    assert!(heap.alloc(Item { name: "b", next: Slot::empty(), world: world.clone() }).is_err());
    assert_eq!(log(&world), ["drop b"]);
    heap.fail_next_allocation();
    assert!(heap.weak(&a).is_err());
    let weak = heap.weak(&a).unwrap();
    assert_eq!(heap.get_count()[0], 2);
    drop(weak);
    assert_eq!(heap.get_count()[0], 1);
    heap.check();
}

#[test]
fn the_module_surface_is_pythons() {
    let (heap, world) = (Heap::builder().build().unwrap(), Rc::<World>::default());
    assert_eq!(heap.get_threshold(), [2000, 10, 10]);
    let phases = Rc::new(RefCell::new(Vec::new()));
    let seen = phases.clone();
    let key = heap
        .add_callback(move |_, phase, info| seen.borrow_mut().push((phase, info.generation, info.collected)));
    let (a, _) = cycle(&heap, &world);
    assert_eq!(heap.collect_generation(3), Err(InvalidGeneration(3)));
    assert_eq!(heap.collect_generation(0), Ok(0));
    assert_eq!((a.as_any().generation(), heap.get_count()), (Some(1), [0, 1, 0]));
    heap.freeze();
    assert_eq!((heap.get_freeze_count(), heap.get_objects(None).unwrap().len()), (2, 0));
    heap.unfreeze();
    assert_eq!(heap.get_objects(Some(2)).unwrap().len(), 2);
    assert_eq!(heap.get_referents(a.as_any()).len(), 1);
    assert_eq!(heap.get_referrers(a.as_any()).len(), 1);
    drop(a);
    assert_eq!(heap.collect(), 2);
    assert_eq!(phases.borrow().last(), Some(&(Phase::Stop, 2, 2)));
    assert_eq!(heap.get_stats()[2].collected, 2);
    assert!(heap.remove_callback(key) && !heap.remove_callback(key));
    assert!(heap.is_enabled());
    heap.disable();
    heap.set_threshold([1, 1, 1]);
    let kept: Vec<_> = (0..5).map(|_| item(&heap, &world, "kept")).collect();
    assert_eq!(heap.get_count()[0], 5);
    heap.enable();
    drop(item(&heap, &world, "trigger"));
    assert_eq!(kept[0].as_any().generation(), Some(1));
}

#[test]
fn atoms_are_not_tracked_and_immortals_not_counted() {
    let heap = Heap::new().unwrap();
    let number = heap.alloc(7_u64).unwrap();
    assert!(!number.as_any().is_tracked());
    assert_eq!((*number, heap.get_count()[0]), (7, 0));
    let many = vec![number.clone(); 10];
    assert_eq!(number.refcount(), 11);
    drop(many);
    assert_eq!(number.into_any().downcast::<u32>().map(|_| ()).unwrap_err().type_name(), "u64");
    let immortal = heap.alloc(0_u8).unwrap();
    immortal.as_any().immortalize();
    let before = immortal.refcount();
    let again = immortal.clone();
    assert!(again.as_any().is_immortal());
    assert_eq!(immortal.refcount(), before);
}

#[test]
fn objects_outlive_their_heaps_handles() {
    let world = Rc::<World>::default();
    let heap = Heap::new().unwrap();
    let kept = item(&heap, &world, "kept");
    drop(cycle(&heap, &world));
    drop(heap);
    assert_eq!(log(&world).len(), 4, "the end of a heap collects");
    assert_eq!(kept.name, "kept");
    kept.next.set(&kept.clone());
    let heap = kept.heap();
    drop(kept);
    assert_eq!(heap.live_objects(), 1);
    drop(heap);
    assert_eq!(log(&world), ["finalize kept", "drop kept"]);
    assert_eq!(Rc::strong_count(&world), 1);
}

#[test]
fn the_end_of_a_heap_collects_whatever_the_strategy() {
    let world = Rc::<World>::default();
    let heap = Heap::builder().strategy(StrategyKind::RefcountOnly).build().unwrap();
    drop(cycle(&heap, &world));
    assert_eq!(heap.collect(), 0);
    drop(heap);
    assert_eq!(Rc::strong_count(&world), 1);
}

#[derive(Trace)]
enum Shape<T> {
    Leaf,
    Pair(Slot<Shape<T>>, RefCell<Vec<Ref<Shape<T>>>>),
    Named { value: T, next: Slot<Shape<T>> },
}

#[test]
fn derive_covers_enums_generics_and_containers() {
    let heap = Heap::new().unwrap();
    let leaf = heap.alloc(Shape::<u8>::Leaf).unwrap();
    let pair = heap.alloc(Shape::Pair(Slot::empty(), RefCell::default())).unwrap();
    let named = heap.alloc(Shape::Named { value: 3, next: Slot::empty() }).unwrap();
    if let Shape::Pair(slot, list) = &*pair {
        slot.set(&named);
        list.borrow_mut().extend([leaf.clone(), pair.clone(), leaf.clone()]);
    }
    if let Shape::Named { value, next } = &*named {
        assert_eq!(*value, 3);
        next.set(&pair);
    }
    assert_eq!(heap.get_referents(pair.as_any()).len(), 4);
    drop((pair, named));
    assert_eq!(heap.collect(), 2);
    assert_eq!((leaf.refcount(), heap.live_objects()), (1, 1));
}
