//! Every way in which a text is no program, with position and message; and text that is out to hurt.

use gleaner_program::text::{MAX_BYTES, parse, parse_bytes};

/// Returns the error of `body` after an import and `start()`, which are the lines 1 and 2.
fn after_start(body: &str) -> String {
    error(&format!("from prelude import *\nstart()\n{body}"))
}

/// Returns the error of a function (its body from line 3 on) that is called.
fn in_function(body: &str) -> String {
    let indented: String = body.lines().map(|line| format!("    {line}\n")).collect();
    error(&format!("from prelude import *\ndef f_():\n{indented}start()\na = node(1)\nf_()\n"))
}

fn error(source: &str) -> String {
    match parse(source, "x.py") {
        Ok(program) => panic!("a program: {}", program.to_python()),
        Err(error) => error.to_string(),
    }
}

const VARIABLES: &str = "the variables are a to h and ra to rd, and in functions p to w and rp to rs";
const LEFT: &str = "what is assigned is the answer of node, ref, saved or a ref";

#[test]
fn module() {
    let cases = [
        ("", "1:1: there is no `start()`: a program's operations follow it"),
        ("from prelude import *\n", "2:1: there is no `start()`: a program's operations follow it"),
        ("import gc\n", "1:1: `import gc`: the first line must be `from prelude import *`"),
        ("start()\n", "1:1: `start()`: the first line must be `from prelude import *`"),
        (
            "from prelude import node\n",
            "1:1: `from prelude import node`: the first line must be `from prelude import *`",
        ),
        (
            "from .prelude import *\n",
            "1:1: `from .prelude import *`: the first line must be `from prelude import *`",
        ),
        (
            "from prelude import *\nfrom prelude import *\n",
            "2:1: `from prelude import *`: before `start()` there are only the import and functions",
        ),
        (
            "from prelude import *\na = node(1)\nstart()\n",
            "2:1: `a = node(1)`: before `start()` there are only the import and functions",
        ),
        (
            "from prelude import *\nstart(1)\n",
            "2:1: `start(1)`: before `start()` there are only the import and functions",
        ),
        (
            "from prelude import *\ndef f_(x): pass\nstart()\n",
            "2:5: `f_`: a function is plain `def name():`, without parameters or decorators",
        ),
        (
            "from prelude import *\nasync def f_(): pass\nstart()\n",
            "2:11: `f_`: a function is plain `def name():`, without parameters or decorators",
        ),
        (
            "from prelude import *\n@g\ndef f_(): pass\nstart()\n",
            "3:5: `f_`: a function is plain `def name():`, without parameters or decorators",
        ),
        (
            "from prelude import *\ndef f_() -> int: pass\nstart()\n",
            "2:5: `f_`: a function is plain `def name():`, without parameters or decorators",
        ),
        (
            "from prelude import *\ndef a(): pass\nstart()\n",
            "2:5: `a`: this name is the language's own; call the function another",
        ),
        (
            "from prelude import *\ndef node(): pass\nstart()\n",
            "2:5: `node`: this name is the language's own; call the function another",
        ),
        (
            "from prelude import *\ndef f_(): pass\ndef f_(): pass\nstart()\nf_()\n",
            "3:5: `f_`: two functions have this name",
        ),
        (
            "from prelude import *\ndef g_(): pass\ndef f_(): pass\nstart()\ng_()\n",
            "3:5: `f_`: the function is never called: each is called once, where its frame opens",
        ),
        (
            "from prelude import *\ndef f_():\n    g_()\ndef g_():\n    f_()\nstart()\nf_()\n",
            "5:5: `f_()`: the function is running: there is no recursion",
        ),
        (
            "from prelude import *\ndef f_(): pass\nstart()\nf_()\nf_()\n",
            "5:1: `f_()`: the function has been called before: each is called once",
        ),
        (
            "from prelude import *\ndef f_(): pass\nstart()\nf_(1)\n",
            "4:1: `f_(1)`: a function takes no arguments",
        ),
        (
            "from prelude import *\nstart()\ndef f_(): pass\n",
            "3:5: `f_`: functions are defined at module level, before `start()`",
        ),
        (
            "from prelude import *\nstart()\nstart()\n",
            "3:1: `start()`: `start()` is called once, without arguments",
        ),
        ("from prelude import *\nstart()\na = (\n", "4:1: not Python: unexpected EOF while parsing"),
    ];
    for (source, expected) in cases {
        assert_eq!(error(source), format!("x.py:{expected}"), "{source}");
    }
}

