//! Random identifiers, in AWS's format for events, messages, receipts and versions.

/// A random UUID: version 4, RFC 9562.
pub fn uuid() -> String {
    const VERSION_4: u128 = 0x4000 << 64;
    const VARIANT: u128 = 0x8000 << 48;
    let bits = rand::random::<u128>() & !(0xf000 << 64) & !(0xc000 << 48) | VERSION_4 | VARIANT;
    let hex = format!("{bits:032x}");
    [0..8, 8..12, 12..16, 16..20, 20..32].map(|part| hex.get(part).unwrap_or_default()).join("-")
}

#[cfg(test)]
mod tests {
    use super::uuid;

    #[test]
    fn a_uuid_is_of_version_4_and_differs_from_the_next() {
        let id = uuid();
        let parts: Vec<&str> = id.split('-').collect();
        assert_eq!(parts.iter().map(|part| part.len()).collect::<Vec<_>>(), [8, 4, 4, 4, 12]);
        assert!(parts[2].starts_with('4'));
        assert!(parts[3].starts_with(['8', '9', 'a', 'b']));
        assert_ne!(id, uuid());
    }
}
