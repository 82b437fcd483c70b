//! Functions, lambdas, classes, comprehensions and calls.

use ruff_python_ast::{
    Comprehension, Expr, ExprCall, ExprLambda, Keyword, Parameters, Stmt, StmtClassDef, StmtFunctionDef,
};
use ruff_text_size::{Ranged, TextRange};

use super::assemble::plain_call;
use super::compiler::{Compiled, Compiler};
use super::expression::count;
use super::{Code, Constant, NO_KEYWORDS, Op, fold};

impl<'a> Compiler<'a> {
    pub(super) fn function(&mut self, function: &'a StmtFunctionDef) -> Compiled {
        if function.is_async {
            return self.not_in_subset("'async def'", function);
        }
        self.decorators(&function.decorator_list)?;
        let (defaults, keyword_defaults) = self.defaults(&function.parameters)?;
        let scope = self.scopes.of(function.range, false);
        self.open(scope, function.name.as_str());
        let doc = docstring(&function.body);
        let body = if doc.is_some() { &function.body[1..] } else { &function.body[..] };
        self.body(body)?;
        self.end_of_function();
        let code = Code { doc, ..self.close_with(&function.parameters) };
        self.at(function.range);
        self.make_function(code, scope, defaults, keyword_defaults);
        for _ in &function.decorator_list {
            self.emit(plain_call(1));
        }
        self.store_variable(function.name.as_str());
        Ok(())
    }

    fn end_of_function(&mut self) {
        if self.code().is_reachable() {
            self.load(Constant::None);
            self.emit(Op::Return);
        }
    }

    fn decorators(&mut self, decorators: &'a [ruff_python_ast::Decorator]) -> Compiled {
        decorators.iter().try_for_each(|decorator| self.expression(&decorator.expression))
    }

    pub(super) fn lambda(&mut self, lambda: &'a ExprLambda) -> Compiled {
        let (defaults, keyword_defaults) = match &lambda.parameters {
            Some(parameters) => self.defaults(parameters)?,
            None => (false, false),
        };
        let scope = self.scopes.of(lambda.range, false);
        self.open(scope, "<lambda>");
        self.expression(&lambda.body)?;
        self.emit(Op::Return);
        let code = match &lambda.parameters {
            Some(parameters) => self.close_with(parameters),
            None => self.close(),
        };
        self.make_function(code, scope, defaults, keyword_defaults);
        Ok(())
    }

    fn close_with(&mut self, parameters: &Parameters) -> Code {
        Code {
            positional: count(parameters.posonlyargs.len() + parameters.args.len()),
            positional_only: count(parameters.posonlyargs.len()),
            keyword_only: count(parameters.kwonlyargs.len()),
            has_args: parameters.vararg.is_some(),
            has_kwargs: parameters.kwarg.is_some(),
            ..self.close()
        }
    }

    /// Emits the values of defaults: a tuple, and a dict of those of keyword-only parameters.
    fn defaults(&mut self, parameters: &'a Parameters) -> Compiled<(bool, bool)> {
        let positional: Vec<&'a Expr> = parameters
            .posonlyargs
            .iter()
            .chain(&parameters.args)
            .filter_map(|parameter| parameter.default.as_deref())
            .collect();
        if !positional.is_empty() {
            let constants: Option<Vec<Constant>> =
                positional.iter().map(|value| fold::constant(value)).collect();
            match constants {
                Some(constants) => self.load(Constant::Tuple(constants.into())),
                None => {
                    for value in &positional {
                        self.expression(value)?;
                    }
                    self.emit(Op::BuildTuple(count(positional.len())));
                }
            }
        }
        let mut named = 0;
        for parameter in &parameters.kwonlyargs {
            if let Some(default) = &parameter.default {
                self.load(Constant::Str(parameter.parameter.name.as_str().into()));
                self.expression(default)?;
                named += 1;
            }
        }
        if named > 0 {
            self.emit(Op::BuildMap(named));
        }
        Ok((!positional.is_empty(), named > 0))
    }

