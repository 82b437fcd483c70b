//! Instances of the program's classes.
//!
//! An instance with up to four slots and nothing else is a [`Slotted`]: the class and the slots, 32 bytes with two slots.
//! All others are an [`Instance`]. What a class inherits of a list, a dict and so on is the instance's [`Payload`].

use core::cell::RefCell;

use compact_str::CompactString;
use gleaner::{AnySlot, Live, Ref, Released, Slot, Trace, Visitor, WeakReference};
use num_bigint::BigInt;

use super::class::Class;
use super::dict::{Dict, DictData};
use super::sequence::{Items, Tuple};
use super::string::Str;
use crate::value::{Kind, Value};

/// The attributes of an instance: in a list as long as nobody asks for the dict (CPython's inline values).
pub enum Attributes {
    /// Names and values, in the order in which they were set.
    Inline(Vec<(Value, Value)>),
    /// The dict.
    Dict(Ref<Dict>),
}

impl Default for Attributes {
    fn default() -> Self {
        Attributes::Inline(Vec::new())
    }
}

impl Trace for Attributes {
    fn trace(&self, visitor: &mut impl Visitor) {
        match self {
            Attributes::Inline(values) => values.iter().for_each(|(_, value)| value.trace(visitor)),
            Attributes::Dict(dict) => dict.trace(visitor),
        }
    }

    fn give_up(self, released: &mut Released<'_>) {
        match self {
            Attributes::Inline(values) => values.into_iter().for_each(|(_, value)| value.give_up(released)),
            Attributes::Dict(dict) => dict.give_up(released),
        }
    }
}

/// What an instance has of the builtin type that its class inherits from.
#[derive(Trace)]
#[allow(missing_docs, reason = "the types' own names")]
pub enum Payload {
    None,
    Int(#[trace(skip)] BigInt),
    Float(f64),
    Str(#[trace(skip)] CompactString),
    Tuple(Tuple),
    List(Items),
    Dict(RefCell<DictData>),
    Set { data: RefCell<DictData>, frozen: bool },
    Weak(Slot<WeakReference>),
}

/// What few instances have.
#[derive(Trace)]
pub struct Extra {
    /// Slots, if there are more than four or other things beside them.
    pub slots: Box<[AnySlot]>,
    /// What comes of a builtin type.
    pub payload: Payload,
}

/// An instance with attributes.
pub struct Instance {
    /// Its class.
    pub class: Slot<Class>,
    /// Its attributes.
    pub attributes: RefCell<Attributes>,
    /// What few instances have.
    pub extra: Option<Box<Extra>>,
}

impl Trace for Instance {
    const TAG: u8 = Kind::Instance as u8;

    fn trace(&self, visitor: &mut impl Visitor) {
        self.attributes.trace(visitor);
        self.extra.trace(visitor);
        self.class.trace(visitor);
    }

    // The class stays until the instance goes: what a clear sets free may still ask for it.
    fn clear(&self, released: &mut Released<'_>) {
        Trace::clear(&self.attributes, released);
        Trace::clear(&self.extra, released);
    }

    fn finalizes(&self) -> bool {
        self.class.get().is_some_and(|class| class.has(Class::DEL))
    }

    fn finalize(this: Live<'_, Self>) {
        crate::vm::finalize(Ref::from(this).into_any());
    }
}

/// An instance that is a class and slots.
pub struct Slotted<const N: usize> {
    /// Its class.
    pub class: Slot<Class>,
    /// Its slots.
    pub slots: [AnySlot; N],
}

impl<const N: usize> Trace for Slotted<N> {
    const UNSEEN: bool = false;
    const TAG: u8 = Kind::Slotted0 as u8 + N as u8;

    fn trace(&self, visitor: &mut impl Visitor) {
        self.slots.trace(visitor);
        self.class.trace(visitor);
    }

    fn clear(&self, released: &mut Released<'_>) {
        Trace::clear(&self.slots, released);
    }

    fn finalizes(&self) -> bool {
        self.class.get().is_some_and(|class| class.has(Class::DEL))
    }

    fn finalize(this: Live<'_, Self>) {
        crate::vm::finalize(Ref::from(this).into_any());
    }
}

/// The text of a string or of an instance that is one.
#[must_use]
pub fn text_of(value: &Value) -> Option<&str> {
    match Kind::of(value) {
        Kind::Str => value.downcast_ref::<Str>().map(Str::text),
        Kind::Instance => match payload(value)? {
            Payload::Str(text) => Some(text),
            _ => None,
        },
        _ => None,
    }
}

/// What an instance has of a builtin type.
#[must_use]
pub fn payload(value: &Value) -> Option<&Payload> {
    Some(&value.downcast_ref::<Instance>()?.extra.as_ref()?.payload)
}

/// The slots of an instance.
#[must_use]
pub fn slots(value: &Value) -> &[AnySlot] {
    match Kind::of(value) {
        Kind::Slotted1 => value.downcast_ref::<Slotted<1>>().map_or(&[], |object| &object.slots),
        Kind::Slotted2 => value.downcast_ref::<Slotted<2>>().map_or(&[], |object| &object.slots),
        Kind::Slotted3 => value.downcast_ref::<Slotted<3>>().map_or(&[], |object| &object.slots),
        Kind::Slotted4 => value.downcast_ref::<Slotted<4>>().map_or(&[], |object| &object.slots),
        Kind::Instance => value
            .downcast_ref::<Instance>()
            .and_then(|object| object.extra.as_ref())
            .map_or(&[], |extra| &extra.slots),
        _ => &[],
    }
}

/// The items of a list or of an instance that is one.
#[must_use]
pub fn list_of(value: &Value) -> Option<&RefCell<Vec<Value>>> {
    match Kind::of(value) {
        Kind::List => value.downcast_ref::<super::List>().map(|list| &list.items.0),
        Kind::Instance => match payload(value)? {
            Payload::List(items) => Some(&items.0),
            _ => None,
        },
        _ => None,
    }
}

/// The items of a tuple or of an instance that is one.
#[must_use]
pub fn tuple_of(value: &Value) -> Option<&[Value]> {
    match Kind::of(value) {
        Kind::Tuple => value.downcast_ref::<Tuple>().map(|tuple| &tuple.0[..]),
        Kind::Instance => match payload(value)? {
            Payload::Tuple(tuple) => Some(&tuple.0[..]),
            _ => None,
        },
        _ => None,
    }
}

/// The table of a dict or of an instance that is one.
#[must_use]
pub fn dict_of(value: &Value) -> Option<&RefCell<DictData>> {
    match Kind::of(value) {
        Kind::Dict => value.downcast_ref::<Dict>().map(|dict| &dict.data),
        Kind::Instance => match payload(value)? {
            Payload::Dict(data) => Some(data),
            _ => None,
        },
        _ => None,
    }
}

/// The table of a set or of an instance that is one, and whether it is frozen.
#[must_use]
pub fn set_of(value: &Value) -> Option<(&RefCell<DictData>, bool)> {
    match Kind::of(value) {
        Kind::Set => value.downcast_ref::<super::Set>().map(|set| (&set.data, set.frozen)),
        Kind::Instance => match payload(value)? {
            Payload::Set { data, frozen } => Some((data, *frozen)),
            _ => None,
        },
        _ => None,
    }
}

/// The weak reference object behind a value that is one.
#[must_use]
pub fn weak_of(value: &Value) -> Option<Ref<WeakReference>> {
    match Kind::of(value) {
        Kind::Instance => match payload(value)? {
            Payload::Weak(weak) => weak.get(),
            _ => None,
        },
        _ => value.clone().downcast::<WeakReference>().ok(),
    }
}
