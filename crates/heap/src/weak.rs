//! Weak references: making them, asking them, being told.

use core::marker::PhantomData;

use gleaner_allocator::OutOfMemory;
use gleaner_object::{Address, Flags, Live, Released, Trace, Visitor, record_of};
use gleaner_refcount::count;
use gleaner_weakref::{Notify, WeakReference};

use crate::core::Core;
use crate::reference::{AnyRef, Ref};

/// A reference that does not keep its object alive. It is a counted reference to a weak reference *object*, as in
/// Python.
pub struct Weak<T> {
    object: Ref<WeakReference>,
    referent: PhantomData<*const T>,
}

impl<T: Trace> Weak<T> {
    /// Returns the referent, unless it has died.
    #[inline]
    #[must_use]
    pub fn upgrade(&self) -> Option<Ref<T>> {
        Core::referent(&self.object).map(Ref::of_any)
    }

    /// Tells whether the referent lives.
    #[must_use]
    pub fn is_alive(&self) -> bool {
        self.object.referent().is_some()
    }

    /// Returns the weak reference object.
    #[must_use]
    pub fn object(&self) -> &Ref<WeakReference> {
        &self.object
    }

    /// Makes a weak reference of its object again.
    ///
    /// Returns `None` if the object watches a living object of another type.
    #[must_use]
    pub fn from_object(object: Ref<WeakReference>) -> Option<Weak<T>> {
        let fits = object.referent().is_none_or(|referent| {
            // SAFETY: O1: a referent is unwatched before it is freed.
            unsafe { record_of(referent) }.is::<T>()
        });
        fits.then_some(Weak { object, referent: PhantomData })
    }
}

impl<T> Clone for Weak<T> {
    fn clone(&self) -> Self {
        Weak { object: self.object.clone(), referent: PhantomData }
    }
}

impl<T: Trace> Trace for Weak<T> {
    const UNSEEN: bool = false;
    const FINALIZES: bool = false;

    fn trace(&self, visitor: &mut impl Visitor) {
        self.object.trace(visitor);
    }

    fn give_up(self, released: &mut Released<'_>) {
        self.object.give_up(released);
    }
}

/// A closure as a callback: what it captures counts as held from outside.
struct Closure<F>(F);

impl<F: Fn(Live<'_, WeakReference>) + 'static> Notify for Closure<F> {
    fn trace(&self, _: &mut dyn Visitor) {}

    fn call(&self, weak: Live<'_, WeakReference>) {
        (self.0)(weak);
    }
}

impl Core {
    /// Returns the plain weak reference of an object, making it if there is none (PY-41).
    #[inline]
    pub(crate) fn plain_weak<T: Trace>(&self, referent: &Ref<T>) -> Result<Weak<T>, OutOfMemory> {
        let object = match self.existing_plain(referent.address()) {
            Some(weak) => Ref::another(weak),
            None => self.make_weak(referent.as_any(), None)?,
        };
        Ok(Weak { object, referent: PhantomData })
    }

    /// Returns the plain weak reference of an object, if there is one.
    pub(crate) fn find_plain_weak<T: Trace>(&self, referent: &Ref<T>) -> Option<Weak<T>> {
        let weak = self.existing_plain(referent.address())?;
        Some(Weak { object: Ref::another(weak), referent: PhantomData })
    }

    /// Makes a weak reference with a callback.
    pub(crate) fn weak_with<T: Trace>(
        &self,
        referent: &Ref<T>,
        callback: impl Fn(Live<'_, WeakReference>) + 'static,
    ) -> Result<Weak<T>, OutOfMemory> {
        let object = self.make_weak(referent.as_any(), Some(Box::new(Closure(callback))))?;
        Ok(Weak { object, referent: PhantomData })
    }

    /// Returns the plain weak reference of an object, or makes one with a callback.
    #[inline]
    pub(crate) fn watch(
        &self,
        referent: &AnyRef,
        callback: Option<Box<dyn Notify>>,
    ) -> Result<Ref<WeakReference>, OutOfMemory> {
        match callback {
            None => match self.existing_plain(referent.address()) {
                Some(weak) => Ok(Ref::another(weak)),
                None => self.make_weak(referent, None),
            },
            callback => self.make_weak(referent, callback),
        }
    }

    /// Returns what a weak reference watches, unless it has died.
    #[inline]
    pub(crate) fn referent(weak: &WeakReference) -> Option<AnyRef> {
        let referent = weak.referent()?;
        // SAFETY: O1: a referent is unwatched before it is freed. One that is just dying has no references left.
        let alive = count(unsafe { referent.as_ref() }) > 0;
        alive.then(|| AnyRef::another(referent))
    }

    /// Returns the weak references to an object, in the order of `getweakrefs`.
    pub(crate) fn watchers(&self, referent: &AnyRef) -> Vec<Ref<WeakReference>> {
        self.table.watchers(referent.address()).map(Ref::another).collect()
    }

    #[inline]
    fn existing_plain(&self, referent: Address) -> Option<Address> {
        // SAFETY: O1: the caller holds a reference to the referent.
        let watched = unsafe { referent.as_ref() }.flags().has(Flags::WATCHED);
        if watched { self.table.plain(referent) } else { None }
    }

    #[inline(never)]
    fn make_weak(
        &self,
        referent: &AnyRef,
        callback: Option<Box<dyn Notify>>,
    ) -> Result<Ref<WeakReference>, OutOfMemory> {
        let plain = callback.is_none();
        if !plain {
            self.noisy.set(true);
        }
        // The allocation may collect, and finalizers may make weak references of their own: look again after it (PY-47).
        let object: Ref<WeakReference> =
            Ref::from_owned(self.alloc(WeakReference::new(callback), Flags::WATCHER)?);
        if plain && let Some(weak) = self.existing_plain(referent.address()) {
            return Ok(Ref::another(weak));
        }
        self.table.reserve().map_err(|_| OutOfMemory { size: size_of::<(Address, Address)>() })?;
        self.table.watch(referent.address(), object.address());
        Ok(object)
    }
}