    pub(super) fn class(&mut self, class: &'a StmtClassDef) -> Compiled {
        if class.type_params.is_some() {
            return self.not_in_subset("a type parameter", class);
        }
        self.decorators(&class.decorator_list)?;
        self.at(class.range);
        self.emit(Op::LoadBuildClass);
        let scope = self.scopes.of(class.range, true);
        self.open(scope, class.name.as_str());
        let qualified_name = self.unit().qualified_name.clone();
        self.load_variable("__name__");
        self.store_variable("__module__");
        self.load(Constant::Str(qualified_name.into()));
        self.store_variable("__qualname__");
        let doc = docstring(&class.body);
        if let Some(doc) = &doc {
            self.load(Constant::Str(doc.clone()));
            self.store_variable("__doc__");
        }
        let body = if doc.is_some() { &class.body[1..] } else { &class.body[..] };
        self.body(body)?;
        if self.scopes.all[scope].cells.iter().any(|cell| cell == "__class__") {
            let cell = self.cell(scope, "__class__");
            self.emit(Op::LoadClosure(cell));
            self.emit(Op::Copy(1));
            let name = self.code().name("__classcell__");
            self.emit(Op::StoreName(name));
        } else {
            self.load(Constant::None);
        }
        self.emit(Op::Return);
        let code = self.close();
        self.at(class.range);
        self.make_function(code, scope, false, false);
        self.load(Constant::Str(class.name.as_str().into()));
        let (args, keywords): (&'a [Expr], &'a [Keyword]) = match &class.arguments {
            Some(arguments) => (&arguments.args, &arguments.keywords),
            None => (&[], &[]),
        };
        self.finish_call(2, args, keywords, false)?;
        for _ in &class.decorator_list {
            self.emit(plain_call(1));
        }
        self.store_variable(class.name.as_str());
        Ok(())
    }

    pub(super) fn call(&mut self, call: &'a ExprCall) -> Compiled {
        let arguments = &call.arguments;
        let spread = arguments.args.iter().any(Expr::is_starred_expr)
            || arguments.keywords.iter().any(|keyword| keyword.arg.is_none());
        let method = match &*call.func {
            Expr::Attribute(attribute) if !spread => {
                self.expression(&attribute.value)?;
                let name = self.attribute(attribute.attr.as_str());
                self.at(attribute.range);
                self.emit(Op::LoadMethod(name));
                true
            }
            function => {
                self.expression(function)?;
                false
            }
        };
        let range = TextRange::new(call.range_start, call.arguments.range.end());
        self.at(range);
        self.finish_call(0, &arguments.args, &arguments.keywords, method)?;
        Ok(())
    }

    /// Emits arguments and the call. So many arguments are on the stack already.
    fn finish_call(
        &mut self,
        given: u32,
        args: &'a [Expr],
        keywords: &'a [Keyword],
        method: bool,
    ) -> Compiled {
        let position = self.code().position;
        let spread =
            args.iter().any(Expr::is_starred_expr) || keywords.iter().any(|keyword| keyword.arg.is_none());
        if spread {
            return self.spread_call(given, args, keywords);
        }
        for argument in args {
            self.expression(argument)?;
        }
        let mut names: Vec<Constant> = Vec::new();
        for keyword in keywords {
            let Some(name) = &keyword.arg else { continue };
            let name = Constant::Str(name.as_str().into());
            if names.iter().any(|other| format!("{other:?}") == format!("{name:?}")) {
                return self.fail("keyword argument repeated", keyword);
            }
            self.expression(&keyword.value)?;
            names.push(name);
        }
        let arguments = given + count(args.len() + keywords.len());
        let keywords =
            if names.is_empty() { NO_KEYWORDS } else { self.code().constant(Constant::Tuple(names.into())) };
        self.code().position = position;
        self.emit(if method {
            Op::CallMethod { arguments, keywords }
        } else {
            Op::Call { arguments, keywords }
        });
        Ok(())
    }

