//! Structures a million objects deep die, by count and in a collection, on a stack of half a MiB.

use gleaner::StrategyKind;
use gleaner_python::script::{Options, Script};

fn run(text: &str, expected: &str) {
    let script = Script::compile(text).expect("it compiles");
    for strategy in [StrategyKind::Generational, StrategyKind::Paced] {
        let ended = script.run_quietly(Options { strategy, stack: 512 << 10, ..Options::default() });
        let ended = ended.expect("memory");
        let errors = String::from_utf8_lossy(&ended.errors);
        assert_eq!(
            (String::from_utf8_lossy(&ended.out).as_ref(), errors.as_ref()),
            (expected, ""),
            "{strategy:?}"
        );
    }
}

#[test]
fn nested_lists_die() {
    run(
        "import gc
a = []
for i in range(1000000): a = [a]
del a
print(gc.collect())
a = last = []
for i in range(1000000): a = [a]
last.append(a)
del a, last
print(gc.collect())
",
        "0\n1000001\n",
    );
}

#[test]
fn chains_with_finalizers_die() {
    run(
        "import gc
count = 0
class Link:
    __slots__ = ('next',)
    def __init__(self, next): self.next = next
    def __del__(self):
        global count
        count += 1
a = None
for i in range(1000000): a = Link(a)
del a
print(count)
a = last = Link(None)
for i in range(100000): a = Link(a)
last.next = a
del a, last
gc.collect()
print(count)
",
        "1000000\n1100001\n",
    );
}
