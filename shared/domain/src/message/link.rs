//! The address of a file.

use std::fmt;

use super::characters::is_invisible;

/// The longest address of a file. No vendor page limits it; a signed address has a few thousand characters at most.
const MAX_LINK_CHARS: usize = 8192;
/// The public address of a file, which WhatsApp downloads. `Debug` hides it, because it may contain a token.
#[derive(Clone, PartialEq, Eq)]
pub struct Link(String);

/// Why a link cannot be used. It never contains the link.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidLink {
    /// It has no scheme, no host, or another scheme.
    #[error("is not a whole address such as https://shop.example/picture.jpg")]
    NotAbsolute,
    /// It is longer than any address that a shop gives.
    #[error("is longer than {MAX_LINK_CHARS} characters")]
    TooLong,
}

impl Link {
    /// Reads an address with `http` or `https`, also one without its scheme (`//cdn.shop.example/1.jpg`, as web
    /// shops give it), and encodes what an address may not contain.
    pub fn parse(value: &str) -> Result<Self, InvalidLink> {
        let value = clean(value);
        let (scheme, rest) = value
            .strip_prefix("//")
            .map(|rest| ("https", rest))
            .or_else(|| value.split_once("://"))
            .ok_or(InvalidLink::NotAbsolute)?;
        let (host, path) = rest.split_at(rest.find(['/', '?', '#', '\\']).unwrap_or(rest.len()));
        let host = encode_host(host).filter(|host| !host.is_empty()).ok_or(InvalidLink::NotAbsolute)?;
        let whole = format!("{scheme}://{host}{}", encode(path));
        let url = url::Url::parse(&whole).map_err(|_| InvalidLink::NotAbsolute)?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(InvalidLink::NotAbsolute);
        }
        if url.as_str().len() > MAX_LINK_CHARS {
            return Err(InvalidLink::TooLong);
        }
        Ok(Self(url.into()))
    }

    /// The address without query and fragment.
    pub(super) fn path(&self) -> &str {
        self.0.split(['?', '#']).next().unwrap_or_default()
    }

    /// The address as sent to the provider.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Link([redacted])")
    }
}

/// The same address without what only gets in the way: marks that show nothing, white space around it, and the
/// HTML form of `&`, which shops' exports contain.
pub(super) fn clean(value: &str) -> String {
    let visible: String = value.chars().filter(|c| !is_invisible(*c)).collect();
    visible.split_whitespace().collect::<Vec<_>>().join(" ").replace("&amp;", "&")
}

/// Percent-encodes what may not stand in an address; what is encoded already stays (RFC 3986, section 2).
pub(super) fn encode(value: &str) -> String {
    let mut encoded = String::with_capacity(value.len());
    for (place, character) in value.char_indices() {
        let is_kept = match character {
            '%' => {
                value.get(place + 1..place + 3).is_some_and(|two| two.chars().all(|c| c.is_ascii_hexdigit()))
            }
            _ => character.is_ascii_graphic() && !"\"<>\\^`{|}".contains(character),
        };
        if is_kept {
            encoded.push(character);
            continue;
        }
        for byte in character.encode_utf8(&mut [0; 4]).bytes() {
            encoded.push('%');
            encoded.push_str(&hex::encode_upper([byte]));
        }
    }
    encoded
}

/// A host whose labels have letters beyond ASCII, in the form that the domain name system knows (RFC 3492). `None` if it
/// has no such form.
fn encode_host(host: &str) -> Option<String> {
    let label = |label: &str| {
        if label.is_ascii() {
            return Some(label.to_owned());
        }
        idna::punycode::encode_str(&label.to_lowercase()).map(|encoded| format!("xn--{encoded}"))
    };
    let labels: Option<Vec<String>> = host.split('.').map(label).collect();
    Some(labels?.join("."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_is_whole_and_encoded() {
        for (value, read) in [
            (" https://cdn.shop.example/a.jpg ", "https://cdn.shop.example/a.jpg"),
            ("//cdn.shop.example/a.jpg?v=1", "https://cdn.shop.example/a.jpg?v=1"),
            ("http://shop.example/red shoe.jpg", "http://shop.example/red%20shoe.jpg"),
            ("https://shop.example/caf\u{e9}.png", "https://shop.example/caf%C3%A9.png"),
            ("https://M\u{fc}ller-shop.example/a.jpg", "https://xn--mller-shop-9db.example/a.jpg"),
            (
                "\u{feff}https://shop.example:8443/i.php?w=1&amp;s=%2F#x\u{200b}",
                "https://shop.example:8443/i.php?w=1&s=%2F#x",
            ),
            ("https://shop.example/100%.jpg", "https://shop.example/100%25.jpg"),
        ] {
            assert_eq!(Link::parse(value).unwrap().as_str(), read, "{value}");
        }
        for value in [
            "",
            "/a.jpg",
            "a.jpg",
            "shop.example/a.jpg",
            "ftp://shop.example/a",
            "https:a.jpg",
            "https:///images/1.jpg",
            "https://a b/",
            "data:image/png;base64,AA",
        ] {
            assert_eq!(Link::parse(value), Err(InvalidLink::NotAbsolute), "{value}");
        }
        let long = format!("https://shop.example/{}", "a".repeat(8192));
        assert_eq!(Link::parse(&long), Err(InvalidLink::TooLong));
        assert_eq!(format!("{:?}", Link::parse("https://a.example/?token=s").unwrap()), "Link([redacted])");
    }
}
