//! What objects do: attributes, items, arithmetic, comparison, iteration, text.

pub mod arithmetic;
pub mod assignment;
pub mod attribute;
pub mod compare;
pub mod compute;
pub mod describe;
pub mod float_text;
pub mod format;
pub mod hash;
pub mod iterate;
pub mod number;
pub mod percent;
pub mod repr;
pub mod special;
pub mod subscript;
pub mod types;
