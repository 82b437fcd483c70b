//! Bytes: raw layer, arenas, pools, blocks, size classes, large objects.
