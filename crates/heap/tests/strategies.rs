//! Every strategy against the contract: a random program runs on a heap beside a shadow, a graph whose reachability is
//! computed from scratch.
//!
//! 1. What is reachable in the shadow lives, and refers to what the shadow says.
//! 2. What nothing refers to is dead at once.
//! 3. After an explicit collection (and one more, for what finalizers have resurrected or a cycle had begun without) all that
//!    is unreachable is dead.
//! 4. A finalizer runs once, a weak reference leads to nothing that is dead.
//! 5. At the end nothing is left.
//! 6. Under `paced` the heap grows by no more than the bound beyond what lives.

use std::cell::RefCell;
use std::collections::HashSet;
use std::rc::Rc;
use std::time::Duration;

use gleaner::{AnyRef, AnySlot, Bounds, Heap, Live, Ref, StrategyKind, Trace, Visitor, Weak};

const VARS: usize = 60;
const SLOTS: usize = 3;

/// What has happened to the objects.
#[derive(Default)]
struct Log {
    dead: RefCell<Vec<usize>>,
    finalized: RefCell<Vec<usize>>,
    saved: RefCell<Vec<AnyRef>>,
}

/// Says when its object is dropped. No edge of the heap's.
struct Tomb(usize, Rc<Log>);

impl Drop for Tomb {
    fn drop(&mut self) {
        self.1.dead.borrow_mut().push(self.0);
    }
}

#[derive(Trace)]
struct Plain {
    #[trace(skip)]
    tomb: Tomb,
    slots: [AnySlot; SLOTS],
}

/// With a finalizer, which may save its object.
struct Noisy {
    tomb: Tomb,
    saves: bool,
    slots: [AnySlot; SLOTS],
}

impl Trace for Noisy {
    const UNSEEN: bool = false;

    fn trace(&self, visitor: &mut impl Visitor) {
        self.slots.trace(visitor);
    }
    fn clear(&self, released: &mut gleaner::Released<'_>) {
        self.slots.clear(released);
    }
    fn finalizes(&self) -> bool {
        true
    }
    fn finalize(this: Live<'_, Self>) {
        let log = this.tomb.1.clone();
        log.finalized.borrow_mut().push(this.tomb.0);
        if this.saves {
            log.saved.borrow_mut().push(Ref::from(this).into_any());
        }
    }
}

/// References move in and out unseen.
#[derive(Trace)]
struct Cellar {
    #[trace(skip)]
    tomb: Tomb,
    cell: RefCell<Vec<AnyRef>>,
}

enum Watch {
    Plain(Weak<Plain>),
    Noisy(Weak<Noisy>),
}

/// A heap, and its shadow.
struct World {
    heap: Heap,
    log: Rc<Log>,
    vars: Vec<Option<AnyRef>>,
    weak: Vec<(usize, Watch)>,
    /// The edges of each object; none if it has died.
    edges: Vec<Option<Vec<Option<usize>>>>,
    state: u64,
    cellars: bool,
    finalizers: bool,
}

fn id(object: &AnyRef) -> usize {
    if let Some(plain) = object.downcast_ref::<Plain>() {
        plain.tomb.0
    } else if let Some(noisy) = object.downcast_ref::<Noisy>() {
        noisy.tomb.0
    } else {
        object.downcast_ref::<Cellar>().unwrap().tomb.0
    }
}

fn slots(object: &AnyRef) -> Option<&[AnySlot; SLOTS]> {
    object
        .downcast_ref::<Plain>()
        .map(|plain| &plain.slots)
        .or_else(|| object.downcast_ref::<Noisy>().map(|noisy| &noisy.slots))
}

impl World {
    fn new(strategy: StrategyKind, seed: u64) -> World {
        // A pause of a nanosecond ends every slice at the first look at the clock.
        let bounds = Bounds { pause: Duration::from_nanos(1), garbage: 0.1, slack: 20 };
        let heap = Heap::builder().strategy(strategy).bounds(bounds).build().unwrap();
        heap.set_threshold([8, 3, 3]);
        World {
            heap,
            log: Rc::default(),
            vars: vec![None; VARS],
            weak: Vec::new(),
            edges: Vec::new(),
            state: seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1,
            cellars: seed % 4 == 3,
            finalizers: seed % 2 == 1,
        }
    }

    fn draw(&mut self, below: usize) -> usize {
        self.state ^= self.state << 13;
        self.state ^= self.state >> 7;
        self.state ^= self.state << 17;
        (self.state >> 16) as usize % below
    }

