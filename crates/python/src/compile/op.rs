//! The operations of the machine that runs compiled code: CPython 3.11's, without its caches.
//!
//! A frame has a stack of values; `a b -- c` says what an operation takes from its top and what it leaves.

/// A place in a code's list of operations.
pub type Target = u32;

/// One operation. Numbers are indices into the lists of [`Code`](super::Code), or counts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[allow(missing_docs, reason = "what an operation's numbers are is said above it")]
pub enum Op {
    /// ` -- constant`
    Const(u32),
    /// `a -- `
    Pop,
    /// Pushes the value that is `n` from the top (1 is the top).
    Copy(u32),
    /// Swaps the top with the value that is `n` from the top (2 is the one below).
    Swap(u32),

    /// ` -- value` of a local variable of a function; `UnboundLocalError` if it has none.
    LoadFast(u32),
    /// `a -- `
    StoreFast(u32),
    /// Unbinds a local variable.
    DeleteFast(u32),
    /// Unbinds a local variable, if it is bound: the end of a comprehension's or a handler's name.
    ClearFast(u32),
    /// ` -- value` of a name of a module or a class body: its names, the globals, the builtins.
    LoadName(u32),
    /// `a -- `
    StoreName(u32),
    /// Unbinds a name.
    DeleteName(u32),
    /// ` -- value` of a global or a builtin.
    LoadGlobal(u32),
    /// `a -- `
    StoreGlobal(u32),
    /// Unbinds a global.
    DeleteGlobal(u32),
    /// ` -- value` of a cell: cells of the function first, then free variables.
    LoadDeref(u32),
    /// ` -- value`: the class body's name, else the cell. The first number is a name's, the second a cell's.
    LoadClassDeref(u32, u32),
    /// `a -- `
    StoreDeref(u32),
    /// Unbinds a cell.
    DeleteDeref(u32),
    /// ` -- cell` itself, for a closure.
    LoadClosure(u32),

    /// `object -- attribute`
    LoadAttr(u32),
    /// `object -- method self` or `object -- attribute NULL`: for a call by [`Op::CallMethod`].
    LoadMethod(u32),
    /// `value object -- `
    StoreAttr(u32),
    /// `object -- `
    DeleteAttr(u32),
    /// `object key -- item`
    Subscript,
    /// `value object key -- `
    StoreSubscript,
    /// `object key -- `
    DeleteSubscript,

    /// `a b -- a + b`
    Binary(Binary),
    /// `a b -- a += b`
    Inplace(Binary),
    /// `a -- -a`
    Unary(Unary),
    /// `a b -- a < b`
    Compare(Comparison),
    /// `a b -- a is b`, or `is not`.
    Is { not: bool },
    /// `a b -- a in b`, or `not in`.
    Contains { not: bool },

    /// `n items -- tuple`
    BuildTuple(u32),
    /// `n items -- list`
    BuildList(u32),
    /// `n items -- set`
    BuildSet(u32),
    /// `n pairs key value -- dict`
    BuildMap(u32),
    /// `n strings -- string`
    BuildString(u32),
    /// `start stop -- slice`, or with a step (3).
    BuildSlice(u32),
    /// `item -- `; appends to the list that is `n` from the top after the item is gone.
    ListAppend(u32),
    /// `item -- `; adds to a set likewise.
    SetAdd(u32),
    /// `key value -- `; sets in a dict likewise.
    MapAdd(u32),
    /// `iterable -- `; extends the list that is on the top then.
    ListExtend,
    /// `iterable -- `; likewise for a set.
    SetUpdate,
    /// `mapping -- `; likewise for a dict, as `{**mapping}` does.
    DictUpdate,
    /// `mapping -- `; likewise for the keyword arguments of a call: a key that is there already is a `TypeError`.
    DictMerge,
    /// `list -- tuple`
    ListToTuple,
    /// `value -- string`, or `value spec -- string`: a field of an f-string.
    Format { conversion: Conversion, spec: bool },
    /// `iterable -- last … first`: the first is on the top.
    Unpack(u32),
    /// The same with a starred target: so many before it, so many after it; a list for it between them.
    UnpackStarred(u32, u32),

