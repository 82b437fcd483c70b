//! One code object while it is made: operations, labels, handlers; and the depth of the stack at each operation.

use std::collections::HashMap;
use std::sync::Arc;

use super::op::NO_KEYWORDS;
use super::{Code, Constant, Handler, Op, Position, Target};

/// A place that is not known yet.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Label(usize);

/// A range whose exceptions are handled, while its target is not known.
struct Range {
    start: usize,
    end: usize,
    target: Label,
    /// How many values of the stack at its start do not stay.
    above: u32,
}

#[derive(Default)]
pub(super) struct Assembler {
    ops: Vec<Op>,
    positions: Vec<Position>,
    labels: Vec<Option<usize>>,
    ranges: Vec<Range>,
    constants: Vec<Constant>,
    constant_places: HashMap<String, u32>,
    names: Vec<Arc<str>>,
    name_places: HashMap<String, u32>,
    pub(super) position: Position,
}

fn number(index: usize) -> u32 {
    u32::try_from(index).expect("fewer than 2^32 of them")
}

impl Assembler {
    pub(super) fn emit(&mut self, op: Op) {
        self.ops.push(op);
        self.positions.push(self.position);
    }

    pub(super) fn label(&mut self) -> Label {
        self.labels.push(None);
        Label(self.labels.len() - 1)
    }

    pub(super) fn place(&mut self, label: Label) {
        self.labels[label.0] = Some(self.ops.len());
    }

    /// Emits a jump; its target is a label.
    pub(super) fn jump(&mut self, op: fn(Target) -> Op, label: Label) {
        self.emit(op(number(label.0)));
    }

    pub(super) fn here(&self) -> usize {
        self.ops.len()
    }

    pub(super) fn protect(&mut self, start: usize, target: Label, above: u32) {
        let end = self.ops.len();
        if start < end {
            self.ranges.push(Range { start, end, target, above });
        }
    }

    pub(super) fn constant(&mut self, constant: Constant) -> u32 {
        let key = match &constant {
            Constant::Code(_) => None,
            Constant::Float(value) => Some(format!("float {:x}", value.to_bits())),
            constant => Some(format!("{constant:?}")),
        };
        let next = number(self.constants.len());
        if let Some(key) = key {
            if let Some(place) = self.constant_places.get(&key) {
                return *place;
            }
            self.constant_places.insert(key, next);
        }
        self.constants.push(constant);
        next
    }

    pub(super) fn load(&mut self, constant: Constant) {
        let index = self.constant(constant);
        self.emit(Op::Const(index));
    }

    pub(super) fn name(&mut self, name: &str) -> u32 {
        if let Some(place) = self.name_places.get(name) {
            return *place;
        }
        let next = number(self.names.len());
        self.names.push(name.into());
        self.name_places.insert(name.into(), next);
        next
    }

    /// Whether the end of what was emitted can be reached: whether something falls or jumps there.
    pub(super) fn is_reachable(&self) -> bool {
        let end = self.ops.len();
        self.labels.contains(&Some(end))
            || !matches!(self.ops.last(), Some(Op::Return | Op::Raise(_) | Op::Reraise | Op::Jump(_)))
    }

    /// Makes the code: labels become places, and depths are told.
    pub(super) fn finish(self) -> Code {
        let Assembler { mut ops, positions, labels, ranges, constants, names, .. } = self;
        for op in &mut ops {
            let target = match op {
                Op::Jump(target)
                | Op::JumpIfFalse(target)
                | Op::JumpIfTrue(target)
                | Op::JumpIfFalseOrPop(target)
                | Op::JumpIfTrueOrPop(target)
                | Op::ForIter(target) => target,
                _ => continue,
            };
            *target = number(labels[*target as usize].expect("every label is placed"));
        }
        let mut handlers: Vec<(Handler, u32)> = ranges
            .iter()
            .map(|range| {
                let target = number(labels[range.target.0].expect("every label is placed"));
                let handler =
                    Handler { start: number(range.start), end: number(range.end), target, depth: u32::MAX };
                (handler, range.above)
            })
            .collect();
        let stack = depths(&ops, &mut handlers);
        let handlers = handlers
            .into_iter()
            .map(|(handler, _)| handler)
            .filter(|handler| handler.depth != u32::MAX)
            .collect();
        Code { ops, positions, constants, names, handlers, stack, ..Code::default() }
    }
}