    fn make(&mut self) {
        let (number, var) = (self.edges.len(), self.draw(VARS));
        let tomb = Tomb(number, self.log.clone());
        let slots = [const { AnySlot::empty() }; SLOTS];
        let kind = self.draw(8);
        let (object, edges) = if kind == 0 && self.cellars {
            let cellar = Cellar { tomb, cell: RefCell::default() };
            (self.heap.alloc(cellar).map(Ref::into_any), Vec::new())
        } else if kind <= 2 && self.finalizers {
            let noisy = Noisy { tomb, saves: kind == 1, slots };
            (self.heap.alloc(noisy).map(Ref::into_any), vec![None; SLOTS])
        } else {
            (self.heap.alloc(Plain { tomb, slots }).map(Ref::into_any), vec![None; SLOTS])
        };
        self.edges.push(Some(edges));
        self.vars[var] = Some(object.unwrap());
    }

    fn pick(&mut self) -> Option<AnyRef> {
        let var = self.draw(VARS);
        self.vars[var].clone()
    }

    fn note(&mut self, object: usize, edge: usize, target: Option<usize>) {
        if let Some(edges) = &mut self.edges[object] {
            edges[edge] = target;
        }
    }

    fn link(&mut self) {
        let (Some(a), Some(b)) = (self.pick(), self.pick()) else { return };
        let slot = self.draw(SLOTS);
        if let Some(slots) = slots(&a) {
            self.note(id(&a), slot, Some(id(&b)));
            slots[slot].set(&b);
        } else if let Some(cellar) = a.downcast_ref::<Cellar>() {
            self.edges[id(&a)].as_mut().unwrap().push(Some(id(&b)));
            cellar.cell.borrow_mut().push(b);
        }
    }

    fn unlink(&mut self) {
        let Some(a) = self.pick() else { return };
        let slot = self.draw(SLOTS);
        if let Some(slots) = slots(&a) {
            self.note(id(&a), slot, None);
            slots[slot].clear();
        }
    }

    /// Moves a reference from one object to another without counting it.
    fn carry(&mut self) {
        let (Some(a), Some(b)) = (self.pick(), self.pick()) else { return };
        let (from, to) = (self.draw(SLOTS), self.draw(SLOTS));
        let taken = match (slots(&a), a.downcast_ref::<Cellar>()) {
            (Some(slots), _) => slots[from].take(),
            (_, Some(cellar)) => cellar.cell.borrow_mut().pop(),
            _ => None,
        };
        let Some(taken) = taken else { return };
        let target = Some(id(&taken));
        match &mut self.edges[id(&a)] {
            Some(edges) if slots(&a).is_some() => edges[from] = None,
            Some(edges) => {
                edges.pop();
            }
            None => {}
        }
        if let Some(slots) = slots(&b) {
            self.note(id(&b), to, target);
            slots[to].put(Some(taken));
        } else if let Some(cellar) = b.downcast_ref::<Cellar>() {
            self.edges[id(&b)].as_mut().unwrap().push(target);
            cellar.cell.borrow_mut().push(taken);
        }
    }

    fn follow(&mut self) {
        let Some(a) = self.pick() else { return };
        let (slot, var) = (self.draw(SLOTS), self.draw(VARS));
        let next = slots(&a).and_then(|slots| slots[slot].get());
        drop(a);
        self.vars[var] = next;
    }

    fn watch(&mut self) {
        let Some(a) = self.pick() else { return };
        let number = id(&a);
        let watch = match a.downcast::<Plain>() {
            Ok(plain) => Watch::Plain(self.heap.weak(&plain).unwrap()),
            Err(other) => match other.downcast::<Noisy>() {
                Ok(noisy) => Watch::Noisy(self.heap.weak(&noisy).unwrap()),
                Err(_) => return,
            },
        };
        self.weak.push((number, watch));
    }

    fn recall(&mut self) {
        if self.weak.is_empty() {
            return;
        }
        let (index, var) = (self.draw(self.weak.len()), self.draw(VARS));
        let (number, watch) = &self.weak[index];
        let found = match watch {
            Watch::Plain(weak) => weak.upgrade().map(Ref::into_any),
            Watch::Noisy(weak) => weak.upgrade().map(Ref::into_any),
        };
        match found {
            Some(object) => {
                assert_eq!(id(&object), *number, "(4) a weak reference leads elsewhere");
                assert!(self.edges[*number].is_some(), "(4) a weak reference leads to the dead");
                self.vars[var] = Some(object);
            }
            None => {
                self.weak.swap_remove(index);
            }
        }
    }

