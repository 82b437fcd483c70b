//! Objects in the order of their stamps.

use gleaner_object::Address;

use crate::NoRoom;

/// The bits of a digit: three digits make a stamp.
const DIGIT: u32 = 9;
const BUCKETS: usize = 1 << DIGIT;

/// Sorts objects by their stamps, and these with them, in linear time: three rounds of distribution, least digit first;
/// none, if they are sorted already, as the objects of a young heap are.
///
/// # Errors
/// [`NoRoom`] if there is no memory.
pub(crate) fn sort(objects: &mut [Address], stamps: &mut [u32]) -> Result<(), NoRoom> {
    if stamps.is_sorted() {
        return Ok(());
    }
    let mut pairs = Vec::new();
    pairs.try_reserve_exact(objects.len()).map_err(|_| NoRoom)?;
    pairs.extend(stamps.iter().copied().zip(objects.iter().copied()));
    if pairs.len() < BUCKETS {
        pairs.sort_unstable_by_key(|(stamp, _)| *stamp);
    } else {
        distribute(&mut pairs)?;
    }
    for (index, (stamp, object)) in pairs.into_iter().enumerate() {
        (stamps[index], objects[index]) = (stamp, object);
    }
    Ok(())
}

fn distribute(pairs: &mut Vec<(u32, Address)>) -> Result<(), NoRoom> {
    let mut other = Vec::new();
    other.try_reserve_exact(pairs.len()).map_err(|_| NoRoom)?;
    other.extend_from_slice(pairs);
    for round in 0..3 {
        let digit = |stamp: u32| (stamp >> (round * DIGIT)) as usize % BUCKETS;
        let mut starts = [0_usize; BUCKETS];
        pairs.iter().for_each(|(stamp, _)| starts[digit(*stamp)] += 1);
        let mut sum = 0;
        for start in &mut starts {
            sum += core::mem::replace(start, sum);
        }
        for &pair in &*pairs {
            let place = &mut starts[digit(pair.0)];
            other[*place] = pair;
            *place += 1;
        }
        core::mem::swap(pairs, &mut other);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use core::num::NonZero;
    use gleaner_object::MAX_STAMP;

    /// An address that is never looked at, and tells its stamp.
    fn object(stamp: u32) -> Address {
        Address::without_provenance(NonZero::new(8 * (stamp as usize + 1)).expect("not zero"))
    }

    #[test]
    fn many_and_few_are_sorted() {
        for len in [0, 1, 5, 511, 512, 5000] {
            let mut state = 1_u32;
            let mut stamps: Vec<u32> = (0..len)
                .map(|_| {
                    state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                    state & MAX_STAMP
                })
                .collect();
            let mut objects: Vec<Address> = stamps.iter().map(|stamp| object(*stamp)).collect();
            let mut expected = stamps.clone();
            expected.sort_unstable();
            sort(&mut objects, &mut stamps).unwrap();
            assert_eq!(stamps, expected);
            assert_eq!(objects, stamps.iter().map(|stamp| object(*stamp)).collect::<Vec<_>>());
        }
    }
}
