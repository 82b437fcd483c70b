//! The facade: allocate, clone, drop, collect, in Python's order.