    fn step(&mut self) {
        match self.draw(100) {
            0..30 => self.make(),
            30..52 => self.link(),
            52..56 => self.unlink(),
            56..66 => self.carry(),
            66..76 => self.follow(),
            76..82 => self.watch(),
            82..88 => self.recall(),
            88..96 => {
                let var = self.draw(VARS);
                self.vars[var] = None;
            }
            96 => {
                // Old garbage comes in heaps.
                for _ in 0..self.draw(VARS / 2) {
                    let var = self.draw(VARS);
                    self.vars[var] = None;
                }
            }
            97 => {
                let keep = self.draw(2);
                // Dropped when the list is no longer borrowed: finalizers write to it.
                let len = self.log.saved.borrow().len();
                let gone = self.log.saved.borrow_mut().split_off(keep.min(len));
                drop(gone);
            }
            _ => {
                if self.draw(100) == 0 {
                    let generation = self.draw(3);
                    self.heap.collect_generation(generation).unwrap();
                }
            }
        }
    }

    fn roots(&self) -> Vec<AnyRef> {
        self.vars.iter().flatten().chain(&*self.log.saved.borrow()).cloned().collect()
    }

    fn reachable(&self) -> HashSet<usize> {
        let mut reached: HashSet<usize> = HashSet::new();
        let mut next: Vec<usize> = self.roots().iter().map(id).collect();
        while let Some(object) = next.pop() {
            if reached.insert(object) {
                next.extend(self.edges[object].iter().flatten().flatten());
            }
        }
        reached
    }

    fn check(&mut self) {
        let dead: Vec<usize> = self.log.dead.take();
        let reached = self.reachable();
        for object in dead {
            assert!(!reached.contains(&object), "(1) {object} is reachable, and dead");
            assert!(self.edges[object].take().is_some(), "(1) {object} has died twice");
        }
        let mut seen = HashSet::new();
        let mut next = self.roots();
        while let Some(object) = next.pop() {
            if !seen.insert(id(&object)) {
                continue;
            }
            let mut found: Vec<Option<AnyRef>> = Vec::new();
            if let Some(slots) = slots(&object) {
                found.extend(slots.iter().map(AnySlot::get));
            } else if let Some(cellar) = object.downcast_ref::<Cellar>() {
                found.extend(cellar.cell.borrow().iter().cloned().map(Some));
            }
            let ids: Vec<Option<usize>> = found.iter().map(|edge| edge.as_ref().map(id)).collect();
            assert_eq!(Some(&ids), self.edges[id(&object)].as_ref(), "(1) the edges of {}", id(&object));
            next.extend(found.into_iter().flatten());
        }
        let mut referred: HashSet<usize> = self.roots().iter().map(id).collect();
        referred.extend(self.edges.iter().flatten().flatten().flatten());
        for (object, edges) in self.edges.iter().enumerate() {
            assert!(
                edges.is_none() || referred.contains(&object),
                "(2) nothing refers to {object}, and it lives"
            );
        }
        let finalized = self.log.finalized.borrow();
        let once: HashSet<_> = finalized.iter().collect();
        assert_eq!(once.len(), finalized.len(), "(4) a finalizer has run twice");
    }

    fn collect_all(&mut self) {
        self.heap.collect();
        self.heap.collect();
        self.check();
        if self.heap.strategy().finds_cycles {
            let reached = self.reachable();
            let living = self.edges.iter().enumerate().filter(|(_, edges)| edges.is_some());
            let left: Vec<usize> =
                living.map(|(object, _)| object).filter(|object| !reached.contains(object)).collect();
            assert_eq!(left, [] as [usize; 0], "(3) unreachable, and not dead");
        }
    }
}

/// Runs a program; returns how many cycles were run besides the explicit collections.
fn run(strategy: StrategyKind, seed: u64, steps: usize, every: usize) -> u64 {
    let mut world = World::new(strategy, seed);
    let (mut explicit, mut cycles) = (0, 0);
    for step in 0..steps {
        world.step();
        if step % every == 0 {
            world.check();
        }
        if step % 97 == 0 {
            world.heap.check();
        }
        if step % 6007 == 6006 {
            cycles += world.heap.get_stats()[2].collections - explicit;
            world.collect_all();
            explicit = world.heap.get_stats()[2].collections;
        }
    }
    world.collect_all();
    let World { heap, log, vars, weak, .. } = world;
    drop((vars, weak));
    for _ in 0..8 {
        let saved = log.saved.take();
        drop(saved);
        heap.collect();
    }
    if heap.strategy().finds_cycles {
        assert_eq!((heap.live_objects(), heap.leaked()), (0, 0), "(5) something is left");
    }
    cycles
}

#[test]
fn every_strategy_keeps_the_contract() {
    for strategy in StrategyKind::ALL {
        let cycles: u64 = (0..12).map(|seed| run(strategy, seed, 13_000, 5)).sum();
        assert!(strategy != StrategyKind::Paced || cycles > 40, "only {cycles} cycles");
    }
}

