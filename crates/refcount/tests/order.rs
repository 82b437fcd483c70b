//! Counts and the order of destruction, on bare objects.

use std::cell::RefCell;

use gleaner_object::shelf::Yard;
use gleaner_object::{Address, Flags, Header, Released, Trace, TypeRecord, Visitor};
use gleaner_refcount::{
    IMMORTAL, Left, MAX_DEPTH, ONE, Trashcan, Undertaker, count, decref, immortalize, incref, is_immortal,
    is_listened_to, listen, revive,
};

struct Bare {
    name: usize,
    edges: RefCell<Vec<Address>>,
}

impl Trace for Bare {
    fn trace(&self, visitor: &mut impl Visitor) {
        self.edges.borrow().iter().for_each(|edge| visitor.edge(*edge));
    }
    fn clear(&self, released: &mut Released<'_>) {
        self.edges.take().into_iter().for_each(|edge| released.take(edge).unwrap());
    }
}

/// Logs deaths; resurrects one object; re-enters for another.
#[derive(Default)]
struct Heap {
    can: Trashcan,
    log: RefCell<Vec<String>>,
    resurrect: Option<usize>,
    reenter: RefCell<Vec<Address>>,
}

impl Undertaker for Heap {
    fn condemn(&self, dead: Address, edges: &mut Vec<Address>) -> bool {
        let name = bare(dead).name;
        self.log.borrow_mut().push(format!("condemn {name}"));
        let victim = self.reenter.borrow_mut().pop();
        if let Some(victim) = victim
            && decref(header(&victim)) == Left::None
        {
            self.can.bury(self, victim, |edges| self.condemn(victim, edges));
        }
        if self.resurrect == Some(name) {
            revive(header(&dead));
            return false;
        }
        bare(dead).clear(&mut self.can.released(edges));
        if edges.is_empty() {
            self.free(dead);
        }
        !edges.is_empty()
    }

    fn touched(&self, object: Address) {
        self.log.borrow_mut().push(format!("touched {}", bare(object).name));
    }

    fn free(&self, dead: Address) {
        self.log.borrow_mut().push(format!("free {}", bare(dead).name));
    }
}

fn object(name: usize, edges: &[Address]) -> Address {
    let value = Bare { name, edges: RefCell::new(edges.to_vec()) };
    YARD.with(|yard| yard.put(Header::new(ONE, Flags::default()), value))
}

thread_local! {
    static YARD: Yard<Bare> = Yard::new();
}

fn header(object: &Address) -> &Header {
    // SAFETY: O1: leaked.
    unsafe { object.as_ref() }
}

fn bare<'a>(object: Address) -> &'a Bare {
    // SAFETY: O1, O2: leaked, and a `Bare`.
    unsafe { TypeRecord::value(object) }
}

fn kill(heap: &Heap, object: Address) -> Vec<String> {
    assert_eq!(decref(header(&object)), Left::None);
    heap.can.bury(heap, object, |edges| heap.condemn(object, edges));
    assert!(heap.can.is_idle());
    heap.log.take()
}

#[test]
fn depth_first_and_memory_last() {
    let heap = Heap::default();
    let d = object(4, &[]);
    let (b, c) = (object(2, &[d]), object(3, &[]));
    let died = kill(&heap, object(1, &[b, c]));
    assert_eq!(
        died,
        ["condemn 1", "condemn 2", "condemn 4", "free 4", "free 2", "condemn 3", "free 3", "free 1"]
    );
}

#[test]
fn a_resurrected_object_keeps_what_it_refers_to() {
    let heap = Heap { resurrect: Some(2), ..Heap::default() };
    let b = object(2, &[object(3, &[])]);
    assert_eq!(kill(&heap, object(1, &[b])), ["condemn 1", "condemn 2", "free 1"]);
    assert_eq!(bare(b).edges.borrow().len(), 1);
}

#[test]
fn user_code_is_served_at_once_until_it_is_too_deep() {
    let heap = Heap::default();
    let victims: Vec<Address> = (0..200).map(|name| object(name, &[])).collect();
    *heap.reenter.borrow_mut() = victims;
    let died = kill(&heap, object(1000, &[]));
    assert_eq!(died.len(), 2 * 201, "nobody is forgotten");
    let depth = died.iter().take_while(|line| line.starts_with("condemn")).count();
    assert_eq!(depth, MAX_DEPTH as usize);
}

#[test]
fn while_locked_nothing_dies() {
    let heap = Heap::default();
    let victim = object(1, &[]);
    heap.can.while_locked(&heap, || {
        assert_eq!(decref(header(&victim)), Left::None);
        heap.can.bury(&heap, victim, |edges| heap.condemn(victim, edges));
        assert!(heap.log.borrow().is_empty());
    });
    assert_eq!(heap.log.take(), ["condemn 1", "free 1"]);
}

#[test]
fn immortals_are_not_counted() {
    let object = object(1, &[]);
    let header = header(&object);
    immortalize(header);
    // Its word is not written, whoever comes first (PEP 683: the page stays shared after a fork).
    assert_eq!((decref(header), header.count().get()), (Left::Others, IMMORTAL));
    assert_eq!((incref(header), header.count().get()), (false, IMMORTAL));
    assert!(!incref(header));
    assert_eq!((decref(header), is_immortal(header), count(header)), (Left::Others, true, IMMORTAL));
    header.count().set(ONE + (1 << 30) - 2);
    assert!(!is_immortal(header) && !incref(header));
    assert!(is_immortal(header), "a count that would pass its bits stays there");
    assert_eq!(decref(header), Left::Others);
}

#[test]
fn the_first_touch_is_told_once() {
    let heap = Heap::default();
    let object = object(1, &[]);
    let header = header(&object);
    listen(header);
    assert!(is_listened_to(header) && incref(header));
    assert_eq!(decref(header), Left::OthersUnnoted, "nobody has noted it yet");
    gleaner_refcount::note(header);
    assert!(!is_listened_to(header) && !incref(header));
    assert_eq!((decref(header), count(header)), (Left::Others, 1));
    listen(header);
    assert_eq!(kill(&heap, object), ["condemn 1", "free 1"], "a death is told as such");
}

#[test]
fn what_is_set_aside_is_listened_to_as_before() {
    let heap = Heap::default();
    let object = object(1, &[]);
    listen(header(&object));
    heap.can.while_locked(&heap, || {
        assert_eq!(decref(header(&object)), Left::None);
        heap.can.bury(&heap, object, |edges| heap.condemn(object, edges));
        assert!(is_listened_to(header(&object)), "to be set aside is no touch");
        assert!(incref(header(&object)), "to be saved meanwhile is");
    });
    assert_eq!(heap.log.take(), ["touched 1"], "it lives, and whoever listens is told");
}
