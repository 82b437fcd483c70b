//! Where two machines part, and what each said.

use std::fmt;

use gleaner_model::contract::{self, Law};
use gleaner_program::{Environment, Program, Transcript, transcript};

use crate::answer::Answer;
use crate::environments::describe;

/// How many observations both made before the difference a report shows, and how many each made from it on.
const BEFORE: usize = 3;
const AFTER: usize = 4;

/// What kind of divergence it is: shrinking keeps to it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Nature {
    /// Both ran, and said different things.
    Different,
    /// What the machine said breaks this law.
    Unlawful(Law),
    /// One panicked.
    Panicked,
    /// One returned an error.
    Refused,
}

/// Where in the program it came to light.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Place {
    /// During the operation of this index.
    Operation(usize),
    /// After the last operation.
    Epilogue,
    /// No machine could tell.
    Unknown,
}

/// One machine's part in it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Side {
    /// Its name: `heap/generational`, `model`, `python/3.13.0`.
    pub machine: String,
    /// Its observations from the first difference on, as text, cut short; or how it failed.
    pub said: Vec<String>,
}

/// Two machines part on a program.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Divergence {
    /// The program.
    pub program: Program,
    /// What it ran under.
    pub environment: Environment,
    /// The kind.
    pub nature: Nature,
    /// The operation.
    pub place: Place,
    /// What both said right before, as text.
    pub before: Vec<String>,
    /// The machine under test, then the one it is held against.
    pub sides: [Side; 2],
}

impl Divergence {
    /// Compares two answers; `None` if they are the same.
    pub(crate) fn find(
        program: &Program,
        environment: &Environment,
        names: [&dyn Fn() -> String; 2],
        answers: [&Answer; 2],
    ) -> Option<Box<Divergence>> {
        let (nature, place, before, said) = match answers {
            [Answer::Said(one), Answer::Said(other)] => {
                let at = first_difference(&one.tokens, &other.tokens)?;
                let (before, said) = quote(&one.tokens, &other.tokens, at);
                (Nature::Different, place(program, [one, other], at), before, said)
            }
            _ => {
                let panicked = answers.iter().any(|answer| matches!(answer, Answer::Panicked(_)));
                let nature = if panicked { Nature::Panicked } else { Nature::Refused };
                (nature, Place::Unknown, Vec::new(), answers.map(|answer| vec![outcome(answer)]))
            }
        };
        let [one, other] = said;
        let sides = [Side { machine: names[0](), said: one }, Side { machine: names[1](), said: other }];
        let (program, environment) = (program.clone(), *environment);
        Some(Box::new(Divergence { program, environment, nature, place, before, sides }))
    }

    /// Holds an answer against the contract; `None` if it is lawful.
    pub(crate) fn find_breach(
        program: &Program,
        environment: &Environment,
        names: [&dyn Fn() -> String; 2],
        answer: &Answer,
    ) -> Option<Box<Divergence>> {
        let (nature, place, before, said) = match answer {
            Answer::Said(said) => {
                let breach = contract::judge(program, environment, said).err()?;
                let before = transcript::render(&said.tokens[..breach.at]);
                let before = before[before.len().saturating_sub(BEFORE)..].to_vec();
                let (_, [lines, _]) = quote(&said.tokens[breach.at..], &[], 0);
                let place = place(program, [said, said], breach.at);
                (Nature::Unlawful(breach.law), place, before, [lines, vec![breach.to_string()]])
            }
            failed => {
                let panicked = matches!(failed, Answer::Panicked(_));
                let nature = if panicked { Nature::Panicked } else { Nature::Refused };
                let lawful = "has no laws for that".to_string();
                (nature, Place::Unknown, Vec::new(), [vec![outcome(failed)], vec![lawful]])
            }
        };
        let [one, other] = said;
        let sides = [Side { machine: names[0](), said: one }, Side { machine: names[1](), said: other }];
        let (program, environment) = (program.clone(), *environment);
        Some(Box::new(Divergence { program, environment, nature, place, before, sides }))
    }

    /// Returns whether the same machines part in the same way.
    #[must_use]
    pub fn is_like(&self, other: &Divergence) -> bool {
        let machines = |divergence: &Divergence| divergence.sides.clone().map(|side| side.machine);
        self.nature == other.nature && machines(self) == machines(other)
    }

    /// Returns the place in words: `operation 3 of 7, collect(2)`.
    #[must_use]
    pub fn place_in_words(&self) -> String {
        let length = self.program.len();
        match self.place {
            Place::Operation(index) => {
                format!("operation {} of {length}, {}", index + 1, self.program.ops()[index].to_line())
            }
            Place::Epilogue => format!("the epilogue, after all {length} operations"),
            Place::Unknown => format!("one of {length} operations"),
        }
    }
}

impl fmt::Display for Divergence {
    /// Writes several lines without the program: where, under what, and what each machine said.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [one, other] = &self.sides;
        writeln!(f, "{} and {} part at {}", one.machine, other.machine, self.place_in_words())?;
        writeln!(f, "under {}", describe(&self.environment))?;
        let width = one.machine.len().max(other.machine.len()).max("both".len());
        let sections = [("both", &self.before), (&*one.machine, &one.said), (&*other.machine, &other.said)];
        for (name, lines) in sections {
            for (index, line) in lines.iter().enumerate() {
                writeln!(f, "  {:width$}  {line}", if index == 0 { name } else { "" })?;
            }
        }
        Ok(())
    }
}

impl std::error::Error for Divergence {}

/// Returns the index of the first token that differs.
fn first_difference(one: &[i64], other: &[i64]) -> Option<usize> {
    if one == other {
        return None;
    }
    Some(one.iter().zip(other).take_while(|(one, other)| one == other).count())
}

/// Renders both transcripts around their first difference, at token `at`.
fn quote(one: &[i64], other: &[i64], at: usize) -> (Vec<String>, [Vec<String>; 2]) {
    let lines = [transcript::render(one), transcript::render(other)];
    let common = lines[0].iter().zip(&lines[1]).take_while(|(one, other)| one == other).count();
    let before = lines[0][common.saturating_sub(BEFORE)..common].to_vec();
    let said = [(&lines[0], one), (&lines[1], other)].map(|(lines, tokens)| {
        let mut said: Vec<String> = lines[common..].iter().take(AFTER).cloned().collect();
        match lines.len() - common {
            // As text they are alike, or this one ends here: the integers tell.
            0 if tokens.len() > at => said.push(format!("tokens from {at} on: {:?}", &tokens[at..])),
            0 => said.push("nothing more".to_string()),
            left if left > AFTER => said.push(format!("and {} more", left - AFTER)),
            _ => {}
        }
        said
    });
    (before, said)
}

/// Returns the operation during which the earlier of both machines left the common path.
fn place(program: &Program, transcripts: [&Transcript; 2], at: usize) -> Place {
    let operations = transcripts.iter().filter_map(|transcript| {
        let begun = transcript.starts.partition_point(|&start| start as usize <= at);
        begun.checked_sub(1)
    });
    match operations.min() {
        None => Place::Unknown,
        Some(index) if index < program.len() => Place::Operation(index),
        Some(_) => Place::Epilogue,
    }
}

fn outcome(answer: &Answer) -> String {
    match answer {
        Answer::Said(transcript) => format!("ran to the end: {} tokens", transcript.tokens.len()),
        Answer::Refused(message) => format!("failed: {message}"),
        Answer::Panicked(message) => format!("panicked: {message}"),
    }
}
