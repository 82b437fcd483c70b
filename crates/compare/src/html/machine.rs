//! Where it was measured.

use std::fs;

use serde::Serialize;

/// A machine, and what runs on it.
#[derive(Clone, Debug, Serialize)]
pub struct Machine {
    /// The processor's name.
    pub processor: String,
    /// How many processors this process may use.
    pub processors: usize,
    /// The memory, in bytes.
    pub memory_bytes: u64,
    /// The system and its version.
    pub system: String,
    /// The version of Gleaner.
    pub gleaner: &'static str,
}

impl Machine {
    /// Asks the system.
    #[must_use]
    pub fn this() -> Machine {
        let kibibytes = field("/proc/meminfo", "MemTotal").unwrap_or_default();
        let kibibytes = kibibytes.trim_end_matches("kB").trim().parse::<u64>();
        let release = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
        Machine {
            processor: field("/proc/cpuinfo", "model name")
                .unwrap_or_else(|| "unknown processor".to_string()),
            processors: std::thread::available_parallelism().map_or(1, usize::from),
            memory_bytes: kibibytes.unwrap_or(0) * 1024,
            system: format!("{} {}", std::env::consts::OS, release.trim()),
            gleaner: env!("CARGO_PKG_VERSION"),
        }
    }
}

fn field(file: &str, name: &str) -> Option<String> {
    let text = fs::read_to_string(file).ok()?;
    let value = text.lines().find_map(|line| line.strip_prefix(name)?.trim().strip_prefix(':'))?;
    Some(value.trim().to_string())
}
