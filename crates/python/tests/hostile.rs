//! Random programs, and random texts, end: with an error or without, within their limits, with a heap in order, and without
//! a panic, even one that somebody catches.
//!
//! `HOSTILE_FILE=script.py` runs that text alone, and
//! `HOSTILE=1000000 cargo test --release -p gleaner-python --test hostile` runs so many, from the seed in `HOSTILE_SEED`.

#[path = "hostile/generator.rs"]
mod generator;
#[path = "hostile/run.rs"]
mod run;

use rand::rngs::SmallRng;
use rand::{Rng, RngExt, SeedableRng};

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

/// The bytes of a seed; the length is part of them.
fn bytes(seed: u64) -> Vec<u8> {
    let mut rng = SmallRng::seed_from_u64(seed);
    let mut bytes = vec![0; rng.random_range(100..1000)];
    rng.fill_bytes(&mut bytes);
    bytes
}

#[test]
fn programs_end() {
    if let Ok(file) = std::env::var("HOSTILE_FILE") {
        let text = std::fs::read_to_string(&file).expect("a text");
        return run::on_a_large_stack(move || {
            run::text(&text, 0, &file).expect("no panic");
        });
    }
    let (first, count) = (number("HOSTILE_SEED", 1), number("HOSTILE", 3000));
    run::on_a_large_stack(move || {
        let (mut compiled, mut failed) = (0, Vec::new());
        for seed in first..first + count {
            let bytes = bytes(seed);
            let text = generator::program(&bytes);
            if std::env::var_os("HOSTILE_PRINT").is_some() {
                println!("{text}");
            }
            match run::text(&text, bytes[0], &format!("seed {seed}")) {
                Ok(did) => compiled += u64::from(did),
                Err(error) => failed.push(error),
            }
        }
        assert!(failed.is_empty(), "{} failed, first {}", failed.len(), failed[0]);
        println!("{compiled} of {count} programs compiled and ran");
        assert!(compiled > count / 4, "only {compiled} of {count} compiled");
    });
}

#[test]
fn texts_end() {
    let (first, count) = (number("HOSTILE_SEED", 1), number("HOSTILE", 3000) / 4);
    run::on_a_large_stack(move || {
        let mut failed = Vec::new();
        for seed in first..first + count {
            let mut bytes = bytes(seed);
            let mut text = generator::program(&bytes).into_bytes();
            let mut rng = SmallRng::seed_from_u64(!seed);
            for _ in 0..1 + bytes.len() % 8 {
                if text.is_empty() {
                    break;
                }
                let place = rng.random_range(0..text.len());
                match rng.random_range(0..4) {
                    0 => text[place] = b" \n\t()[]{}:=.,'\"\\*+-@#0a~f"[rng.random_range(0..25)],
                    1 => drop(text.remove(place)),
                    2 => text.truncate(place),
                    _ => text[place] = rng.random(),
                }
            }
            bytes.truncate(1);
            failed
                .extend(run::text(&String::from_utf8_lossy(&text), bytes[0], &format!("seed {seed}")).err());
        }
        assert!(failed.is_empty(), "{} failed, first {}", failed.len(), failed[0]);
    });
}
