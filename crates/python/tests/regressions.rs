//! Scripts that once did harm, and others that try to: each prints what stands beside it, whatever the strategy.
//!
//! With `BLESS=1` what they print is written down instead, to be read before it is committed.

use std::fs;
use std::path::{Path, PathBuf};

use gleaner::StrategyKind;
use gleaner_python::script::{Options, Script};

fn scripts() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/regressions");
    let mut scripts: Vec<PathBuf> = fs::read_dir(folder)
        .expect("the folder is there")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "py"))
        .collect();
    scripts.sort();
    assert!(!scripts.is_empty());
    scripts
}

#[test]
fn scripts_print_what_is_expected() {
    let bless = std::env::var_os("BLESS").is_some();
    for path in scripts() {
        let text = fs::read_to_string(&path).expect("a script");
        let script = Script::compile(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        for strategy in [StrategyKind::Generational, StrategyKind::Paced] {
            let ended = script.run_quietly(Options { strategy, ..Options::default() }).expect("memory");
            let printed =
                String::from_utf8(ended.out).expect("text") + &String::from_utf8_lossy(&ended.errors);
            let beside = path.with_extension("txt");
            if bless {
                fs::write(&beside, &printed).expect("written");
            }
            let expected = fs::read_to_string(&beside).unwrap_or_default();
            assert_eq!(printed, expected, "{} under {strategy:?}", path.display());
        }
    }
}
