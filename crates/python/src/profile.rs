//! What differs between the versions of Python: constants and rules (PYTHON.md §0 and its V lines).

use gleaner::Rules;

/// The rules of one version.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Profile {
    /// 11 for Python 3.11; the tutorial's rules are those of 3.11.
    pub minor: u8,
}

impl Profile {
    /// All profiles, oldest first.
    pub const ALL: [Profile; 5] = [
        Profile { minor: 11 },
        Profile { minor: 12 },
        Profile { minor: 13 },
        Profile { minor: 14 },
        Profile { minor: 15 },
    ];

    /// Returns the profile of a name such as `3.12`; `classic` is 3.11.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Profile> {
        if name == "classic" {
            return Some(Profile { minor: 11 });
        }
        let minor = name.strip_prefix("3.")?.parse::<u8>().ok()?;
        Profile::ALL.into_iter().find(|profile| profile.minor == minor)
    }

    /// Returns its name.
    #[must_use]
    pub fn name(self) -> String {
        format!("3.{}", self.minor)
    }

    /// Returns the heap's rules.
    #[must_use]
    pub fn rules(self) -> Rules {
        Rules::python3(self.minor)
    }

    /// The largest int that exists once (PY-60).
    #[must_use]
    pub fn small_int_max(self) -> i64 {
        if self.minor >= 15 { 1024 } else { 256 }
    }

    /// The count that immortal objects show; none before 3.12 (PY-59).
    #[must_use]
    pub fn immortal_count(self) -> Option<i64> {
        match self.minor {
            ..=11 => None,
            12..=13 => Some((1 << 32) - 1),
            _ => Some(3 << 30),
        }
    }

    /// Whether `sys.intern` makes a string immortal (PY-65).
    #[must_use]
    pub fn interns_for_ever(self) -> bool {
        self.minor == 12
    }

    /// Whether a dict is untracked as long as all its values are atoms (PY-23).
    #[must_use]
    pub fn untracks_dicts(self) -> bool {
        self.minor <= 13
    }

    /// Whether a tuple of atoms is untracked when it is made, not by the collector (PY-23).
    #[must_use]
    pub fn untracks_tuples_at_once(self) -> bool {
        self.minor >= 14
    }

    /// Whether statistics and callbacks tell candidates and duration (PY-25, PY-28).
    #[must_use]
    pub fn tells_candidates(self) -> bool {
        self.minor >= 15
    }
}

impl Default for Profile {
    fn default() -> Self {
        Profile { minor: 15 }
    }
}
