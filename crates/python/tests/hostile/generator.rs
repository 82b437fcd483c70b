//! Programs of the subset from any bytes: each byte chooses what stands at the next place, so that small changes of the
//! bytes are small changes of the program, and almost every program compiles.

use std::fmt::Write;

#[path = "words.rs"]
mod words;

use words::{ACTORS, ATOMS, AUGMENTED, BASES, CALLED, CLASSES, MEMBERS, METHODS, OPERATORS, SLOTS, SPECIAL};

/// Returns the program of some bytes.
pub(crate) fn program(bytes: &[u8]) -> String {
    let mut maker = Maker { bytes, at: 0, text: String::new(), functions: 0, loops: 0 };
    maker.prelude();
    while maker.at < maker.bytes.len() && maker.text.len() < 32 << 10 {
        maker.tolerated(0, 2);
    }
    maker.text
}

const NAMES: [&str; 6] = ["a", "b", "c", "d", "e", "f"];

struct Maker<'a> {
    bytes: &'a [u8],
    at: usize,
    text: String,
    functions: usize,
    loops: usize,
}

impl Maker<'_> {
    fn byte(&mut self) -> usize {
        let byte = self.bytes.get(self.at).copied().unwrap_or(0);
        self.at += 1;
        usize::from(byte)
    }

    fn one_of(&mut self, choices: &[&'static str]) -> &'static str {
        let mut place = self.byte();
        if choices.len() > 128 {
            place += self.byte();
        }
        choices[place % choices.len()]
    }

    fn name(&mut self) -> &'static str {
        self.one_of(&NAMES)
    }

    fn line(&mut self, indent: usize, text: &str) {
        let _ = writeln!(self.text, "{:1$}{text}", "", indent * 2);
    }

    /// Names with values, classes whose special methods do anything, and instances of them.
    fn prelude(&mut self) {
        self.text.push_str("import gc, sys, weakref\na = b = c = d = e = f = None\nturns = 0\n");
        self.line(0, "def act(self=None, *rest, **named):");
        self.line(1, "global a, b, c, d, e, f, turns");
        self.line(1, "turns += 1");
        self.functions = 1;
        for _ in 0..1 + self.byte() % 4 {
            self.tolerated(1, 1);
        }
        self.functions = 0;
        let pool: Vec<&str> = (0..4).map(|_| self.one_of(ATOMS)).collect();
        self.line(1, &format!("return ({}, self, rest)[turns % 6]", pool.join(", ")));
        self.line(0, "class M:");
        self.line(1, "pass");
        for _ in 0..self.byte() % 8 {
            let method = self.one_of(SPECIAL);
            self.line(1, &format!("def {method}(self, *rest, **named): return act(self, *rest)"));
        }
        for (name, base) in CLASSES {
            self.line(0, "try:");
            self.line(1, &format!("class {name}(M{base}): pass"));
            self.line(0, "except BaseException: pass");
        }
        self.line(0, "def gen(a=(1, 2), *rest):");
        self.line(1, "global b, c, d, e, f");
        self.functions = 1;
        for _ in 0..1 + self.byte() % 3 {
            self.tolerated(1, 1);
        }
        self.functions = 0;
        self.line(1, "yield a");
        self.line(1, "yield from a");
        for name in NAMES {
            let value = self.one_of(ATOMS);
            self.line(0, "try:");
            self.line(1, &format!("{name} = {value}"));
            self.line(0, "except BaseException as g: pass");
        }
    }

    /// A statement whose exception is not the end.
    fn tolerated(&mut self, indent: usize, depth: usize) {
        self.line(indent, "try:");
        self.statement(indent + 1, depth);
        self.line(indent, "except BaseException as g: pass");
    }

    /// A block of statements, never empty.
    fn block(&mut self, indent: usize, depth: usize) {
        for _ in 0..1 + self.byte() % 3 {
            self.statement(indent + 1, depth - 1);
        }
    }

    fn statement(&mut self, indent: usize, depth: usize) {
        let choices = if depth == 0 { 15 } else { 28 };
        match self.byte() % choices {
            0..=3 => {
                let (name, value) = (self.name(), self.expression(2));
                self.line(indent, &format!("{name} = {value}"));
            }
            4 | 5 => {
                let value = self.expression(2);
                self.line(indent, &value);
            }
            6 => {
                let (target, value) = (self.target(), self.expression(2));
                self.line(indent, &format!("{target} = {value}"));
            }
            7 => {
                let (name, sign, value) = (self.name(), self.one_of(AUGMENTED), self.expression(2));
                self.line(indent, &format!("{name} {sign} {value}"));
            }
            8 => {
                let target = self.target();
                self.line(indent, &format!("del {target}"));
            }
            9 => {
                let value = self.expression(2);
                let (one, other) = (self.name(), self.name());
                self.line(indent, &format!("{one}, *{other} = {value}"));
            }
            10 => {
                let value = self.expression(1);
                self.line(indent, &format!("raise {value}"));
            }
            11 => {
                let text = match (self.byte() % 3, self.functions, self.loops) {
                    (0, 1.., _) => format!("return {}", self.expression(2)),
                    (1, 1.., _) => format!("{} = yield {}", self.name(), self.expression(2)),
                    (2, 1.., _) => format!("yield from {}", self.expression(1)),
                    (0, 0, 1..) => "break".into(),
                    (1, 0, 1..) => "continue".into(),
                    _ => format!("assert {}, {}", self.expression(1), self.expression(1)),
                };
                self.line(indent, &text);
            }
            12 => {
                let (one, other, value) = (self.name(), self.name(), self.expression(2));
                self.line(indent, &format!("{one} = {other} = {value}"));
            }
            13 => {
                let (one, other) = (self.name(), self.name());
                self.line(indent, &format!("{one}, {other} = {other}, {one}"));
            }
            14 => {
                let call = self.call(2);
                self.line(indent, &call);
            }
            15 | 16 => self.conditional(indent, depth),
            17..=19 => self.looped(indent, depth),
            20..=22 => self.tried(indent, depth),
            23 | 24 => self.function(indent, depth),
            25 | 26 => self.class(indent, depth),
            _ => {
                let (value, name) = (self.expression(2), self.name());
                self.line(indent, &format!("with {value} as {name}:"));
                self.block(indent, depth);
            }
        }
    }

    fn conditional(&mut self, indent: usize, depth: usize) {
        let test = self.expression(2);
        self.line(indent, &format!("if {test}:"));
        self.block(indent, depth);
        if self.byte().is_multiple_of(2) {
            self.line(indent, "else:");
            self.block(indent, depth);
        }
    }

    fn looped(&mut self, indent: usize, depth: usize) {
        let text = if self.byte().is_multiple_of(3) {
            format!("while {}:", self.expression(2))
        } else {
            format!("for {} in {}:", self.name(), self.expression(2))
        };
        self.line(indent, &text);
        let functions = std::mem::take(&mut self.functions);
        self.loops += 1;
        self.block(indent, depth);
        self.loops -= 1;
        self.functions = functions;
    }

    fn tried(&mut self, indent: usize, depth: usize) {
        self.line(indent, "try:");
        self.block(indent, depth);
        let kind = self.byte() % 4;
        if kind != 1 {
            let name = self.name();
            let class = self.one_of(&["Exception", "BaseException", "(ValueError, TypeError)", "a"]);
            self.line(indent, &format!("except {class} as {name}:"));
            self.block(indent, depth);
        }
        if kind == 1 || kind == 2 {
            self.line(indent, "finally:");
            self.block(indent, depth);
        }
    }

    fn function(&mut self, indent: usize, depth: usize) {
        let parameters = self.one_of(&[
            "",
            "a",
            "a, b=1",
            "*a",
            "**a",
            "a, *b, c=2, **d",
            "a, /, b, *, c=3",
            "self",
            "self, a=0",
        ]);
        if self.byte().is_multiple_of(5) {
            let decorator = self.expression(1);
            self.line(indent, &format!("@{decorator}"));
        }
        let name = self.name();
        self.line(indent, &format!("def {name}({parameters}):"));
        self.scope(indent, depth);
    }

    fn scope(&mut self, indent: usize, depth: usize) {
        let outer = (self.functions, self.loops);
        (self.functions, self.loops) = (1, 0);
        if self.byte().is_multiple_of(4) {
            self.line(indent + 1, "global e, f");
        }
        self.block(indent, depth);
        (self.functions, self.loops) = outer;
    }

    fn class(&mut self, indent: usize, depth: usize) {
        let (name, bases, slots) = (self.name(), self.one_of(BASES), self.one_of(SLOTS));
        let outer = (self.functions, self.loops);
        (self.functions, self.loops) = (0, 0);
        self.line(indent, &format!("class {name}{bases}:"));
        self.line(indent + 1, if slots.is_empty() { "pass" } else { slots });
        for _ in 0..self.byte() % 4 {
            let method = self.one_of(SPECIAL);
            match self.byte() % 8 {
                0 => {
                    let value = self.expression(2);
                    self.line(indent + 1, &format!("{method} = {value}"));
                }
                1 => {
                    let value = self.expression(2);
                    self.line(indent + 1, &format!("def {method}(self, *rest, **named): return {value}"));
                }
                2 => {
                    self.line(indent + 1, &format!("def {method}(self, *rest):"));
                    self.line(indent + 2, "global a, b, c, d");
                    self.scope(indent + 1, depth);
                }
                _ => {
                    self.line(indent + 1, &format!("def {method}(self, a=0, *rest):"));
                    self.scope(indent + 1, depth);
                }
            }
        }
        (self.functions, self.loops) = outer;
        if self.byte().is_multiple_of(2) {
            let instance = self.name();
            self.line(indent, &format!("{instance} = {name}()"));
        }
    }

    fn target(&mut self) -> String {
        match self.byte() % 5 {
            0 => self.name().into(),
            1 => format!("{}.{}", self.name(), self.one_of(MEMBERS)),
            2 => format!("{}[{}]", self.name(), self.expression(1)),
            3 => format!(
                "{}[{}:{}:{}]",
                self.name(),
                self.expression(0),
                self.expression(0),
                self.expression(0)
            ),
            _ => format!("{}[:]", self.name()),
        }
    }

    fn call(&mut self, depth: usize) -> String {
        let callee = match self.byte() % 8 {
            3..=5 => {
                let (object, methods) = METHODS[self.byte() % METHODS.len()];
                format!("{object}.{}", self.one_of(methods))
            }
            0 => format!("{}.{}", self.name(), self.one_of(MEMBERS)),
            1 => format!("({}).{}", self.one_of(ATOMS), self.one_of(MEMBERS)),
            _ => self.one_of(CALLED).into(),
        };
        let arguments: Vec<String> = (0..self.byte() % 4)
            .map(|_| {
                let form = self.byte();
                let value = self.expression(depth.saturating_sub(1));
                match form % 16 {
                    0 => format!("*({value})"),
                    1 => format!("**({value})"),
                    2 => format!("*({value}), key=a"),
                    _ => value,
                }
            })
            .collect();
        let mut named = false;
        let kept = arguments.into_iter().filter(|argument| {
            let is_named = argument.starts_with("**") || argument.ends_with("key=a");
            let keep = !named || argument.starts_with("**");
            named |= is_named;
            keep
        });
        format!("{callee}({})", kept.collect::<Vec<_>>().join(", "))
    }

    fn simple(&mut self) -> String {
        match self.byte() % 8 {
            0 | 1 => self.one_of(ATOMS).into(),
            2..=4 => self.one_of(ACTORS).into(),
            _ => self.name().into(),
        }
    }

    fn expression(&mut self, depth: usize) -> String {
        if depth == 0 || self.at >= self.bytes.len() {
            return self.simple();
        }
        let next = depth - 1;
        match self.byte() % 30 {
            24.. => self.simple(),
            0..=7 => self.simple(),
            8..=10 => self.call(depth),
            11 => format!("({}).{}", self.expression(next), self.one_of(MEMBERS)),
            12 => format!("({})[{}]", self.expression(next), self.expression(next)),
            13 => format!("({})[{}:{}]", self.expression(next), self.expression(next), self.expression(next)),
            14 | 15 => format!(
                "(({}) {} ({}))",
                self.expression(next),
                self.one_of(OPERATORS),
                self.expression(next)
            ),
            16 => format!("({} {})", self.one_of(&["not", "-", "+", "~"]), self.expression(next)),
            17 => format!("[{}, *({})]", self.expression(next), self.expression(next)),
            18 => format!(
                "{{{}: {}, **({})}}",
                self.expression(next),
                self.expression(next),
                self.expression(next)
            ),
            19 => format!("({}, {},)", self.expression(next), self.expression(next)),
            20 => {
                let (open, close) = [("[", "]"), ("{", "}"), ("(", ")"), ("list(", ")")][self.byte() % 4];
                let name = self.name();
                let item = self.expression(next);
                let over = self.one_of(ATOMS);
                format!("{open}{item} for {name} in {over} if {}{close}", self.name())
            }
            21 => format!("(lambda a=0, *b: {})", self.expression(next)),
            22 => format!("f'{{{}!r:>{{{}}}}}'", self.name(), self.name()),
            _ => format!(
                "({} if {} else {})",
                self.expression(next),
                self.expression(next),
                self.expression(next)
            ),
        }
    }
}
