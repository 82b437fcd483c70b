//! Programs as Python.
//!
//! A flat list of operations becomes a module and one function for each frame. Two passes: the first finds
//! out what the head of each function must say (which globals it binds, which locals it uses), the second
//! prints. The functions come in the order of their frames' opening.

use std::fmt::{self, Write};

use super::names::{BARE, CALLBACKS, FINALIZERS, name, word};
use crate::op::{Op, Var};
use crate::operands::{Kind, Operand, Role};
use crate::program::Program;

impl Program {
    /// Returns the program as a Python module.
    ///
    /// ```
    /// use gleaner_program::{Finalizer, Op, Program, Var};
    ///
    /// let program = Program::new([
    ///     Op::Push,
    ///     Op::Alloc { dst: Var::Local(0), fields: 1, finalizer: Finalizer::Log },
    ///     Op::Pop,
    ///     Op::Collect { generation: 2 },
    /// ]);
    /// let text = "from prelude import *\n\n\n\
    ///             def frame_1():\n    p = nil\n    p = node(1, \"log\")\n\n\n\
    ///             start()\nframe_1()\ncollect(2)\n";
    /// assert_eq!(program.to_python(), text);
    /// ```
    #[must_use]
    pub fn to_python(&self) -> String {
        let bodies = bodies(self.ops());
        let mut text = String::with_capacity(64 + 24 * self.len());
        text.push_str("from prelude import *\n\n\n");
        for (index, body) in bodies.iter().enumerate().skip(1) {
            body.print_function(index, &mut text);
        }
        text.push_str("start()\n");
        text.push_str(&bodies[0].lines);
        text
    }
}

impl Op {
    /// Returns the operation as one line of Python; `Push` and `Pop`, which have none of their own, as comments.
    ///
    /// The operation's variables must exist, as they do in a program.
    ///
    /// # Panics
    /// If the index of a variable is out of range.
    ///
    /// ```
    /// use gleaner_program::{Op, Var};
    /// let op = Op::Load { dst: Var::Local(1), node: Var::Global(0), field: 3 };
    /// assert_eq!(op.to_line(), "q = a.f3");
    /// ```
    #[must_use]
    pub fn to_line(&self) -> String {
        match self {
            Op::Push => "# a function is called".to_string(),
            Op::Pop => "# the function returns".to_string(),
            _ => {
                let mut line = String::new();
                write_line(self, &mut line).expect("a string takes any text");
                line
            }
        }
    }
}

/// What is known of the module (the first) or of one frame's function.
#[derive(Default)]
struct Body {
    /// Its lines, indented.
    lines: String,
    /// Globals bound or deleted, and locals used: nodes below, refs above.
    globals: u16,
    locals: u16,
}

impl Body {
    fn note(&mut self, Operand { kind, role, var }: Operand) {
        let bit = |index: u8| match kind {
            Kind::Node => 1 << index,
            Kind::Ref => 1 << (index + crate::op::NODE_VARS),
        };
        match var {
            Var::Global(index) if role != Role::Read => self.globals |= bit(index),
            Var::Global(_) => {}
            Var::Local(index) => self.locals |= bit(index),
        }
    }

    fn print_function(&self, index: usize, text: &mut String) {
        writeln!(text, "def frame_{index}():").expect("a string takes any text");
        let globals = names(self.globals, Var::Global);
        if !globals.is_empty() {
            text.push_str("    global ");
            text.push_str(&globals.join(", "));
            text.push('\n');
        }
        if let Some(line) = nil_line(self.locals) {
            text.push_str("    ");
            text.push_str(&line);
            text.push('\n');
        }
        text.push_str(if self.lines.is_empty() { "    pass\n" } else { &self.lines });
        text.push_str("\n\n");
    }
}

/// Returns the line that binds a set of locals to nil (nodes are the low bits), if there is any.
pub(crate) fn nil_line(locals: u16) -> Option<String> {
    let names = names(locals, Var::Local);
    (!names.is_empty()).then(|| names.join(" = ") + " = nil")
}

/// Returns the names in a set of variables, nodes first, each kind ascending.
fn names(set: u16, var: fn(u8) -> Var) -> Vec<&'static str> {
    let nodes = (0..crate::op::NODE_VARS).map(|index| (Kind::Node, index));
    let refs = (0..crate::op::REF_VARS).map(|index| (Kind::Ref, index));
    nodes
        .chain(refs)
        .enumerate()
        .filter(|(bit, _)| set >> bit & 1 == 1)
        .map(|(_, (kind, index))| name(kind, var(index)))
        .collect()
}