    fn spread_call(&mut self, given: u32, args: &'a [Expr], keywords: &'a [Keyword]) -> Compiled {
        let position = self.code().position;
        self.emit(Op::BuildList(given));
        for argument in args {
            match argument {
                Expr::Starred(starred) => {
                    self.expression(&starred.value)?;
                    self.emit(Op::ListExtend);
                }
                argument => {
                    self.expression(argument)?;
                    self.emit(Op::ListAppend(1));
                }
            }
        }
        self.emit(Op::ListToTuple);
        if !keywords.is_empty() {
            self.emit(Op::BuildMap(0));
            for keyword in keywords {
                match &keyword.arg {
                    Some(name) => {
                        self.load(Constant::Str(name.as_str().into()));
                        self.expression(&keyword.value)?;
                        self.emit(Op::BuildMap(1));
                        self.emit(Op::DictMerge);
                    }
                    None => {
                        self.expression(&keyword.value)?;
                        self.emit(Op::DictMerge);
                    }
                }
            }
        }
        self.code().position = position;
        self.emit(Op::CallEx { keywords: !keywords.is_empty() });
        Ok(())
    }

    /// A comprehension is a function of one parameter, the iterator of the first `for`.
    pub(super) fn comprehension(
        &mut self,
        range: TextRange,
        name: &str,
        parts: &[&'a Expr],
        generators: &'a [Comprehension],
    ) -> Compiled {
        let Some((first, _)) = generators.split_first() else { return Ok(()) };
        if let Some(generator) = generators.iter().find(|generator| generator.is_async) {
            return self.not_in_subset("'async for'", generator);
        }
        let scope = self.scopes.of(range, false);
        self.open(scope, name);
        match name {
            "<listcomp>" => self.emit(Op::BuildList(0)),
            "<setcomp>" => self.emit(Op::BuildSet(0)),
            "<dictcomp>" => self.emit(Op::BuildMap(0)),
            _ => {}
        }
        self.generators(name, parts, generators, 0)?;
        if name == "<genexpr>" {
            self.load(Constant::None);
        }
        self.emit(Op::Return);
        let code = Code { positional: 1, ..self.close() };
        self.make_function(code, scope, false, false);
        self.expression(&first.iter)?;
        self.at(range);
        self.emit(Op::Iterate);
        self.emit(plain_call(1));
        Ok(())
    }

    fn generators(
        &mut self,
        name: &str,
        parts: &[&'a Expr],
        generators: &'a [Comprehension],
        depth: u32,
    ) -> Compiled {
        let Some((generator, rest)) = generators.split_first() else {
            for part in parts {
                self.expression(part)?;
            }
            match name {
                "<listcomp>" => self.emit(Op::ListAppend(depth + 1)),
                "<setcomp>" => self.emit(Op::SetAdd(depth + 1)),
                "<dictcomp>" => self.emit(Op::MapAdd(depth + 1)),
                _ => {
                    self.emit(Op::Yield);
                    self.emit(Op::Pop);
                }
            }
            return Ok(());
        };
        let (next, end) = (self.label(), self.label());
        if depth == 0 {
            self.load_variable(".0");
        } else {
            self.expression(&generator.iter)?;
            self.emit(Op::Iterate);
        }
        self.place(next);
        self.at(generator.range());
        self.jump(Op::ForIter, end);
        self.store(&generator.target)?;
        for condition in &generator.ifs {
            self.condition(condition, next, false)?;
        }
        self.generators(name, parts, rest, depth + 1)?;
        self.jump(Op::Jump, next);
        self.place(end);
        Ok(())
    }
}

/// The docstring of a body.
pub(super) fn docstring(body: &[Stmt]) -> Option<std::sync::Arc<str>> {
    match body.first() {
        Some(Stmt::Expr(first)) => match &*first.value {
            Expr::StringLiteral(literal) => Some(literal.value.to_str().into()),
            _ => None,
        },
        _ => None,
    }
}