/// Follows all paths from the start: tells the handlers their depths, and returns the greatest depth.
fn depths(ops: &[Op], handlers: &mut [(Handler, u32)]) -> u32 {
    let mut known: Vec<Option<u32>> = vec![None; ops.len()];
    let mut todo: Vec<(usize, u32)> = vec![(0, 0)];
    let mut greatest = 0;
    while let Some((at, depth)) = todo.pop() {
        greatest = greatest.max(depth);
        if at >= ops.len() {
            continue;
        }
        if let Some(before) = known[at] {
            debug_assert_eq!(before, depth, "depth at {at}: {ops:?}");
            continue;
        }
        known[at] = Some(depth);
        for (handler, above) in handlers.iter_mut() {
            if handler.start as usize == at && handler.depth == u32::MAX {
                handler.depth = depth - *above;
                todo.push((handler.target as usize, handler.depth + 1));
            }
        }
        let (takes, leaves) = effect(ops[at]);
        debug_assert!(depth >= takes, "op {at} takes more than there is: {ops:?}");
        let after = depth.saturating_sub(takes) + leaves;
        match ops[at] {
            Op::Jump(target) => todo.push((target as usize, after)),
            Op::Return | Op::Raise(_) | Op::Reraise => {}
            Op::JumpIfFalse(target) | Op::JumpIfTrue(target) => {
                todo.push((target as usize, after));
                todo.push((at + 1, after));
            }
            Op::JumpIfFalseOrPop(target) | Op::JumpIfTrueOrPop(target) => {
                todo.push((target as usize, depth));
                todo.push((at + 1, depth - 1));
            }
            Op::ForIter(target) => {
                todo.push((target as usize, depth - 1));
                todo.push((at + 1, depth + 1));
            }
            _ => todo.push((at + 1, after)),
        }
        greatest = greatest.max(after);
    }
    greatest + 1
}

/// How many values an operation takes from the stack, and how many it leaves.
fn effect(op: Op) -> (u32, u32) {
    match op {
        Op::Const(_)
        | Op::LoadFast(_)
        | Op::LoadName(_)
        | Op::LoadGlobal(_)
        | Op::LoadDeref(_)
        | Op::LoadClassDeref(..)
        | Op::LoadClosure(_)
        | Op::LoadBuildClass
        | Op::Import(_)
        | Op::LoadAssertionError => (0, 1),
        Op::Copy(n) => (n, n + 1),
        Op::Swap(n) => (n, n),
        Op::Pop
        | Op::StoreFast(_)
        | Op::StoreName(_)
        | Op::StoreGlobal(_)
        | Op::StoreDeref(_)
        | Op::DeleteAttr(_)
        | Op::JumpIfFalse(_)
        | Op::JumpIfTrue(_)
        | Op::Return
        | Op::PopHandled
        | Op::Reraise => (1, 0),
        Op::DeleteFast(_)
        | Op::ClearFast(_)
        | Op::DeleteName(_)
        | Op::DeleteGlobal(_)
        | Op::DeleteDeref(_)
        | Op::Jump(_)
        | Op::JumpIfFalseOrPop(_)
        | Op::JumpIfTrueOrPop(_)
        | Op::ForIter(_) => (0, 0),
        Op::LoadAttr(_) | Op::Unary(_) | Op::ListToTuple | Op::Iterate | Op::Yield | Op::YieldFromIter => {
            (1, 1)
        }
        Op::LoadMethod(_) | Op::PushHandled | Op::WithEnter | Op::ImportFrom(_) => (1, 2),
        Op::StoreAttr(_) | Op::DeleteSubscript => (2, 0),
        Op::StoreSubscript => (3, 0),
        Op::Subscript
        | Op::Binary(_)
        | Op::Inplace(_)
        | Op::Compare(_)
        | Op::Is { .. }
        | Op::Contains { .. }
        | Op::YieldFrom => (2, 1),
        Op::Matches => (2, 2),
        Op::BuildTuple(n) | Op::BuildList(n) | Op::BuildSet(n) | Op::BuildString(n) | Op::BuildSlice(n) => {
            (n, 1)
        }
        Op::BuildMap(n) => (2 * n, 1),
        Op::ListAppend(n) | Op::SetAdd(n) => (n + 1, n),
        Op::MapAdd(n) => (n + 2, n),
        Op::ListExtend | Op::SetUpdate | Op::DictUpdate | Op::DictMerge => (2, 1),
        Op::Format { spec, .. } => (1 + u32::from(spec), 1),
        Op::Unpack(n) => (1, n),
        Op::UnpackStarred(before, after) => (1, before + 1 + after),
        Op::Call { arguments, .. } => (arguments + 1, 1),
        Op::CallMethod { arguments, .. } => (arguments + 2, 1),
        Op::CallEx { keywords } => (2 + u32::from(keywords), 1),
        Op::MakeFunction { defaults, keyword_defaults, closure, .. } => {
            (u32::from(defaults) + u32::from(keyword_defaults) + u32::from(closure), 1)
        }
        Op::Raise(n) => (n, 0),
        Op::WithExit => (3, 4),
    }
}

/// A call with arguments by position.
pub(super) fn plain_call(arguments: u32) -> Op {
    Op::Call { arguments, keywords: NO_KEYWORDS }
}
