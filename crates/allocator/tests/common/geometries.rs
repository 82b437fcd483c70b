//! Any valid geometry.

use gleaner_allocator::Geometry;
use proptest::prelude::*;

/// Makes a geometry of any numbers, if they are one: all that `Geometry` permits, and nothing that it does not.
fn geometry([pool, pools, grain, small, medium, runs, magazine]: [u8; 7]) -> Option<Geometry> {
    let pool_shift = 8 + u32::from(pool % 9);
    let arena_shift = pool_shift + 2 + u32::from(pools % 5);
    let grain_shift = 3 + u32::from(grain) % (pool_shift - 4);
    let most = ((1 << pool_shift >> 1 >> grain_shift) as usize).min(128);
    let small = 1 + usize::from(small) % most;
    // Medium sizes need a power of two below them.
    let small = if medium % 4 > 0 { small.next_power_of_two().min(most) } else { small };
    let small_max = small << grain_shift;
    let geometry = Geometry::new(1 << arena_shift, 1 << pool_shift, small_max, 1 << grain_shift).ok()?;
    let with_medium = |geometry: Geometry| match medium % 4 {
        0 => geometry,
        _ => geometry.with_medium(small_max << (1 + medium / 4 % 6)).unwrap_or(geometry),
    };
    let with_runs = |geometry: Geometry| match runs % 3 {
        0 => geometry,
        _ => geometry.with_runs(1 + usize::from(runs / 3) % 32).unwrap_or(geometry),
    };
    let geometry = match runs % 2 {
        0 => with_runs(with_medium(geometry)),
        _ => with_medium(with_runs(geometry)),
    };
    match magazine {
        0..=99 => Some(geometry),
        100..=149 => geometry.with_magazines(usize::from(magazine - 98)).ok(),
        _ => geometry.with_magazines(usize::from(magazine)).ok(),
    }
}

pub(crate) fn geometries() -> impl Strategy<Value = Geometry> {
    any::<[u8; 7]>().prop_filter_map("no geometry", geometry)
}
