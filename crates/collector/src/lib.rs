//! Which tracked objects are unreachable, and when to look.
