//! Random programs, fast: one seed, one program.
//!
//! **Swarm.** Each program draws its own habits first (`Habits`): a weight for each move, often zero, so
//! that a program does a few things much rather than everything a little; how many variables and fields it
//! uses; which finalizers and callbacks. Most programs begin with thresholds so small that automatic
//! collections happen, of every generation. A move is an operation or a gesture: a ring of nodes that is
//! then let go, or a list that grows (both are what random single operations hardly ever build).
//!
//! **Portable.** The random numbers are xoshiro256++ (named, because `SmallRng` may change with platform and
//! release) and the draws from them are this module's own, so that a seed means the same program everywhere.
//! It means another one as soon as this module changes: keep programs as text, not as seeds.

use std::ops::RangeInclusive;

use rand::rngs::Xoshiro256PlusPlus;
use rand::{Rng, SeedableRng};

use crate::op::{Callback, Finalizer, MAX_FIELDS, NODE_VARS, Op, REF_VARS, Var};
use crate::operands::{Kind, Operand};
use crate::program::Program;

/// A source of programs.
///
/// ```
/// let generator = gleaner_program::Generator::default();
/// assert_eq!(generator.program(1), generator.program(1));
/// assert_ne!(generator.program(1), generator.program(2));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Generator {
    /// How many operations a program has, before repair (which may add up to eight that close frames, and
    /// drop some).
    pub lengths: RangeInclusive<usize>,
}

impl Default for Generator {
    fn default() -> Generator {
        Generator { lengths: 20..=120 }
    }
}

impl Generator {
    /// Returns the program of a seed.
    ///
    /// # Complexity
    /// Linear; some 60 ns an operation, half of it repair.
    #[must_use]
    pub fn program(&self, seed: u64) -> Program {
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(seed);
        let (least, most) = (*self.lengths.start(), *self.lengths.end());
        let spread = most.saturating_sub(least) as u64 + 1;
        let length = least + (rng.next_u64() % spread) as usize;
        let mut ops = Vec::with_capacity(length + LONGEST_GESTURE);
        let habits = Habits::draw(&mut rng, &mut ops);
        while ops.len() < length {
            let mut draw = Draw(rng.next_u64());
            match habits.moves[usize::from(draw.byte())] {
                Move::Op(template) => ops.push(habits.dress(template, &mut draw)),
                Move::Ring => habits.ring(&mut draw, Draw(rng.next_u64()), &mut ops),
                Move::List => habits.list(&mut draw, &mut ops),
            }
        }
        ops.truncate(length);
        Program::new(ops)
    }
}

/// The most operations one move makes.
const LONGEST_GESTURE: usize = 16;

/// One random word, used up byte by byte.
struct Draw(u64);

impl Draw {
    #[inline]
    fn byte(&mut self) -> u8 {
        let byte = self.0 as u8;
        self.0 >>= 8;
        byte
    }

    /// A number below `n`, which is at most 256; biased by less than `n` in 256.
    #[inline]
    fn below(&mut self, n: u16) -> u8 {
        ((u16::from(self.byte()) * n) >> 8) as u8
    }
}

#[derive(Clone, Copy)]
enum Move {
    /// One operation of this kind.
    Op(Op),
    /// Up to four nodes in a circle, perhaps watched, perhaps let go.
    Ring,
    /// A list that grows and is held.
    List,
}

const V: Var = Var::Global(0);

