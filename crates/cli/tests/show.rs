//! `gleaner run --explain`, `--holdings` and `--snapshot`, `gleaner explain`.

use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

const SCRIPT: &str =
    "class Node:\n    pass\na = Node()\nb = Node()\na.next = b\nb.next = a\nitems = [1, a]\ndel items\n";

fn gleaner(folder: &Path, arguments: &[&str]) -> (Option<i32>, String) {
    if !folder.join("script.py").exists() {
        std::fs::write(folder.join("script.py"), SCRIPT).expect("a file that can be written");
    }
    let Output { status, stdout: _, stderr } = Command::new(env!("CARGO_BIN_EXE_gleaner"))
        .args(arguments)
        .current_dir(folder)
        .output()
        .expect("the command starts");
    (status.code(), String::from_utf8(stderr).expect("UTF-8"))
}

#[test]
fn statements_are_explained() {
    let folder = tempfile::tempdir().expect("a folder");
    let (code, told) = gleaner(folder.path(), &["run", "--explain", "script.py"]);
    assert_eq!(code, Some(0), "{told}");
    let lines: Vec<&str> = told.lines().map(str::trim).collect();
    let after = |statement: &str| {
        let at = lines
            .iter()
            .position(|line| line.ends_with(statement))
            .unwrap_or_else(|| panic!("{statement}: {told}"));
        lines[at + 1..].iter().take_while(|line| line.starts_with('|')).copied().collect::<Vec<_>>()
    };
    assert_eq!(after("| a.next = b"), ["| b -> Node  count 2  generation 0"]);
    assert_eq!(
        after("| items = [1, a]"),
        ["| a     -> Node       count 3  generation 0", "| items -> list of 2  count 1  generation 0"]
    );
    assert_eq!(
        after("| del items"),
        [
            "| a     -> Node       count 2  generation 0",
            "| items -> (unbound)  count -  generation -",
            "| 1 objects fewer"
        ]
    );
}

#[test]
fn the_heap_is_drawn_before_a_line() {
    let folder = tempfile::tempdir().expect("a folder");
    // `weakref` is partly a script itself: its line 8 is not meant.
    let script = SCRIPT.replace("pass", "import weakref");
    std::fs::write(folder.path().join("script.py"), script).expect("a file that can be written");
    let (code, told) = gleaner(folder.path(), &["explain", "script.py", "--at", "8", "-o", "heap.svg"]);
    assert_eq!((code, told.as_str()), (Some(0), "wrote heap.svg\n"));
    let svg = std::fs::read_to_string(folder.path().join("heap.svg")).expect("the drawing");
    let document = roxmltree::Document::parse(&svg).expect("well formed");
    let texts: Vec<&str> = document.descendants().filter_map(|node| node.text()).collect();
    for wanted in ["a", "b", "items", "list of 2", "next", "count 3, generation 0, pool of 64 bytes"] {
        assert!(texts.iter().any(|text| text.trim() == wanted), "{wanted}: {texts:?}");
    }
    // The two references of the cycle are red, and the list's are not.
    let red = |element: &str| {
        document
            .descendants()
            .filter(|node| node.has_tag_name(element))
            .filter(|node| node.attribute("stroke") == Some("#c22"))
            .count()
    };
    assert_eq!(red("path"), 4, "{svg}");
}

#[test]
fn a_line_that_never_runs_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let (code, told) = gleaner(folder.path(), &["explain", "script.py", "--at", "99", "-o", "heap.html"]);
    assert_eq!((code, told.lines().count()), (Some(2), 1), "{told}");
    assert!(told.contains("script.py:99: this line never runs"), "{told}");
    assert!(!folder.path().join("heap.html").exists());
}

#[test]
fn a_snapshot_is_whole() {
    let folder = tempfile::tempdir().expect("a folder");
    let (code, _) = gleaner(folder.path(), &["run", "--snapshot", "heap.heapsnapshot", "script.py"]);
    assert_eq!(code, Some(0));
    let text = std::fs::read_to_string(folder.path().join("heap.heapsnapshot")).expect("the snapshot");
    let snapshot: Value = serde_json::from_str(&text).expect("JSON");
    // DevTools reads the parts in this order, and waits for ever for one that has passed.
    let places =
        ["{\"snapshot\":", "\"nodes\":[", "\"edges\":[", "\"samples\":[", "\"locations\":[", "\"strings\":["]
            .map(|part| text.find(part).unwrap_or_else(|| panic!("no {part}")));
    assert!(places.is_sorted() && places[0] == 0, "{places:?}");
    let list = |name: &str| snapshot[name].as_array().expect("a list").clone();
    let number = |value: &Value| usize::try_from(value.as_u64().expect("a number")).expect("small");
    let (nodes, edges, strings) = (list("nodes"), list("edges"), list("strings"));
    let count = |name: &str| number(&snapshot["snapshot"][name]);
    assert_eq!((nodes.len(), edges.len()), (7 * count("node_count"), 3 * count("edge_count")));
    let told: usize = nodes.chunks(7).map(|node| number(&node[4])).sum();
    assert_eq!(told, count("edge_count"));
    assert!(nodes.chunks(7).all(|node| number(&node[1]) < strings.len()));
    assert!(edges.chunks(3).all(|edge| number(&edge[2]) < nodes.len() && number(&edge[2]) % 7 == 0));
    let named = |name: &str| {
        let place = strings.iter().position(|text| text == name).expect("a string of the snapshot");
        edges.chunks(3).filter(|edge| number(&edge[0]) == 2 && number(&edge[1]) == place).count()
    };
    // Both nodes and the module `builtins` have a `next`; `a` is a name, and stands in the module's dict.
    assert_eq!((named("next"), named("a")), (3, 2));
}

