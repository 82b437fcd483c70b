//! What Python calls weak references. A `weakref.ref` is the heap's own weak reference object; what it tells, and whom, is
//! a [`Target`].

use core::cell::Cell;

use gleaner::{AnySlot, Live, Notify, Ref, Slot, Trace, Visitor, WeakReference};

use super::dict::Dict;
use crate::value::{Kind, Value};

/// Whom a weak reference tells of its referent's death.
pub enum Target {
    /// A callable of the program's.
    Callback(Value),
    /// Nobody: a weak reference that is not the plain one (of a subclass, a proxy).
    Nobody,
    /// A weak mapping, watched weakly: the entry goes. With the key, if it is the value that is watched (CPython's `KeyedRef`).
    Mapping(Value, Option<Value>),
    /// A weak set, likewise.
    Set(Value),
    /// A finalizer.
    Finalizer(Ref<Finalizer>),
    /// A `WeakMethod`, watched weakly, and its callback.
    Method(Value, Option<Value>),
    /// A weak reference of a subclass, watched weakly, and its callback.
    Subclass(Option<Value>, Value),
}

impl Notify for Target {
    fn trace(&self, visitor: &mut Visitor<'_>) {
        match self {
            Target::Callback(value) | Target::Set(value) => value.trace(visitor),
            Target::Method(value, other) | Target::Subclass(other, value) | Target::Mapping(value, other) => {
                value.trace(visitor);
                other.trace(visitor);
            }
            Target::Finalizer(finalizer) => finalizer.trace(visitor),
            Target::Nobody => {}
        }
    }

    fn call(&self, weak: Live<'_, WeakReference>) {
        crate::vm::told(self, &Ref::from(weak));
    }
}

/// `weakref.proxy`
#[derive(Trace)]
#[trace(tag = Kind::Proxy as u8)]
pub struct Proxy {
    /// What it goes through.
    pub weak: Ref<WeakReference>,
}

/// `WeakValueDictionary` or `WeakKeyDictionary`. The keys or the values are weak reference objects.
#[derive(Trace)]
#[trace(tag = Kind::WeakMapping as u8)]
pub struct WeakMapping {
    /// Keys by value, or values by key.
    pub dict: Ref<Dict>,
    /// Whether the keys are weak.
    pub weak_keys: bool,
    /// A weak reference to this, for those who tell it.
    pub itself: Slot<WeakReference>,
}

/// `WeakSet`
#[derive(Trace)]
#[trace(tag = Kind::WeakSet as u8)]
pub struct WeakSet {
    /// Weak reference objects as keys.
    pub dict: Ref<Dict>,
    /// A weak reference to this, for those who tell it.
    pub itself: Slot<WeakReference>,
}

/// `weakref.finalize`
#[derive(Trace)]
#[trace(tag = Kind::Finalizer as u8)]
pub struct Finalizer {
    /// What watches; nothing when it is dead.
    pub weak: Slot<WeakReference>,
    /// What is called.
    pub function: AnySlot,
    /// With a tuple.
    pub args: AnySlot,
    /// And a dict.
    pub keywords: AnySlot,
    /// Whether it is called at exit.
    #[trace(skip)]
    pub at_exit: Cell<bool>,
    /// Its number: which was made first.
    pub number: u64,
}
