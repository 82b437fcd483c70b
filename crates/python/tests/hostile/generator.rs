//! Programs of the subset from any bytes: each byte chooses what stands at the next place, so that small changes of the
//! bytes are small changes of the program, and almost every program compiles.

use std::fmt::Write;

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

const ATOMS: &[&str] = &[
    "a",
    "b",
    "c",
    "d",
    "e",
    "f",
    "a",
    "b",
    "c",
    "0",
    "1",
    "2",
    "-1",
    "3",
    "255",
    "10**20",
    "-(10**20)",
    "1 << 63",
    "-(1 << 63)",
    "sys.maxsize",
    "0.5",
    "-0.0",
    "1e308",
    "float('nan')",
    "float('inf')",
    "''",
    "'a'",
    "'abc'",
    "'é€😀'",
    "'a' * 40",
    "b'xyz'",
    "None",
    "True",
    "False",
    "...",
    "NotImplemented",
    "()",
    "[]",
    "{}",
    "set()",
    "(1, 2)",
    "[1, 2, 3]",
    "{1: 2}",
    "{1, 2}",
    "frozenset('ab')",
    "range(3)",
    "range(10**18)",
    "range(5, -5, -2)",
    "slice(None, None, -1)",
    "object()",
    "object",
    "int",
    "str",
    "list",
    "dict",
    "type",
    "tuple",
    "set",
    "Exception",
    "ValueError",
    "BaseException",
    "weakref.WeakSet()",
    "weakref.WeakValueDictionary()",
    "weakref.WeakKeyDictionary()",
    "gc.garbage",
    "gc.callbacks",
    "globals()",
    "locals()",
    "sys",
    "gc",
    "weakref",
    "print",
    "'{} {0} {a!r:>{b}}'",
    "'%s %d %(a)s'",
    "'%*.*f'",
    "sys.stdout",
    "gc.get_objects()",
    "sys._getframe()",
    "sys.exc_info()",
    "[[]] * 3",
    "[0] * 2000",
    "bytes(3)",
    "iter([1, 2])",
    "iter(a)",
    "reversed([1, 2])",
    "(x for x in a)",
    "zip(a, b)",
    "map(a, b)",
    "filter(a, b)",
    "enumerate(a)",
    "super",
    "staticmethod(a)",
    "classmethod(a)",
    "property(a, b)",
    "open('x')",
];

/// Classes of the prelude: what they inherit from beside the class with the special methods.
const CLASSES: [(&str, &str); 12] = [
    ("H", ""),
    ("L", ", list"),
    ("D", ", dict"),
    ("S", ", str"),
    ("T", ", tuple"),
    ("I", ", int"),
    ("F", ", float"),
    ("X", ", Exception"),
    ("Z", ", set"),
    ("Y", ", frozenset"),
    ("R", ", weakref.ref"),
    ("C", ", type"),
];

const ACTORS: &[&str] = &[
    "H()",
    "L([1, 2, 3])",
    "D(a=1)",
    "S('ab')",
    "T((1, 2))",
    "I(3)",
    "F(0.5)",
    "X('x')",
    "Z('ab')",
    "Y('ab')",
    "R(a)",
    "C('q', (), {})",
    "gen()",
    "gen(a)",
    "act",
    "H",
    "L",
    "D",
    "X",
    "C",
    "[H(), H()]",
    "{H(): H()}",
    "{H(), 1}",
    "(H(), a)",
    "a.b",
    "a[0]",
    "a.x",
    "weakref.proxy(a)",
    "weakref.ref(a, act)",
    "weakref.finalize(a, act)",
    "iter(act, 1)",
    "map(act, a)",
    "filter(act, a)",
    "[a, b, c]",
    "{a: b}",
    "{a, b}",
    "(a, b)",
    "a.__class__",
    "type(a)",
    "type(a)()",
    "gen().__next__",
    "sorted(a, key=act)",
];

