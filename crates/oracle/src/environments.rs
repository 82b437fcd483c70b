//! Which environments programs run under, and their one-line text.

use gleaner_program::{Environment, Policy, Profile, Slices};

/// The strategies, with their names on the command line.
pub const POLICIES: [(&str, Policy); 7] = [
    ("refcount-only", Policy::RefcountOnly),
    ("mark-sweep", Policy::MarkSweep),
    ("generational", Policy::Generational),
    ("full", Policy::Full),
    ("recycler", Policy::Recycler),
    ("incremental", Policy::Incremental),
    ("paced", Policy::Paced),
];

/// The minor versions of Python whose rules are known.
pub const MINORS: std::ops::RangeInclusive<u8> = 11..=15;

/// Returns the name of a strategy.
#[must_use]
pub fn policy_name(policy: Policy) -> &'static str {
    POLICIES.iter().find(|(_, known)| *known == policy).map_or("unnamed", |(name, _)| name)
}

/// Returns every strategy under the rules of every version, without faults; what works in slices with long and with
/// short ones.
#[must_use]
pub fn standard() -> Vec<Environment> {
    let policies = POLICIES.iter().map(|&(_, policy)| (policy, Slices::Long));
    policies
        .chain([(Policy::Paced, Slices::Short)])
        .flat_map(|(policy, slices)| {
            MINORS.map(move |minor| Environment {
                policy,
                slices,
                profile: Profile::of(minor),
                ..Environment::default()
            })
        })
        .collect()
}

/// Returns the environment in which a CPython 3.`minor` runs a program.
#[must_use]
pub fn of_python(minor: u8) -> Environment {
    Environment { profile: Profile::of(minor), ..Environment::default() }
}

/// Returns the environment that a byte selects, for fuzzing: a strategy, and the rules of a version.
#[must_use]
pub fn of_byte(byte: u8) -> Environment {
    let all = standard();
    all[usize::from(byte) % all.len()]
}

/// Returns an environment as one line, which [`parse`] reads back.
///
/// ```
/// use gleaner_oracle::environments::{describe, parse};
/// use gleaner_program::Environment;
///
/// let line = describe(&Environment::default());
/// assert_eq!(line, "strategy=generational python=3.15 foreign=5000 fail_at=none slices=long");
/// assert_eq!(parse(&line), Some(Environment::default()));
/// assert_eq!(parse("strategy=generational python=3.15 foreign=5000 fail_at=none"), Some(Environment::default()));
/// ```
#[must_use]
pub fn describe(environment: &Environment) -> String {
    let Environment { profile, policy, foreign, fail_at, slices } = environment;
    let fail_at = fail_at.map_or("none".to_string(), |at| at.to_string());
    let slices = if *slices == Slices::Short { "short" } else { "long" };
    format!(
        "strategy={} python=3.{} foreign={foreign} fail_at={fail_at} slices={slices}",
        policy_name(*policy),
        profile.minor
    )
}

/// Reads what [`describe`] wrote; `None` if it is anything else.
#[must_use]
pub fn parse(line: &str) -> Option<Environment> {
    let mut words = line.split_whitespace();
    let mut value = |name: &str| words.next()?.strip_prefix(name)?.strip_prefix('=');
    let policy = value("strategy")?;
    let (_, policy) = *POLICIES.iter().find(|(name, _)| *name == policy)?;
    let minor: u8 = value("python")?.strip_prefix("3.")?.parse().ok()?;
    let foreign = value("foreign")?.parse().ok()?;
    let fail_at = match value("fail_at")? {
        "none" => None,
        number => Some(number.parse().ok()?),
    };
    // Older lines end here.
    let slices = match words.next() {
        None | Some("slices=long") => Slices::Long,
        Some("slices=short") => Slices::Short,
        Some(_) => return None,
    };
    Some(Environment { profile: Profile::of(minor), policy, foreign, fail_at, slices })
}
