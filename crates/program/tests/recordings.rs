//! Transcripts as lines, and recordings as files.

use gleaner_program::transcript::render;
use gleaner_program::{Generator, Observation, Program, Recording};
use proptest::prelude::*;

#[test]
fn every_observation_has_a_line() {
    let cases: [(&[i64], &str); 9] = [
        (&[1, 4], "finalizer of 4"),
        (&[2, 5], "callback of 5"),
        (&[3], "which raised"),
        (&[4, 0, 0, 0], "collection of generation 0: 0 collected; survivors none"),
        (&[4, 1, 2, 2, 2, 13], "collection of generation 1: 2 collected; survivors 0 in 2, 3 in 1"),
        (&[5, 3, 1, -1, 0], "answer 1 -1 0"),
        (&[6, 0], "census: none"),
        (&[6, 2, 1, 1, 2, 1, -1, 4, 3, 1, 0], "census: 0 in 1, refcount 1 -> 1 nil; 1 in 0, refcount 3 -> 0"),
        (&[7], "no memory"),
    ];
    for (tokens, line) in cases {
        assert_eq!(render(tokens), [line]);
    }
    let all: Vec<i64> = cases.iter().flat_map(|(tokens, _)| *tokens).copied().collect();
    assert_eq!(render(&all), cases.map(|(_, line)| line));
}

#[test]
fn what_is_no_observation_is_shown_and_ends_the_list() {
    let malformed: [&[i64]; 9] = [
        &[0],
        &[8, 1],
        &[-1],
        &[1],
        &[4, 0, 0],
        &[5, -1],
        &[5, 2, 0],
        &[6, i64::MAX],
        &[6, 2, 1, 1, i64::MAX],
    ];
    for tokens in malformed {
        let text: Vec<String> = tokens.iter().map(i64::to_string).collect();
        assert_eq!(
            render(&[&[7], tokens].concat()),
            ["no memory", &format!("malformed: {}", text.join(" "))]
        );
    }
}

proptest! {
    #[test]
    fn any_tokens_have_lines(tokens in proptest::collection::vec(prop_oneof![-2_i64..9, any::<i64>()], 0..60)) {
        let mut rest = &tokens[..];
        let mut lines = 0;
        while Observation::take(&mut rest).is_some() {
            lines += 1;
        }
        prop_assert!(rest.is_empty());
        prop_assert_eq!(render(&tokens).len(), lines);
    }

    #[test]
    fn a_file_gives_the_recording_back(seed: u64, answers in proptest::collection::vec(any::<i64>(), 0..20)) {
        let recording = recording(Generator::default().program(seed), &answers);
        prop_assert_eq!(Recording::parse(&recording.to_text(), "r.trace"), Ok(recording));
    }

    /// However a file is cut, it is an error in the file's last line or after it.
    #[test]
    fn a_cut_file_is_an_error(seed: u64, at: proptest::sample::Index) {
        let text = recording(Generator::default().program(seed), &[1, 2, 3]).to_text();
        // The last line end is not missed.
        let cut = &text[..at.index(text.len() - 1)];
        let error = Recording::parse(cut, "r.trace").unwrap_err();
        prop_assert!(error.line <= cut.lines().count() + 1, "{}", error);
    }

    #[test]
    fn any_text_is_a_recording_or_an_error(lines in proptest::collection::vec(
        prop_oneof![
            Just("# gleaner-trace 1"), Just("machine: model"), Just("profile: 11"), Just("program:"),
            Just("observations:"), Just("from prelude import *"), Just("start()"), Just("5 1 0"), Just("end"), Just(""),
        ], 0..12)) {
        let _ = Recording::parse(&lines.join("\n"), "r.trace");
    }
}

fn recording(program: Program, answers: &[i64]) -> Recording {
    let tokens = answers.iter().flat_map(|&answer| [5, 1, answer]).chain([6, 0]).collect();
    Recording { machine: "python/3.11.7".to_string(), profile: 11, program, tokens }
}

#[test]
fn errors_of_recordings() {
    let whole = recording(Program::default(), &[0]).to_text();
    let expected = "# gleaner-trace 1\nmachine: python/3.11.7\nprofile: 11\nprogram:\nfrom prelude import *\n\n\nstart()\n\
        observations:\n5 1 0\n6 0\nend\n";
    assert_eq!(whole, expected);
    let cases = [
        (
            "# gleaner-trace 1",
            "# gleaner-trace 2",
            "1:1: a recording begins with the line `# gleaner-trace 1`",
        ),
        ("machine: ", "machin: ", "2:1: a line `machine: ...` belongs here"),
        (
            "profile: 11",
            "profile: new",
            "3:1: the profile is the minor version of a Python, as in `profile: 11`",
        ),
        ("program:\n", "", "4:1: the line `program:` belongs here"),
        ("start()", "start()\na = b", "9:5: `b`: the variable is not bound here"),
        ("observations:\n", "", "12:1: the recording is truncated: `observations:` is missing"),
        ("5 1 0\n", "5 1 zero\n", "10:1: `zero` is no integer"),
        ("5 1 0\n", "5 1\n", "10:1: a line holds exactly one observation"),
        ("5 1 0\n", "5 1 0 7\n", "10:1: a line holds exactly one observation"),
        ("5 1 0\n", "\n", "10:1: a line holds exactly one observation"),
        ("end\n", "", "12:1: the recording is truncated: `end` is missing"),
        ("end\n", "end\nmore\n", "12:1: nothing may follow `end`"),
    ];
    for (old, new, expected) in cases {
        assert!(whole.contains(old));
        let error = Recording::parse(&whole.replacen(old, new, 1), "r.trace").unwrap_err();
        assert_eq!(error.to_string(), format!("r.trace:{expected}"));
    }
    assert!(Recording::parse("", "r.trace").unwrap_err().message.contains("truncated"));
}
