//! The type record: what the heap must know of a type to trace, clear, finalize and drop its values.

use core::any::{TypeId, type_name};
use core::ptr::NonNull;

use crate::edges::{Edges, Released};
use crate::header::{Address, Header};
use crate::live::Live;
use crate::trace::Trace;
use crate::typed::Typed;

/// An object as it lies in its block.
#[repr(C)]
pub struct ObjectBox<T> {
    /// The header.
    pub header: Header,
    /// The value.
    pub value: T,
}

/// What the heap knows of a type: a static record (CPython's `PyTypeObject`).
pub struct TypeRecord {
    /// Returns the type's name, for people.
    pub name: fn() -> &'static str,
    /// The bytes of an object of the type, header included.
    pub size: usize,
    /// The type's [`Trace::TAG`].
    pub tag: u8,
    /// Whether objects of the type can refer to others and are tracked by the collector (PY-23).
    pub tracked: bool,
    /// Whether references can be moved into and out of objects of the type unseen (see [`Trace::UNSEEN`]).
    pub unseen: bool,
    /// Whether objects of the type may have finalizers.
    pub may_finalize: bool,
    /// The type's [`Trace::TELLS_FIRST`].
    pub tells_first: bool,
    /// Shows every reference of the object.
    ///
    /// # Safety
    /// O1 and O2 must hold, and the value must not have been dropped.
    pub trace: unsafe fn(Address, &mut Edges<'_>),
    /// What a pass by side tables does to objects of the type.
    pub typed: Typed,
    /// Takes the references out of the object that can be taken out through a shared borrow.
    ///
    /// # Safety
    /// As for `trace`.
    pub clear: unsafe fn(Address, &mut Released<'_>),
    /// Tells whether the object has a finalizer.
    ///
    /// # Safety
    /// As for `trace`.
    pub finalizes: unsafe fn(Address) -> bool,
    /// Runs the finalizer.
    ///
    /// # Safety
    /// As for `trace`; and the caller owns a reference to the object.
    pub finalize: unsafe fn(Address),
    /// Drops the value.
    ///
    /// # Safety
    /// O1, O2 and O4.
    pub drop: unsafe fn(Address),
    type_id: fn() -> TypeId,
}

impl TypeRecord {
    /// Returns the record of a type.
    #[inline]
    #[must_use]
    pub fn of<T: Trace>() -> &'static TypeRecord {
        const {
            assert!(align_of::<T>() <= 16, "blocks are aligned to 16 bytes");
            &TypeRecord {
                name: type_name::<T>,
                size: size_of::<ObjectBox<T>>(),
                tag: T::TAG,
                tracked: T::TRACKED,
                unseen: T::TRACKED && T::UNSEEN,
                may_finalize: T::FINALIZES,
                tells_first: T::TELLS_FIRST,
                trace: trace::<T>,
                typed: Typed::of::<T>(),
                clear: clear::<T>,
                finalizes: finalizes::<T>,
                finalize: finalize::<T>,
                drop: drop_value::<T>,
                type_id: TypeId::of::<T>,
            }
        }
    }

    /// Returns the type's identity. (The records of one type can be several.)
    #[must_use]
    pub fn type_id(&self) -> TypeId {
        (self.type_id)()
    }

    /// Tells whether this is the record of `T`.
    #[must_use]
    #[inline]
    pub fn is<T: Trace>(&self) -> bool {
        core::ptr::eq(self, TypeRecord::of::<T>()) || (self.type_id)() == TypeId::of::<T>()
    }

    /// Returns the value of the object at `address`.
    ///
    /// # Safety
    /// O1 and O2 for `T`, the value must not have been dropped, and must outlive `'a`.
    #[inline]
    #[must_use]
    pub unsafe fn value<'a, T>(address: Address) -> &'a T {
        // SAFETY: O1, O2: an `ObjectBox<T>` begins at the address.
        unsafe { &address.cast::<ObjectBox<T>>().as_ref().value }
    }

    /// Drops the value of the object at `address`.
    ///
    /// # Safety
    /// O1, O2 for `T`, O4.
    #[inline(always)]
    pub unsafe fn drop_value<T>(address: Address) {
        let value: NonNull<T> = {
            // SAFETY: O1, O2: an `ObjectBox<T>` begins at the address; no reference to the value is made.
            unsafe { NonNull::new_unchecked(&raw mut (*address.cast::<ObjectBox<T>>().as_ptr()).value) }
        };
        // SAFETY: O4: nothing can reach the value any more, and it is dropped this once.
        unsafe { value.drop_in_place() };
    }
}

unsafe fn trace<T: Trace>(address: Address, edges: &mut Edges<'_>) {
    // SAFETY: the caller vouches for O1 and O2, and for the value during the call.
    unsafe { TypeRecord::value::<T>(address) }.trace(edges);
}

unsafe fn clear<T: Trace>(address: Address, released: &mut Released<'_>) {
    // SAFETY: as in `trace`.
    unsafe { TypeRecord::value::<T>(address) }.clear(released);
}

unsafe fn finalizes<T: Trace>(address: Address) -> bool {
    // SAFETY: as in `trace`.
    unsafe { TypeRecord::value::<T>(address) }.finalizes()
}

unsafe fn finalize<T: Trace>(address: Address) {
    // SAFETY: the caller vouches for O1 and O2 and owns a reference, so the object lives during the call.
    T::finalize(unsafe { Live::new(address) });
}

unsafe fn drop_value<T>(address: Address) {
    // SAFETY: by contract.
    unsafe { TypeRecord::drop_value::<T>(address) };
}
