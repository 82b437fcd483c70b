//! The constructs that random programs are made of.

#[rustfmt::skip]
pub(super) const ATOMS: &[&str] = &[
    "a", "b", "c", "d", "e", "f", "a", "b", "c", "0", "1", "2", "-1", "3", "255", "10**20", "-(10**20)", "1 << 63",
    "-(1 << 63)", "sys.maxsize", "0.5", "-0.0", "1e308", "float('nan')", "float('inf')", "''", "'a'", "'abc'",
    "'é€😀'", "'a' * 40", "b'xyz'", "None", "True", "False", "...", "NotImplemented", "()", "[]", "{}", "set()",
    "(1, 2)", "[1, 2, 3]", "{1: 2}", "{1, 2}", "frozenset('ab')", "range(3)", "range(10**18)", "range(5, -5, -2)",
    "slice(None, None, -1)", "object()", "object", "int", "str", "list", "dict", "type", "tuple", "set", "Exception",
    "ValueError", "BaseException", "weakref.WeakSet()", "weakref.WeakValueDictionary()",
    "weakref.WeakKeyDictionary()", "gc.garbage", "gc.callbacks", "globals()", "locals()", "sys", "gc", "weakref",
    "print", "'{} {0} {a!r:>{b}}'", "'%s %d %(a)s'", "'%*.*f'", "sys.stdout", "gc.get_objects()", "sys._getframe()",
    "sys.exc_info()", "[[]] * 3", "[0] * 2000", "bytes(3)", "iter([1, 2])", "iter(a)", "reversed([1, 2])",
    "(x for x in a)", "zip(a, b)", "map(a, b)", "filter(a, b)", "enumerate(a)", "super", "staticmethod(a)",
    "classmethod(a)", "property(a, b)", "open('x')",
];

/// Classes of the prelude: what they inherit from beside the class with the special methods.
#[rustfmt::skip]
pub(super) const CLASSES: [(&str, &str); 12] = [
    ("H", ""), ("L", ", list"), ("D", ", dict"), ("S", ", str"), ("T", ", tuple"), ("I", ", int"), ("F", ", float"),
    ("X", ", Exception"), ("Z", ", set"), ("Y", ", frozenset"), ("R", ", weakref.ref"), ("C", ", type"),
];

#[rustfmt::skip]
pub(super) const ACTORS: &[&str] = &[
    "H()", "L([1, 2, 3])", "D(a=1)", "S('ab')", "T((1, 2))", "I(3)", "F(0.5)", "X('x')", "Z('ab')", "Y('ab')", "R(a)",
    "C('q', (), {})", "gen()", "gen(a)", "act", "H", "L", "D", "X", "C", "[H(), H()]", "{H(): H()}", "{H(), 1}",
    "(H(), a)", "a.b", "a[0]", "a.x", "weakref.proxy(a)", "weakref.ref(a, act)", "weakref.finalize(a, act)",
    "iter(act, 1)", "map(act, a)", "filter(act, a)", "[a, b, c]", "{a: b}", "{a, b}", "(a, b)", "a.__class__",
    "type(a)", "type(a)()", "gen().__next__", "sorted(a, key=act)",
];