#[test]
fn statements() {
    let cases = [
        ("for a in b: pass", "3:1: `for a in b: pass`: a statement is an assignment, a `del` or a call"),
        ("a += 1", "3:1: `a += 1`: a statement is an assignment, a `del` or a call"),
        ("'text'", "3:1: `'text'`: a statement is an assignment, a `del` or a call"),
        ("while 1:\n    pass", "3:1: `while 1: ...`: a statement is an assignment, a `del` or a call"),
        ("global a", "3:1: `global a`: `global` stands at the start of a function"),
        (
            "a = b = node(1)",
            "3:1: `a = b = node(1)`: one target at a time; only a function's first line sets several, its locals, to nil",
        ),
        ("a, b = node(1)", "3:1: `a, b`: only a variable or a field of one is assigned to"),
        (
            "a = nil",
            "3:5: `nil`: a variable gets nil only in a function's first line; use `del`, or set a field to nil",
        ),
        ("a = 1", "3:5: `1`: what is assigned is a variable, a field of one, or a call"),
        ("x = node(1)", &format!("3:1: `x`: {VARIABLES}")),
        ("a = node(1)\na = y", &format!("4:5: `y`: {VARIABLES}")),
        ("a = b", "3:5: `b`: the variable is not bound here"),
        ("a = node(1)\ndel a\na.f0 = a", "5:1: `a`: the variable is not bound here"),
        ("a = node(1)\na.f9 = a", "4:1: `a.f9`: a node has the fields f0 to f3 and ref"),
        ("a = node(1)\na.f4 = a", "4:1: `a.f4`: a node has the fields f0 to f3 and ref"),
        ("a = node(1)\nb = a.next", "4:5: `a.next`: a node has the fields f0 to f3 and ref"),
        ("a = node(1)\na.f0 = a.f0", "4:8: `a.f0`: a field is set to a variable or to nil"),
        ("a = node(1)\nra = ref(a)\na.f0 = ra", "5:8: `ra`: f0 to f3 hold nodes; a ref goes into ref"),
        ("a = node(1)\na.ref = a", "4:9: `a`: ref holds a ref; a node goes into f0 to f3"),
        ("a = node(1)\nra = a", "4:1: `ra = a`: ra to rd and rp to rs hold refs, and this gives a node"),
        ("a = node(1)\nb = a.ref", "4:1: `b = a.ref`: a to h and p to w hold nodes, and this gives a ref"),
        ("a = node(1)\nb = a.f0.f1", "4:5: `a.f0`: a node is named by a variable, a to h or p to w"),
        ("a = node(1)\nra = ref(a)\nra.f0 = a", "5:1: `ra`: this is a ref; nodes are in a to h and p to w"),
        ("a = foo()", &format!("3:5: `foo()`: {LEFT}")),
        ("a = a()", &format!("3:5: `a()`: {LEFT}")),
        ("a = collect(2)", &format!("3:5: `collect(2)`: {LEFT}")),
        ("a = node()", "3:5: `node()`: the form is `node(2) or node(2, \"log\")`"),
        ("a = node(fields=1)", "3:5: `node(fields=1)`: the form is `node(2) or node(2, \"log\")`"),
        ("a = node(5)", "3:10: `5`: a node has 0 to 4 fields"),
        ("a = node(1.0)", "3:10: `1.0`: a node has 0 to 4 fields"),
        (
            "a = node(1, \"cry\")",
            "3:13: `\"cry\"`: this is one of \"log\", \"resurrect\", \"allocate\", \"drop\", \"raise\", \"collect\"",
        ),
        (
            "a = node(1, 2)",
            "3:13: `2`: this is one of \"log\", \"resurrect\", \"allocate\", \"drop\", \"raise\", \"collect\"",
        ),
        ("a = node(1)\nra = ref()", "4:6: `ref()`: the form is `ref(a)` or `ref(a, \"log\")`"),
        (
            "a = node(1)\nra = ref(a, \"resurrect\")",
            "4:13: `\"resurrect\"`: this is one of \"log\", \"collect\", \"allocate\", \"raise\"",
        ),
        ("a = saved(1)", "3:5: `saved(1)`: the form is `saved()`"),
        ("a = node(1)\nra = ref(a)\na = ra(1)", "5:5: `ra(1)`: the form is `ra()`"),
        ("a = ra()", "3:5: `ra`: the variable is not bound here"),
        ("del a", "3:5: `a`: the variable is not bound here"),
        ("a = node(1)\ndel a, a", "4:8: `a`: the variable is not bound here"),
        ("a = node(1)\ndel a.f0", "4:5: `a.f0`: `del` takes variables"),
        ("p = node(1)", "3:1: `p`: this is a local of functions; the module has a to h and ra to rd"),
    ];
    for (body, expected) in cases {
        assert_eq!(after_start(body), format!("x.py:{expected}"), "{body}");
    }
}

