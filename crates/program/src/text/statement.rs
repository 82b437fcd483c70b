//! One Python statement as one operation.

use ruff_python_ast::{Expr, ExprCall, ExprName, Identifier, Stmt, StmtAssign};
use ruff_text_size::Ranged;

use super::arguments::{alloc, arguments, called, number, positional, word};
use super::error::Problem;
use super::head::{Head, is_nil};
use super::names::{self, CALLBACKS};
use crate::bindings::Bindings;
use crate::op::{Callback, MAX_FIELDS, Op, Var};
use crate::operands::{Kind, Role};

/// What a statement sees: the bindings before it, and its function's head.
pub(crate) struct Scope<'a> {
    pub(crate) bindings: &'a Bindings,
    pub(crate) head: Option<&'a Head>,
}

/// A field of a node: `f0`…`f3`, or `ref`.
enum Field {
    Numbered(u8),
    Ref,
}

impl Scope<'_> {
    /// Reads an assignment or a call.
    pub(crate) fn statement(&self, statement: &Stmt) -> Result<Op, Problem> {
        match statement {
            Stmt::Assign(assign) => self.assign(assign),
            Stmt::Expr(expr) => match &*expr.value {
                Expr::Call(call) => self.call(call),
                _ => Err(Problem::at(statement, "a statement is an assignment, a `del` or a call")),
            },
            Stmt::Global(_) => Err(Problem::at(statement, "`global` stands at the start of a function")),
            Stmt::FunctionDef(function) => {
                Err(Problem::at(&function.name, "functions are defined at module level, before `start()`"))
            }
            _ => Err(Problem::at(statement, "a statement is an assignment, a `del` or a call")),
        }
    }

    /// Reads one target of a `del`.
    pub(crate) fn delete(&self, target: &Expr) -> Result<Op, Problem> {
        let Expr::Name(name) = target else {
            return Err(Problem::at(target, "`del` takes variables"));
        };
        Ok(match self.variable(name, Role::Delete)? {
            (Kind::Node, var) => Op::Delete { var },
            (Kind::Ref, var) => Op::DeleteRef { var },
        })
    }

    fn assign(&self, assign: &StmtAssign) -> Result<Op, Problem> {
        let [target] = &assign.targets[..] else {
            return Err(Problem::at(
                assign,
                "one target at a time; only a function's first line sets several, its locals, to nil",
            ));
        };
        match target {
            Expr::Name(name) => {
                let (kind, dst) = self.variable(name, Role::Write)?;
                let (given, op) = self.value(&assign.value, dst)?;
                match (kind, given) {
                    (Kind::Node, Kind::Ref) => {
                        Err(Problem::at(assign, "a to h and p to w hold nodes, and this gives a ref"))
                    }
                    (Kind::Ref, Kind::Node) => {
                        Err(Problem::at(assign, "ra to rd and rp to rs hold refs, and this gives a node"))
                    }
                    _ => Ok(op),
                }
            }
            Expr::Attribute(attribute) => {
                let (node, field) = (self.node(&attribute.value)?, self.field(attribute, &attribute.attr)?);
                self.store(node, field, &assign.value)
            }
            _ => Err(Problem::at(target, "only a variable or a field of one is assigned to")),
        }
    }

    /// Reads what is assigned to the variable `dst`; returns what it gives, and the operation.
    fn value(&self, value: &Expr, dst: Var) -> Result<(Kind, Op), Problem> {
        match value {
            Expr::Name(_) if is_nil(value) => Err(Problem::at(
                value,
                "a variable gets nil only in a function's first line; use `del`, or set a field to nil",
            )),
            Expr::Name(name) => Ok(match self.variable(name, Role::Read)? {
                (Kind::Node, src) => (Kind::Node, Op::Copy { dst, src }),
                (Kind::Ref, src) => (Kind::Ref, Op::CopyRef { dst, src }),
            }),
            Expr::Attribute(attribute) => {
                let node = self.node(&attribute.value)?;
                Ok(match self.field(attribute, &attribute.attr)? {
                    Field::Numbered(field) => (Kind::Node, Op::Load { dst, node, field }),
                    Field::Ref => (Kind::Ref, Op::LoadRef { dst, node }),
                })
            }
            Expr::Call(call) => self.made(call, dst),
            _ => Err(Problem::at(value, "what is assigned is a variable, a field of one, or a call")),
        }
    }

    /// Reads a call whose answer goes into the variable `dst`.
    fn made(&self, call: &ExprCall, dst: Var) -> Result<(Kind, Op), Problem> {
        let (name, place) = called(call)?;
        match name {
            "node" => {
                let (fields, finalizer) = alloc(call)?;
                Ok((Kind::Node, Op::Alloc { dst, fields, finalizer }))
            }
            "ref" => {
                let (node, callback) = self.reference(call)?;
                Ok((Kind::Ref, Op::Ref { dst, node, callback }))
            }
            "saved" => {
                let [] = arguments(call, "saved()")?;
                Ok((Kind::Node, Op::Saved { dst }))
            }
            _ if matches!(names::variable(name), Some((Kind::Ref, _))) => {
                let (_, src) = self.variable(place, Role::Read)?;
                let [] = arguments(call, &format!("{name}()"))?;
                Ok((Kind::Node, Op::Deref { dst, src }))
            }
            _ => Err(Problem::at(call, "what is assigned is the answer of node, ref, saved or a ref")),
        }
    }

    fn store(&self, node: Var, field: Field, value: &Expr) -> Result<Op, Problem> {
        let source = match value {
            _ if is_nil(value) => None,
            Expr::Name(name) => Some(self.variable(name, Role::Read)?),
            _ => return Err(Problem::at(value, "a field is set to a variable or to nil")),
        };
        match (field, source) {
            (Field::Numbered(field), None) => Ok(Op::Clear { node, field }),
            (Field::Numbered(field), Some((Kind::Node, src))) => Ok(Op::Store { node, field, src }),
            (Field::Ref, None) => Ok(Op::ClearRef { node }),
            (Field::Ref, Some((Kind::Ref, src))) => Ok(Op::StoreRef { node, src }),
            (Field::Numbered(_), Some(_)) => {
                Err(Problem::at(value, "f0 to f3 hold nodes; a ref goes into ref"))
            }
            (Field::Ref, Some(_)) => Err(Problem::at(value, "ref holds a ref; a node goes into f0 to f3")),
        }
    }

    /// Reads a call that stands alone.
    fn call(&self, call: &ExprCall) -> Result<Op, Problem> {
        let (name, _) = called(call)?;
        if let Some(op) = names::bare(name) {
            let [] = arguments(call, &format!("{name}()"))?;
            return Ok(op);
        }
        match name {
            "collect" => {
                let [generation] = arguments(call, "collect(2)")?;
                let generation = number(generation, 3, "a generation is 0, 1 or 2; 3 is the invalid one")?;
                Ok(Op::Collect { generation: generation as u8 })
            }
            "set_threshold" => {
                let given: [&Expr; 3] = arguments(call, "set_threshold(700, 10, 10)")?;
                let mut thresholds = [0; 3];
                for (threshold, expr) in thresholds.iter_mut().zip(given) {
                    *threshold = number(expr, u16::MAX, "a threshold is a number from 0 to 65535")?;
                }
                Ok(Op::SetThreshold { thresholds })
            }
            "which" | "getrefcount" | "getweakrefcount" | "is_tracked" | "is_finalized" | "alive" => {
                self.question(name, call)
            }
            "node" | "ref" | "saved" => {
                Err(Problem::at(call, "the answer goes into a variable, as in `a = node(2)`"))
            }
            "start" => Err(Problem::at(call, "`start()` is called once, without arguments")),
            _ => Err(Problem::at(call, "there is no operation and no function of this name")),
        }
    }

    /// Reads a call that asks about one variable.
    fn question(&self, name: &str, call: &ExprCall) -> Result<Op, Problem> {
        let example = if name == "alive" { "alive(ra)".to_string() } else { format!("{name}(a)") };
        let [argument] = arguments(call, &example)?;
        let Expr::Name(variable) = argument else {
            return Err(Problem::at(argument, format!("this takes a variable: `{example}`")));
        };
        let (kind, var) = self.variable(variable, Role::Read)?;
        match (name, kind) {
            ("which", Kind::Node) => Ok(Op::Which { var }),
            ("which", Kind::Ref) => Ok(Op::WhichRef { var }),
            ("getrefcount", Kind::Node) => Ok(Op::Refcount { var }),
            ("getrefcount", Kind::Ref) => Ok(Op::RefcountRef { var }),
            ("getweakrefcount", Kind::Node) => Ok(Op::WeakrefCount { var }),
            ("is_tracked", Kind::Node) => Ok(Op::IsTracked { var }),
            ("is_finalized", Kind::Node) => Ok(Op::IsFinalized { var }),
            ("alive", Kind::Ref) => Ok(Op::Alive { src: var }),
            ("alive", Kind::Node) => Err(Problem::at(argument, "`alive` asks a ref: `alive(ra)`")),
            _ => Err(Problem::at(argument, format!("this asks a node: `{example}`"))),
        }
    }

    /// Reads `ref(a)` or `ref(a, "log")`.
    fn reference(&self, call: &ExprCall) -> Result<(Var, Option<Callback>), Problem> {
        match positional(call, "ref(a) or ref(a, \"log\")")? {
            [node] => Ok((self.node(node)?, None)),
            [node, callback] => Ok((self.node(node)?, Some(word(callback, &CALLBACKS)?))),
            _ => Err(Problem::at(call, "the form is `ref(a)` or `ref(a, \"log\")`")),
        }
    }

    /// Reads a node variable.
    fn node(&self, expr: &Expr) -> Result<Var, Problem> {
        let Expr::Name(name) = expr else {
            return Err(Problem::at(expr, "a node is named by a variable, a to h or p to w"));
        };
        match self.variable(name, Role::Read)? {
            (Kind::Node, var) => Ok(var),
            (Kind::Ref, _) => Err(Problem::at(expr, "this is a ref; nodes are in a to h and p to w")),
        }
    }

    fn field(&self, place: impl Ranged, name: &Identifier) -> Result<Field, Problem> {
        let numbered = name.as_str().strip_prefix('f').and_then(|digit| match digit.as_bytes() {
            [digit @ b'0'..=b'9'] => Some(digit - b'0'),
            _ => None,
        });
        match (name.as_str(), numbered) {
            ("ref", _) => Ok(Field::Ref),
            (_, Some(field)) if field < MAX_FIELDS => Ok(Field::Numbered(field)),
            _ => Err(Problem::at(place, "a node has the fields f0 to f3 and ref")),
        }
    }

    /// Reads a variable that may stand here in this role.
    fn variable(&self, name: &ExprName, role: Role) -> Result<(Kind, Var), Problem> {
        let text = name.id.as_str();
        let Some((kind, var)) = names::variable(text) else {
            return Err(Problem::at(
                name,
                "the variables are a to h and ra to rd, and in functions p to w and rp to rs",
            ));
        };
        match (var, self.head) {
            (Var::Local(_), None) => {
                Err(Problem::at(name, "this is a local of functions; the module has a to h and ra to rd"))
            }
            (Var::Local(_), Some(head)) if !head.binds(kind, var) => Err(Problem::at(
                name,
                format!("the function must begin by setting its locals to nil: `{text} = nil`"),
            )),
            (Var::Global(_), Some(head)) if role != Role::Read && !head.binds(kind, var) => Err(Problem::at(
                name,
                format!("the function must begin with `global {text}` to bind or delete it"),
            )),
            _ if role != Role::Write && !self.bindings.is_bound(kind, var) => {
                Err(Problem::at(name, "the variable is not bound here"))
            }
            _ => Ok((kind, var)),
        }
    }
}
