//! Programs as bytes, for fuzzing: any bytes are a program.
//!
//! A *record* is three bytes, so that a byte changed is an operation changed and three bytes removed one
//! operation removed:
//!
//! | byte | holds |
//! |---|---|
//! | 0 | the operation, by `TABLE` (modulo its length): common ones stand in it more than once |
//! | 1 | up to two variables, the first in the low half, each 8·local + index |
//! | 2 | the rest: fields and finalizer, field, callback, generation |
//!
//! Thresholds take bytes 1 and 2: eight bits, four and four. Larger ones are announced by `WIDEN` records
//! right before, with 16 bits each of what stands above. A record that is cut short is filled up with zeros.

use crate::op::{Callback, Finalizer, Op, Var};
use crate::program::Program;

/// The length of a record.
pub const RECORD: usize = 3;
/// The entry of `TABLE` that is no operation, but adds to the thresholds that follow.
const WIDEN: u8 = Op::EXAMPLES.len() as u8;
const ALLOC: u8 = 0;
const DELETE: u8 = 2;
const STORE: u8 = 3;
const REF: u8 = 8;
const COLLECT: u8 = 16;

/// What byte 0 says: each kind and `WIDEN` once, in order, then those that make programs worth running.
const TABLE: [u8; 64] = {
    const MORE: [u8; 27] = [
        ALLOC, STORE, ALLOC, STORE, DELETE, ALLOC, STORE, REF, COLLECT, ALLOC, STORE, DELETE, ALLOC, STORE,
        REF, ALLOC, STORE, DELETE, ALLOC, STORE, COLLECT, ALLOC, STORE, REF, ALLOC, STORE, DELETE,
    ];
    let mut table = [0; 64];
    let mut index = 0;
    while index < table.len() {
        table[index] = if index <= WIDEN as usize { index as u8 } else { MORE[index - WIDEN as usize - 1] };
        index += 1;
    }
    table
};

const FINALIZERS: [Finalizer; 7] = [
    Finalizer::None,
    Finalizer::Log,
    Finalizer::Resurrect,
    Finalizer::Allocate,
    Finalizer::Drop,
    Finalizer::Raise,
    Finalizer::Collect,
];
const CALLBACKS: [Option<Callback>; 5] =
    [None, Some(Callback::Log), Some(Callback::Collect), Some(Callback::Allocate), Some(Callback::Raise)];

/// Decodes any bytes; what follows the first `max_ops` operations is ignored.
///
/// ```
/// use gleaner_program::{Generator, bytes};
///
/// let program = Generator::default().program(7);
/// assert_eq!(bytes::decode(&bytes::encode(&program), usize::MAX), program);
/// assert!(bytes::decode(b"any bytes are a program", 2).len() <= 2);
/// ```
#[must_use]
pub fn decode(bytes: &[u8], max_ops: usize) -> Program {
    let mut high = 0;
    let ops = bytes.chunks(RECORD).filter_map(move |chunk| {
        let mut record = [0; RECORD];
        record[..chunk.len()].copy_from_slice(chunk);
        decode_record(record, &mut high)
    });
    // Of known length, so that no repeated growth is paid for.
    let mut all = Vec::with_capacity(max_ops.min(bytes.len().div_ceil(RECORD)));
    all.extend(ops.take(max_ops));
    Program::new(all)
}

/// Encodes a program such that [`decode`] gives it back.
#[must_use]
pub fn encode(program: &Program) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(RECORD * program.len());
    for op in program {
        encode_op(op, &mut bytes);
    }
    bytes
}

/// Decodes a record; `high` is what `WIDEN` records have gathered so far.
#[inline]
fn decode_record([code, mut vars, rest]: [u8; RECORD], high: &mut u32) -> Option<Op> {
    let kind = TABLE[usize::from(code) % TABLE.len()];
    if kind == WIDEN {
        *high = *high << 16 | u32::from(vars) << 8 | u32::from(rest);
        return None;
    }
    let low = [vars, rest & 15, rest >> 4];
    let op = Op::EXAMPLES[usize::from(kind)].map_vars(|_| {
        let half = vars & 15;
        vars >>= 4;
        Some(if half & 8 == 0 { Var::Global(half) } else { Var::Local(half & 7) })
    })?;
    let high = std::mem::take(high);
    Some(match op {
        Op::Alloc { dst, .. } => Op::Alloc {
            dst,
            fields: rest & 7,
            finalizer: FINALIZERS[usize::from(rest >> 3) % FINALIZERS.len()],
        },
        Op::Store { node, src, .. } => Op::Store { node, field: rest, src },
        Op::Clear { node, .. } => Op::Clear { node, field: rest },
        Op::Load { dst, node, .. } => Op::Load { dst, node, field: rest },
        Op::Ref { dst, node, .. } => {
            Op::Ref { dst, node, callback: CALLBACKS[usize::from(rest) % CALLBACKS.len()] }
        }
        Op::Collect { .. } => Op::Collect { generation: rest },
        Op::SetThreshold { .. } => Op::SetThreshold { thresholds: widen(low, high) },
        other => other,
    })
}

fn encode_op(op: &Op, bytes: &mut Vec<u8>) {
    let mut vars = 0;
    let mut shift = 0;
    op.each_var(|operand| {
        vars |= match operand.var {
            Var::Global(index) => index << shift,
            Var::Local(index) => (index | 8) << shift,
        };
        shift += 4;
    });
    let place = |found: Option<usize>| found.unwrap_or(0) as u8;
    let rest = match *op {
        Op::Alloc { fields, finalizer, .. } => {
            fields | place(FINALIZERS.iter().position(|&known| known == finalizer)) << 3
        }
        Op::Store { field, .. } | Op::Clear { field, .. } | Op::Load { field, .. } => field,
        Op::Ref { callback, .. } => place(CALLBACKS.iter().position(|&known| known == callback)),
        Op::Collect { generation } => generation,
        Op::SetThreshold { thresholds } => {
            let ([first, second, third], high) = narrow(thresholds);
            for word in [high >> 16, high & 0xffff].into_iter().skip_while(|&word| word == 0) {
                bytes.extend([WIDEN, (word >> 8) as u8, word as u8]);
            }
            vars = first;
            second | third << 4
        }
        _ => 0,
    };
    bytes.extend([op.kind_index() as u8, vars, rest]);
}

/// Joins the low bits of the thresholds (8, 4 and 4) with the high ones (8, 12 and 12).
fn widen([first, second, third]: [u8; 3], high: u32) -> [u16; 3] {
    [
        u16::from(first) | (high >> 24 << 8) as u16,
        u16::from(second) | (high >> 12 << 4) as u16,
        u16::from(third) | (high << 4) as u16,
    ]
}

/// Splits the thresholds: the reverse of [`widen`].
fn narrow([first, second, third]: [u16; 3]) -> ([u8; 3], u32) {
    let high = u32::from(first >> 8) << 24 | u32::from(second >> 4) << 12 | u32::from(third >> 4);
    ([first as u8, (second & 15) as u8, (third & 15) as u8], high)
}
