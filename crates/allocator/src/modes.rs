//! Modes of the process's allocator: fast, hardened, debug. Chosen once, before the first allocation.
//!
//! ```text
//!  GLEANER_MODE=hardened,seed=7      or   global::configure(Mode::Hardened)
//!        └ read at the first slow path             └ TooLate once something was allocated
//! ```
//!
//! *Fast* is the default: a heap and magazines for each thread. *Hardened* and *debug* serve every request from one heap,
//! under one lock, without magazines: what they know of a block is exact whichever thread asks, and the fast paths, which
//! find their magazines empty and full at once, need not know of modes. What the two do with a request is in
//! `special.rs`.
//!
//! Independent of the mode, memory can be made scarce: by a *budget* for all chunks of the process (`budget.rs`), and by a
//! *window* of requests that fail, counted from 0. While there is a window, the threads it is for do without magazines.

use core::ffi::CStr;
use core::str::FromStr;

use gleaner_sync::process::atomic::{AtomicU8, AtomicU64, AtomicUsize, Ordering};
use thiserror::Error;

use crate::allocator::Options;
use crate::{budget, fatal, fork, heaps, thread};

/// The environment variable that chooses the mode.
const VARIABLE: &CStr = c"GLEANER_MODE";

/// How the process's allocator treats its users.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Mode {
    /// Trusts them. The default.
    #[default]
    Fast,
    /// Ends the process at a double free or at a pointer that is no block, and places blocks at random.
    Hardened,
    /// Fills blocks, guards both of their ends and knows by which API they were allocated, as `PYTHONMALLOC=debug` does.
    Debug,
}

/// A mode, and what goes with it; from text as in `GLEANER_MODE`.
///
/// ```
/// use gleaner_allocator::global::{Mode, Settings};
///
/// let settings: Settings = "hardened,seed=7".parse()?;
/// assert_eq!(settings, Settings { seed: Some(7), ..Mode::Hardened.into() });
/// let error = "hardened,sead=7".parse::<Settings>().unwrap_err();
/// assert_eq!(error.position, 10);
/// # Ok::<(), gleaner_allocator::global::Malformed>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Settings {
    /// The mode.
    pub mode: Mode,
    /// Hardened, debug: where blocks are placed at random, from this seed; 0 is lowest address first. By default hardened
    /// takes a seed from the system, and debug places nothing at random.
    pub seed: Option<u64>,
    /// The bytes that all heaps of the process may have mapped at once.
    pub budget: Option<usize>,
    /// The request, counted from 0, that fails.
    pub fail_at: Option<usize>,
    /// The request, counted from 0, from which on all fail.
    pub fail_after: Option<usize>,
}

impl From<Mode> for Settings {
    fn from(mode: Mode) -> Settings {
        Settings { mode, ..Settings::default() }
    }
}

/// Text that says no mode.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
#[error("position {position}: {problem}")]
pub struct Malformed {
    /// The first byte that is wrong, counted from 1.
    pub position: usize,
    problem: Problem,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
enum Problem {
    #[error("expected fast, hardened or debug")]
    Mode,
    #[error("expected seed=N, budget=BYTES, fail_at=K or fail_after=K")]
    Setting,
    #[error("expected a whole number")]
    Number,
    #[error("seed is for hardened and debug")]
    Seed,
    #[error("this was set before")]
    Again,
    #[error("fail_at and fail_after exclude each other")]
    Both,
    #[error("expected text")]
    Text,
}

impl FromStr for Settings {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Settings, Malformed> {
        let mut settings = Settings::default();
        let mut position = 1;
        for (index, word) in text.split(',').enumerate() {
            let taken = if index == 0 { settings.take_mode(word) } else { settings.take(word) };
            taken.map_err(|(problem, offset)| Malformed { position: position + offset, problem })?;
            position += word.len() + 1;
        }
        Ok(settings)
    }
}

impl Settings {
    fn take_mode(&mut self, word: &str) -> Result<(), (Problem, usize)> {
        self.mode = match word {
            "fast" => Mode::Fast,
            "hardened" => Mode::Hardened,
            "debug" => Mode::Debug,
            _ => return Err((Problem::Mode, 0)),
        };
        Ok(())
    }

