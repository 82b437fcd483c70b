//! The compiler: a unit for each code object, and the variables.

use std::sync::Arc;

use ruff_text_size::{Ranged, TextRange};

use super::assemble::{Assembler, Label, plain_call};
use super::scope::{ScopeKind, Scopes, Variable};
use super::{Code, CompileError, Constant, Lines, Op};

/// What a `break`, `continue` or `return` has to leave behind.
pub(super) enum Block<'a> {
    /// A loop; of a `for`, the iterator is on the stack.
    Loop { next: Label, end: Label, iterator: bool },
    /// The body of a `try`: exceptions go to the label.
    Try { start: usize, target: Label, above: u32, finally: Option<&'a [ruff_python_ast::Stmt]> },
    /// A handler: on the stack is what was handled before. Exceptions go to the label.
    Handler { start: usize, target: Label },
    /// The name of a handler, which is unbound at its end. Exceptions go to the label.
    HandlerName { start: usize, target: Label, name: String },
    /// A `finally` on the way of a `return`, whose value is on the stack.
    Value,
    /// The `finally` after an exception: on the stack are what was handled before, and the exception.
    Finally { start: usize, target: Label },
    /// A `with`: on the stack is `exit`.
    With { start: usize, target: Label },
}

/// One code object while it is compiled.
pub(super) struct Unit<'a> {
    pub(super) scope: usize,
    pub(super) code: Assembler,
    pub(super) blocks: Vec<Block<'a>>,
    pub(super) qualified_name: String,
    pub(super) name: String,
}

/// The compiler.
pub(super) struct Compiler<'a> {
    pub(super) scopes: Scopes,
    pub(super) lines: &'a Lines<'a>,
    pub(super) units: Vec<Unit<'a>>,
    /// The operations of the code objects that are done.
    pub(super) made: usize,
}

pub(super) type Compiled<T = ()> = Result<T, CompileError>;

