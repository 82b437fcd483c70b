//! The trait of everything that lives on the heap.

use core::cell::{Cell, RefCell};
use core::num::{
    NonZeroI8, NonZeroI16, NonZeroI32, NonZeroI64, NonZeroU8, NonZeroU16, NonZeroU32, NonZeroU64,
    NonZeroUsize,
};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque};
use std::hash::BuildHasher;
use std::rc::Rc;

use crate::edges::{Released, Visitor};
use crate::live::Live;

/// A value that can live on the heap: it shows the references it holds, and can be asked to give them up.
///
/// Write `#[derive(Trace)]`. It is a safe trait (see the crate's essay): mistakes leak or clear too early, they do
/// not corrupt.
///
/// A reference that is held but not shown keeps its referent alive, as one on the stack does.
pub trait Trace: 'static {
    /// Whether values can hold references at all. Objects that cannot are not tracked by the collector (PY-23).
    const TRACKED: bool = true;

    /// Whether references can get into the value or out of it other than through a slot of the heap's: moved, without
    /// being counted, as out of a `RefCell<Vec<_>>`. A collector that works in steps must know; in doubt it is so.
    const UNSEEN: bool = true;

    /// Whether any value has a finalizer: where it is false, nobody asks.
    const FINALIZES: bool = true;

    /// Whether weak references to a dying object are told before its finalizer runs, as CPython's generators do; else after.
    const TELLS_FIRST: bool = false;

    /// A number of the type's for whoever has to tell many types apart quickly; the heap does not look at it.
    const TAG: u8 = 0;

    /// Shows every reference the value holds, always in the same order (CPython's `tp_traverse`).
    fn trace(&self, visitor: &mut impl Visitor);

    /// Gives up the references that can be taken out through a shared borrow, in order (CPython's `tp_clear`).
    /// References without interior mutability stay, as in Python's tuples.
    fn clear(&self, released: &mut Released<'_>) {
        let _ = released;
    }

    /// Gives up the references of a value that somebody has taken out of a cell, in order. What is not given up
    /// is dropped.
    fn give_up(self, released: &mut Released<'_>)
    where
        Self: Sized,
    {
        let _ = released;
    }

    /// Tells whether this object has a finalizer. Python decides by type; so does the derive.
    fn finalizes(&self) -> bool {
        false
    }

    /// Runs once before the object dies, while it is still whole (CPython's `tp_finalize`, `__del__`). May
    /// resurrect it by keeping a reference, allocate, collect, drop others, or panic.
    fn finalize(this: Live<'_, Self>)
    where
        Self: Sized,
    {
        let _ = this;
    }
}

/// Values that hold no references.
macro_rules! atoms {
    ($($type:ty),* $(,)?) => {$(
        impl Trace for $type {
            const TRACKED: bool = false;
            const UNSEEN: bool = false;
            const FINALIZES: bool = false;
            fn trace(&self, _: &mut impl Visitor) {}
        }
    )*};
}

atoms!(
    (),
    bool,
    char,
    f32,
    f64,
    i8,
    i16,
    i32,
    i64,
    i128,
    isize,
    u8,
    u16,
    u32,
    u64,
    u128,
    usize,
    String,
    &'static str,
    Box<str>,
    NonZeroI8,
    NonZeroI16,
    NonZeroI32,
    NonZeroI64,
    NonZeroU8,
    NonZeroU16,
    NonZeroU32,
    NonZeroU64,
    NonZeroUsize,
);

impl<T: Copy + 'static> Trace for Cell<T> {
    // What can be copied out of a cell is no counted reference.
    const TRACKED: bool = false;
    const UNSEEN: bool = false;
    fn trace(&self, _: &mut impl Visitor) {}
}

/// Sequences: each element in turn. Cleared only behind a cell.
macro_rules! sequences {
    ($(<$($parameter:ident $(: $bound:ident)?),*> $type:ty, $element:ident;)*) => {$(
        impl<$($parameter: Trace $(+ $bound)?),*> Trace for $type {
            const TRACKED: bool = $element::TRACKED;
            const UNSEEN: bool = $element::UNSEEN;
            #[inline]
            fn trace(&self, visitor: &mut impl Visitor) {
                self.iter().for_each(|element| element.trace(visitor));
            }
            #[inline]
            fn clear(&self, released: &mut Released<'_>) {
                self.iter().for_each(|element| element.clear(released));
            }
            #[inline]
            fn give_up(self, released: &mut Released<'_>) {
                self.into_iter().for_each(|element| element.give_up(released));
            }
        }
    )*};
}

sequences! {
    <T> Option<T>, T;
    <T> Vec<T>, T;
    <T> VecDeque<T>, T;
    <T> Box<[T]>, T;
    <T> BTreeSet<T>, T;
}

