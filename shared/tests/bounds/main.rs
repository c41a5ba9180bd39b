//! What the readers take of memory and of work, whatever they are given: measured, not timed wherever that is possible.
//!
//! A program of its own, because it counts what the whole process allocates. The largest body that reaches a function has
//! 6 MB (<https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html>), the largest event on a queue 1 MB
//! (<https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html>).

#[cfg(test)]
mod callbacks;
#[cfg(test)]
mod catalogue;
#[cfg(test)]
mod events;
#[cfg(test)]
mod measure;
#[cfg(test)]
mod values;
