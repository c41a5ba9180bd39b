//! Decompresses bodies that proxies and relays have compressed.

use std::io::Read as _;

use flate2::read::{GzDecoder, ZlibDecoder};

/// Decompresses a gzip or deflate body; `None` if it is not compressed, empty, or larger than `limit` bytes. Recognises
/// the format by the first two bytes, with which no JSON and no form begins, because the header may be missing. A
/// truncated body is decompressed as far as possible.
pub fn unzip(body: &[u8], limit: usize) -> Option<Vec<u8>> {
    let mut plain = Vec::new();
    let room = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
    let _error_if_truncated = match body {
        [0x1f, 0x8b, ..] => GzDecoder::new(body).take(room).read_to_end(&mut plain),
        // The four compression levels of zlib (RFC 1950, section 2.2).
        [0x78, 0x01 | 0x5e | 0x9c | 0xda, ..] => ZlibDecoder::new(body).take(room).read_to_end(&mut plain),
        _ => return None,
    };
    Some(plain).filter(|plain| (1..=limit).contains(&plain.len()))
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use flate2::Compression;
    use flate2::write::{GzEncoder, ZlibEncoder};

    use super::*;

    const LIMIT: usize = 64 * 1024;

    fn gzip(plain: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(plain).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn a_compressed_body_is_read_within_its_limit() {
        let reply = br#"{"messages":[{"id":"wamid.A="}]}"#;
        let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(reply).unwrap();
        for zipped in [gzip(reply), encoder.finish().unwrap()] {
            assert_eq!(unzip(&zipped, LIMIT).as_deref(), Some(&reply[..]));
        }
        assert_eq!(unzip(&gzip(&vec![b' '; LIMIT]), LIMIT).unwrap().len(), LIMIT);
        for none in [vec![b' '; LIMIT + 1], vec![b' '; 10 * LIMIT], Vec::new()] {
            assert_eq!(unzip(&gzip(&none), LIMIT), None);
        }
        let whole = gzip(reply);
        for end in 2..whole.len() {
            assert!(unzip(&whole[..end], LIMIT).is_none_or(|plain| reply.starts_with(&plain)), "{end}");
        }
        for plain in [&reply[..], b"", b"\x1f", b"status=read", b"xx"] {
            assert_eq!(unzip(plain, LIMIT), None);
        }
    }
}
