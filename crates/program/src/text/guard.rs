//! What is refused before the text is parsed.
//!
//! The parser and its tree nest as deep as the text does, and dropping a tree recurses: a hundred thousand
//! `(` would overflow the stack. One linear scan bounds everything that can nest: a statement's length and
//! brackets, the indentation, and the file. The scan must tell code from strings and comments; it need not
//! understand either, and refuses string prefixes (`f"{…}"` is code in a string).

use super::error::Problem;

/// The longest text, in bytes.
pub const MAX_BYTES: usize = 4 << 20;
/// The most characters in a statement, strings counting 1, blanks and comments 0. The longest that a program
/// can need is below 100.
const MAX_STATEMENT: usize = 200;
/// The deepest brackets.
const MAX_BRACKETS: usize = 4;
/// The widest indentation, in characters.
const MAX_INDENT: usize = 16;

/// Refuses a text that is too large or nests too deep for anything in the language.
pub(crate) fn check(source: &str) -> Result<(), Problem> {
    if source.len() > MAX_BYTES {
        return Err(Problem::at_byte(0, format!("a program is at most {MAX_BYTES} bytes of text")));
    }
    let mut scan = Scan { bytes: source.as_bytes(), at: 0, statement: 0, brackets: 0, indent: 0 };
    while let Some(&byte) = scan.bytes.get(scan.at) {
        scan.step(byte)?;
    }
    Ok(())
}

struct Scan<'a> {
    bytes: &'a [u8],
    at: usize,
    /// Characters of the current statement.
    statement: usize,
    /// Brackets open.
    brackets: usize,
    /// Blanks before the current statement.
    indent: usize,
}

impl Scan<'_> {
    fn step(&mut self, byte: u8) -> Result<(), Problem> {
        let at = self.at;
        self.at += 1;
        match byte {
            b'\n' | b'\r' => {
                if self.brackets == 0 {
                    (self.statement, self.indent) = (0, 0);
                }
                return Ok(());
            }
            b' ' | b'\t' | b'\x0c' => {
                self.indent += usize::from(self.statement == 0);
                return Ok(());
            }
            b'#' => {
                self.skip_while(|byte| byte != b'\n' && byte != b'\r');
                return Ok(());
            }
            b'"' | b'\'' => {
                if at > 0 && (self.bytes[at - 1].is_ascii_alphanumeric() || self.bytes[at - 1] == b'_') {
                    return Err(Problem::at_byte(at, "a string has no prefix"));
                }
                self.skip_string(byte);
            }
            b'\\' => self.skip_line_end(),
            b'(' | b'[' | b'{' => {
                self.brackets += 1;
                if self.brackets > MAX_BRACKETS {
                    return Err(Problem::at_byte(at, format!("brackets nest at most {MAX_BRACKETS} deep")));
                }
            }
            b')' | b']' | b'}' => self.brackets = self.brackets.saturating_sub(1),
            _ => {}
        }
        if self.indent > MAX_INDENT {
            return Err(Problem::at_byte(at, format!("an indentation is at most {MAX_INDENT} characters")));
        }
        self.statement += 1;
        if self.statement > MAX_STATEMENT {
            return Err(Problem::at_byte(at, format!("a statement is at most {MAX_STATEMENT} characters")));
        }
        Ok(())
    }

    fn skip_while(&mut self, mut go_on: impl FnMut(u8) -> bool) {
        while self.bytes.get(self.at).is_some_and(|&byte| go_on(byte)) {
            self.at += 1;
        }
    }

    /// Skips one line end, if one is here.
    fn skip_line_end(&mut self) {
        let rest = &self.bytes[self.at..];
        self.at += if rest.starts_with(b"\r\n") {
            2
        } else {
            usize::from(rest.starts_with(b"\n") || rest.starts_with(b"\r"))
        };
    }

    /// Skips the rest of a string whose first quote is behind; one that does not end, up to where the
    /// parser gives up on it.
    fn skip_string(&mut self, quote: u8) {
        let triple = self.bytes[self.at..].starts_with(&[quote, quote]);
        self.at += if triple { 2 } else { 0 };
        while let Some(&byte) = self.bytes.get(self.at) {
            if !triple && (byte == b'\n' || byte == b'\r') {
                return;
            }
            self.at += 1;
            if byte == b'\\' {
                let end = self.at;
                self.skip_line_end();
                self.at = if self.at == end { (end + 1).min(self.bytes.len()) } else { self.at };
            } else if byte == quote && !triple {
                return;
            } else if byte == quote && self.bytes[self.at..].starts_with(&[quote, quote]) {
                self.at += 2;
                return;
            }
        }
    }
}
