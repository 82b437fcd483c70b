//! Reference counts and destruction without recursion.