    /// Takes one setting; an error is a problem and its place in the word.
    fn take(&mut self, word: &str) -> Result<(), (Problem, usize)> {
        let Some((name, value)) = word.split_once('=') else { return Err((Problem::Setting, 0)) };
        let digits = value.bytes().all(|byte| byte.is_ascii_digit());
        let number = value.parse::<usize>().ok().filter(|_| digits).ok_or((Problem::Number, name.len() + 1));
        match name {
            "seed" if self.mode == Mode::Fast => Err((Problem::Seed, 0)),
            "seed" => set(&mut self.seed, number? as u64),
            "budget" => set(&mut self.budget, number?),
            "fail_at" if self.fail_after.is_some() => Err((Problem::Both, 0)),
            "fail_at" => set(&mut self.fail_at, number?),
            "fail_after" if self.fail_at.is_some() => Err((Problem::Both, 0)),
            "fail_after" => set(&mut self.fail_after, number?),
            _ => Err((Problem::Setting, 0)),
        }
    }

    /// Returns the window of requests that fail.
    fn window(&self) -> Option<(usize, usize)> {
        let once = self.fail_at.map(|at| (at, at.saturating_add(1)));
        once.or(self.fail_after.map(|after| (after, usize::MAX)))
    }
}

fn set<T>(place: &mut Option<T>, value: T) -> Result<(), (Problem, usize)> {
    match place.replace(value) {
        None => Ok(()),
        Some(_) => Err((Problem::Again, 0)),
    }
}

/// Something was allocated before the mode was chosen.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
#[error("too late to choose a mode: something was allocated before, or a mode was chosen")]
pub struct TooLate;

/// What the slow paths have to know, in a byte.
#[derive(Clone, Copy)]
pub(crate) struct State(u8);

const DECIDED: u8 = 1;
/// Every request is served from one heap, under its lock.
const LOCKED: u8 = 2;
/// Blocks have guards.
const GUARDED: u8 = 4;
/// There is a window of requests that fail.
const COUNTED: u8 = 8;
/// Somebody is about to decide.
const CLAIMED: u8 = 16;

static STATE: AtomicU8 = AtomicU8::new(0);
static SEED: AtomicU64 = AtomicU64::new(0);

/// The window: its thread (0: every thread), its ends, and the number of the next request.
static THREAD: AtomicUsize = AtomicUsize::new(0);
static START: AtomicUsize = AtomicUsize::new(0);
static STOP: AtomicUsize = AtomicUsize::new(0);
static NEXT: AtomicUsize = AtomicUsize::new(0);

impl State {
    /// Returns whether anything differs from the fast mode without a window.
    #[inline(always)]
    pub(crate) fn is_special(self) -> bool {
        self.0 & (LOCKED | GUARDED | COUNTED) != 0
    }

    pub(crate) fn is_locked(self) -> bool {
        self.0 & LOCKED != 0
    }

    pub(crate) fn is_guarded(self) -> bool {
        self.0 & GUARDED != 0
    }

    /// Returns whether the window is one for this thread.
    pub(crate) fn counts_me(self) -> bool {
        // Relaxed: a thread that is not meant need not know; the one that is has written it.
        let thread = THREAD.load(Ordering::Relaxed);
        self.0 & COUNTED != 0 && (thread == 0 || thread == me())
    }