/// Every move with its usual weight.
const MOVES: [(Move, u16); 38] = [
    (Move::Ring, 7),
    (Move::List, 4),
    (Move::Op(Op::Alloc { dst: V, fields: 0, finalizer: Finalizer::None }), 20),
    (Move::Op(Op::Store { node: V, field: 0, src: V }), 18),
    (Move::Op(Op::Copy { dst: V, src: V }), 6),
    (Move::Op(Op::Delete { var: V }), 10),
    (Move::Op(Op::Clear { node: V, field: 0 }), 4),
    (Move::Op(Op::Load { dst: V, node: V, field: 0 }), 6),
    (Move::Op(Op::Push), 4),
    (Move::Op(Op::Pop), 4),
    (Move::Op(Op::Ref { dst: V, node: V, callback: None }), 9),
    (Move::Op(Op::Deref { dst: V, src: V }), 4),
    (Move::Op(Op::CopyRef { dst: V, src: V }), 2),
    (Move::Op(Op::DeleteRef { var: V }), 2),
    (Move::Op(Op::StoreRef { node: V, src: V }), 5),
    (Move::Op(Op::ClearRef { node: V }), 1),
    (Move::Op(Op::LoadRef { dst: V, node: V }), 2),
    (Move::Op(Op::Saved { dst: V }), 4),
    (Move::Op(Op::Collect { generation: 0 }), 6),
    (Move::Op(Op::Enable), 2),
    (Move::Op(Op::Disable), 1),
    (Move::Op(Op::IsEnabled), 1),
    (Move::Op(Op::SetThreshold { thresholds: [0; 3] }), 2),
    (Move::Op(Op::GetThreshold), 1),
    (Move::Op(Op::Freeze), 1),
    (Move::Op(Op::Unfreeze), 1),
    (Move::Op(Op::FreezeCount), 1),
    (Move::Op(Op::Count), 3),
    (Move::Op(Op::Stats), 2),
    (Move::Op(Op::Which { var: V }), 1),
    (Move::Op(Op::WhichRef { var: V }), 1),
    (Move::Op(Op::Refcount { var: V }), 2),
    (Move::Op(Op::RefcountRef { var: V }), 1),
    (Move::Op(Op::WeakrefCount { var: V }), 1),
    (Move::Op(Op::IsTracked { var: V }), 1),
    (Move::Op(Op::IsFinalized { var: V }), 1),
    (Move::Op(Op::Alive { src: V }), 2),
    (Move::Op(Op::Census), 1),
];

/// What one program likes to do.
struct Habits {
    /// A byte chooses the move.
    moves: [Move; 256],
    /// Variables and fields in use: at least two nodes, one ref, one field.
    nodes: u8,
    refs: u8,
    fields: u8,
    finalizers: [Finalizer; 8],
    callbacks: [Option<Callback>; 8],
}

impl Habits {
    /// Draws the habits, and the thresholds with which most programs begin.
    fn draw(rng: &mut Xoshiro256PlusPlus, ops: &mut Vec<Op>) -> Habits {
        let mut draw = Draw(rng.next_u64());
        let (nodes, refs) = (2 + draw.below(u16::from(NODE_VARS) - 1), 1 + draw.below(u16::from(REF_VARS)));
        let fields = 1 + draw.below(u16::from(MAX_FIELDS));
        // Finalizers: none in a quarter of the programs, some in most, one kind in every node in few.
        let (finalized, watched) = (draw.below(8).saturating_sub(1), draw.below(8));
        if draw.below(4) > 0 {
            ops.push(Op::SetThreshold { thresholds: small_thresholds(&mut draw) });
        }
        let (mut kinds, mut calls) = (Draw(rng.next_u64()), Draw(rng.next_u64()));
        let finalizers = std::array::from_fn(|index| {
            if index < usize::from(finalized) { finalizer(kinds.below(6)) } else { Finalizer::None }
        });
        let callbacks =
            std::array::from_fn(|index| (index < usize::from(watched)).then(|| callback(calls.below(6))));
        Habits { moves: weigh(rng), nodes, refs, fields, finalizers, callbacks }
    }

    #[inline]
    fn var(&self, kind: Kind, draw: &mut Draw) -> Var {
        let byte = draw.byte();
        let count = match kind {
            Kind::Node => self.nodes,
            Kind::Ref => self.refs,
        };
        let index = ((u16::from(byte >> 2) * u16::from(count)) >> 6) as u8;
        if byte & 3 == 0 { Var::Local(index) } else { Var::Global(index) }
    }

    #[inline]
    fn finalizer(&self, draw: &mut Draw) -> Finalizer {
        self.finalizers[usize::from(draw.byte() & 7)]
    }

    /// Gives a template random operands.
    #[inline]
    fn dress(&self, template: Op, draw: &mut Draw) -> Op {
        let op = template.map_vars(|Operand { kind, .. }| Some(self.var(kind, draw))).unwrap_or(template);
        match op {
            Op::Alloc { dst, .. } => Op::Alloc {
                dst,
                fields: draw.below(u16::from(self.fields) + 1),
                finalizer: self.finalizer(draw),
            },
            Op::Store { node, src, .. } => Op::Store { node, field: draw.below(u16::from(self.fields)), src },
            Op::Clear { node, .. } => Op::Clear { node, field: draw.below(u16::from(self.fields)) },
            Op::Load { dst, node, .. } => Op::Load { dst, node, field: draw.below(u16::from(self.fields)) },
            Op::Ref { dst, node, .. } => {
                Op::Ref { dst, node, callback: self.callbacks[usize::from(draw.byte() & 7)] }
            }
            // The invalid generation in one of 64.
            Op::Collect { .. } => Op::Collect { generation: [0, 1, 2, 3][usize::from(draw.below(193) / 64)] },
            Op::SetThreshold { .. } => Op::SetThreshold { thresholds: small_thresholds(draw) },
            _ => op,
        }
    }

