//! Who watches an object, and whom to tell, in which order.
