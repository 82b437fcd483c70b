//! Atoms: `None`, `...`, `NotImplemented`, bools, ints, floats.

use gleaner::Trace;
use num_bigint::BigInt;

use crate::value::Kind;

/// `None`
#[derive(Trace)]
#[trace(tag = Kind::None as u8)]
pub struct NoneType;

/// `...`
#[derive(Trace)]
#[trace(tag = Kind::Ellipsis as u8)]
pub struct Ellipsis;

/// `NotImplemented`
#[derive(Trace)]
#[trace(tag = Kind::NotImplemented as u8)]
pub struct NotImplemented;

/// `True` and `False`
#[derive(Trace)]
#[trace(tag = Kind::Bool as u8)]
pub struct Bool(pub bool);

/// An int of 64 bits.
#[derive(Trace)]
#[trace(tag = Kind::Int as u8)]
pub struct Int(pub i64);

/// An int that does not fit into 64 bits.
pub struct Big(pub BigInt);

impl Trace for Big {
    const TRACKED: bool = false;
    const UNSEEN: bool = false;
    const FINALIZES: bool = false;
    const TAG: u8 = Kind::Big as u8;

    fn trace(&self, _: &mut impl gleaner::Visitor) {}
}

/// A float.
#[derive(Trace)]
#[trace(tag = Kind::Float as u8)]
pub struct Float(pub f64);