/// Methods with an object that has them.
const METHODS: &[(&str, &[&str])] = &[
    (
        "L([H(), 2, a])",
        &[
            "append",
            "extend",
            "insert",
            "pop",
            "remove",
            "clear",
            "index",
            "count",
            "reverse",
            "sort",
            "copy",
            "__iter__",
            "__getitem__",
            "__setitem__",
            "__contains__",
            "__init__",
        ],
    ),
    (
        "[H(), 2, a]",
        &[
            "append", "extend", "insert", "pop", "remove", "clear", "index", "count", "reverse", "sort",
            "copy",
        ],
    ),
    (
        "a",
        &[
            "append",
            "extend",
            "insert",
            "pop",
            "remove",
            "clear",
            "update",
            "add",
            "sort",
            "send",
            "throw",
            "close",
            "get",
            "x",
            "setdefault",
        ],
    ),
    (
        "{H(): 1, a: 2}",
        &[
            "keys",
            "values",
            "items",
            "get",
            "setdefault",
            "pop",
            "popitem",
            "update",
            "fromkeys",
            "clear",
            "copy",
        ],
    ),
    (
        "D(a=1)",
        &[
            "keys",
            "values",
            "items",
            "get",
            "setdefault",
            "pop",
            "popitem",
            "update",
            "clear",
            "copy",
            "__getitem__",
            "__setitem__",
            "__delitem__",
            "__iter__",
            "__init__",
        ],
    ),
    (
        "{H(), a}",
        &[
            "add",
            "discard",
            "remove",
            "pop",
            "update",
            "union",
            "intersection",
            "difference",
            "symmetric_difference",
            "issubset",
            "isdisjoint",
            "intersection_update",
            "symmetric_difference_update",
            "clear",
        ],
    ),
    (
        "Z('ab')",
        &[
            "add",
            "discard",
            "remove",
            "pop",
            "update",
            "union",
            "intersection",
            "issuperset",
            "copy",
            "__init__",
        ],
    ),
    (
        "'aé-%s {} {0.a[b]}'",
        &[
            "format",
            "split",
            "rsplit",
            "join",
            "replace",
            "find",
            "rfind",
            "index",
            "count",
            "center",
            "ljust",
            "rjust",
            "zfill",
            "partition",
            "strip",
            "startswith",
            "encode",
            "splitlines",
            "removesuffix",
            "__len__",
        ],
    ),
    ("gen(b)", &["send", "throw", "close", "__next__", "__iter__"]),
    ("a", &["send", "throw", "close", "__next__", "__iter__"]),
    ("range(10**18, -5, -3)", &["index", "count", "__len__"]),
    ("(-5)", &["bit_length", "bit_count", "to_bytes", "conjugate", "__int__"]),
    (
        "weakref.WeakSet([H()])",
        &["add", "discard", "remove", "pop", "update", "clear", "copy", "__contains__"],
    ),
    (
        "weakref.WeakValueDictionary({1: H()})",
        &[
            "get",
            "pop",
            "popitem",
            "setdefault",
            "update",
            "keys",
            "values",
            "items",
            "valuerefs",
            "clear",
            "copy",
        ],
    ),
    (
        "weakref.WeakKeyDictionary({H(): 1})",
        &[
            "get",
            "pop",
            "popitem",
            "setdefault",
            "update",
            "keys",
            "values",
            "items",
            "keyrefs",
            "clear",
            "copy",
        ],
    ),
    (
        "gc",
        &[
            "collect",
            "freeze",
            "unfreeze",
            "get_objects",
            "get_referrers",
            "get_referents",
            "set_threshold",
            "disable",
            "enable",
            "is_tracked",
        ],
    ),
    ("gc.callbacks", &["append", "clear", "insert"]),
    ("sys", &["setrecursionlimit", "getrefcount", "getsizeof", "intern", "exc_info", "exit", "_getframe"]),
    ("X('x')", &["with_traceback", "add_note", "__init__", "__str__"]),
    ("list", &["append", "sort", "__len__", "__getitem__", "__iter__", "__new__"]),
    (
        "object",
        &[
            "__new__",
            "__init__",
            "__setattr__",
            "__getattribute__",
            "__eq__",
            "__hash__",
            "__delattr__",
            "__dir__",
            "__format__",
        ],
    ),
    ("type", &["mro", "__call__", "__subclasses__", "__new__", "__init__"]),
    ("super(L, L())", &["append", "__init__", "__iter__", "__len__", "x", "__new__"]),
];

