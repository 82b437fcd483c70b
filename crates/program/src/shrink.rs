//! A smaller program that still fails.
//!
//! Three passes, from coarse to fine, again and again until none finds anything:
//!
//! 1. *Cut*: leave out a stretch of operations, halves first, single ones at last; and take a frame away
//!    while its body stays.
//! 2. *Rename*: make one variable another, lower one, everywhere.
//! 3. *Simplify*: one operand of one operation.
//!
//! Every candidate is repaired. A candidate is asked for only if it is simpler by `size`, and taken if it
//! fails: so this ends, and gives the same answer every time. Nothing here is random.

use crate::op::{Callback, Finalizer, NODE_VARS, Op, REF_VARS, Var};
use crate::operands::{Kind, Operand};
use crate::program::Program;

/// Returns a program, at most as large, for which `still_fails` holds, given that it holds for `program`.
///
/// Asks at most `budget` times. Left without budget, the smallest found so far is the answer.
///
/// ```
/// use gleaner_program::{Generator, Op, shrink};
///
/// let collects = |op: &Op| matches!(op, Op::Collect { .. });
/// let program = (0..).map(|seed| Generator::default().program(seed)).find(|p| p.iter().any(collects)).unwrap();
/// let small = shrink(program, |program| program.iter().any(collects), 10_000);
/// assert_eq!(small.ops(), [Op::Collect { generation: 0 }]);
/// ```
pub fn shrink(program: Program, still_fails: impl FnMut(&Program) -> bool, budget: usize) -> Program {
    let mut search = Search { best_size: size(&program), best: program, still_fails, budget };
    loop {
        let before = search.best_size;
        search.cut();
        search.rename();
        search.simplify();
        if search.best_size == before || search.budget == 0 {
            return search.best;
        }
    }
}

/// The order of programs: fewer operations first, then simpler operands.
fn size(program: &Program) -> (usize, u64) {
    (program.len(), program.iter().map(weight).sum())
}

/// How far the operands of an operation are from the simplest.
fn weight(op: &Op) -> u64 {
    let mut weight = 0;
    op.each_var(|operand| {
        weight += match operand.var {
            Var::Global(index) => u64::from(index),
            Var::Local(index) => u64::from(index) + 16,
        };
    });
    weight
        + match *op {
            Op::Alloc { fields, finalizer, .. } => {
                u64::from(fields)
                    + match finalizer {
                        Finalizer::None => 0,
                        Finalizer::Log => 1,
                        _ => 2,
                    }
            }
            Op::Store { field, .. } | Op::Clear { field, .. } | Op::Load { field, .. } => u64::from(field),
            Op::Ref { callback, .. } => match callback {
                None => 0,
                Some(Callback::Log) => 1,
                Some(_) => 2,
            },
            Op::Collect { generation } => u64::from(generation),
            Op::SetThreshold { thresholds } => thresholds.iter().map(|&threshold| u64::from(threshold)).sum(),
            _ => 0,
        }
}

struct Search<F> {
    best: Program,
    best_size: (usize, u64),
    still_fails: F,
    budget: usize,
}

impl<F: FnMut(&Program) -> bool> Search<F> {
    /// Takes the candidate if it is smaller and fails.
    fn offer(&mut self, ops: impl IntoIterator<Item = Op>) -> bool {
        if self.budget == 0 {
            return false;
        }
        let candidate = Program::new(ops);
        let candidate_size = size(&candidate);
        if candidate_size >= self.best_size {
            return false;
        }
        self.budget -= 1;
        let fails = (self.still_fails)(&candidate);
        if fails {
            (self.best, self.best_size) = (candidate, candidate_size);
        }
        fails
    }

    fn cut(&mut self) {
        let mut length = self.best.len().div_ceil(2);
        while length > 0 {
            // From the end: what comes late depends on what comes early, seldom the other way round.
            let mut end = self.best.len();
            while end > 0 && self.budget > 0 {
                let ops = self.best.ops();
                let start = end.saturating_sub(length);
                let kept: Vec<Op> = [&ops[..start], &ops[end..]].concat();
                self.offer(kept);
                end = start.min(self.best.len());
            }
            length /= 2;
        }
        self.unwrap_frames();
    }

