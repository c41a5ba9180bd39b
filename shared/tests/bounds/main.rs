//! Limits of the memory and the work that the parsers need for any input. The tests measure allocations, and print
//! processor times without checking them.
//!
//! This is a separate test target because it counts the allocations of the whole process. The largest body that
//! reaches a function has 6 MB (<https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html>),
//! the largest event in a queue 1 MB
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