/// Methods with an object that has them.
#[rustfmt::skip]
pub(super) const METHODS: &[(&str, &[&str])] = &[
    ( "L([H(), 2, a])", &[ "append", "extend", "insert", "pop", "remove", "clear", "index", "count", "reverse",
    "sort", "copy", "__iter__", "__getitem__", "__setitem__", "__contains__", "__init__", ], ), ( "[H(), 2, a]", &[
    "append", "extend", "insert", "pop", "remove", "clear", "index", "count", "reverse", "sort", "copy", ], ), ( "a",
    &[ "append", "extend", "insert", "pop", "remove", "clear", "update", "add", "sort", "send", "throw", "close",
    "get", "x", "setdefault", ], ), ( "{H(): 1, a: 2}", &[ "keys", "values", "items", "get", "setdefault", "pop",
    "popitem", "update", "fromkeys", "clear", "copy", ], ), ( "D(a=1)", &[ "keys", "values", "items", "get",
    "setdefault", "pop", "popitem", "update", "clear", "copy", "__getitem__", "__setitem__", "__delitem__",
    "__iter__", "__init__", ], ), ( "{H(), a}", &[ "add", "discard", "remove", "pop", "update", "union",
    "intersection", "difference", "symmetric_difference", "issubset", "isdisjoint", "intersection_update",
    "symmetric_difference_update", "clear", ], ), ( "Z('ab')", &[ "add", "discard", "remove", "pop", "update",
    "union", "intersection", "issuperset", "copy", "__init__", ], ), ( "'aé-%s {} {0.a[b]}'", &[ "format", "split",
    "rsplit", "join", "replace", "find", "rfind", "index", "count", "center", "ljust", "rjust", "zfill", "partition",
    "strip", "startswith", "encode", "splitlines", "removesuffix", "__len__", ], ),
    ("gen(b)", &["send", "throw", "close", "__next__", "__iter__"]),
    ("a", &["send", "throw", "close", "__next__", "__iter__"]),
    ("range(10**18, -5, -3)", &["index", "count", "__len__"]),
    ("(-5)", &["bit_length", "bit_count", "to_bytes", "conjugate", "__int__"]), ( "weakref.WeakSet([H()])",
    &["add", "discard", "remove", "pop", "update", "clear", "copy", "__contains__"], ), (
    "weakref.WeakValueDictionary({1: H()})", &[ "get", "pop", "popitem", "setdefault", "update", "keys", "values",
    "items", "valuerefs", "clear", "copy", ], ), ( "weakref.WeakKeyDictionary({H(): 1})", &[ "get", "pop", "popitem",
    "setdefault", "update", "keys", "values", "items", "keyrefs", "clear", "copy", ], ), ( "gc", &[ "collect",
    "freeze", "unfreeze", "get_objects", "get_referrers", "get_referents", "set_threshold", "disable", "enable",
    "is_tracked", ], ), ("gc.callbacks", &["append", "clear", "insert"]),
    ("sys", &["setrecursionlimit", "getrefcount", "getsizeof", "intern", "exc_info", "exit", "_getframe"]),
    ("X('x')", &["with_traceback", "add_note", "__init__", "__str__"]),
    ("list", &["append", "sort", "__len__", "__getitem__", "__iter__", "__new__"]), ( "object", &[ "__new__",
    "__init__", "__setattr__", "__getattribute__", "__eq__", "__hash__", "__delattr__", "__dir__", "__format__", ], ),
    ("type", &["mro", "__call__", "__subclasses__", "__new__", "__init__"]),
    ("super(L, L())", &["append", "__init__", "__iter__", "__len__", "x", "__new__"]),
];

#[rustfmt::skip]
pub(super) const CALLED: &[&str] = &[
    "print", "len", "id", "hash", "repr", "ascii", "format", "isinstance", "issubclass", "callable", "getattr",
    "hasattr", "setattr", "delattr", "iter", "next", "sum", "min", "max", "all", "any", "sorted", "reversed", "abs",
    "round", "divmod", "pow", "chr", "ord", "bin", "oct", "hex", "globals", "locals", "vars", "dir", "object", "int",
    "bool", "float", "str", "bytes", "tuple", "list", "dict", "set", "frozenset", "type", "range", "slice",
    "property", "staticmethod", "classmethod", "super", "enumerate", "zip", "map", "filter", "Exception",
    "ValueError", "KeyError", "StopIteration", "SystemExit", "OSError", "MemoryError", "open", "gc.collect",
    "gc.get_objects", "gc.get_referents", "gc.get_referrers", "gc.is_tracked", "gc.is_finalized", "gc.freeze",
    "gc.unfreeze", "gc.enable", "gc.disable", "gc.set_threshold", "gc.get_threshold", "gc.get_count", "gc.get_stats",
    "gc.set_debug", "gc.get_debug", "gc.get_freeze_count", "gc.callbacks.append", "gc.garbage.append",
    "sys.getrefcount", "sys.getsizeof", "sys.intern", "sys.setrecursionlimit", "sys.exit", "sys.exc_info",
    "sys._getframe", "weakref.ref", "weakref.proxy", "weakref.finalize", "weakref.WeakMethod", "weakref.getweakrefs",
    "weakref.getweakrefcount", "weakref.WeakSet", "weakref.WeakValueDictionary", "weakref.WeakKeyDictionary", "a",
    "b", "c", "d", "e", "f",
];