#[test]
fn calls() {
    let cases = [
        ("print(a)", "3:1: `print(a)`: there is no operation and no function of this name"),
        ("gc.collect()", "3:1: `gc.collect`: only operations, functions and refs are called, by name"),
        ("node(1)", "3:1: `node(1)`: the answer goes into a variable, as in `a = node(2)`"),
        ("collect()", "3:1: `collect()`: the form is `collect(2)`"),
        ("collect(4)", "3:9: `4`: a generation is 0, 1 or 2; 3 is the invalid one"),
        ("collect(-1)", "3:9: `-1`: a generation is 0, 1 or 2; 3 is the invalid one"),
        ("collect(*a)", "3:9: `*a`: a generation is 0, 1 or 2; 3 is the invalid one"),
        ("set_threshold(1)", "3:1: `set_threshold(1)`: the form is `set_threshold(700, 10, 10)`"),
        ("set_threshold(1, 2, 65536)", "3:21: `65536`: a threshold is a number from 0 to 65535"),
        ("census(1)", "3:1: `census(1)`: the form is `census()`"),
        ("which(1)", "3:7: `1`: this takes a variable: `which(a)`"),
        ("which(a)", "3:7: `a`: the variable is not bound here"),
        ("a = node(1)\nalive(a)", "4:7: `a`: `alive` asks a ref: `alive(ra)`"),
        ("a = node(1)\nra = ref(a)\nis_tracked(ra)", "5:12: `ra`: this asks a node: `is_tracked(a)`"),
    ];
    for (body, expected) in cases {
        assert_eq!(after_start(body), format!("x.py:{expected}"), "{body}");
    }
}

#[test]
fn functions() {
    let cases = [
        ("a = node(1)", "3:5: `a`: the function must begin with `global a` to bind or delete it"),
        ("del a", "3:9: `a`: the function must begin with `global a` to bind or delete it"),
        ("p = node(1)", "3:5: `p`: the function must begin by setting its locals to nil: `p = nil`"),
        ("q = nil\np = q", "4:5: `p`: the function must begin by setting its locals to nil: `p = nil`"),
        (
            "q = p = nil",
            "3:5: `q = p = nil`: the locals die in the order of this line, which must be `p = q = nil`",
        ),
        (
            "p = p = nil",
            "3:5: `p = p = nil`: the locals die in the order of this line, which must be `p = nil`",
        ),
        ("p = a = nil", "3:9: `a`: only the locals p to w and rp to rs are set to nil"),
        (
            "p = nil\np = nil",
            "4:9: `nil`: a variable gets nil only in a function's first line; use `del`, or set a field to nil",
        ),
        ("p = nil\ndel p\nwhich(p)", "5:11: `p`: the variable is not bound here"),
        ("global p", "3:12: `p`: the global variables are a to h and ra to rd"),
        ("global x", "3:12: `x`: the global variables are a to h and ra to rd"),
        ("census()\nglobal a", "4:5: `global a`: `global` stands at the start of a function"),
        ("def g_(): pass", "3:9: `g_`: functions are defined at module level, before `start()`"),
        ("return", "3:5: `return`: a statement is an assignment, a `del` or a call"),
    ];
    for (body, expected) in cases {
        assert_eq!(in_function(body), format!("x.py:{expected}"), "{body}");
    }
}

#[test]
fn calls_nest_only_so_deep() {
    let functions: String = (1..9).map(|k| format!("def f_{k}():\n    f_{}()\n", k + 1)).collect();
    let source = format!("from prelude import *\n{functions}def f_9(): pass\nstart()\nf_1()\n");
    assert_eq!(error(&source), "x.py:17:5: `f_9()`: calls nest at most 8 deep");
}

