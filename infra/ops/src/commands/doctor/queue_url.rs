//! A queue's two names: its URL and its ARN.

/// Whether the ARN and the URL name the same queue: `arn:aws:sqs:<region>:<account>:<name>` and
/// `https://sqs.<region>.amazonaws.com/<account>/<name>`. A region that the URL lacks isn't compared.
pub(super) fn names_the_queue(arn: &str, url: &str) -> bool {
    let mut of_arn = arn.rsplit(':');
    let mut of_url = url.trim_end_matches('/').rsplit('/');
    let (name, account, region) = (of_arn.next(), of_arn.next(), of_arn.next());
    let same = name == of_url.next() && account == of_url.next();
    let host = of_url.next().unwrap_or_default();
    let is_aws = host.starts_with("sqs.") && host.contains(".amazonaws.com");
    same && (!is_aws || region.is_some_and(|region| host.split('.').nth(1) == Some(region)))
}

/// A queue's name: the last segment of its URL.
pub(super) fn name(url: &str) -> &str {
    url.trim_end_matches('/').rsplit('/').next().unwrap_or(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn account_name_and_region_have_to_be_the_same() {
        let url = "https://sqs.eu-central-1.amazonaws.com/111122223333/order-events";
        for (arn, same) in [
            ("arn:aws:sqs:eu-central-1:111122223333:order-events", true),
            ("arn:aws:sqs:eu-west-1:111122223333:order-events", false),
            ("arn:aws:sqs:eu-central-1:444455556666:order-events", false),
            ("arn:aws:sqs:eu-central-1:111122223333:order-events-2", false),
            ("arn:aws:lambda:eu-central-1:111122223333:function:order-events", false),
        ] {
            assert_eq!(names_the_queue(arn, url), same, "{arn}");
        }
        let local = "http://127.0.0.1:4606/111122223333/order-events";
        assert!(names_the_queue("arn:aws:sqs:eu-central-1:111122223333:order-events", local));
        assert_eq!(name(url), "order-events");
    }
}
