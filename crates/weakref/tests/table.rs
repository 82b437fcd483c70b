//! The table of watchers, on bare objects.

use gleaner_object::shelf::Yard;
use gleaner_object::{Address, Flags, Header, Live, Trace, Visitor};
use gleaner_weakref::{Notify, Table, WeakReference};

struct Silent;

impl Notify for Silent {
    fn trace(&self, _: &mut dyn Visitor) {}
    fn call(&self, _: Live<'_, WeakReference>) {}
}

/// Makes an object; leaked, for a test has no heap.
fn object<T: Trace>(value: T) -> Address {
    Box::leak(Box::new(Yard::new())).put(Header::new(1, Flags::default()), value)
}

fn weak(calls: bool) -> Address {
    object(WeakReference::new(calls.then(|| Box::new(Silent) as Box<dyn Notify>)))
}

fn watched(object: Address) -> bool {
    // SAFETY: O1: leaked.
    unsafe { object.as_ref() }.flags().has(Flags::WATCHED)
}

#[test]
fn the_plain_one_is_first_then_the_newest() {
    let (table, referent) = (Table::default(), object(1_u8));
    let (plain, first, second) = (weak(false), weak(true), weak(true));
    table.watch(referent, first);
    assert_eq!(table.plain(referent), None);
    table.watch(referent, plain);
    table.watch(referent, second);
    table.check();
    assert_eq!(table.plain(referent), Some(plain));
    assert_eq!(table.watchers(referent).collect::<Vec<_>>(), [plain, second, first]);
    assert_eq!(table.watchers_after(second), Some(first));
}

#[test]
fn every_one_can_leave_in_any_order() {
    for leaving in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
        let (table, referent) = (Table::default(), object(1_u8));
        let watchers = [weak(false), weak(true), weak(true)];
        watchers.iter().for_each(|watcher| table.watch(referent, *watcher));
        for (gone, index) in leaving.into_iter().enumerate() {
            assert!(watched(referent));
            table.unwatch(watchers[index]);
            table.unwatch(watchers[index]);
            table.check();
            assert_eq!(table.watchers(referent).count(), 2 - gone);
        }
        assert!(!watched(referent));
    }
}
