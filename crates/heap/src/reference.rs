//! Owned references: typed and untyped.

use core::fmt;
use core::marker::PhantomData;
use core::ops::Deref;

use gleaner_collector::Generation;
use gleaner_object::{Address, Flags, Live, Released, Trace, TypeRecord, Visitor, record_of};
use gleaner_refcount::{Left, count, decref, immortalize, is_immortal};

use crate::core::{Core, another};
use crate::heap::Heap;

/// An owned reference to an object of any type.
pub struct AnyRef {
    address: Address,
}

impl AnyRef {
    /// Takes over a reference that is counted already.
    #[inline]
    pub(crate) fn from_owned(address: Address) -> AnyRef {
        AnyRef { address }
    }

    /// Takes one more reference to an object that somebody else owns.
    #[inline]
    pub(crate) fn another(address: Address) -> AnyRef {
        another(address);
        AnyRef { address }
    }

    /// Returns where the object is.
    #[inline]
    pub(crate) fn address(&self) -> Address {
        self.address
    }

    /// Gives the reference away, still counted.
    #[inline]
    pub(crate) fn into_owned(self) -> Address {
        let address = self.address;
        core::mem::forget(self);
        address
    }

    /// Returns the object's type record.
    fn record(&self) -> &'static TypeRecord {
        // SAFETY: O1, O2, O5: this owns a reference.
        unsafe { record_of(self.address) }
    }

    #[inline]
    pub(crate) fn header(&self) -> &gleaner_object::Header {
        // SAFETY: O1, O5: this owns a reference.
        unsafe { self.address.as_ref() }
    }

    /// Returns the object's identity: distinct among living objects (Python's `id`).
    #[must_use]
    pub fn id(&self) -> usize {
        self.address.addr().get()
    }

    /// Returns the number of references to the object, this one included.
    #[must_use]
    pub fn refcount(&self) -> u32 {
        count(self.header())
    }

    /// Returns the name of the object's type.
    #[must_use]
    pub fn type_name(&self) -> &'static str {
        (self.record().name)()
    }

    /// Returns the [`Trace::TAG`] of the object's type.
    #[inline]
    #[must_use]
    pub fn tag(&self) -> u8 {
        self.record().tag
    }

    /// Returns the bytes of the object itself, header included.
    #[must_use]
    pub fn size(&self) -> usize {
        self.record().size
    }

    /// Returns a handle of the object's heap.
    #[must_use]
    pub fn heap(&self) -> Heap {
        Heap::from_core(Core::of(self.address))
    }

    /// Tells whether the collector tracks the object (`gc.is_tracked`, PY-23).
    #[must_use]
    pub fn is_tracked(&self) -> bool {
        self.header().is_tracked()
    }

    /// Stops tracking the object (`PyObject_GC_UnTrack`): for a runtime that knows it to refer to nothing that could be part of
    /// a cycle. No collection finds it or what it refers to from then on: for the collector it is as good as a variable.
    pub fn untrack(&self) {
        // SAFETY: H1: the object lives.
        unsafe { Core::of(self.address).as_ref() }.collector.untrack(self.address);
    }

    /// Tells whether the object's finalizer has run (`gc.is_finalized`, PY-24).
    #[must_use]
    pub fn is_finalized(&self) -> bool {
        self.header().flags().has(Flags::FINALIZED)
    }

    /// Returns the object's generation; `None` if it is untracked, frozen, or being decided about.
    #[must_use]
    pub fn generation(&self) -> Option<usize> {
        // SAFETY: H1: the object lives.
        match unsafe { Core::of(self.address).as_ref() }.collector.generation_of(self.address)? {
            Generation::Young => Some(0),
            Generation::Middle => Some(1),
            Generation::Old => Some(2),
            Generation::Permanent | Generation::Condemned => None,
        }
    }

    /// Tells whether the object is immortal.
    #[must_use]
    pub fn is_immortal(&self) -> bool {
        is_immortal(self.header())
    }

    /// Makes the object immortal: it is never counted and never freed again, and neither is its heap.
    pub fn immortalize(&self) {
        immortalize(self.header());
    }

    /// Returns the value, if it is a `T`.
    #[must_use]
    pub fn downcast_ref<T: Trace>(&self) -> Option<&T> {
        // SAFETY: O2: the record says so; O5: this owns a reference.
        self.record().is::<T>().then(|| unsafe { TypeRecord::value(self.address) })
    }

    /// Returns this as a reference to a `T`, if it is one.
    ///
    /// # Errors
    /// The reference itself, if the object is of another type.
    pub fn downcast<T: Trace>(self) -> Result<Ref<T>, AnyRef> {
        if self.record().is::<T>() { Ok(Ref { any: self, value: PhantomData }) } else { Err(self) }
    }
}

