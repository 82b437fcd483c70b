//! How references leave an object: shown to a visitor, or given up to the released.
//!
//! A visitor is a buffer, not a callback. `trace` is called through a function pointer, and if each edge came
//! back through another one, a pass over two million objects would pay six million indirect calls. Instead the
//! edges are written to an array, and the collector takes them in loops of its own when the array is full or when it
//! needs them: one that asks for the memory it is going to look at, and one that looks.

use core::ptr::NonNull;

use crate::header::{Address, Header};

/// The number of edges a visitor holds before it hands them on.
const CAPACITY: usize = 64;

/// Takes the edges that an object shows.
pub struct Visitor<'a> {
    edges: [Address; CAPACITY],
    len: usize,
    flush: &'a mut dyn FnMut(&[Address]),
}

impl<'a> Visitor<'a> {
    /// Makes a visitor that hands its edges to `flush`, in order, when it is full or dropped.
    pub fn new(flush: &'a mut dyn FnMut(&[Address])) -> Self {
        Visitor { edges: [NonNull::<Header>::dangling(); CAPACITY], len: 0, flush }
    }

    /// Takes one edge.
    #[inline]
    pub fn edge(&mut self, address: Address) {
        self.edges[self.len] = address;
        self.len += 1;
        if self.len == CAPACITY {
            self.flush();
        }
    }

    /// Hands on what it holds.
    #[inline]
    pub fn flush(&mut self) {
        let len = core::mem::take(&mut self.len);
        (self.flush)(&self.edges[..len]);
    }
}

impl Drop for Visitor<'_> {
    fn drop(&mut self) {
        // After a panic in `trace` what is held is worth nothing: the pass is being abandoned.
        if self.len > 0 && !std::thread::panicking() {
            self.flush();
        }
    }
}

/// Takes the references that an object gives up: owned ones, still counted.
pub struct Released<'a> {
    stack: &'a mut Vec<Address>,
}

impl<'a> Released<'a> {
    /// Collects into `stack`, in the order in which the references are given up.
    pub fn new(stack: &'a mut Vec<Address>) -> Self {
        Released { stack }
    }

    /// Takes one owned reference (O5: the count still includes it), or gives it back as an error if there is no
    /// memory to note it down.
    ///
    /// # Errors
    /// The reference itself: whoever offered it still owns it.
    #[inline]
    pub fn take(&mut self, address: Address) -> Result<(), Address> {
        if self.stack.len() == self.stack.capacity() && self.stack.try_reserve(8).is_err() {
            return Err(address);
        }
        self.stack.push(address);
        Ok(())
    }
}

/// Asks for the memory of an object that is about to be looked at.
#[inline]
pub fn prefetch(address: Address) {
    #[cfg(target_arch = "x86_64")]
    {
        use core::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        // SAFETY: O1, and a prefetch of any address is harmless.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(address.as_ptr().cast::<i8>()) };
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = address;
}
