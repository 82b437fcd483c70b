//! Which variable a name is: CPython's symbol tables.
//!
//! The first walk notes for each function, class and comprehension which names it binds and uses; the second resolves
//! them. A scope is found again by the place of its node in the text.

use std::collections::{BTreeSet, HashMap};

use ruff_python_ast::visitor::{self, Visitor};
use ruff_python_ast::{Comprehension, Expr, ExprContext, Parameters, Stmt};
use ruff_text_size::{Ranged, TextRange};

use super::{CompileError, Lines};

/// What a scope is of.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum ScopeKind {
    Module,
    Function,
    Class,
    Comprehension,
}

/// Which variable a name is in a scope.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Variable {
    Local,
    Cell,
    Free,
    Global,
    /// In a module or a class body: by name.
    Name,
}

#[derive(Default)]
struct Use {
    bound: bool,
    used: bool,
    parameter: bool,
    global: bool,
    nonlocal: bool,
}

pub(super) struct Scope {
    pub(super) kind: ScopeKind,
    parent: Option<usize>,
    uses: HashMap<String, Use>,
    order: Vec<String>,
    /// The class whose private names are mangled.
    class_name: Option<String>,
    pub(super) is_generator: bool,
    pub(super) parameters: Vec<String>,
    variables: HashMap<String, Variable>,
    pub(super) cells: Vec<String>,
    pub(super) free: Vec<String>,
    pub(super) locals: Vec<String>,
}

impl Scope {
    pub(super) fn variable(&self, name: &str) -> Variable {
        let default = match self.kind {
            ScopeKind::Module | ScopeKind::Class => Variable::Name,
            _ => Variable::Global,
        };
        self.variables.get(name).copied().unwrap_or(default)
    }

    pub(super) fn mangle(&self, name: &str) -> String {
        match &self.class_name {
            Some(class) if name.starts_with("__") && !name.ends_with("__") && !name.contains('.') => {
                let class = class.trim_start_matches('_');
                if class.is_empty() { name.to_string() } else { format!("_{class}{name}") }
            }
            _ => name.to_string(),
        }
    }
}

/// All scopes of a text.
pub(super) struct Scopes {
    pub(super) all: Vec<Scope>,
    of: HashMap<(TextRange, bool), usize>,
}

impl Scopes {
    pub(super) fn build(body: &[Stmt], lines: &Lines) -> Result<Scopes, CompileError> {
        let mut builder = Builder {
            scopes: Scopes { all: Vec::new(), of: HashMap::new() },
            current: 0,
            lines,
            error: None,
        };
        builder.open(ScopeKind::Module, TextRange::default(), None);
        builder.visit_body(body);
        if let Some(error) = builder.error {
            return Err(error);
        }
        let mut scopes = builder.scopes;
        for index in 0..scopes.all.len() {
            scopes.resolve(index);
        }
        scopes.finish();
        Ok(scopes)
    }

    /// The scope of a node.
    pub(super) fn of(&self, range: TextRange, class: bool) -> usize {
        self.of[&(range, class)]
    }

    fn resolve(&mut self, index: usize) {
        let names = self.all[index].order.clone();
        for name in names {
            let scope = &self.all[index];
            let (bound, global, nonlocal) = {
                let of = &scope.uses[&name];
                (of.bound || of.parameter, of.global, of.nonlocal)
            };
            let local_kind = matches!(scope.kind, ScopeKind::Function | ScopeKind::Comprehension);
            if global {
                self.all[index].variables.insert(name, Variable::Global);
            } else if bound && !nonlocal {
                if local_kind {
                    // A cell is marked by those who use it.
                    self.all[index].variables.entry(name).or_insert(Variable::Local);
                }
            } else if let Some(owner) = self.owner(index, &name) {
                self.all[owner].variables.insert(name.clone(), Variable::Cell);
                let mut between = Some(index);
                while let Some(scope) = between.filter(|scope| *scope != owner) {
                    self.all[scope].variables.insert(name.clone(), Variable::Free);
                    between = self.all[scope].parent;
                }
            }
        }
    }

    /// The function around a scope that binds a name.
    fn owner(&self, index: usize, name: &str) -> Option<usize> {
        let mut outer = self.all[index].parent;
        while let Some(scope) = outer {
            let of = &self.all[scope];
            if of.kind == ScopeKind::Class && name == "__class__" {
                return Some(scope);
            }
            if matches!(of.kind, ScopeKind::Function | ScopeKind::Comprehension)
                && let Some(uses) = of.uses.get(name)
            {
                if uses.global {
                    return None;
                }
                if (uses.bound || uses.parameter) && !uses.nonlocal {
                    return Some(scope);
                }
            }
            outer = of.parent;
        }
        None
    }

    fn finish(&mut self) {
        for scope in &mut self.all {
            let with = |wanted: Variable| {
                let names: BTreeSet<String> = scope
                    .variables
                    .iter()
                    .filter(|(_, variable)| **variable == wanted)
                    .map(|(name, _)| name.clone())
                    .collect();
                names.into_iter().collect::<Vec<_>>()
            };
            scope.cells = with(Variable::Cell);
            scope.free = with(Variable::Free);
            let mut locals = scope.parameters.clone();
            for name in &scope.order {
                if scope.variables.get(name) == Some(&Variable::Local) && !locals.contains(name) {
                    locals.push(name.clone());
                }
            }
            scope.locals = locals;
        }
    }
}