    /// Builds a ring of one to four nodes, each with the next in a field.
    fn ring(&self, draw: &mut Draw, mut more: Draw, ops: &mut Vec<Op>) {
        let (size, first, field) = (1 + draw.below(4), draw.byte(), draw.below(u16::from(self.fields)));
        let local = draw.below(4) == 0;
        let member = |index: u8| {
            let index = first.wrapping_add(index % size) % NODE_VARS;
            if local { Var::Local(index) } else { Var::Global(index) }
        };
        ops.extend((0..size).map(|index| {
            let finalizer = self.finalizer(&mut more);
            Op::Alloc { dst: member(index), fields: self.fields, finalizer }
        }));
        ops.extend((0..size).map(|index| Op::Store { node: member(index), field, src: member(index + 1) }));
        let (watch, keep) = (draw.below(4), draw.below(4));
        if watch > 0 {
            let (dst, node) = (self.var(Kind::Ref, draw), member(more.below(4)));
            let callback = self.callbacks[usize::from(more.byte() & 7)];
            ops.push(Op::Ref { dst, node, callback });
            if watch == 1 {
                // The ref goes into the ring itself: watcher and watched may die together (PY-46).
                ops.push(Op::StoreRef { node: member(more.below(4)), src: dst });
                ops.push(Op::DeleteRef { var: dst });
            }
        }
        if keep > 0 {
            ops.extend((0..size).map(|index| Op::Delete { var: member(index) }));
        }
    }

    /// Grows a list at its head: survivors for the older generations.
    fn list(&self, draw: &mut Draw, ops: &mut Vec<Op>) {
        let head = self.var(Kind::Node, draw);
        let new = match head {
            Var::Global(index) => Var::Global((index + 1) % NODE_VARS),
            Var::Local(index) => Var::Local((index + 1) % NODE_VARS),
        };
        for _ in 0..2 + draw.below(3) {
            ops.push(Op::Alloc { dst: new, fields: self.fields, finalizer: self.finalizer(draw) });
            ops.push(Op::Store { node: new, field: 0, src: head });
            ops.push(Op::Copy { dst: head, src: new });
        }
    }
}

/// Thresholds at which a few allocations are enough.
fn small_thresholds(draw: &mut Draw) -> [u16; 3] {
    // 1 to 4 as a rule; up to 8, or 0 (never), now and then.
    let first = [1, 1, 1, 2, 2, 2, 3, 3, 4, 4, 5, 6, 7, 8, 2, 0][usize::from(draw.below(16))];
    let later = draw.byte();
    let choose = |byte: u8| [1, 1, 1, 2, 2, 3, 0, 1][usize::from(byte & 7)];
    [first, choose(later), choose(later >> 4)]
}

fn finalizer(index: u8) -> Finalizer {
    use Finalizer::{Allocate, Collect, Drop, Log, Raise, Resurrect};
    [Resurrect, Drop, Log, Collect, Allocate, Raise][usize::from(index)]
}

fn callback(index: u8) -> Callback {
    use Callback::{Allocate, Collect, Log, Raise};
    [Log, Log, Log, Collect, Allocate, Raise][usize::from(index)]
}

/// Spreads the moves over a table, each by its usual weight times a factor of this program.
fn weigh(rng: &mut Xoshiro256PlusPlus) -> [Move; 256] {
    let (mut low, mut high) = (rng.next_u64(), rng.next_u64());
    let mut weights = [0_u16; MOVES.len()];
    for ((weight, (move_, usual)), index) in weights.iter_mut().zip(&MOVES).zip(0..) {
        let word = if index < 32 { &mut low } else { &mut high };
        let factor = match (move_, *word & 3) {
            (Move::Ring | Move::Op(Op::Alloc { .. }), 0) => 1,
            // Frozen nodes are out of play: let it be rare.
            (Move::Op(Op::Freeze), 0..=2) => 0,
            (_, factor) => factor as u16,
        };
        *word >>= 2;
        *weight = usual * factor;
    }
    let total: u32 = weights.iter().map(|&weight| u32::from(weight)).sum();
    let (mut at, mut reached) = (0, u32::from(weights[0]) * 256);
    std::array::from_fn(|slot| {
        while slot as u32 * total >= reached {
            at += 1;
            reached += u32::from(weights[at]) * 256;
        }
        MOVES[at].0
    })
}
