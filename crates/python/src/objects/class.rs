//! Classes, modules, and what stands in a class's dict to be asked for attributes.

use core::cell::{Cell, RefCell};

use gleaner::{AnySlot, Ref, Slot, Trace};

use super::dict::Dict;
use super::sequence::Tuple;
use crate::value::{Kind, Value};

/// What instances of a class are made of.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[allow(missing_docs, reason = "the types' own names")]
pub enum Layout {
    Object,
    Int,
    Bool,
    Float,
    Str,
    Bytes,
    Tuple,
    List,
    Dict,
    Set,
    FrozenSet,
    Exception,
    Class,
    Weak,
    /// One that programs can neither make nor inherit from.
    Closed,
}

/// A class.
#[derive(Trace)]
#[trace(tag = Kind::Class as u8)]
pub struct Class {
    /// Its name.
    #[trace(skip)]
    pub name: RefCell<Box<str>>,
    /// Its class: `type`, or a class that inherits from it. (Empty for `type` itself.)
    pub metaclass: Slot<Class>,
    /// Its names.
    pub dict: Ref<Dict>,
    /// What it inherits from directly.
    pub bases: Slot<Tuple>,
    /// Itself and all it inherits from, in the order of resolution.
    pub mro: Slot<Tuple>,
    /// What instances are made of.
    #[trace(skip)]
    pub layout: Layout,
    /// Whether it came with the machine: immortal, and not to be changed.
    pub builtin: bool,
    /// Whether instances have a dict.
    pub has_dict: bool,
    /// Whether instances can be watched.
    pub has_weakref: bool,
    /// The number of slots of an instance.
    pub slots: u32,
    /// Whether instances have a `__del__`, `__getattr__`, `__getattribute__`, `__setattr__`, `__eq__`, `__hash__`.
    #[trace(skip)]
    pub flags: Cell<u32>,
    /// Classes that inherit from it directly: weakly, by their identities' weak references.
    pub subclasses: RefCell<Vec<Value>>,
}

impl Class {
    /// `__del__` is there.
    pub const DEL: u32 = 1;
    /// `__getattribute__` or `__getattr__` is there.
    pub const GETATTR: u32 = 2;
    /// `__setattr__` or `__delattr__` is there.
    pub const SETATTR: u32 = 4;

    /// Whether a flag is set.
    #[inline]
    #[must_use]
    pub fn has(&self, flag: u32) -> bool {
        self.flags.get() & flag != 0
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> String {
        self.name.borrow().to_string()
    }
}

/// A module.
#[derive(Trace)]
#[trace(tag = Kind::Module as u8)]
pub struct Module {
    /// Its name.
    pub name: &'static str,
    /// Its names.
    pub dict: Ref<Dict>,
}

/// A property.
#[derive(Trace)]
#[trace(tag = Kind::Property as u8)]
pub struct Property {
    /// `fget`
    pub get: AnySlot,
    /// `fset`
    pub set: AnySlot,
    /// `fdel`
    pub delete: AnySlot,
}

/// A static method.
#[derive(Trace)]
#[trace(tag = Kind::StaticMethod as u8)]
pub struct StaticMethod {
    /// What it calls.
    pub function: AnySlot,
}

/// A class method.
#[derive(Trace)]
#[trace(tag = Kind::ClassMethod as u8)]
pub struct ClassMethod {
    /// What it calls.
    pub function: AnySlot,
}

/// A slot of the class's instances, or their `__dict__` or `__weakref__`.
#[derive(Trace)]
#[trace(tag = Kind::Member as u8)]
pub struct Member {
    /// Its name.
    pub name: Value,
    /// The class that has it.
    pub owner: Slot<Class>,
    /// Which slot it is; [`Member::DICT`] and [`Member::WEAKREF`] are none.
    pub index: u32,
}

impl Member {
    /// `__dict__`
    pub const DICT: u32 = u32::MAX;
    /// `__weakref__`
    pub const WEAKREF: u32 = u32::MAX - 1;
}

/// What `super()` returns.
#[derive(Trace)]
#[trace(tag = Kind::Super as u8)]
pub struct Super {
    /// Behind which class the search begins.
    pub after: Ref<Class>,
    /// The object.
    pub object: Value,
    /// The class whose order of resolution is searched.
    pub class: Ref<Class>,
}
