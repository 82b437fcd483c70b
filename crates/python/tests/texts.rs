//! Texts that are no programs are told what is wrong and where, and no text is too deep for the compiler.

use gleaner_python::script::{Options, Script};

fn error(text: &str) -> String {
    Script::compile(text).expect_err("no program").to_string()
}

#[test]
fn bad_texts_are_told_what_is_wrong_and_where() {
    for (text, expected) in BAD {
        assert_eq!(&error(text), expected, "{text:?}");
    }
}

const BAD: &[(&str, &str)] = &[
    ("return 1", "1:1: 'return' outside function"),
    ("a = 1\nbreak", "2:1: 'break' outside loop"),
    ("continue", "1:1: 'continue' not properly in loop"),
    ("x = (", "1:6: unexpected EOF while parsing"),
    ("x = 'abc", "1:5: missing closing quote in string literal"),
    ("if True:\npass", "2:1: Expected an indented block after `if` statement"),
    ("  x = 1", "1:1: Unexpected indentation"),
    ("def f(:\n  pass", "1:7: Expected a parameter or the end of the parameter list"),
    ("f(1, a=2, 3)", "1:11: Positional argument cannot follow keyword argument"),
    ("1 = x", "1:1: Invalid assignment target"),
    ("def f():\n  nonlocal x", "2:12: no binding for nonlocal 'x' found"),
    ("yield 1", "1:1: 'yield' outside function"),
    ("async def f(): pass", "1:1: 'async def' is not in Gleaner's subset of Python"),
    ("match x:\n  case 1: pass", "1:1: 'match' is not in Gleaner's subset of Python"),
    ("x = 1 +", "1:8: Expected an expression"),
    ("é = 😀", "1:5: Got unexpected token 😀"),
    ("def f(a, a): pass", "1:10: duplicate argument 'a' in function definition"),
    ("def f(a):\n  global a", "2:10: name 'a' is parameter and global"),
    ("del f()", "1:5: Invalid delete target"),
    ("f'{'", "1:4: Expected an expression"),
    ("a, *b, *c = x", "1:1: multiple starred expressions in assignment"),
    ("\0", "1:1: Got unexpected token \0"),
    ("class A:\n  return 1", "2:3: 'return' outside function"),
    ("try:\n  pass", "2:7: Expected `except` or `finally` after `try` block"),
    ("import os.path as p", "1:8: a dotted import is not in Gleaner's subset of Python"),
    ("x = 0777", "1:5: Invalid decimal integer literal"),
];

#[test]
fn deep_texts_end() {
    let n = 100_000;
    let deep = [
        "(".repeat(n) + &")".repeat(n),
        "[".repeat(n),
        "not ".repeat(n) + "1",
        "-".repeat(n) + "1",
        "lambda: ".repeat(n) + "1",
        "a".to_string() + &".b".repeat(n),
        "a".to_string() + &"()".repeat(n),
        "a".to_string() + &"[0]".repeat(n),
        "1".to_string() + &" + 1".repeat(n),
        "1".to_string() + &" < 1".repeat(n),
        "1".to_string() + &" and 1".repeat(n),
        "1".to_string() + &"**1".repeat(n),
        "1 if 1 else ".repeat(n) + "1",
        "if 1: pass\n".to_string() + &"elif 1: pass\n".repeat(n),
        (0..n.min(2000)).map(|depth| " ".repeat(depth) + "if 1:\n").collect::<String>()
            + &" ".repeat(2000)
            + "pass",
        "f'{".repeat(n) + "1" + &"}'".repeat(n),
        "f\"{f'{".repeat(n),
        "f\"{'}' + \"'\"}\" ".to_string() + &"-".repeat(n) + "1",
        "x = ".repeat(n) + "1",
        "a: ".repeat(n),
        "*".repeat(n) + "a",
        "{".repeat(n),
        "@".repeat(n),
        "try: pass\nfinally:\n".repeat(n),
        "await ".repeat(n) + "a",
        "yield ".repeat(n),
        "[x for x in ".repeat(n),
        "a := ".repeat(n),
        "1".repeat(n * 10),
        "0x".to_string() + &"f".repeat(n * 10),
        "'".to_string() + &"\\N{".repeat(n),
        "a\\\n".repeat(n),
        ";".repeat(n),
        "pass;".repeat(n),
        "with a:".repeat(n),
        "class A:".repeat(n),
    ];
    for text in deep {
        // What compiles may not run without an exception, but it ends.
        if let Ok(script) = Script::compile(&text) {
            let ended = script.run_quietly(Options { stack: 1 << 20, ..Options::default() });
            assert!(ended.is_ok(), "{}", &text[..40]);
        }
    }
}

/// What a `finally` holds is compiled for each way through it: nested ones would double each time.
#[test]
fn nested_finallys_are_bounded() {
    let mut text = String::from("def f():\n");
    for depth in 1..=30 {
        let indent = " ".repeat(3 * depth);
        text += &format!("{indent}try: pass\n{indent}finally:\n{indent} def g():\n");
    }
    text += &format!("{}pass\n", " ".repeat(100));
    assert!(error(&text).contains("too much code"), "{}", error(&text));
    let mut text = String::new();
    for depth in 0..25 {
        let indent = " ".repeat(depth);
        text += &format!("{indent}try: pass\n{indent}finally:\n");
    }
    text += &format!("{}pass\n", " ".repeat(25));
    assert!(error(&text).contains("too much code"), "{}", error(&text));
    let text: String =
        (0..25).map(|depth| " ".repeat(depth) + "while a:\n").collect::<String>() + &" ".repeat(25) + "b";
    assert!(error(&text).contains("too many statically nested blocks"), "{}", error(&text));
}
