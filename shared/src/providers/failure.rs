//! Classifies failed messages.

use super::{codes, kaleyra};
use crate::delivery::Failure;
use crate::protocol::ReasonClass;

/// The class of a failure by its code, which has the same meaning as in a reply; `Unclear` without a
/// documented code.
pub fn failure_class(failure: &Failure) -> ReasonClass {
    let class = |code: &str| match code.parse() {
        Ok(code) => codes::class(code),
        Err(_) => kaleyra::reply::class(code),
    };
    failure.code.as_deref().and_then(class).unwrap_or(ReasonClass::Unclear)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_documented_code_tells_the_class_and_anything_else_is_unclear() {
        for (code, class) in [
            (Some("131049"), ReasonClass::Recipient),
            (Some("132015"), ReasonClass::Template),
            (Some("190"), ReasonClass::Credentials),
            (Some("250"), ReasonClass::Account),
            (Some("WAV2101"), ReasonClass::Account),
            (Some("999999"), ReasonClass::Unclear),
            (Some("anything"), ReasonClass::Unclear),
            (None, ReasonClass::Unclear),
        ] {
            let failure = Failure { code: code.map(str::to_owned), text: String::new() };
            assert_eq!(failure_class(&failure), class, "{code:?}");
        }
    }
}
