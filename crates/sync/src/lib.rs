//! The one door to atomics, cells and threads: std, or loom under cfg(loom).
