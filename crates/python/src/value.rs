//! A value: a reference to an object of any of Python's types, told apart by a tag.

use gleaner::{AnyRef, Ref, Trace};

/// A reference to an object.
pub type Value = AnyRef;

/// An exception on its way.
#[derive(Debug)]
pub struct Raised(pub Value);

/// What most of what may fail returns.
pub type Result<T = Value> = core::result::Result<T, Raised>;

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {
        /// What an object is, in Rust's eyes.
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        #[repr(u8)]
        #[allow(missing_docs, reason = "the types' own names")]
        pub enum Kind { $($(#[$doc])* $name),* }

        const KINDS: &[Kind] = &[$(Kind::$name),*];
    };
}

kinds!(
    Other,
    None,
    Bool,
    Int,
    Big,
    Float,
    Str,
    Bytes,
    Ellipsis,
    NotImplemented,
    Tuple,
    List,
    Dict,
    Set,
    Range,
    Slice,
    Instance,
    Slotted0,
    Slotted1,
    Slotted2,
    Slotted3,
    Slotted4,
    Class,
    Function,
    Builtin,
    Method,
    Cell,
    Code,
    Generator,
    Iterator,
    View,
    Exception,
    Frame,
    Traceback,
    Module,
    Property,
    StaticMethod,
    ClassMethod,
    Member,
    File,
    Super,
    Proxy,
    MappingProxy,
);

impl Kind {
    /// Returns what an object is.
    #[inline]
    #[must_use]
    pub fn of(value: &Value) -> Kind {
        KINDS.get(usize::from(value.tag())).copied().unwrap_or(Kind::Other)
    }
}

/// Returns the Rust value of an object that is known to be a `T`.
///
/// # Panics
/// If it is none.
#[inline]
#[must_use]
pub fn expect<T: Trace>(value: &Value) -> &T {
    value.downcast_ref::<T>().expect("the kind says so")
}

/// Returns a typed reference to an object, if it is a `T`.
#[inline]
#[must_use]
pub fn typed<T: Trace>(value: &Value) -> Option<Ref<T>> {
    value.clone().downcast::<T>().ok()
}
