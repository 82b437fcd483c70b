//! What the environment asks for.

use std::env;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::PathBuf;
use std::sync::OnceLock;

/// Where the statistics go at exit.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Statistics {
    /// To standard error, for people.
    Text,
    /// To standard error, one line of JSON.
    Json,
    /// As JSON to a file.
    File(PathBuf),
}

/// Up to which size Gleaner serves; larger requests go on to the previous allocator.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) enum Large {
    /// It serves all.
    Own,
    /// What comes from arenas.
    Medium,
    /// 512 bytes, as CPython's own allocator for small objects: measured, it is the best of the three.
    #[default]
    Previous,
}

/// The settings of a process.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Settings {
    pub(crate) statistics: Option<Statistics>,
    pub(crate) trace: Option<PathBuf>,
    pub(crate) large: Large,
    /// Whether somebody wants to know that CPython does not use this allocator.
    pub(crate) warn: bool,
}

impl Settings {
    /// Returns the settings of this process, read once.
    pub(crate) fn get() -> &'static Settings {
        static SETTINGS: OnceLock<Settings> = OnceLock::new();
        SETTINGS.get_or_init(|| Settings::read(|name| env::var_os(name)))
    }

    /// Reads settings from variables, of which empty ones are as if they were not there.
    fn read(variable: impl Fn(&str) -> Option<OsString>) -> Settings {
        let variable = |name: &str| variable(name).filter(|value| !value.is_empty());
        let statistics = variable("GLEANER_STATS").and_then(|value| match value.as_bytes() {
            b"0" => None,
            b"1" => Some(Statistics::Text),
            b"json" => Some(Statistics::Json),
            _ => Some(Statistics::File(with_process_number(&value))),
        });
        let trace = variable("GLEANER_TRACE").map(|value| with_process_number(&value));
        let large = match variable("GLEANER_LARGE") {
            Some(value) if value == "own" => Large::Own,
            Some(value) if value == "medium" => Large::Medium,
            Some(value) if value == "previous" => Large::Previous,
            _ => Large::default(),
        };
        let warn = variable("GLEANER_WARN").is_some_and(|value| value != "0");
        Settings { warn: warn || statistics.is_some() || trace.is_some(), statistics, trace, large }
    }
}

/// Returns a file name with the process's number for each `%p`.
fn with_process_number(name: &OsStr) -> PathBuf {
    let (mut bytes, mut rest) = (Vec::new(), name.as_bytes());
    while let Some((&first, others)) = rest.split_first() {
        if let Some(others) = rest.strip_prefix(b"%p") {
            bytes.extend_from_slice(std::process::id().to_string().as_bytes());
            rest = others;
        } else {
            bytes.push(first);
            rest = others;
        }
    }
    PathBuf::from(OsString::from_vec(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(variables: &[(&str, &str)]) -> Settings {
        Settings::read(|name| variables.iter().find(|(key, _)| *key == name).map(|(_, value)| value.into()))
    }

    #[test]
    fn nothing_asked_is_nothing_done() {
        assert_eq!(read(&[]), Settings::default());
        assert_eq!(
            read(&[("GLEANER_STATS", ""), ("GLEANER_TRACE", ""), ("GLEANER_WARN", "0")]),
            Settings::default()
        );
        assert_eq!(read(&[("GLEANER_STATS", "0"), ("GLEANER_LARGE", "")]), Settings::default());
    }

    #[test]
    fn who_serves_large_requests() {
        let large = |value| read(&[("GLEANER_LARGE", value)]).large;
        let named = ["own", "medium", "previous"].map(large);
        assert_eq!(named, [Large::Own, Large::Medium, Large::Previous]);
        assert_eq!(large("other"), Large::default());
    }

    #[test]
    fn each_form_of_statistics() {
        let statistics = |value| read(&[("GLEANER_STATS", value)]).statistics;
        assert_eq!(statistics("1"), Some(Statistics::Text));
        assert_eq!(statistics("json"), Some(Statistics::Json));
        assert_eq!(statistics("out.json"), Some(Statistics::File("out.json".into())));
        let number = std::process::id();
        assert_eq!(statistics("a%p-%p%"), Some(Statistics::File(format!("a{number}-{number}%").into())));
    }

    #[test]
    fn who_asks_for_figures_wants_the_warning() {
        for variable in ["GLEANER_STATS", "GLEANER_TRACE", "GLEANER_WARN"] {
            assert!(read(&[(variable, "1")]).warn, "{variable}");
        }
    }
}