fn plain(heap: &Heap, log: &Rc<Log>) -> Ref<Plain> {
    let slots = [const { AnySlot::empty() }; SLOTS];
    heap.alloc(Plain { tomb: Tomb(0, log.clone()), slots }).unwrap()
}

/// Law 6: rings that have grown old are dropped one after the other.
#[test]
fn paced_keeps_its_bound_on_garbage() {
    let bounds = Bounds { pause: Duration::from_millis(20), garbage: 0.1, slack: 20 };
    let heap = Heap::builder().strategy(StrategyKind::Paced).bounds(bounds).build().unwrap();
    heap.set_threshold([8, 3, 3]);
    let log = Rc::default();
    let _kept: Vec<_> = (0..1000).map(|_| plain(&heap, &log)).collect();
    let mut rings = std::collections::VecDeque::new();
    let live = 1000 + 6 * 50;
    for _ in 0..100 {
        let first = plain(&heap, &log);
        let mut last = first.clone();
        for _ in 1..50 {
            let next = plain(&heap, &log);
            next.slots[0].set(last.as_any());
            last = next;
            // The young are on top of what the bound allows.
            let (tracked, most) = (heap.get_objects(None).unwrap().len(), live + live / 10 + 20 + 9);
            assert!(tracked <= most, "(6) {tracked} tracked objects, {most} are allowed");
        }
        first.slots[0].set(last.as_any());
        rings.push_back(first);
        if rings.len() > 5 {
            rings.pop_front();
        }
    }
    assert!(heap.get_stats()[2].collections > 5, "there was work for cycles");
}

/// A program that collects the young itself gives up cycle after cycle; the heap stays small all the same.
#[test]
fn young_collections_do_not_put_cycles_off() {
    let bounds = Bounds { pause: Duration::ZERO, garbage: 0.1, slack: 20 };
    let heap = Heap::builder().strategy(StrategyKind::Paced).bounds(bounds).build().unwrap();
    let log = Rc::default();
    for _ in 0..50 {
        let ring: Vec<_> = (0..10).map(|_| plain(&heap, &log)).collect();
        // Garbage only when it is old.
        heap.collect_generation(0).unwrap();
        ring.iter().zip(ring.iter().cycle().skip(1)).for_each(|(from, to)| from.slots[0].set(to.as_any()));
        drop(ring);
        assert!(heap.live_objects() <= 22 + 10, "{} objects", heap.live_objects());
    }
    heap.disable();
    let ring = plain(&heap, &log);
    ring.slots[0].set(ring.as_any());
    let before = heap.get_stats()[2].collections;
    (0..30).for_each(|_| {
        let ring = plain(&heap, &log);
        heap.collect_generation(0).unwrap();
        ring.slots[0].set(ring.as_any());
    });
    assert_eq!(heap.get_stats()[2].collections, before, "automatic collection is off");
}

/// References that move between objects while a cycle is under way, uncounted, are not lost.
#[test]
fn moved_references_are_seen() {
    let bounds = Bounds { pause: Duration::from_nanos(1), garbage: 0.1, slack: 20 };
    let heap = Heap::builder().strategy(StrategyKind::Paced).bounds(bounds).build().unwrap();
    heap.set_threshold([8, 3, 3]);
    let log: Rc<Log> = Rc::default();
    let holders: Vec<_> = (0..60).map(|_| plain(&heap, &log)).collect();
    for holder in &holders {
        let moving = plain(&heap, &log);
        moving.slots[0].set(holder.as_any());
        holder.slots[1].put(Some(moving.into_any()));
    }
    let mut state = 1_usize;
    for _ in 0..60_000 {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let (from, to) = (&holders[(state >> 33) % 60], &holders[(state >> 40) % 60]);
        let (a, b) = (from.slots[1].take(), to.slots[1].take());
        from.slots[1].put(b);
        to.slots[1].put(a);
        let (a, b) = (plain(&heap, &log), plain(&heap, &log));
        a.slots[0].set(b.as_any());
        b.slots[0].set(a.as_any());
        if state & 0x100 == 0 {
            // A pair that lives on for a while, so that cycles are due.
            holders[(state >> 50) % 60].slots[2].set(a.as_any());
        }
    }
    for holder in &holders {
        if let Some(moving) = holder.slots[1].get() {
            let moving = moving.downcast_ref::<Plain>().unwrap();
            assert!(!moving.slots[0].is_empty(), "(1) a reachable object was cleared");
        }
    }
    assert!(heap.get_stats()[2].collections > 5, "only {} cycles", heap.get_stats()[2].collections);
}
