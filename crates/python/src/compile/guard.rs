//! What keeps a hostile text from using up the stack: the parser and the compiler recurse over it.
//!
//! The text is scanned once, before it is parsed, with a bound on everything that nests: brackets (CPython's 200), levels of
//! indentation (CPython's 100), and operators that no comma separates, over all open brackets. The compiler runs on a
//! thread with a stack for that ([`STACK`]).

use ruff_python_ast::token::TokenKind;
use ruff_python_parser::Mode;
use ruff_python_parser::lexer::lex;

use super::{CompileError, Position};

/// The bytes of the compiler's stack.
pub const STACK: usize = 512 << 20;

const BRACKETS: usize = 200;
const INDENTS: usize = 100;
const OPERATORS: usize = 20_000;
const BYTES: usize = 32 << 20;

/// Checks a text.
pub(super) fn check(source: &str) -> Result<(), CompileError> {
    if source.len() > BYTES {
        return Err(error("source text is too long", Position { line: 1, column: 1 }));
    }
    Scanner { bytes: source.as_bytes(), at: 0, line: 1, counts: vec![0], total: 0 }.run()?;
    check_tokens(source)
}

/// Counts the parser's own tokens: a string in an f-string may hide from the scanner what is code.
fn check_tokens(source: &str) -> Result<(), CompileError> {
    let mut lexer = lex(source, Mode::Module);
    let mut scanner = Scanner { bytes: b"", at: 0, line: 1, counts: vec![0], total: 0 };
    loop {
        match lexer.next_token() {
            TokenKind::EndOfFile => return Ok(()),
            TokenKind::Lpar | TokenKind::Lsqb | TokenKind::Lbrace => {
                scanner.count()?;
                scanner.counts.push(0);
                if scanner.counts.len() > BRACKETS {
                    return scanner.fail("too many nested parentheses");
                }
            }
            TokenKind::Rpar | TokenKind::Rsqb | TokenKind::Rbrace => {
                if scanner.counts.len() > 1 {
                    scanner.comma();
                    scanner.counts.pop();
                }
            }
            TokenKind::Newline => {
                scanner.line += 1;
                scanner.comma();
            }
            TokenKind::NonLogicalNewline => scanner.line += 1,
            TokenKind::Comma | TokenKind::Semi => scanner.comma(),
            _ => scanner.count()?,
        }
    }
}

fn error(message: &str, position: Position) -> CompileError {
    CompileError { message: message.into(), position }
}

struct Scanner<'a> {
    bytes: &'a [u8],
    at: usize,
    line: u32,
    /// Operators since the last comma, for each open bracket.
    counts: Vec<usize>,
    total: usize,
}

impl Scanner<'_> {
    fn run(mut self) -> Result<(), CompileError> {
        let mut indents = vec![0];
        self.indentation(&mut indents)?;
        while let Some(&byte) = self.bytes.get(self.at) {
            match byte {
                b'\n' => {
                    self.line += 1;
                    self.at += 1;
                    if self.counts.len() == 1 {
                        self.comma();
                        self.indentation(&mut indents)?;
                    }
                }
                b'#' => self.comment(),
                b'\'' | b'"' => self.string()?,
                b'(' | b'[' | b'{' => {
                    self.at += 1;
                    self.count()?;
                    self.counts.push(0);
                    if self.counts.len() > BRACKETS {
                        return self.fail("too many nested parentheses");
                    }
                }
                b')' | b']' | b'}' => {
                    self.at += 1;
                    if self.counts.len() > 1 {
                        self.comma();
                        self.counts.pop();
                    }
                }
                b',' | b';' => {
                    self.at += 1;
                    self.comma();
                }
                b' ' | b'\t' | b'\r' | b'\x0c' => self.at += 1,
                byte if byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80 => {
                    while self
                        .bytes
                        .get(self.at)
                        .is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'_' || *byte >= 0x80)
                    {
                        self.at += 1;
                    }
                    self.count()?;
                }
                _ => {
                    self.at += 1;
                    self.count()?;
                }
            }
        }
        Ok(())
    }

    fn fail(&self, message: &str) -> Result<(), CompileError> {
        Err(error(message, Position { line: self.line, column: 1 }))
    }

    fn count(&mut self) -> Result<(), CompileError> {
        self.total += 1;
        if let Some(count) = self.counts.last_mut() {
            *count += 1;
        }
        if self.total > OPERATORS { self.fail("expression is too complex") } else { Ok(()) }
    }

    fn comma(&mut self) {
        if let Some(count) = self.counts.last_mut() {
            self.total -= *count;
            *count = 0;
        }
    }

    fn comment(&mut self) {
        while self.bytes.get(self.at).is_some_and(|byte| *byte != b'\n') {
            self.at += 1;
        }
    }

    fn indentation(&mut self, indents: &mut Vec<usize>) -> Result<(), CompileError> {
        let start = self.at;
        while matches!(self.bytes.get(self.at), Some(b' ' | b'\t')) {
            self.at += 1;
        }
        if matches!(self.bytes.get(self.at), None | Some(b'\n' | b'#' | b'\r')) {
            return Ok(());
        }
        let width = self.at - start;
        while indents.last().is_some_and(|last| *last > width) {
            indents.pop();
        }
        if indents.last().is_none_or(|last| *last < width) {
            indents.push(width);
        }
        if indents.len() > INDENTS { self.fail("too many levels of indentation") } else { Ok(()) }
    }

    /// A string. Whether it is an f-string does not matter: what stands in one is counted like code.
    fn string(&mut self) -> Result<(), CompileError> {
        let quote = self.bytes[self.at];
        let formatted = self.at.checked_sub(1).is_some_and(|before| {
            matches!(self.bytes[before], b'f' | b'F' | b't' | b'T')
                || (matches!(self.bytes[before], b'r' | b'R')
                    && before > 0
                    && matches!(self.bytes[before - 1], b'f' | b'F' | b't' | b'T'))
        });
        let triple = self.bytes[self.at..].starts_with(&[quote, quote, quote]);
        self.at += if triple { 3 } else { 1 };
        let mut braces = 0_usize;
        while let Some(&byte) = self.bytes.get(self.at) {
            match byte {
                b'\\' => {
                    self.line += u32::from(self.bytes.get(self.at + 1) == Some(&b'\n'));
                    self.at += 2;
                    continue;
                }
                b'\n' => {
                    if !triple && braces == 0 {
                        return Ok(());
                    }
                    self.line += 1;
                }
                byte if byte == quote && braces == 0 => {
                    if !triple {
                        self.at += 1;
                        return Ok(());
                    }
                    if self.bytes[self.at..].starts_with(&[quote, quote, quote]) {
                        self.at += 3;
                        return Ok(());
                    }
                }
                // Before 3.12 this ends the string, from then on it begins an inner one. Either way it is counted.
                b'\'' | b'"' if braces > 0 && byte == quote && !triple => self.count()?,
                b'{' | b'(' | b'[' if formatted => {
                    braces += 1;
                    if braces + self.counts.len() > BRACKETS {
                        return self.fail("too many nested parentheses");
                    }
                    self.count()?;
                }
                b'}' | b')' | b']' if formatted => braces = braces.saturating_sub(1),
                byte if formatted && braces > 0 && !byte.is_ascii_alphanumeric() => self.count()?,
                _ => {}
            }
            self.at += 1;
        }
        Ok(())
    }
}