const LEAK: &str = r#"import gc
gc.disable()
class Node:
    pass
class Lost:
    pass
class Never:
    pass
cache = {}
def work(number):
    node = Node()
    node.text = "a text of " + "forty bytes or so, " * 2 + str(number)
    cache[number] = [node]
    loop = Lost()
    loop.me = loop
    return node
for number in range(5):
    work(number)
x = cache[3][0]
only = Node()
"#;

/// Every line but the first is a kind and its figures; garbage is told apart, and what there was before is one line.
#[test]
fn holdings_are_told() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("script.py"), LEAK).expect("a file that can be written");
    let (code, told) = gleaner(folder.path(), &["run", "--holdings", "script.py"]);
    assert_eq!(code, Some(0), "{told}");
    let mut lines = told.lines();
    let head = lines.next().map(|line| line.split_whitespace().collect::<Vec<_>>());
    assert_eq!(head, Some(vec!["kind", "objects", "bytes", "retained", "garbage"]));
    let rows: Vec<(String, Vec<u64>)> = lines
        .map(|line| {
            let mut words: Vec<&str> = line.split_whitespace().collect();
            let figures = words.split_off(words.len() - 4);
            (words.join(" "), figures.iter().map(|figure| figure.parse().expect("a figure")).collect())
        })
        .collect();
    let of = |kind: &str| match rows.iter().find(|(known, _)| known == kind) {
        Some((_, figures)) => &figures[..],
        None => panic!("{kind}: {told}"),
    };
    assert_eq!((of("Node")[0], of("Node")[3]), (6, 0));
    assert_eq!((of("Lost")[0], of("Lost")[2], of("Lost")[3]), (5, 0, 5), "garbage retains nothing");
    assert!(of("Node")[2] >= of("Node")[1] + 5 * 60, "a node's text dies with it: {told}");
    assert!(of("dict")[2] > of("Node")[2], "the module's names hold the nodes: {told}");
    assert!(of("(the machine's own)")[0] > 100);
    assert!(rows.is_sorted_by_key(|(_, figures)| std::cmp::Reverse(figures[2])), "{told}");
}

#[test]
fn why_an_object_is_alive() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("script.py"), LEAK).expect("a file that can be written");
    let why = |arguments: &[&str]| gleaner(folder.path(), &[&["explain", "script.py"], arguments].concat());
    for (arguments, code, expected) in [
        (
            &["--why", "x"][..],
            0,
            "x, Node, is alive without its name:\n  the module's names\n  cache              -> dict of 5\n  [3]                \
             -> list of 1\n  [0]                -> Node\n",
        ),
        (&["--why", "only"], 0, "only, Node, is alive by its name alone\n"),
        (
            &["--why", "Lost"],
            0,
            "Lost: 5 instances are alive, held by garbage alone; a collection would free them\n",
        ),
        (&["--why", "Never"], 0, "Never: no instance is alive\n"),
        // The cache holds it, too, but the local variable is nearer.
        (
            &["--why", "node", "--at", "14"],
            0,
            "node, Node, is alive without its name:\n  a call, or the machine -> Node\n",
        ),
        (&["--why", "nobody"], 2, "gleaner: script.py:20: there is no name nobody at the end\n"),
        (
            &["--why", "x", "--at", "99"],
            2,
            "gleaner: script.py:99: this line never runs, or has no name x in sight\n",
        ),
        (
            &[],
            2,
            "gleaner: say what to explain: -o FILE draws the heap, --why NAME tells why an object is alive\n",
        ),
    ] {
        assert_eq!(why(arguments), (Some(code), expected.into()));
    }
    let (code, told) = why(&["--why", "Node"]);
    assert_eq!(code, Some(0));
    assert!(
        told.starts_with("Node: 6 instances are alive; one of them is held so:\n  the module's names\n"),
        "{told}"
    );
}