struct Builder<'a> {
    scopes: Scopes,
    current: usize,
    lines: &'a Lines<'a>,
    error: Option<CompileError>,
}

impl Builder<'_> {
    fn open(&mut self, kind: ScopeKind, range: TextRange, class: Option<&str>) -> usize {
        let index = self.scopes.all.len();
        let parent = (index > 0).then_some(self.current);
        let class_name = class
            .map(str::to_string)
            .or_else(|| parent.and_then(|parent| self.scopes.all[parent].class_name.clone()));
        self.scopes.all.push(Scope {
            kind,
            parent,
            uses: HashMap::new(),
            order: Vec::new(),
            class_name,
            is_generator: false,
            parameters: Vec::new(),
            variables: HashMap::new(),
            cells: Vec::new(),
            free: Vec::new(),
            locals: Vec::new(),
        });
        self.scopes.of.insert((range, kind == ScopeKind::Class), index);
        let before = self.current;
        self.current = index;
        before
    }

    fn note(&mut self, scope: usize, name: &str) -> &mut Use {
        let name = self.scopes.all[scope].mangle(name);
        let scope = &mut self.scopes.all[scope];
        if !scope.uses.contains_key(&name) {
            scope.order.push(name.clone());
        }
        scope.uses.entry(name).or_default()
    }

    fn bind(&mut self, name: &str) {
        self.note(self.current, name).bound = true;
    }

    fn used(&mut self, name: &str) {
        self.note(self.current, name).used = true;
        let inside =
            matches!(self.scopes.all[self.current].kind, ScopeKind::Function | ScopeKind::Comprehension);
        if name == "super" && inside {
            self.note(self.current, "__class__").used = true;
        }
    }

    fn fail(&mut self, message: String, range: TextRange) {
        if self.error.is_none() {
            self.error = Some(CompileError { message, position: self.lines.position(range.start()) });
        }
    }

    fn parameters(&mut self, parameters: &Parameters) {
        let positional = parameters.posonlyargs.iter().chain(&parameters.args).chain(&parameters.kwonlyargs);
        let names = positional
            .map(|parameter| &parameter.parameter.name)
            .chain(parameters.vararg.iter().map(|parameter| &parameter.name))
            .chain(parameters.kwarg.iter().map(|parameter| &parameter.name));
        for name in names {
            let current = self.current;
            let of = self.note(current, name.as_str());
            if of.parameter {
                self.fail(format!("duplicate argument '{name}' in function definition"), name.range());
                return;
            }
            of.parameter = true;
            let mangled = self.scopes.all[current].mangle(name.as_str());
            self.scopes.all[current].parameters.push(mangled);
        }
    }

    fn defaults(&mut self, parameters: &Parameters) {
        for parameter in parameters.posonlyargs.iter().chain(&parameters.args).chain(&parameters.kwonlyargs) {
            if let Some(default) = &parameter.default {
                self.visit_expr(default);
            }
        }
    }

    fn comprehension(&mut self, range: TextRange, parts: &[&Expr], generators: &[Comprehension], lazy: bool) {
        let Some((first, rest)) = generators.split_first() else { return };
        self.visit_expr(&first.iter);
        let before = self.open(ScopeKind::Comprehension, range, None);
        let current = self.current;
        self.note(current, ".0").parameter = true;
        self.scopes.all[current].parameters.push(".0".into());
        self.scopes.all[current].is_generator = lazy;
        self.visit_expr(&first.target);
        first.ifs.iter().for_each(|condition| self.visit_expr(condition));
        for generator in rest {
            self.visit_expr(&generator.iter);
            self.visit_expr(&generator.target);
            generator.ifs.iter().for_each(|condition| self.visit_expr(condition));
        }
        parts.iter().for_each(|part| self.visit_expr(part));
        self.current = before;
    }

    fn declare(&mut self, name: &str, range: TextRange, global: bool) {
        let current = self.current;
        let kind = self.scopes.all[current].kind;
        let word = if global { "global" } else { "nonlocal" };
        if !global && kind == ScopeKind::Module {
            return self.fail("nonlocal declaration not allowed at module level".into(), range);
        }
        let of = self.note(current, name);
        let problem = if of.parameter {
            Some(format!("name '{name}' is parameter and {word}"))
        } else if of.bound {
            Some(format!("name '{name}' is assigned to before {word} declaration"))
        } else if of.used {
            Some(format!("name '{name}' is used prior to {word} declaration"))
        } else if (global && of.nonlocal) || (!global && of.global) {
            Some(format!("name '{name}' is nonlocal and global"))
        } else {
            None
        };
        if let Some(problem) = problem {
            return self.fail(problem, range);
        }
        if global {
            of.global = true;
            self.note(0, name);
        } else {
            of.nonlocal = true;
            let mangled = self.scopes.all[current].mangle(name);
            if self.scopes.owner(current, &mangled).is_none() {
                self.fail(format!("no binding for nonlocal '{name}' found"), range);
            }
        }
    }

    /// `name := value` in a comprehension binds the name around it.
    fn bind_walrus(&mut self, name: &str) {
        let mut scope = self.current;
        let mut inner = Vec::new();
        while self.scopes.all[scope].kind == ScopeKind::Comprehension {
            inner.push(scope);
            scope = self.scopes.all[scope].parent.unwrap_or(0);
        }
        if inner.is_empty() {
            return self.bind(name);
        }
        let outer_global = {
            let kind = self.scopes.all[scope].kind;
            let of = self.note(scope, name);
            if !of.global && !of.nonlocal {
                of.bound = true;
            }
            kind != ScopeKind::Function || of.global
        };
        for scope in inner {
            let of = self.note(scope, name);
            if outer_global { of.global = true } else { of.nonlocal = true }
        }
    }
}