impl<'a> Compiler<'a> {
    pub(super) fn unit(&mut self) -> &mut Unit<'a> {
        self.units.last_mut().expect("there is always a unit")
    }

    pub(super) fn code(&mut self) -> &mut Assembler {
        &mut self.unit().code
    }

    pub(super) fn emit(&mut self, op: Op) {
        self.code().emit(op);
    }

    pub(super) fn load(&mut self, constant: Constant) {
        self.code().load(constant);
    }

    pub(super) fn label(&mut self) -> Label {
        self.code().label()
    }

    pub(super) fn place(&mut self, label: Label) {
        self.code().place(label);
    }

    pub(super) fn jump(&mut self, op: fn(super::Target) -> Op, label: Label) {
        self.code().jump(op, label);
    }

    /// Says where in the text the next operations come from.
    pub(super) fn at(&mut self, range: TextRange) {
        let position = self.lines.position(range.start());
        self.code().position = position;
    }

    pub(super) fn fail<T>(&self, message: impl Into<String>, node: &impl Ranged) -> Compiled<T> {
        Err(CompileError { message: message.into(), position: self.lines.position(node.start()) })
    }

    pub(super) fn not_in_subset<T>(&self, what: &str, node: &impl Ranged) -> Compiled<T> {
        self.fail(format!("{what} is not in Gleaner's subset of Python"), node)
    }

    pub(super) fn scope_kind(&mut self) -> ScopeKind {
        let scope = self.unit().scope;
        self.scopes.all[scope].kind
    }

    /// Begins a code object.
    pub(super) fn open(&mut self, scope: usize, name: &str) {
        let qualified_name = match self.units.last() {
            None => name.to_string(),
            Some(outer) => match self.scopes.all[outer.scope].kind {
                ScopeKind::Module => name.to_string(),
                ScopeKind::Class => format!("{}.{name}", outer.qualified_name),
                _ => format!("{}.<locals>.{name}", outer.qualified_name),
            },
        };
        let position = self.units.last().map(|outer| outer.code.position).unwrap_or_default();
        let mut code = Assembler::default();
        code.position = position;
        self.units.push(Unit { scope, code, blocks: Vec::new(), qualified_name, name: name.into() });
    }

    pub(super) fn drop_below(&mut self, value: bool) {
        if value {
            self.emit(Op::Swap(2));
        }
        self.emit(Op::Pop);
    }

    pub(super) fn pop_handled_below(&mut self, value: bool) {
        if value {
            self.emit(Op::Swap(2));
        }
        self.emit(Op::PopHandled);
    }

    pub(super) fn unbind(&mut self, name: &str) {
        self.load(Constant::None);
        self.store_variable(name);
        self.delete_variable(name);
    }

    /// Calls the `exit` on the stack at an end without an exception.
    pub(super) fn call_exit(&mut self) {
        for _ in 0..3 {
            self.load(Constant::None);
        }
        self.emit(plain_call(3));
        self.emit(Op::Pop);
    }

    /// Ends a code object.
    pub(super) fn close(&mut self) -> Code {
        let unit = self.units.pop().expect("it was opened");
        self.made += unit.code.here();
        let scope = &self.scopes.all[unit.scope];
        let list = |names: &[String]| names.iter().map(|name| name.as_str().into()).collect();
        let cell_parameters = scope
            .cells
            .iter()
            .map(|cell| {
                let place = scope.parameters.iter().position(|parameter| parameter == cell);
                place.and_then(|place| u32::try_from(place).ok())
            })
            .collect();
        Code {
            name: unit.name.into(),
            qualified_name: unit.qualified_name.into(),
            locals: list(&scope.locals),
            cells: list(&scope.cells),
            cell_parameters,
            free: list(&scope.free),
            is_generator: scope.is_generator && scope.kind != ScopeKind::Module,
            has_names: matches!(scope.kind, ScopeKind::Module | ScopeKind::Class),
            ..unit.code.finish()
        }
    }

    fn local(&self, scope: usize, name: &str) -> u32 {
        let place = self.scopes.all[scope].locals.iter().position(|local| local == name);
        u32::try_from(place.expect("the scope knows its locals")).expect("fewer than 2^32")
    }

    /// The number of a cell: the scope's own first, then those of the closure.
    pub(super) fn cell(&self, scope: usize, name: &str) -> u32 {
        let scope = &self.scopes.all[scope];
        let place = scope.cells.iter().chain(&scope.free).position(|cell| cell == name);
        u32::try_from(place.expect("the scope knows its cells")).expect("fewer than 2^32")
    }

    fn variable(&mut self, name: &str) -> (usize, String, Variable) {
        let index = self.unit().scope;
        let scope = &self.scopes.all[index];
        let name = scope.mangle(name);
        let variable = scope.variable(&name);
        (index, name, variable)
    }

    pub(super) fn load_variable(&mut self, name: &str) {
        let (scope, name, variable) = self.variable(name);
        let op = match variable {
            Variable::Local => Op::LoadFast(self.local(scope, &name)),
            Variable::Cell | Variable::Free => {
                let cell = self.cell(scope, &name);
                if self.scopes.all[scope].kind == ScopeKind::Class {
                    Op::LoadClassDeref(self.code().name(&name), cell)
                } else {
                    Op::LoadDeref(cell)
                }
            }
            Variable::Global => Op::LoadGlobal(self.code().name(&name)),
            Variable::Name => Op::LoadName(self.code().name(&name)),
        };
        self.emit(op);
    }

    pub(super) fn store_variable(&mut self, name: &str) {
        let (scope, name, variable) = self.variable(name);
        let op = match variable {
            Variable::Local => Op::StoreFast(self.local(scope, &name)),
            Variable::Cell | Variable::Free => Op::StoreDeref(self.cell(scope, &name)),
            Variable::Global => Op::StoreGlobal(self.code().name(&name)),
            Variable::Name => Op::StoreName(self.code().name(&name)),
        };
        self.emit(op);
    }

    pub(super) fn delete_variable(&mut self, name: &str) {
        let (scope, name, variable) = self.variable(name);
        let op = match variable {
            Variable::Local => Op::DeleteFast(self.local(scope, &name)),
            Variable::Cell | Variable::Free => Op::DeleteDeref(self.cell(scope, &name)),
            Variable::Global => Op::DeleteGlobal(self.code().name(&name)),
            Variable::Name => Op::DeleteName(self.code().name(&name)),
        };
        self.emit(op);
    }

    /// The name of an attribute: private ones are mangled.
    pub(super) fn attribute(&mut self, name: &str) -> u32 {
        let scope = self.unit().scope;
        let mangled = self.scopes.all[scope].mangle(name);
        self.code().name(&mangled)
    }

    /// Emits the making of a function of a code object. Defaults are on the stack.
    pub(super) fn make_function(&mut self, code: Code, scope: usize, defaults: bool, keyword_defaults: bool) {
        let free = self.scopes.all[scope].free.clone();
        let outer = self.unit().scope;
        for name in &free {
            let cell = self.cell(outer, name);
            self.emit(Op::LoadClosure(cell));
        }
        let closure = !free.is_empty();
        if closure {
            self.emit(Op::BuildTuple(u32::try_from(free.len()).expect("fewer than 2^32")));
        }
        let code = self.code().constant(Constant::Code(Arc::new(code)));
        self.emit(Op::MakeFunction { code, defaults, keyword_defaults, closure });
    }
}