const CALLED: &[&str] = &[
    "print",
    "len",
    "id",
    "hash",
    "repr",
    "ascii",
    "format",
    "isinstance",
    "issubclass",
    "callable",
    "getattr",
    "hasattr",
    "setattr",
    "delattr",
    "iter",
    "next",
    "sum",
    "min",
    "max",
    "all",
    "any",
    "sorted",
    "reversed",
    "abs",
    "round",
    "divmod",
    "pow",
    "chr",
    "ord",
    "bin",
    "oct",
    "hex",
    "globals",
    "locals",
    "vars",
    "dir",
    "object",
    "int",
    "bool",
    "float",
    "str",
    "bytes",
    "tuple",
    "list",
    "dict",
    "set",
    "frozenset",
    "type",
    "range",
    "slice",
    "property",
    "staticmethod",
    "classmethod",
    "super",
    "enumerate",
    "zip",
    "map",
    "filter",
    "Exception",
    "ValueError",
    "KeyError",
    "StopIteration",
    "SystemExit",
    "OSError",
    "MemoryError",
    "open",
    "gc.collect",
    "gc.get_objects",
    "gc.get_referents",
    "gc.get_referrers",
    "gc.is_tracked",
    "gc.is_finalized",
    "gc.freeze",
    "gc.unfreeze",
    "gc.enable",
    "gc.disable",
    "gc.set_threshold",
    "gc.get_threshold",
    "gc.get_count",
    "gc.get_stats",
    "gc.set_debug",
    "gc.get_debug",
    "gc.get_freeze_count",
    "gc.callbacks.append",
    "gc.garbage.append",
    "sys.getrefcount",
    "sys.getsizeof",
    "sys.intern",
    "sys.setrecursionlimit",
    "sys.exit",
    "sys.exc_info",
    "sys._getframe",
    "weakref.ref",
    "weakref.proxy",
    "weakref.finalize",
    "weakref.WeakMethod",
    "weakref.getweakrefs",
    "weakref.getweakrefcount",
    "weakref.WeakSet",
    "weakref.WeakValueDictionary",
    "weakref.WeakKeyDictionary",
    "a",
    "b",
    "c",
    "d",
    "e",
    "f",
];

const MEMBERS: &[&str] = &[
    "append",
    "extend",
    "insert",
    "pop",
    "remove",
    "clear",
    "copy",
    "index",
    "count",
    "reverse",
    "sort",
    "keys",
    "values",
    "items",
    "get",
    "setdefault",
    "popitem",
    "update",
    "fromkeys",
    "add",
    "discard",
    "union",
    "intersection",
    "difference",
    "symmetric_difference",
    "issubset",
    "issuperset",
    "isdisjoint",
    "intersection_update",
    "difference_update",
    "upper",
    "lower",
    "title",
    "strip",
    "lstrip",
    "split",
    "rsplit",
    "splitlines",
    "join",
    "replace",
    "find",
    "rfind",
    "startswith",
    "endswith",
    "center",
    "ljust",
    "zfill",
    "partition",
    "rpartition",
    "format",
    "encode",
    "decode",
    "expandtabs",
    "isidentifier",
    "removeprefix",
    "hex",
    "bit_length",
    "to_bytes",
    "conjugate",
    "is_integer",
    "send",
    "throw",
    "close",
    "mro",
    "getter",
    "setter",
    "deleter",
    "with_traceback",
    "add_note",
    "read",
    "readline",
    "write",
    "flush",
    "detach",
    "peek",
    "alive",
    "atexit",
    "__call__",
    "__class__",
    "__dict__",
    "__init__",
    "__new__",
    "__del__",
    "__repr__",
    "__str__",
    "__eq__",
    "__ne__",
    "__hash__",
    "__len__",
    "__iter__",
    "__next__",
    "__getitem__",
    "__setitem__",
    "__delitem__",
    "__contains__",
    "__getattribute__",
    "__setattr__",
    "__delattr__",
    "__dir__",
    "__format__",
    "__get__",
    "__set__",
    "__int__",
    "__index__",
    "__enter__",
    "__exit__",
    "__subclasses__",
    "__init_subclass__",
    "__name__",
    "__qualname__",
    "__doc__",
    "__module__",
    "__mro__",
    "__bases__",
    "__base__",
    "__slots__",
    "__weakref__",
    "__callback__",
    "__self__",
    "__func__",
    "__wrapped__",
    "__code__",
    "__closure__",
    "__defaults__",
    "__kwdefaults__",
    "__globals__",
    "__context__",
    "__cause__",
    "__suppress_context__",
    "__traceback__",
    "__notes__",
    "args",
    "value",
    "tb_frame",
    "tb_next",
    "f_locals",
    "f_back",
    "f_code",
    "f_globals",
    "f_lineno",
    "gi_frame",
    "gi_running",
    "cell_contents",
    "start",
    "stop",
    "step",
    "fget",
    "co_name",
    "co_consts",
    "data",
    "real",
    "a",
    "b",
    "c",
    "d",
    "e",
    "f",
    "x",
];

