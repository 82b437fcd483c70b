//! `gleaner run --explain`, `gleaner explain`, `gleaner run --snapshot`.

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
