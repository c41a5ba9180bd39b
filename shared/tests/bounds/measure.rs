//! Measures memory and work.

use std::alloc::System;
use std::fs;
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use cap::Cap;

#[global_allocator]
static ALLOCATOR: Cap<System> = Cap::new(System, usize::MAX);
/// The allocator counts for the whole process, so only one test runs at a time.
static ALONE: Mutex<()> = Mutex::new(());
static STARTED: LazyLock<Instant> = LazyLock::new(Instant::now);

/// Half of the functions' 256 MB (`template.yaml`). The other half is for the program, the event as received
/// and as text, and the clients.
const MOST_MEMORY: usize = 128 * 1024 * 1024;
/// Twice the proportional increase for four times the input; quadratic work would increase sixteenfold.
const STEEPEST: usize = 8;

/// Waits until no other test measures.
pub fn alone() -> MutexGuard<'static, ()> {
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The processor time of this thread, which is independent of other load. Elapsed time on other systems than
/// Linux.
fn processor_time() -> Duration {
    // Nanoseconds on a processor, nanoseconds waiting for one, time slices: the kernel's sched-stats.rst.
    let statistics = fs::read_to_string("/proc/thread-self/schedstat").ok();
    let nanoseconds = statistics.and_then(|line| line.split_whitespace().next()?.parse().ok());
    nanoseconds.map_or_else(|| STARTED.elapsed(), Duration::from_nanos)
}

/// Parses an input while no other test measures. Asserts that the input and the memory for parsing stay
/// within half of a function's memory.
pub fn within_memory<I, T>(what: &str, input: impl FnOnce() -> I, read: impl FnOnce(&I) -> T) -> T {
    let _alone = alone();
    let before = ALLOCATOR.allocated();
    let input = input();
    let read = read(&input);
    let most = ALLOCATOR.max_allocated().saturating_sub(before);
    assert!(most <= MOST_MEMORY, "{what} took {} MB", most / 1024 / 1024);
    read
}

/// Asserts that parsing an input of four times `size` allocates at most eight times as much as one of `size`.
/// Prints the ratio of processor times, which no test depends on, because a busy machine affects it.
pub fn linear<I>(what: &str, size: usize, input: impl Fn(usize) -> I, read: impl Fn(&I)) {
    let _alone = alone();
    let work = |size: usize| {
        let input = input(size);
        let once = |_| {
            let (allocated, before) = (ALLOCATOR.total_allocated(), processor_time());
            read(&input);
            let time = processor_time().saturating_sub(before);
            (ALLOCATOR.total_allocated() - allocated, time)
        };
        // The least of several runs: a concurrent test that prepares its input can only add allocations.
        (0..3).map(once).min().unwrap_or_default()
    };
    let ((bytes, time), (bytes_of_four, time_of_four)) = (work(size), work(4 * size));
    println!("{what}: {:.1} times the time for four times as much", time_of_four.div_duration_f64(time));
    assert!(
        bytes_of_four <= STEEPEST * bytes.max(4096),
        "{what}: {bytes} bytes, and {bytes_of_four} for four times as much"
    );
}
