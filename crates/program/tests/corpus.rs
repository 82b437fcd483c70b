//! The programs in `corpora/programs` are programs, and say what they look at.

use std::fs;
use std::path::PathBuf;

use gleaner_program::{bytes, text};

fn files() -> Vec<PathBuf> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../corpora/programs");
    let mut files: Vec<PathBuf> = fs::read_dir(folder)
        .expect("the corpus is part of the repository")
        .map(|entry| entry.expect("a readable folder").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "py"))
        .collect();
    files.sort();
    files
}

#[test]
fn every_file_is_a_program_that_text_and_bytes_give_back() {
    let files = files();
    assert!(files.len() >= 60, "{} files", files.len());
    for file in files {
        let source = fs::read(&file).expect("a readable file");
        let program =
            text::parse_bytes(&source, &file.to_string_lossy()).unwrap_or_else(|error| panic!("{error}"));
        assert!(!program.is_empty(), "{}", file.display());
        assert_eq!(text::parse(&program.to_python(), "printed").as_ref(), Ok(&program), "{}", file.display());
        assert_eq!(bytes::decode(&bytes::encode(&program), usize::MAX), program, "{}", file.display());
    }
}

/// A file's name says what it is about: the tutorial, or a line of the contract, which its comment cites.
#[test]
fn every_file_says_what_to_look_at() {
    for file in files() {
        let source = fs::read_to_string(&file).expect("a readable file");
        let name = file.file_stem().expect("a name").to_string_lossy().into_owned();
        let first = source.lines().next().unwrap_or_default();
        assert!(first.starts_with("# ") && first.len() > 30, "{name}: {first}");
        if let Some(rest) = name.strip_prefix("py_") {
            let line: u32 = rest.split('_').next().unwrap_or_default().parse().expect("py_NN_what");
            let cited = first.strip_prefix(&format!("# PY-{line}"));
            assert!(cited.is_some_and(|rest| rest.starts_with([':', ' ', ','])), "{name}: {first}");
        } else {
            assert!(name.starts_with("tutorial_"), "{name}");
        }
    }
}
