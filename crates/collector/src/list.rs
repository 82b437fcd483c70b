//! A list of tracked objects: an array in order of arrival, with holes.

use gleaner_object::{Address, ListId, Place};

use crate::NoRoom;

/// Below this length holes are not worth squeezing out.
const SMALL: usize = 256;

/// The objects of one generation.
#[derive(Default)]
pub(crate) struct List {
    items: Vec<Option<Address>>,
    live: usize,
}

impl List {
    /// Returns the number of objects.
    pub(crate) fn len(&self) -> usize {
        self.live
    }

    /// Returns the objects in order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = Address> {
        self.items.iter().flatten().copied()
    }

    /// Returns the object at an index, unless it has left.
    pub(crate) fn get(&self, index: usize) -> Option<Address> {
        self.items.get(index).copied().flatten()
    }

    /// Returns the number of indices, holes included.
    pub(crate) fn end(&self) -> usize {
        self.items.len()
    }

    /// Appends an object.
    #[inline]
    pub(crate) fn push(&mut self, list: ListId, object: Address) -> Result<(), NoRoom> {
        let index = self.items.len();
        if index == self.items.capacity() {
            return self.push_slowly(list, object);
        }
        // SAFETY: O1: whoever tracks an object owns it.
        unsafe { object.as_ref() }.set_place(Place { list, index: index as u32 });
        self.items.push(Some(object));
        self.live += 1;
        Ok(())
    }

    #[cold]
    fn push_slowly(&mut self, list: ListId, object: Address) -> Result<(), NoRoom> {
        if self.items.len() > SMALL && self.live < self.items.len() / 2 {
            self.squeeze(list);
        }
        if self.items.len() >= Place::MAX_INDEX as usize {
            return Err(NoRoom);
        }
        self.items.try_reserve(SMALL.min(self.items.len() + 16)).map_err(|_| NoRoom)?;
        self.push(list, object)
    }

    /// Removes the object at an index.
    #[inline]
    pub(crate) fn remove(&mut self, index: u32) {
        self.forget(index as usize);
        self.trim();
    }

    /// Leaves a hole at an index, for [`List::trim`] to see to.
    pub(crate) fn forget(&mut self, index: usize) {
        self.items[index] = None;
        self.live -= 1;
    }

    /// Drops the holes at the end.
    pub(crate) fn trim(&mut self) {
        while let Some(None) = self.items.last() {
            self.items.pop();
        }
    }

    /// Takes everything, in order, without holes at the end; the places are stale from then on.
    pub(crate) fn take(&mut self) -> Vec<Option<Address>> {
        self.live = 0;
        core::mem::take(&mut self.items)
    }

    /// Puts objects back as the whole list, squeezing out the holes and writing every place.
    pub(crate) fn replace(&mut self, list: ListId, items: Vec<Option<Address>>) {
        debug_assert!(self.items.is_empty(), "a list is replaced only when it was taken");
        self.items = items;
        self.squeeze(list);
    }

    fn squeeze(&mut self, list: ListId) {
        self.items.retain(Option::is_some);
        self.live = self.items.len();
        for (index, object) in self.items.iter().flatten().enumerate() {
            // SAFETY: O1: what is tracked has not been freed.
            unsafe { object.as_ref() }.set_place(Place { list, index: index as u32 });
        }
    }

    /// Checks the list.
    ///
    /// # Panics
    /// (1) every object names this place; (2) the number of objects is what is counted.
    pub(crate) fn check(&self, list: ListId) {
        let mut live = 0;
        for (index, object) in self.items.iter().enumerate() {
            let Some(object) = object else { continue };
            // SAFETY: O1: what is tracked has not been freed.
            let place = unsafe { object.as_ref() }.place();
            assert_eq!(place, Place { list, index: index as u32 }, "(1) an object is not where it says");
            live += 1;
        }
        assert_eq!(live, self.live, "(2) the count of {list:?} is wrong");
    }
}
