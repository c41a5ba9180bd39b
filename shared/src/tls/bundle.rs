//! Parses a bundle of root certificates in PEM format (RFC 7468).
//!
//! General PEM parsers take three quarters of a function's start for this
//! (docs/decisions/what-makes-a-start-short.md), hence this faster one.

use base64_simd::STANDARD;
use rustls::pki_types::CertificateDer;

const BEGIN: &[u8] = b"-----BEGIN CERTIFICATE-----";
const END: &[u8] = b"-----END CERTIFICATE-----";
/// The base64 of nearly every certificate fits into this capacity.
const USUAL_LENGTH: usize = 4096;

/// The certificates in the bundle. Text between them is ignored, as are truncated certificates and invalid
/// base64.
pub(super) fn certificates(bundle: &[u8]) -> Vec<CertificateDer<'static>> {
    let mut certificates = Vec::new();
    let mut open: Option<Vec<u8>> = None;
    let mut from = 0;
    for until in memchr::memchr_iter(b'\n', bundle).chain(std::iter::once(bundle.len())) {
        let line = bundle.get(from..until).unwrap_or_default().trim_ascii();
        from = until + 1;
        if line == BEGIN {
            open = Some(Vec::with_capacity(USUAL_LENGTH));
        } else if line == END {
            let certificate = open.take().and_then(|text| STANDARD.decode_to_vec(text).ok());
            certificates.extend(certificate.map(CertificateDer::from));
        } else if let Some(text) = &mut open {
            text.extend_from_slice(line);
        }
    }
    certificates
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rustls::pki_types::pem::PemObject;

    use super::*;

    #[test]
    fn the_systems_bundle_is_parsed_as_by_rustls() {
        let bundle = openssl_probe::probe().cert_file.expect("this machine has root certificates");
        let bundle = std::fs::read(bundle).unwrap();
        let by_rustls: Vec<_> = CertificateDer::pem_slice_iter(&bundle).collect::<Result<_, _>>().unwrap();
        assert!(by_rustls.len() > 50, "{}", by_rustls.len());
        assert!(certificates(&bundle) == by_rustls);
        let with_carriage_returns = String::from_utf8(bundle).unwrap().replace('\n', "\r\n");
        assert!(certificates(with_carriage_returns.as_bytes()) == by_rustls);
    }

    #[test]
    fn invalid_certificates_are_skipped() {
        for (bundle, expected) in [
            ("", vec![]),
            ("-----BEGIN CERTIFICATE-----\nAQID\n-----END CERTIFICATE-----", vec![vec![1, 2, 3]]),
            ("# Root\n-----BEGIN CERTIFICATE-----\nAQ\nID\n-----END CERTIFICATE-----\n", vec![vec![1, 2, 3]]),
            ("-----BEGIN CERTIFICATE-----\nA!ID\n-----END CERTIFICATE-----\n", vec![]),
            ("-----BEGIN CERTIFICATE-----\nAQID\n", vec![]),
            ("-----BEGIN TRUSTED CERTIFICATE-----\nAQID\n-----END TRUSTED CERTIFICATE-----\n", vec![]),
            (
                "-----BEGIN CERTIFICATE-----\nBA\n-----BEGIN CERTIFICATE-----\nAQID\n-----END CERTIFICATE-----\n",
                vec![vec![1, 2, 3]],
            ),
            ("-----END CERTIFICATE-----\nAQID\n-----END CERTIFICATE-----\n", vec![]),
        ] {
            let read: Vec<Vec<u8>> =
                certificates(bundle.as_bytes()).iter().map(|der| der.as_ref().to_vec()).collect();
            assert_eq!(read, expected, "{bundle}");
        }
    }

    proptest! {
        #[test]
        fn no_input_causes_a_panic(bundle in "(-----(BEGIN|END) CERTIFICATE-----|\n|\r|A|=|.){0,60}") {
            let _read = certificates(bundle.as_bytes());
        }
    }
}