    /// Goes on there.
    Jump(Target),
    /// `a -- `
    JumpIfFalse(Target),
    /// `a -- `
    JumpIfTrue(Target),
    /// `a -- a` and goes there, or `a -- `.
    JumpIfFalseOrPop(Target),
    /// `a -- a` and goes there, or `a -- `.
    JumpIfTrueOrPop(Target),
    /// `iterable -- iterator`
    Iterate,
    /// `iterator -- iterator item`, or at its end `iterator -- ` and goes there.
    ForIter(Target),

    /// `callable n arguments -- result`; the last of them by keyword, if there is a constant with the tuple of their names
    /// ([`NO_KEYWORDS`] if not).
    Call { arguments: u32, keywords: u32 },
    /// The same after [`Op::LoadMethod`]: `method self-or-NULL n arguments -- result`.
    CallMethod { arguments: u32, keywords: u32 },
    /// `callable tuple -- result`, or `callable tuple dict -- result`.
    CallEx { keywords: bool },
    /// `[defaults tuple] [keyword-only defaults dict] [cells tuple] -- function`; the code is a constant.
    MakeFunction { code: u32, defaults: bool, keyword_defaults: bool, closure: bool },
    /// ` -- callable` that makes classes: `(function, name, *bases, **keywords)`.
    LoadBuildClass,
    /// `value -- `; ends the frame. In a generator: the value of its `StopIteration`.
    Return,
    /// `value -- sent`; the generator rests. (A generator's code begins with the operation after its parameters are
    /// bound: calling it makes the generator object.)
    Yield,
    /// `iterable -- iterator` for `yield from`: a generator is left as it is.
    YieldFromIter,
    /// `iterator sent -- iterator sent` after a rest with what the iterator gave, to be done again; or, at its end,
    /// `iterator sent -- result` and goes on with the next operation.
    YieldFrom,

    /// Raises: 0 again what is handled, 1 `exception -- `, 2 `exception cause -- `.
    Raise(u32),
    /// `exception -- previous exception`: it is being handled from here on; what was before is kept below it.
    PushHandled,
    /// `previous -- `: that is being handled again.
    PopHandled,
    /// `exception type -- exception bool`: whether an `except` clause of the type (or tuple of types) takes it.
    Matches,
    /// `exception -- `: raises it again, its traceback as it is.
    Reraise,
    /// `manager -- exit entered`: `exit` is a bound method.
    WithEnter,
    /// `exit previous exception -- exit previous exception result`: calls `exit(type, exception, traceback)` at the end of
    /// a `with` by an exception. (The stack is as a handler finds it after `PushHandled`, above `exit`.)
    WithExit,

    /// ` -- module`: by its name.
    Import(u32),
    /// `module -- module attribute`
    ImportFrom(u32),
    /// ` -- AssertionError`, whatever the name is bound to.
    LoadAssertionError,
}

/// In place of a constant in [`Op::Call`].
pub const NO_KEYWORDS: u32 = u32::MAX;

/// Arithmetic.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[allow(missing_docs, reason = "Python's own words")]
pub enum Binary {
    Add,
    Subtract,
    Multiply,
    MatrixMultiply,
    TrueDivide,
    FloorDivide,
    Remainder,
    Power,
    LeftShift,
    RightShift,
    And,
    Or,
    Xor,
}

/// Arithmetic with one operand.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[allow(missing_docs, reason = "Python's own words")]
pub enum Unary {
    Negative,
    Positive,
    Invert,
    Not,
}

/// Comparisons that objects decide.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[allow(missing_docs, reason = "Python's own words")]
pub enum Comparison {
    Less,
    LessEqual,
    Equal,
    NotEqual,
    Greater,
    GreaterEqual,
}

/// What is done to a field of an f-string before it is formatted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[allow(missing_docs, reason = "Python's own words")]
pub enum Conversion {
    None,
    Str,
    Repr,
    Ascii,
}