impl<'a> Visitor<'a> for Builder<'_> {
    fn visit_annotation(&mut self, _: &'a Expr) {}

    fn visit_stmt(&mut self, statement: &'a Stmt) {
        match statement {
            Stmt::FunctionDef(function) => {
                function.decorator_list.iter().for_each(|decorator| self.visit_expr(&decorator.expression));
                self.defaults(&function.parameters);
                self.bind(function.name.as_str());
                let before = self.open(ScopeKind::Function, function.range, None);
                self.parameters(&function.parameters);
                self.visit_body(&function.body);
                self.current = before;
            }
            Stmt::ClassDef(class) => {
                class.decorator_list.iter().for_each(|decorator| self.visit_expr(&decorator.expression));
                if let Some(arguments) = &class.arguments {
                    arguments.args.iter().for_each(|argument| self.visit_expr(argument));
                    arguments.keywords.iter().for_each(|keyword| self.visit_expr(&keyword.value));
                }
                self.bind(class.name.as_str());
                let before = self.open(ScopeKind::Class, class.range, Some(class.name.as_str()));
                self.visit_body(&class.body);
                self.current = before;
            }
            Stmt::Global(global) => {
                global.names.iter().for_each(|name| self.declare(name.as_str(), name.range(), true));
            }
            Stmt::Nonlocal(nonlocal) => {
                nonlocal.names.iter().for_each(|name| self.declare(name.as_str(), name.range(), false));
            }
            Stmt::Import(import) => {
                for alias in &import.names {
                    self.bind(alias.asname.as_ref().unwrap_or(&alias.name).as_str());
                }
            }
            Stmt::ImportFrom(import) => {
                for alias in &import.names {
                    self.bind(alias.asname.as_ref().unwrap_or(&alias.name).as_str());
                }
            }
            Stmt::Try(attempt) => {
                self.visit_body(&attempt.body);
                for handler in &attempt.handlers {
                    let ruff_python_ast::ExceptHandler::ExceptHandler(handler) = handler;
                    handler.type_.iter().for_each(|class| self.visit_expr(class));
                    if let Some(name) = &handler.name {
                        self.bind(name.as_str());
                    }
                    self.visit_body(&handler.body);
                }
                self.visit_body(&attempt.orelse);
                self.visit_body(&attempt.finalbody);
            }
            _ => visitor::walk_stmt(self, statement),
        }
    }

    fn visit_expr(&mut self, expression: &'a Expr) {
        match expression {
            Expr::Name(name) => match name.ctx {
                ExprContext::Load => self.used(name.id.as_str()),
                _ => self.bind(name.id.as_str()),
            },
            Expr::Named(named) => {
                self.visit_expr(&named.value);
                match &*named.target {
                    Expr::Name(name) => self.bind_walrus(name.id.as_str()),
                    target => self.visit_expr(target),
                }
            }
            Expr::Lambda(lambda) => {
                if let Some(parameters) = &lambda.parameters {
                    self.defaults(parameters);
                }
                let before = self.open(ScopeKind::Function, lambda.range, None);
                if let Some(parameters) = &lambda.parameters {
                    self.parameters(parameters);
                }
                self.visit_expr(&lambda.body);
                self.current = before;
            }
            Expr::ListComp(comp) => self.comprehension(comp.range, &[&comp.elt], &comp.generators, false),
            Expr::SetComp(comp) => self.comprehension(comp.range, &[&comp.elt], &comp.generators, false),
            Expr::Generator(comp) => self.comprehension(comp.range, &[&comp.elt], &comp.generators, true),
            Expr::DictComp(comp) => {
                let mut parts: Vec<&Expr> = comp.key.iter().map(|key| &**key).collect();
                parts.push(&comp.value);
                self.comprehension(comp.range, &parts, &comp.generators, false);
            }
            Expr::Yield(_) | Expr::YieldFrom(_) => {
                let current = self.current;
                self.scopes.all[current].is_generator = true;
                visitor::walk_expr(self, expression);
            }
            _ => visitor::walk_expr(self, expression),
        }
    }
}