#[rustfmt::skip]
pub(super) const MEMBERS: &[&str] = &[
    "append", "extend", "insert", "pop", "remove", "clear", "copy", "index", "count", "reverse", "sort", "keys",
    "values", "items", "get", "setdefault", "popitem", "update", "fromkeys", "add", "discard", "union",
    "intersection", "difference", "symmetric_difference", "issubset", "issuperset", "isdisjoint",
    "intersection_update", "difference_update", "upper", "lower", "title", "strip", "lstrip", "split", "rsplit",
    "splitlines", "join", "replace", "find", "rfind", "startswith", "endswith", "center", "ljust", "zfill",
    "partition", "rpartition", "format", "encode", "decode", "expandtabs", "isidentifier", "removeprefix", "hex",
    "bit_length", "to_bytes", "conjugate", "is_integer", "send", "throw", "close", "mro", "getter", "setter",
    "deleter", "with_traceback", "add_note", "read", "readline", "write", "flush", "detach", "peek", "alive",
    "atexit", "__call__", "__class__", "__dict__", "__init__", "__new__", "__del__", "__repr__", "__str__", "__eq__",
    "__ne__", "__hash__", "__len__", "__iter__", "__next__", "__getitem__", "__setitem__", "__delitem__",
    "__contains__", "__getattribute__", "__setattr__", "__delattr__", "__dir__", "__format__", "__get__", "__set__",
    "__int__", "__index__", "__enter__", "__exit__", "__subclasses__", "__init_subclass__", "__name__",
    "__qualname__", "__doc__", "__module__", "__mro__", "__bases__", "__base__", "__slots__", "__weakref__",
    "__callback__", "__self__", "__func__", "__wrapped__", "__code__", "__closure__", "__defaults__",
    "__kwdefaults__", "__globals__", "__context__", "__cause__", "__suppress_context__", "__traceback__", "__notes__",
    "args", "value", "tb_frame", "tb_next", "f_locals", "f_back", "f_code", "f_globals", "f_lineno", "gi_frame",
    "gi_running", "cell_contents", "start", "stop", "step", "fget", "co_name", "co_consts", "data", "real", "a", "b",
    "c", "d", "e", "f", "x",
];

#[rustfmt::skip]
pub(super) const SPECIAL: &[&str] = &[
    "__init__", "__new__", "__del__", "__repr__", "__str__", "__eq__", "__ne__", "__lt__", "__le__", "__hash__",
    "__len__", "__bool__", "__iter__", "__next__", "__getitem__", "__setitem__", "__delitem__", "__contains__",
    "__getattr__", "__getattribute__", "__setattr__", "__delattr__", "__call__", "__enter__", "__exit__", "__add__",
    "__radd__", "__iadd__", "__mul__", "__sub__", "__or__", "__and__", "__neg__", "__invert__", "__abs__", "__int__",
    "__index__", "__float__", "__round__", "__format__", "__get__", "__set__", "__delete__", "__set_name__",
    "__init_subclass__", "__missing__", "__reversed__", "__dir__", "__class_getitem__", "__instancecheck__",
    "__mro_entries__", "__prepare__", "__divmod__", "__mod__", "__pow__", "__rpow__", "__lshift__", "__matmul__", "x",
    "a",
];

#[rustfmt::skip]
pub(super) const OPERATORS: &[&str] = &[
    "+", "-", "*", "/", "//", "%", "**", "<<", ">>", "&", "|", "^", "@", "==", "!=", "<", "<=", ">", ">=",
    "is", "is not", "in", "not in", "and", "or",
];

#[rustfmt::skip]
pub(super) const AUGMENTED: &[&str] =
    &["+=", "-=", "*=", "/=", "//=", "%=", "**=", "<<=", ">>=", "&=", "|=", "^=", "@="];
pub(super) const BASES: &[&str] = &[
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

#[rustfmt::skip]
pub(super) const SLOTS: &[&str] = &[
    "", "", "", "", "__slots__ = ()", "__slots__ = ('x',)", "__slots__ = ('a', 'b', 'c', '__weakref__')",
    "__slots__ = a",
];
