//! What was asked for by name.

use gleaner_benches::workloads::{self, Workload};

use crate::subjects::Participant;

/// Stands for all there are.
const ALL: &str = "all";

/// A name that nothing has.
#[derive(Debug, thiserror::Error)]
#[error("no {what} {name}; there are {known}, {ALL}")]
pub struct Unknown {
    what: &'static str,
    name: String,
    known: String,
}

/// Returns the workloads of those names, each once.
///
/// # Errors
/// There is none of a name.
pub fn workloads(names: &[String]) -> Result<Vec<&'static Workload>, Unknown> {
    let all: Vec<_> = workloads::all().iter().collect();
    select("workload", names, &all, |workload| workload.name().to_string())
}

/// Returns the strategies of those names, each once.
///
/// # Errors
/// There is none of a name.
pub fn strategies(names: &[String]) -> Result<Vec<Participant>, Unknown> {
    let name = |one: &Participant| {
        let name = one.name();
        name.strip_prefix("gleaner/").unwrap_or(&name).to_string()
    };
    select("strategy", names, &Participant::strategies(), name)
}

/// Returns sizes from small to large, each once.
#[must_use]
pub fn sizes(sizes: &[u32]) -> Vec<usize> {
    let mut sizes: Vec<usize> = sizes.iter().map(|&objects| objects as usize).collect();
    sizes.sort_unstable();
    sizes.dedup();
    sizes
}

fn select<T: Clone>(
    what: &'static str,
    names: &[String],
    all: &[T],
    name_of: impl Fn(&T) -> String,
) -> Result<Vec<T>, Unknown> {
    if let Some(name) = names.iter().find(|&name| name != ALL && all.iter().all(|one| name_of(one) != *name))
    {
        let known = all.iter().map(name_of).collect::<Vec<_>>().join(", ");
        return Err(Unknown { what, name: name.clone(), known });
    }
    let wanted = |one: &&T| names.iter().any(|name| name == ALL || *name == name_of(one));
    Ok(all.iter().filter(wanted).cloned().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_string()).collect()
    }

    #[test]
    fn names_select() {
        assert_eq!(workloads(&names(&["all"])).expect("all").len(), workloads::all().len());
        let two = workloads(&names(&["live-ring", "churn", "churn"])).expect("two");
        assert_eq!(two.len(), 2);
        let one = strategies(&names(&["generational"])).expect("one");
        assert_eq!(one[0].name(), "gleaner/generational");
        let error = strategies(&names(&["generational", "none"])).expect_err("no such strategy").to_string();
        assert!(
            error.starts_with("no strategy none; there are ") && error.contains("generational"),
            "{error}"
        );
        assert_eq!(sizes(&[30, 10, 30]), [10, 30]);
    }
}