const SPECIAL: &[&str] = &[
    "__init__",
    "__new__",
    "__del__",
    "__repr__",
    "__str__",
    "__eq__",
    "__ne__",
    "__lt__",
    "__le__",
    "__hash__",
    "__len__",
    "__bool__",
    "__iter__",
    "__next__",
    "__getitem__",
    "__setitem__",
    "__delitem__",
    "__contains__",
    "__getattr__",
    "__getattribute__",
    "__setattr__",
    "__delattr__",
    "__call__",
    "__enter__",
    "__exit__",
    "__add__",
    "__radd__",
    "__iadd__",
    "__mul__",
    "__sub__",
    "__or__",
    "__and__",
    "__neg__",
    "__invert__",
    "__abs__",
    "__int__",
    "__index__",
    "__float__",
    "__round__",
    "__format__",
    "__get__",
    "__set__",
    "__delete__",
    "__set_name__",
    "__init_subclass__",
    "__missing__",
    "__reversed__",
    "__dir__",
    "__class_getitem__",
    "__instancecheck__",
    "__mro_entries__",
    "__prepare__",
    "__divmod__",
    "__mod__",
    "__pow__",
    "__rpow__",
    "__lshift__",
    "__matmul__",
    "x",
    "a",
];

const OPERATORS: &[&str] = &[
    "+", "-", "*", "/", "//", "%", "**", "<<", ">>", "&", "|", "^", "@", "==", "!=", "<", "<=", ">", ">=",
    "is", "is not", "in", "not in", "and", "or",
];

const AUGMENTED: &[&str] =
    &["+=", "-=", "*=", "/=", "//=", "%=", "**=", "<<=", ">>=", "&=", "|=", "^=", "@="];

const BASES: &[&str] = &[
    "",
    "",
    "",
    "(object)",
    "(list)",
    "(dict)",
    "(set)",
    "(tuple)",
    "(str)",
    "(int)",
    "(float)",
    "(Exception)",
    "(type)",
    "(weakref.ref)",
    "(a)",
    "(b)",
    "(a, b)",
    "(metaclass=a)",
    "(frozenset)",
    "(ValueError, KeyError)",
    "(BaseException)",
    "(a, list)",
    "(weakref.WeakSet)",
    "(weakref.WeakValueDictionary)",
    "(list, dict)",
    "(bytes)",
    "(c, x=1)",
];

const SLOTS: &[&str] = &[
    "",
    "",
    "",
    "",
    "__slots__ = ()",
    "__slots__ = ('x',)",
    "__slots__ = ('a', 'b', 'c', '__weakref__')",
    "__slots__ = a",
];

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
        if self.byte() % 2 == 0 {
            self.line(indent, "else:");
            self.block(indent, depth);
        }
    }

    fn looped(&mut self, indent: usize, depth: usize) {
        let text = if self.byte() % 3 == 0 {
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
        if self.byte() % 5 == 0 {
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
        if self.byte() % 4 == 0 {
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
        if self.byte() % 2 == 0 {
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