    /// Takes away frames, innermost and last first, while their bodies stay.
    fn unwrap_frames(&mut self) {
        let mut at = self.best.len();
        while at > 0 {
            at -= 1;
            let ops = self.best.ops();
            if ops.get(at) != Some(&Op::Push) {
                continue;
            }
            let depth = self.best.frames().nth(at).map_or(0, |(depth, _)| depth);
            let close =
                self.best.frames().skip(at).position(|(inner, op)| *op == Op::Pop && inner == depth + 1);
            let Some(close) = close.map(|steps| at + steps) else { continue };
            let kept: Vec<Op> = [&ops[..at], &ops[at + 1..close], &ops[close + 1..]].concat();
            self.offer(kept);
        }
    }

    fn rename(&mut self) {
        for (kind, count) in [(Kind::Node, NODE_VARS), (Kind::Ref, REF_VARS)] {
            let vars: Vec<Var> = (0..count).map(Var::Global).chain((0..count).map(Var::Local)).collect();
            for (rank, &from) in vars.iter().enumerate() {
                let used = self.best.iter().any(|op| mentions(op, kind, from));
                if used {
                    let _ = vars[..rank].iter().any(|&to| self.offer(renamed(&self.best, kind, from, to)));
                }
            }
        }
    }

    fn simplify(&mut self) {
        let mut at = 0;
        while let Some(&op) = self.best.ops().get(at) {
            let better = simpler(op).into_iter().any(|simple| {
                let mut ops = self.best.ops().to_vec();
                ops[at] = simple;
                self.offer(ops)
            });
            // A simpler one may be simplified again.
            at += usize::from(!better);
        }
    }
}

fn mentions(op: &Op, kind: Kind, var: Var) -> bool {
    let mut found = false;
    op.each_var(|operand| found |= operand.kind == kind && operand.var == var);
    found
}

fn renamed(program: &Program, kind: Kind, from: Var, to: Var) -> Vec<Op> {
    let rename =
        |operand: Operand| Some(if operand.kind == kind && operand.var == from { to } else { operand.var });
    program.iter().filter_map(|op| op.map_vars(rename)).collect()
}

/// Returns operations with one operand simpler, the simplest first.
fn simpler(op: Op) -> Vec<Op> {
    let mut all = Vec::new();
    match op {
        Op::Alloc { dst, fields, finalizer } => {
            all.extend([Finalizer::None, Finalizer::Log].map(|finalizer| Op::Alloc {
                dst,
                fields,
                finalizer,
            }));
            all.extend((0..fields).map(|fields| Op::Alloc { dst, fields, finalizer }));
        }
        Op::Store { node, field, src } => all.extend((0..field).map(|field| Op::Store { node, field, src })),
        Op::Clear { node, field } => all.extend((0..field).map(|field| Op::Clear { node, field })),
        Op::Load { dst, node, field } => all.extend((0..field).map(|field| Op::Load { dst, node, field })),
        Op::Ref { dst, node, .. } => {
            all.extend([None, Some(Callback::Log)].map(|callback| Op::Ref { dst, node, callback }));
        }
        Op::Collect { generation } => {
            all.extend((0..generation).map(|generation| Op::Collect { generation }))
        }
        Op::SetThreshold { thresholds } => {
            for place in 0..thresholds.len() {
                let old = thresholds[place];
                for new in [0, 1, old / 2, old.saturating_sub(1)] {
                    let mut thresholds = thresholds;
                    thresholds[place] = new;
                    all.push(Op::SetThreshold { thresholds });
                }
            }
        }
        _ => {}
    }
    // Each variable on its own, as a lower global; the other places keep theirs.
    let mut places = 0;
    op.each_var(|_| places += 1);
    for place in 0..places {
        all.extend((0..NODE_VARS).filter_map(|index| {
            let mut here = 0..;
            op.map_vars(|operand| {
                Some(if here.next() == Some(place) { Var::Global(index) } else { operand.var })
            })
        }));
    }
    all.retain(|simple| weight(simple) < weight(&op));
    all
}
