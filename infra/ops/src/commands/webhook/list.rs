//! Extends and displays the list of 1MSG's webhook URLs.

use serde::Serialize;
use url::Url;

use crate::providers::one_msg::MAX_WEBHOOKS;

/// The placeholder for the secret.
const SECRET: &str = "<url_secret>";

/// The extended list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Merged {
    /// The list already contains the URL.
    AlreadyThere(Vec<String>),
    /// The list with the URL at its end.
    Added(Vec<String>),
    /// The list is full.
    Full,
}

/// Adds a URL to the list. No existing URL is dropped, moved or changed.
pub(super) fn merge(known: &[String], url: &str) -> Merged {
    if known.iter().any(|other| same(other, url)) {
        return Merged::AlreadyThere(known.to_vec());
    }
    if known.len() >= MAX_WEBHOOKS {
        return Merged::Full;
    }
    Merged::Added(known.iter().cloned().chain(std::iter::once(url.to_owned())).collect())
}

/// Whether two texts are the same URL, such as `https://host` and `https://host/`.
pub(super) fn same(one: &str, other: &str) -> bool {
    one == other || matches!((Url::parse(one), Url::parse(other)), (Ok(one), Ok(other)) if one == other)
}

/// The URLs of `before` that are missing in `after`.
pub(super) fn dropped<'a>(before: &'a [String], after: &[String]) -> Vec<&'a str> {
    before.iter().filter(|url| !after.iter().any(|other| same(url, other))).map(String::as_str).collect()
}

/// A URL of the list, with its secrets removed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Shown {
    /// The part that may be shown.
    pub(super) url: String,
    /// The URL's owner.
    pub(super) whose: Whose,
}

/// The owner of a URL.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Whose {
    /// This deployment, with the current secret.
    Ours,
    /// This deployment, with another secret, such as one from before a rotation.
    OursWithAnotherSecret,
    /// Another application.
    Anothers,
}

/// The displayable part of a URL. Other applications' URLs may contain secrets anywhere after the host.
pub(super) fn shown(url: &str, ours: &Url) -> Shown {
    let whose = whose(url, ours);
    let url = match (Url::parse(url), whose) {
        (Ok(parsed), Whose::Ours | Whose::OursWithAnotherSecret) => {
            let before = parsed.as_str().rsplit_once('/').map_or("", |(before, _)| before);
            format!("{before}/{SECRET}")
        }
        (Ok(parsed), Whose::Anothers) => {
            let port = parsed.port().map(|port| format!(":{port}")).unwrap_or_default();
            let host = parsed.host_str().unwrap_or_default();
            let rest = if parsed.path() == "/" && parsed.query().is_none() { "/" } else { "/…" };
            format!("{}://{host}{port}{rest}", parsed.scheme())
        }
        (Err(_), _) => "(no URL)".to_owned(),
    };
    Shown { url, whose }
}

/// Like [`shown`], for a provider whose URLs contain no secret of ours.
pub(super) fn shown_plain(url: &str, ours: &Url) -> Shown {
    if Url::parse(url).is_ok_and(|url| url == *ours) {
        return Shown { url: ours.to_string(), whose: Whose::Ours };
    }
    shown(url, ours)
}

fn whose(url: &str, ours: &Url) -> Whose {
    let Ok(url) = Url::parse(url) else { return Whose::Anothers };
    if url == *ours {
        return Whose::Ours;
    }
    let folder = |url: &Url| url.as_str().rsplit_once('/').map(|(before, _)| before.to_owned());
    if is_webhook(&url) && folder(&url) == folder(ours) {
        Whose::OursWithAnotherSecret
    } else {
        Whose::Anothers
    }
}

/// Whether a URL has the format of this application's webhook.
fn is_webhook(url: &Url) -> bool {
    let segments: Vec<&str> = url.path_segments().map(Iterator::collect).unwrap_or_default();
    matches!(segments.as_slice(), [.., "webhooks", "onemsg", secret] if !secret.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(urls: &[&str]) -> Vec<String> {
        urls.iter().map(|url| (*url).to_owned()).collect()
    }

    #[test]
    fn a_url_is_added_at_the_end() {
        assert_eq!(merge(&[], "https://us/x"), Merged::Added(list(&["https://us/x"])));
        let known = list(&["https://cabinet/a", "https://crm/b"]);
        let merged = list(&["https://cabinet/a", "https://crm/b", "https://us/x"]);
        assert_eq!(merge(&known, "https://us/x"), Merged::Added(merged.clone()));
        assert_eq!(merge(&merged, "https://us/x"), Merged::AlreadyThere(merged));
        assert_eq!(merge(&list(&["https://us"]), "https://us/"), Merged::AlreadyThere(list(&["https://us"])));
    }

    #[test]
    fn a_list_of_five_is_full_unless_ours_is_in_it() {
        let five = list(&["https://a", "https://b", "https://c", "https://d", "https://e"]);
        assert_eq!(merge(&five, "https://us/x"), Merged::Full);
        assert_eq!(merge(&five, "https://e"), Merged::AlreadyThere(five.clone()));
        let four = &five[..4];
        assert!(
            matches!(merge(four, "https://us/x"), Merged::Added(list) if list.len() == 5 && list[..4] == *four)
        );
    }

    #[test]
    fn a_merge_drops_no_url() {
        for count in 0..=5 {
            let known: Vec<String> =
                (0..count).map(|number| format!("https://host{number}/x?a=1,2")).collect();
            if let Merged::Added(after) | Merged::AlreadyThere(after) = merge(&known, "https://us/x") {
                assert!(dropped(&known, &after).is_empty());
                assert_eq!(after[..count], known);
            }
        }
        assert_eq!(dropped(&list(&["https://a", "https://b"]), &list(&["https://b/"])), ["https://a"]);
    }

    #[test]
    fn no_secret_is_shown() {
        let ours = Url::parse("https://api.example/prod/webhooks/onemsg/s3cret").unwrap();
        for (url, seen, whose) in [
            (
                "https://api.example/prod/webhooks/onemsg/s3cret",
                "https://api.example/prod/webhooks/onemsg/<url_secret>",
                Whose::Ours,
            ),
            (
                "https://api.example/prod/webhooks/onemsg/s3cret-before",
                "https://api.example/prod/webhooks/onemsg/<url_secret>",
                Whose::OursWithAnotherSecret,
            ),
            ("https://other.example/webhooks/onemsg/s3cret", "https://other.example/…", Whose::Anothers),
            ("https://crm.example/hooks/s3cret?token=s3cret", "https://crm.example/…", Whose::Anothers),
            ("https://user:s3cret@crm.example:8443/", "https://crm.example:8443/", Whose::Anothers),
            ("https://crm.example?token=s3cret", "https://crm.example/…", Whose::Anothers),
            ("s3cret", "(no URL)", Whose::Anothers),
        ] {
            let shown = shown(url, &ours);
            assert_eq!((shown.url.as_str(), shown.whose), (seen, whose));
            assert!(!shown.url.contains("s3cret"));
        }
    }

    #[test]
    fn our_url_without_a_secret_is_shown_in_full() {
        let ours = Url::parse("https://api.example/webhooks/meta").unwrap();
        let shown = shown_plain("https://api.example/webhooks/meta", &ours);
        assert_eq!((shown.url.as_str(), shown.whose), (ours.as_str(), Whose::Ours));
        let other = shown_plain("https://api.example/webhooks/meta?token=s3cret", &ours);
        assert_eq!((other.url.as_str(), other.whose), ("https://api.example/…", Whose::Anothers));
    }
}