    /// Counts a request; returns whether it has to fail.
    pub(crate) fn denies(self) -> bool {
        if !self.counts_me() {
            return false;
        }
        // Relaxed: numbers, each given once.
        let request = NEXT.fetch_add(1, Ordering::Relaxed);
        (START.load(Ordering::Relaxed)..STOP.load(Ordering::Relaxed)).contains(&request)
    }
}

/// Returns the state; decides if nobody has.
#[inline]
pub(crate) fn state() -> State {
    // Acquire: pairs with the Release in `publish`.
    match STATE.load(Ordering::Acquire) {
        state if state & DECIDED != 0 => State(state),
        _ => decide(),
    }
}

/// Returns the state for those who have a block already, so that it is decided.
#[inline(always)]
pub(crate) fn state_with_block() -> State {
    // Relaxed: whoever has a block got it by way of synchronisation, after the decision.
    State(STATE.load(Ordering::Relaxed))
}

/// Decides by the environment.
#[cold]
fn decide() -> State {
    fork::prepare();
    // Acquire: as in `state`.
    while STATE.compare_exchange(0, CLAIMED, Ordering::Acquire, Ordering::Acquire).is_err() {
        let state = STATE.load(Ordering::Acquire);
        if state & DECIDED != 0 {
            return State(state);
        }
        core::hint::spin_loop();
    }
    match from_environment() {
        Ok(settings) => publish(settings),
        // Nothing that runs at a normal exit may allocate now.
        Err(error) => fatal::leave(format_args!("GLEANER_MODE, {error}")),
    }
}

/// Reads the environment, without allocating; a program with more rights than its user does not heed it.
fn from_environment() -> Result<Settings, Malformed> {
    // SAFETY: the name ends with a zero. Nobody changes the environment during the first allocation of a process.
    let (value, secure) = unsafe { (libc::getenv(VARIABLE.as_ptr()), libc::getauxval(libc::AT_SECURE)) };
    if value.is_null() || secure != 0 {
        return Ok(Settings::default());
    }
    // SAFETY: variables end with a zero, and this one stays while it is read, as above.
    let value = unsafe { CStr::from_ptr(value) };
    match value.to_str() {
        Ok("") => Ok(Settings::default()),
        Ok(text) => text.parse(),
        Err(error) => Err(Malformed { position: error.valid_up_to() + 1, problem: Problem::Text }),
    }
}

/// Writes down what was decided, by the one thread that has claimed to.
fn publish(settings: Settings) -> State {
    let default = if settings.mode == Mode::Hardened { random() } else { 0 };
    // Relaxed: published by the Release below.
    SEED.store(settings.seed.unwrap_or(default), Ordering::Relaxed);
    budget::set_limit(settings.budget.unwrap_or(usize::MAX));
    let mut state = match settings.mode {
        Mode::Fast => DECIDED,
        Mode::Hardened => DECIDED | LOCKED,
        Mode::Debug => DECIDED | LOCKED | GUARDED,
    };
    if let Some((start, stop)) = settings.window() {
        START.store(start, Ordering::Relaxed);
        STOP.store(stop, Ordering::Relaxed);
        state |= COUNTED;
    }
    // Release: pairs with the Acquire in `state`.
    STATE.store(state, Ordering::Release);
    State(state)
}

/// Returns a number that nobody can guess, not 0.
fn random() -> u64 {
    let mut bytes = [0; 8];
    // SAFETY: the buffer is that long. If the system has nothing yet, the address of the buffer has to do.
    let read = unsafe { libc::getrandom(bytes.as_mut_ptr().cast(), bytes.len(), libc::GRND_NONBLOCK) };
    let fallback = if read == 8 { 0 } else { bytes.as_ptr().addr() as u64 };
    (u64::from_ne_bytes(bytes) ^ fallback).max(1)
}

/// Returns the options for heaps of the process.
pub(crate) fn options() -> Options {
    let state = state();
    // A window from the start is for all threads, so no heap gets magazines.
    let exact = state.is_locked() || state.counts_me();
    Options { exact, scatter: SEED.load(Ordering::Relaxed), ..Options::default() }
}

/// Names this thread.
fn me() -> usize {
    // SAFETY: it has no conditions.
    unsafe { libc::pthread_self() as usize }
}

/// Chooses the mode of the process, in place of the environment.
///
/// # Errors
/// [`TooLate`] if something was allocated before, or a mode was chosen before.
pub fn configure(settings: impl Into<Settings>) -> Result<(), TooLate> {
    fork::prepare();
    // Acquire: as in `state`.
    match STATE.compare_exchange(0, CLAIMED, Ordering::Acquire, Ordering::Relaxed) {
        Ok(_) => publish(settings.into()),
        Err(_) => return Err(TooLate),
    };
    Ok(())
}

/// Returns the mode of the process. Decides if nothing was allocated before.
#[must_use]
pub fn mode() -> Mode {
    let state = state();
    match (state.is_locked(), state.is_guarded()) {
        (_, true) => Mode::Debug,
        (true, false) => Mode::Hardened,
        (false, false) => Mode::Fast,
    }
}

/// Makes requests of this thread fail: those of number `start` to `stop`, the end excluded, counted from 0 from now on; all
/// from `start` on if `stop` is 0. In place of a window that was there before. For tests.
///
/// A request is a call of `malloc`, `calloc`, `realloc` or `aligned_alloc`.
// PY-56: _testcapi.set_nomemory(start, stop=0).
pub fn set_nomemory(start: usize, stop: usize) {
    let _ = state();
    if thread::has_heap()
        && let Some(heap) = heaps::mine()
    {
        heap.empty_magazines();
        heap.remove_magazines();
    }
    // Relaxed: this thread reads what it has written; the others find that it is not for them, sooner or later.
    reset_nomemory();
    THREAD.store(me(), Ordering::Relaxed);
    START.store(start, Ordering::Relaxed);
    STOP.store(if stop == 0 { usize::MAX } else { stop }, Ordering::Relaxed);
    NEXT.store(0, Ordering::Relaxed);
    STATE.fetch_or(COUNTED, Ordering::Release);
}

/// Ends what [`set_nomemory`] began, or the window that the mode came with.
pub fn reset_nomemory() {
    let _ = state();
    // Relaxed: as above.
    STATE.fetch_and(!COUNTED, Ordering::Relaxed);
}

#[cfg(test)]
mod tests {
    use super::{Mode, Settings};

