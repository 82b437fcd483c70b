//! The arguments of calls.

use ruff_python_ast::{Expr, ExprCall, ExprName, Number};

use super::error::Problem;
use super::names::FINALIZERS;
use crate::op::{Finalizer, MAX_FIELDS};

/// Returns the name that is called.
pub(crate) fn called(call: &ExprCall) -> Result<(&str, &ExprName), Problem> {
    match &*call.func {
        Expr::Name(name) => Ok((name.id.as_str(), name)),
        other => Err(Problem::at(other, "only operations, functions and refs are called, by name")),
    }
}

/// Returns the arguments, which must have no keywords.
pub(crate) fn positional<'a>(call: &'a ExprCall, form: &str) -> Result<&'a [Expr], Problem> {
    if call.arguments.keywords.is_empty() {
        Ok(&call.arguments.args)
    } else {
        Err(Problem::at(call, format!("the form is `{form}`")))
    }
}

/// Returns exactly `N` arguments.
pub(crate) fn arguments<'a, const N: usize>(
    call: &'a ExprCall,
    form: &str,
) -> Result<[&'a Expr; N], Problem> {
    let given: Vec<&Expr> = positional(call, form)?.iter().collect();
    given.try_into().map_err(|_| Problem::at(call, format!("the form is `{form}`")))
}

/// Reads `node(2)` or `node(2, "log")`.
pub(crate) fn alloc(call: &ExprCall) -> Result<(u8, Finalizer), Problem> {
    let form = "node(2) or node(2, \"log\")";
    let (fields, finalizer) = match positional(call, form)? {
        [fields] => (fields, Finalizer::None),
        [fields, finalizer] => (fields, word(finalizer, &FINALIZERS)?),
        _ => return Err(Problem::at(call, format!("the form is `{form}`"))),
    };
    Ok((number(fields, u16::from(MAX_FIELDS), "a node has 0 to 4 fields")? as u8, finalizer))
}

/// Reads a number from 0 to `most`.
pub(crate) fn number(expr: &Expr, most: u16, message: &str) -> Result<u16, Problem> {
    let given = match expr {
        Expr::NumberLiteral(literal) => match &literal.value {
            Number::Int(int) => int.as_u16(),
            _ => None,
        },
        _ => None,
    };
    given.filter(|&given| given <= most).ok_or_else(|| Problem::at(expr, message))
}

/// Reads one of the words.
pub(crate) fn word<T: Copy>(expr: &Expr, words: &[(T, &str)]) -> Result<T, Problem> {
    let given = if let Expr::StringLiteral(literal) = expr { Some(literal.value.to_str()) } else { None };
    words.iter().find(|(_, word)| given == Some(*word)).map(|&(what, _)| what).ok_or_else(|| {
        let all: Vec<String> = words.iter().map(|(_, word)| format!("\"{word}\"")).collect();
        Problem::at(expr, format!("this is one of {}", all.join(", ")))
    })
}
