//! Configures TLS once for all connections of a process.

mod bundle;

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use rustls::crypto::aws_lc_rs;
use rustls::pki_types::CertificateDer;
use rustls::{ClientConfig, RootCertStore};
use rustls_native_certs::{CertificateResult, load_native_certs};

/// The system's root certificates, parsed once, because parsing takes more than a third of a function's start. Clones
/// share them and the TLS sessions.
#[derive(Clone)]
pub struct Tls(ClientConfig);

/// TLS cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// No root certificate was found.
    #[error("there are no root certificates (of SSL_CERT_FILE, SSL_CERT_DIR, or the machine's own): {0}")]
    Roots(String),
    /// The crypto library has no protocol version in common with rustls.
    #[error("TLS can't be configured")]
    Protocol(#[source] rustls::Error),
    /// The HTTP client rejects the configuration.
    #[error("the HTTP client could not be built")]
    Client(#[source] reqwest::Error),
}

impl Tls {
    /// Uses the root certificates that the machine trusts, or those of `SSL_CERT_FILE` and `SSL_CERT_DIR`.
    /// Invalid certificates are ignored.
    pub fn with_system_roots() -> Result<Self, TlsError> {
        let mut roots = RootCertStore::empty();
        if roots.add_parsable_certificates(certificates()?).0 == 0 {
            return Err(TlsError::Roots("no certificate".to_owned()));
        }
        let config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(TlsError::Protocol)?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(Self(config))
    }

    /// A builder of HTTP clients with this configuration: HTTP/1.1, no redirects, no retries. By default
    /// reqwest retries a refused request; here that is decided by the AWS SDK and the send protocol.
    pub(crate) fn http_client(&self) -> reqwest::ClientBuilder {
        reqwest::Client::builder()
            .tls_backend_preconfigured(self.0.clone())
            .http1_only()
            .redirect(reqwest::redirect::Policy::none())
            // Without the limit, a copy of each request would be kept for a retry that never comes.
            .retry(reqwest::retry::never().max_retries_per_request(0))
    }
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tls").finish_non_exhaustive()
    }
}

/// The certificates of `SSL_CERT_DIR` and `SSL_CERT_FILE`. Without `SSL_CERT_DIR`, those of a single bundle:
/// `SSL_CERT_FILE` or the machine's own. The machine's bundle is complete, and the directory next to it,
/// which `load_native_certs` would also read, has the same certificates again.
fn certificates() -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let chosen = std::env::var_os("SSL_CERT_FILE").map(PathBuf::from);
    if std::env::var_os("SSL_CERT_DIR").is_none()
        && let Some(path) = chosen.or_else(|| openssl_probe::probe().cert_file)
    {
        let bundle =
            std::fs::read(&path).map_err(|error| TlsError::Roots(format!("{}: {error}", path.display())))?;
        return Ok(bundle::certificates(&bundle));
    }
    let CertificateResult { certs, errors, .. } = load_native_certs();
    if certs.is_empty() {
        let errors: Vec<String> = errors.iter().map(ToString::to_string).collect();
        return Err(TlsError::Roots(errors.join("; ")));
    }
    Ok(certs)
}
