//! Objects in the order of their stamps.

use gleaner_object::Address;

use crate::NoRoom;

/// The bits of a digit: three digits make a stamp.
const DIGIT: u32 = 9;
const BUCKETS: usize = 1 << DIGIT;

/// Sorts objects by their stamps, in linear time: three rounds of distribution, least digit first; none, if they are sorted
/// already, as the objects of a young heap are.
///
/// # Errors
/// [`NoRoom`] if there is no memory.
pub(crate) fn sort(objects: &mut Vec<(u32, Address)>) -> Result<(), NoRoom> {
    if objects.is_sorted_by_key(|(stamp, _)| *stamp) {
        return Ok(());
    }
    if objects.len() < BUCKETS {
        objects.sort_unstable_by_key(|(stamp, _)| *stamp);
        return Ok(());
    }
    let mut other = Vec::new();
    other.try_reserve_exact(objects.len()).map_err(|_| NoRoom)?;
    other.extend_from_slice(objects);
    for round in 0..3 {
        let digit = |stamp: u32| (stamp >> (round * DIGIT)) as usize % BUCKETS;
        let mut starts = [0_usize; BUCKETS];
        objects.iter().for_each(|(stamp, _)| starts[digit(*stamp)] += 1);
        let mut sum = 0;
        for start in &mut starts {
            sum += core::mem::replace(start, sum);
        }
        for &entry in &*objects {
            let place = &mut starts[digit(entry.0)];
            other[*place] = entry;
            *place += 1;
        }
        core::mem::swap(objects, &mut other);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use gleaner_object::{Header, MAX_STAMP};

    #[test]
    fn many_and_few_are_sorted() {
        for len in [0, 1, 5, 511, 512, 5000] {
            let mut state = 1_u32;
            let mut objects: Vec<(u32, Address)> = (0..len)
                .map(|_| {
                    state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                    (state & MAX_STAMP, Address::from(&Header::new(0, Default::default())))
                })
                .collect();
            let mut expected: Vec<u32> = objects.iter().map(|(stamp, _)| *stamp).collect();
            expected.sort_unstable();
            sort(&mut objects).unwrap();
            assert_eq!(objects.iter().map(|(stamp, _)| *stamp).collect::<Vec<_>>(), expected);
        }
    }
}
