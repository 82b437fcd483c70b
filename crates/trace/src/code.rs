//! Events as bytes.
//!
//! A number is seven bits a byte, the lowest first, the high bit set on all bytes but the last (LEB128). An event is
//! one number, `value << 2 | kind`, where the value is a size for malloc (0) and calloc (1), and a *distance*
//! for realloc (2) and free (3): how many ids began after this one. A realloc's size follows as another number.
//! Programs free what they allocated last, so distances are small and repeat, which is what zstd lives on.

use crate::event::Event;

/// The longest event: two numbers of ten bytes.
pub(crate) const EVENT_MAX: usize = 20;

/// The largest size in a trace: sizes have 62 bits. No address space has so many bytes.
pub(crate) const SIZE_MAX: u64 = (1 << 62) - 1;

/// Appends a number.
pub(crate) fn put(bytes: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

/// Appends an event, of which `next` would have been the id.
pub(crate) fn put_event(bytes: &mut Vec<u8>, event: Event, next: u64) {
    let distance = |id: u64| next - 1 - id;
    match event {
        Event::Malloc { size } => put(bytes, size.min(SIZE_MAX) << 2),
        Event::Calloc { size } => put(bytes, size.min(SIZE_MAX) << 2 | 1),
        Event::Realloc { id, size } => {
            put(bytes, distance(id) << 2 | 2);
            put(bytes, size.min(SIZE_MAX));
        }
        Event::Free { id } => put(bytes, distance(id) << 2 | 3),
    }
}

/// A place in some bytes, from which numbers are taken.
pub(crate) struct Cursor<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Cursor<'a> {
    /// Begins at the first byte.
    pub(crate) fn new(bytes: &'a [u8]) -> Cursor<'a> {
        Cursor::at(bytes, 0)
    }

    /// Begins at a byte.
    pub(crate) fn at(bytes: &'a [u8], at: usize) -> Cursor<'a> {
        Cursor { bytes, at }
    }

    /// Returns how many bytes were taken, and passed over at the start.
    pub(crate) fn position(&self) -> usize {
        self.at
    }

    /// Returns how many bytes are left.
    pub(crate) fn rest(&self) -> usize {
        self.bytes.len() - self.at
    }

    /// Takes a number; `None` if the bytes end or it has more than 64 bits.
    pub(crate) fn take(&mut self) -> Option<u64> {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let byte = *self.bytes.get(self.at)?;
            self.at += 1;
            let bits = u64::from(byte & 0x7F);
            if bits << shift >> shift != bits {
                return None;
            }
            number |= bits << shift;
            if byte & 0x80 == 0 {
                return Some(number);
            }
        }
        None
    }

    /// Takes some bytes.
    pub(crate) fn bytes(&mut self, length: usize) -> Option<&'a [u8]> {
        let bytes = self.bytes.get(self.at..self.at.checked_add(length)?)?;
        self.at += length;
        Some(bytes)
    }

    /// Takes an event, of which `next` would be the id; `None` if there is no such event.
    pub(crate) fn event(&mut self, next: u64) -> Option<Event> {
        let number = self.take()?;
        let value = number >> 2;
        let id = || next.checked_sub(1)?.checked_sub(value);
        Some(match number & 3 {
            0 => Event::Malloc { size: value },
            1 => Event::Calloc { size: value },
            2 => Event::Realloc { id: id()?, size: self.take().filter(|&size| size <= SIZE_MAX)? },
            _ => Event::Free { id: id()? },
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn any_bytes_are_events_or_none(bytes in vec(any::<u8>(), 0..40), next in 0_u64..100) {
            let mut cursor = Cursor::new(&bytes);
            while let Some(event) = cursor.event(next) {
                if let Event::Realloc { id, .. } | Event::Free { id } = event {
                    prop_assert!(id < next);
                }
            }
        }

        #[test]
        fn numbers_come_back(number in any::<u64>(), shift in 0..64) {
            let mut bytes = Vec::new();
            put(&mut bytes, number >> shift);
            let mut cursor = Cursor::new(&bytes);
            prop_assert_eq!((cursor.take(), cursor.rest()), (Some(number >> shift), 0));
        }
    }

    #[test]
    fn a_number_has_at_most_64_bits() {
        let mut bytes = [0xFF; 10];
        bytes[9] = 1;
        assert_eq!(Cursor::new(&bytes).take(), Some(u64::MAX));
        bytes[9] = 2;
        assert_eq!(Cursor::new(&bytes).take(), None);
        assert_eq!(Cursor::new(&[0xFF; 10]).take(), None);
    }
}