impl<T: Trace, const N: usize> Trace for [T; N] {
    const TRACKED: bool = T::TRACKED;
    const UNSEEN: bool = T::UNSEEN;
    // Always: a pass has a loop for each type, and in it the call would cost more than what it does.
    #[inline(always)]
    fn trace(&self, visitor: &mut impl Visitor) {
        self.iter().for_each(|element| element.trace(visitor));
    }
    #[inline(always)]
    fn clear(&self, released: &mut Released<'_>) {
        self.iter().for_each(|element| element.clear(released));
    }
    #[inline]
    fn give_up(self, released: &mut Released<'_>) {
        self.into_iter().for_each(|element| element.give_up(released));
    }
}

impl<T: Trace> Trace for Box<T> {
    const TRACKED: bool = T::TRACKED;
    const UNSEEN: bool = T::UNSEEN;
    #[inline]
    fn trace(&self, visitor: &mut impl Visitor) {
        (**self).trace(visitor);
    }
    #[inline]
    fn clear(&self, released: &mut Released<'_>) {
        (**self).clear(released);
    }
    #[inline]
    fn give_up(self, released: &mut Released<'_>) {
        (*self).give_up(released);
    }
}

/// A shared value outside the heap is an atom: the collector cannot know whose the references in it are, so it
/// treats them like references on the stack, and a cycle through an `Rc` leaks.
impl<T: 'static> Trace for Rc<T> {
    const TRACKED: bool = false;
    const UNSEEN: bool = false;
    #[inline]
    fn trace(&self, _: &mut impl Visitor) {}
}

macro_rules! maps {
    ($(<$($extra:ident)?> $type:ty;)*) => {$(
        impl<K: Trace, V: Trace $(, $extra: BuildHasher + 'static)?> Trace for $type {
            const TRACKED: bool = K::TRACKED || V::TRACKED;
            const UNSEEN: bool = K::UNSEEN || V::UNSEEN;
            #[inline]
            fn trace(&self, visitor: &mut impl Visitor) {
                for (key, value) in self {
                    key.trace(visitor);
                    value.trace(visitor);
                }
            }
            #[inline]
            fn clear(&self, released: &mut Released<'_>) {
                for (key, value) in self {
                    key.clear(released);
                    value.clear(released);
                }
            }
            #[inline]
            fn give_up(self, released: &mut Released<'_>) {
                for (key, value) in self {
                    key.give_up(released);
                    value.give_up(released);
                }
            }
        }
    )*};
}

maps! {
    <> BTreeMap<K, V>;
    <S> HashMap<K, V, S>;
}

impl<T: Trace, S: BuildHasher + 'static> Trace for HashSet<T, S> {
    const TRACKED: bool = T::TRACKED;
    const UNSEEN: bool = T::UNSEEN;
    #[inline]
    fn trace(&self, visitor: &mut impl Visitor) {
        self.iter().for_each(|element| element.trace(visitor));
    }
    #[inline]
    fn give_up(self, released: &mut Released<'_>) {
        self.into_iter().for_each(|element| element.give_up(released));
    }
}

/// A borrowed cell is passed over: while somebody writes to it, what it holds counts as held from the stack, and
/// it is not trash. What is moved between cells nobody sees (`UNSEEN`).
impl<T: Trace + Default> Trace for RefCell<T> {
    const TRACKED: bool = T::TRACKED;
    const UNSEEN: bool = T::TRACKED;
    #[inline]
    fn trace(&self, visitor: &mut impl Visitor) {
        if let Ok(value) = self.try_borrow() {
            value.trace(visitor);
        }
    }
    #[inline]
    fn clear(&self, released: &mut Released<'_>) {
        let taken = self.try_borrow_mut().map(|mut value| core::mem::take(&mut *value));
        if let Ok(value) = taken {
            value.give_up(released);
        }
    }
    #[inline]
    fn give_up(self, released: &mut Released<'_>) {
        self.into_inner().give_up(released);
    }
}

macro_rules! tuples {
    ($($name:ident)*) => {
        #[allow(non_snake_case, reason = "a tuple's fields are bound by the names of their types")]
        impl<$($name: Trace),*> Trace for ($($name,)*) {
            const TRACKED: bool = $($name::TRACKED)||*;
            const UNSEEN: bool = $($name::UNSEEN)||*;
            #[inline]
            fn trace(&self, visitor: &mut impl Visitor) {
                let ($($name,)*) = self;
                $($name.trace(visitor);)*
            }
            #[inline]
            fn clear(&self, released: &mut Released<'_>) {
                let ($($name,)*) = self;
                $($name.clear(released);)*
            }
            #[inline]
            fn give_up(self, released: &mut Released<'_>) {
                let ($($name,)*) = self;
                $($name.give_up(released);)*
            }
        }
    };
}

tuples!(A);
tuples!(A B);
tuples!(A B C);
tuples!(A B C D);