/// Distributes the operations of a program over the module and its functions.
fn bodies(ops: &[Op]) -> Vec<Body> {
    let mut bodies = vec![Body::default()];
    let mut open = vec![0];
    for op in ops {
        let current = open[open.len() - 1];
        let index = bodies.len();
        let body: &mut Body = &mut bodies[current];
        if *op == Op::Pop {
            open.pop();
            continue;
        }
        if current != 0 {
            body.lines.push_str("    ");
        }
        let written = if *op == Op::Push {
            write!(body.lines, "frame_{index}()")
        } else {
            op.each_var(|operand| body.note(operand));
            write_line(op, &mut body.lines)
        };
        written.expect("a string takes any text");
        body.lines.push('\n');
        if *op == Op::Push {
            bodies.push(Body::default());
            open.push(index);
        }
    }
    bodies
}

/// A node variable, printed as its name.
struct Node(Var);
/// A ref variable, printed as its name.
struct Ref(Var);

impl fmt::Display for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(name(Kind::Node, self.0))
    }
}

impl fmt::Display for Ref {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(name(Kind::Ref, self.0))
    }
}

/// Writes an operation other than `Push` and `Pop`, which write nothing.
fn write_line(op: &Op, out: &mut String) -> fmt::Result {
    match *op {
        Op::Alloc { dst, fields, finalizer } => match word(&FINALIZERS, &finalizer) {
            Some(word) => write!(out, "{} = node({fields}, \"{word}\")", Node(dst)),
            None => write!(out, "{} = node({fields})", Node(dst)),
        },
        Op::Copy { dst, src } => write!(out, "{} = {}", Node(dst), Node(src)),
        Op::Delete { var } => write!(out, "del {}", Node(var)),
        Op::Store { node, field, src } => write!(out, "{}.f{field} = {}", Node(node), Node(src)),
        Op::Clear { node, field } => write!(out, "{}.f{field} = nil", Node(node)),
        Op::Load { dst, node, field } => write!(out, "{} = {}.f{field}", Node(dst), Node(node)),
        Op::Ref { dst, node, callback } => match callback.and_then(|callback| word(&CALLBACKS, &callback)) {
            Some(word) => write!(out, "{} = ref({}, \"{word}\")", Ref(dst), Node(node)),
            None => write!(out, "{} = ref({})", Ref(dst), Node(node)),
        },
        Op::Deref { dst, src } => write!(out, "{} = {}()", Node(dst), Ref(src)),
        Op::CopyRef { dst, src } => write!(out, "{} = {}", Ref(dst), Ref(src)),
        Op::DeleteRef { var } => write!(out, "del {}", Ref(var)),
        Op::StoreRef { node, src } => write!(out, "{}.ref = {}", Node(node), Ref(src)),
        Op::ClearRef { node } => write!(out, "{}.ref = nil", Node(node)),
        Op::LoadRef { dst, node } => write!(out, "{} = {}.ref", Ref(dst), Node(node)),
        Op::Saved { dst } => write!(out, "{} = saved()", Node(dst)),
        Op::Collect { generation } => write!(out, "collect({generation})"),
        Op::SetThreshold { thresholds: [t0, t1, t2] } => write!(out, "set_threshold({t0}, {t1}, {t2})"),
        Op::Which { var } => write!(out, "which({})", Node(var)),
        Op::WhichRef { var } => write!(out, "which({})", Ref(var)),
        Op::Refcount { var } => write!(out, "getrefcount({})", Node(var)),
        Op::RefcountRef { var } => write!(out, "getrefcount({})", Ref(var)),
        Op::WeakrefCount { var } => write!(out, "getweakrefcount({})", Node(var)),
        Op::IsTracked { var } => write!(out, "is_tracked({})", Node(var)),
        Op::IsFinalized { var } => write!(out, "is_finalized({})", Node(var)),
        Op::Alive { src } => write!(out, "alive({})", Ref(src)),
        _ => match word(&BARE, op) {
            Some(word) => write!(out, "{word}()"),
            None => Ok(()),
        },
    }
}