impl Clone for AnyRef {
    #[inline]
    fn clone(&self) -> Self {
        AnyRef::another(self.address)
    }
}

impl Drop for AnyRef {
    #[inline]
    fn drop(&mut self) {
        match decref(self.header()) {
            Left::None => Core::bury(self.address),
            Left::OthersUnnoted => Core::touch(self.address),
            Left::Others => {}
        }
    }
}

impl PartialEq for AnyRef {
    /// Identity, Python's `is`.
    fn eq(&self, other: &Self) -> bool {
        self.address == other.address
    }
}

impl Eq for AnyRef {}

impl fmt::Debug for AnyRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<{} at {:p}>", self.type_name(), self.address)
    }
}

impl Trace for AnyRef {
    const UNSEEN: bool = false;
    const FINALIZES: bool = false;

    #[inline]
    fn trace(&self, visitor: &mut impl Visitor) {
        visitor.edge(self.address);
    }

    #[inline]
    fn give_up(self, released: &mut Released<'_>) {
        if let Err(address) = released.take(self.into_owned()) {
            drop(AnyRef::from_owned(address));
        }
    }
}

/// An owned reference to an object on the heap: as long as it exists, so does the object.
///
/// Cloning and dropping count without atomics; a `Ref` stays on its heap's thread.
///
/// As a field of an object it is an edge that the collector sees but cannot cut, like the items of a Python tuple.
/// Cycles need a [`Slot`](crate::Slot) or a `RefCell` somewhere.
pub struct Ref<T> {
    any: AnyRef,
    value: PhantomData<*const T>,
}

impl<T: Trace> Ref<T> {
    #[inline]
    pub(crate) fn from_owned(address: Address) -> Ref<T> {
        Ref { any: AnyRef::from_owned(address), value: PhantomData }
    }

    #[inline]
    pub(crate) fn another(address: Address) -> Ref<T> {
        Ref { any: AnyRef::another(address), value: PhantomData }
    }

    #[inline]
    pub(crate) fn address(&self) -> Address {
        self.any.address
    }

    /// Returns a reference whose object is known to be a `T` with its type.
    #[inline]
    pub(crate) fn of_any(any: AnyRef) -> Ref<T> {
        debug_assert!(any.record().is::<T>());
        Ref { any, value: PhantomData }
    }

    /// Returns this reference without its type.
    #[must_use]
    #[inline]
    pub fn into_any(self) -> AnyRef {
        self.any
    }

    /// Returns this reference without its type, borrowed.
    #[must_use]
    #[inline]
    pub fn as_any(&self) -> &AnyRef {
        &self.any
    }

    /// Returns a handle of the object's heap.
    #[must_use]
    pub fn heap(&self) -> Heap {
        Heap::from_core(Core::of(self.any.address))
    }

    /// Tells whether both refer to the same object (Python's `is`).
    #[must_use]
    pub fn is(&self, other: &Ref<T>) -> bool {
        self.any == other.any
    }

    /// Returns the number of references to the object, this one included.
    #[must_use]
    pub fn refcount(&self) -> u32 {
        self.any.refcount()
    }
}

impl<T> Clone for Ref<T> {
    #[inline]
    fn clone(&self) -> Self {
        Ref { any: self.any.clone(), value: PhantomData }
    }
}

impl<T: Trace> Deref for Ref<T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        // SAFETY: O1, O2, O5: this owns a reference to an object of the type.
        unsafe { TypeRecord::value(self.any.address) }
    }
}

impl<T: Trace + fmt::Debug> fmt::Debug for Ref<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.any.fmt(f)
    }
}

/// Resurrects the object of a finalizer, or keeps the weak reference of a callback.
impl<T: Trace> From<Live<'_, T>> for Ref<T> {
    fn from(live: Live<'_, T>) -> Self {
        Ref::another(live.address())
    }
}

impl<T: Trace> From<Ref<T>> for AnyRef {
    fn from(reference: Ref<T>) -> AnyRef {
        reference.any
    }
}

impl<T: Trace> Trace for Ref<T> {
    const UNSEEN: bool = false;
    const FINALIZES: bool = false;

    #[inline]
    fn trace(&self, visitor: &mut impl Visitor) {
        self.any.trace(visitor);
    }

    #[inline]
    fn give_up(self, released: &mut Released<'_>) {
        self.any.give_up(released);
    }
}
