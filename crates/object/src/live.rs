//! The witness that an object lives.

use core::marker::PhantomData;
use core::ops::Deref;

use crate::header::Address;
use crate::record::TypeRecord;

/// A borrowed object that is known to live: what a finalizer gets to see of the object it finalizes.
///
/// The facade turns it into an owned reference (`Ref::from(live)`), which is how an object is resurrected.
pub struct Live<'a, T> {
    address: Address,
    borrow: PhantomData<&'a T>,
}

impl<T> Live<'_, T> {
    /// Makes a witness.
    ///
    /// # Safety
    /// O1 and O2 for `T`; somebody owns a reference to the object for as long as the witness exists.
    #[must_use]
    pub unsafe fn new(address: Address) -> Self {
        Live { address, borrow: PhantomData }
    }

    /// Returns where the object is.
    #[must_use]
    pub fn address(&self) -> Address {
        self.address
    }
}

impl<T> Clone for Live<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Live<'_, T> {}

impl<T> Deref for Live<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        // SAFETY: O1 and O2 by `new`, whose caller vouches that the object lives as long as the witness.
        unsafe { TypeRecord::value(self.address) }
    }
}