    #[test]
    fn text_says_settings() {
        let none = Settings::default();
        for (text, settings) in [
            ("fast", none),
            ("hardened", Mode::Hardened.into()),
            ("debug,seed=3", Settings { seed: Some(3), ..Mode::Debug.into() }),
            ("fast,budget=4096,fail_at=0", Settings { budget: Some(4096), fail_at: Some(0), ..none }),
            ("hardened,fail_after=9", Settings { fail_after: Some(9), ..Mode::Hardened.into() }),
        ] {
            assert_eq!(text.parse(), Ok(settings), "{text}");
        }
    }

    #[test]
    fn malformed_text_is_told_with_its_position() {
        for (text, message) in [
            ("", "position 1: expected fast, hardened or debug"),
            ("Debug", "position 1: expected fast, hardened or debug"),
            ("seed=1", "position 1: expected fast, hardened or debug"),
            ("debug,", "position 7: expected seed=N, budget=BYTES, fail_at=K or fail_after=K"),
            ("debug,sed=1", "position 7: expected seed=N, budget=BYTES, fail_at=K or fail_after=K"),
            ("debug,seed=", "position 12: expected a whole number"),
            ("debug,seed=1,budget=1M", "position 21: expected a whole number"),
            ("debug,seed=+1", "position 12: expected a whole number"),
            ("fast,seed=1", "position 6: seed is for hardened and debug"),
            ("fast,budget=1,budget=1", "position 15: this was set before"),
            ("fast,fail_at=1,fail_after=1", "position 16: fail_at and fail_after exclude each other"),
        ] {
            assert_eq!(text.parse::<Settings>().unwrap_err().to_string(), message, "{text:?}");
        }
    }
}