#[test]
fn bytes_that_are_not_utf_8() {
    let error = parse_bytes(b"from prelude import *\n# \xc3\xa9 \xff\n", "x.py").unwrap_err();
    assert_eq!(error.to_string(), "x.py:2:5: a program is UTF-8 text, and this byte is not");
}

#[test]
fn a_column_counts_characters_and_a_line_ends_as_in_python() {
    assert_eq!(
        error("from prelude import *\r\nstart()\r\n'\u{e9}'; b = a\r\n"),
        "x.py:3:1: `'\u{e9}'`: a statement is an assignment, a `del` or a call"
    );
    assert_eq!(
        error("from prelude import *\rstart()\rcensus(); b = a\r"),
        "x.py:3:15: `a`: the variable is not bound here"
    );
    assert_eq!(
        error("# \u{e9}\nfrom prelude import *\nstart(); \u{e9} = 1"),
        format!("x.py:3:10: `\u{e9}`: {VARIABLES}")
    );
}

#[test]
fn what_a_person_writes_is_a_program() {
    let source = "'''About (this [program.'''\n# and that {\nfrom prelude import *\n\n\
        def later():\n    'It \\' has \"\"\" all'\n    p = q = nil  # locals\n    global a, \\\n        b\n    a = node(\n        1,\n        'log')\n    sooner(); pass\n\n\
        def sooner():\n    pass\n\nstart()\nlater()\ndel a\npass\n";
    let program = parse(source, "x.py").expect("a program");
    let expected = "from prelude import *\n\n\ndef frame_1():\n    global a\n    a = node(1, \"log\")\n    frame_2()\n\n\n\
        def frame_2():\n    pass\n\n\nstart()\nframe_1()\ndel a\n";
    assert_eq!(program.to_python(), expected);
}

#[test]
fn nesting_is_refused_before_it_is_parsed() {
    let many = 100_000;
    let repeated = |what: &str| format!("a = {}", what.repeat(many));
    let cases = [
        (repeated("("), "3:9: brackets nest at most 4 deep"),
        (repeated("[(\n{"), "4:3: brackets nest at most 4 deep"),
        (repeated("-"), "3:203: a statement is at most 200 characters"),
        (repeated("not "), "3:269: a statement is at most 200 characters"),
        (repeated("b."), "3:203: a statement is at most 200 characters"),
        (repeated("b()"), "3:203: a statement is at most 200 characters"),
        (repeated("\\\n-"), "102:2: a statement is at most 200 characters"),
        (repeated("b if b else "), "3:302: a statement is at most 200 characters"),
        (repeated("lambda:"), "3:203: a statement is at most 200 characters"),
        (format!("a = f'{}", "{'".repeat(many)), "3:6: a string has no prefix"),
        (
            (0..many / 100).map(|depth| format!("{}if b:\n", " ".repeat(depth))).collect(),
            "20:18: an indentation is at most 16 characters",
        ),
        (
            "if b:\n\tif b:\n".to_string() + &"\t".repeat(40) + "pass",
            "5:41: an indentation is at most 16 characters",
        ),
    ];
    for (body, expected) in cases {
        assert_eq!(after_start(&body), format!("x.py:{expected}"), "{}", &body[..20]);
    }
    let large = format!("#{}", "x".repeat(MAX_BYTES));
    assert_eq!(error(&large), format!("x.py:1:1: a program is at most {MAX_BYTES} bytes of text"));
}

#[test]
fn strings_and_comments_hide_brackets_and_nothing_hides_in_them() {
    for quiet in
        ["# ((((((((", "'((((((((('", "'''((((\n(((((\n'''", "\"\\\"((((((\"", "'a\\\\'", "'\\\r\n(((((('"]
    {
        assert!(!after_start(&format!("{quiet}\nb = a")).contains("brackets"), "{quiet}");
    }
    for loud in ["'a' + ((((((", "'a\\\\' + ((((((", "''' ''' + ((((((", "'open\n((((((", "'' + (((((("] {
        assert!(after_start(loud).contains("brackets nest"), "{loud}");
    }
}

#[test]
fn a_large_program_takes_no_deep_stack() {
    let source = format!("from prelude import *\nstart()\n{}", "census()\n".repeat(100_000));
    assert_eq!(parse(&source, "x.py").map(|program| program.len()), Ok(100_000));
}
