//! Measures the memory and the work of a parser.

use std::alloc::System;
use std::fs;
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use cap::Cap;

#[global_allocator]
static ALLOCATOR: Cap<System> = Cap::new(System, usize::MAX);
/// Lets only one test run at a time, because the allocator counts for the whole process.
static ALONE: Mutex<()> = Mutex::new(());
static STARTED: LazyLock<Instant> = LazyLock::new(Instant::now);

/// Half of the functions' 256 MB (`template.yaml`), in bytes. The other half is for the program, the received event,
/// its text, and the clients.
const MAX_MEMORY: usize = 128 * 1024 * 1024;
/// The maximum growth of the work when the input grows fourfold: twice linear, half of quadratic growth.
const MAX_GROWTH: usize = 8;

/// Waits until no other test measures. The guard keeps other tests waiting.
pub fn alone() -> MutexGuard<'static, ()> {
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The processor time of this thread, which is independent of other load. On systems other than Linux, the elapsed
/// time.
fn processor_time() -> Duration {
    // Three numbers: nanoseconds on a processor, nanoseconds of waiting, time slices (the kernel's sched-stats.rst).
    let statistics = fs::read_to_string("/proc/thread-self/schedstat").ok();
    let nanoseconds = statistics.and_then(|line| line.split_whitespace().next()?.parse().ok());
    nanoseconds.map_or_else(|| STARTED.elapsed(), Duration::from_nanos)
}

/// Parses an input. Panics if the input and the memory for parsing exceed half of a function's memory.
pub fn check_memory<I, T>(what: &str, input: impl FnOnce() -> I, read: impl FnOnce(&I) -> T) -> T {
    let _alone = alone();
    let before = ALLOCATOR.allocated();
    let input = input();
    let read = read(&input);
    let most = ALLOCATOR.max_allocated().saturating_sub(before);
    assert!(most <= MAX_MEMORY, "{what} took {} MB", most / 1024 / 1024);
    read
}

/// Panics if parsing an input of four times `size` allocates more than eight times as much as one of `size`. Only prints
/// the ratio of processor times, because a busy machine affects it.
pub fn check_work<I>(what: &str, size: usize, input: impl Fn(usize) -> I, read: impl Fn(&I)) {
    let _alone = alone();
    let work = |size: usize| {
        let input = input(size);
        let once = |_| {
            let (allocated, before) = (ALLOCATOR.total_allocated(), processor_time());
            read(&input);
            let time = processor_time().saturating_sub(before);
            (ALLOCATOR.total_allocated() - allocated, time)
        };
        // The minimum of several runs: a concurrent test that prepares its input adds allocations.
        (0..5).map(once).min().unwrap_or_default()
    };
    let ((bytes, time), (bytes_of_four, time_of_four)) = (work(size), work(4 * size));
    println!("{what}: {:.1} times the time for four times as much", time_of_four.div_duration_f64(time));
    assert!(
        bytes_of_four <= MAX_GROWTH * bytes.max(4096),
        "{what}: {bytes} bytes, and {bytes_of_four} for four times as much"
    );
}
