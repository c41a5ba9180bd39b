//! TLS, configured once for everything that a process talks to.

mod bundle;

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use rustls::crypto::aws_lc_rs;
use rustls::pki_types::CertificateDer;
use rustls::{ClientConfig, RootCertStore};
use rustls_native_certs::{CertificateResult, load_native_certs};

/// The machine's roots of trust, read once: a second reading would be more than a third of a function's start. A clone shares them,
/// and the sessions that a later handshake resumes.
#[derive(Clone)]
pub struct Tls(ClientConfig);

/// There is nothing to trust: no TLS connection could be made.
#[derive(Debug, thiserror::Error)]
pub enum NoTls {
    /// Where the certificates should be there are none.
    #[error("there are no root certificates (of SSL_CERT_FILE, SSL_CERT_DIR, or the machine's own): {0}")]
    Roots(String),
    /// The crypto library has no protocol version in common with rustls.
    #[error("TLS can't be configured")]
    Protocol(#[source] rustls::Error),
    /// The HTTP client takes no such configuration.
    #[error("the HTTP client could not be built")]
    Client(#[source] reqwest::Error),
}

impl Tls {
    /// With the roots that the machine trusts, or those of `SSL_CERT_FILE` and `SSL_CERT_DIR`. What is no certificate
    /// among them is passed over.
    pub fn of_the_machine() -> Result<Self, NoTls> {
        let mut roots = RootCertStore::empty();
        if roots.add_parsable_certificates(certificates()?).0 == 0 {
            return Err(NoTls::Roots("no certificate".to_owned()));
        }
        let config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(NoTls::Protocol)?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(Self(config))
    }

    /// A builder of HTTP clients over it: HTTP/1.1, no redirects. By default reqwest repeats what a connection refused; here
    /// that is for the AWS SDK and the send protocol to decide.
    pub(crate) fn http_client(&self) -> reqwest::ClientBuilder {
        reqwest::Client::builder()
            .tls_backend_preconfigured(self.0.clone())
            .http1_only()
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
    }
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tls").finish_non_exhaustive()
    }
}

/// Those of `SSL_CERT_DIR` and `SSL_CERT_FILE`; without the former, those of one bundle, that of `SSL_CERT_FILE` or the
/// machine's. A machine's bundle is complete, and the folder beside it, which `load_native_certs` reads too, has the same
/// certificates once more.
fn certificates() -> Result<Vec<CertificateDer<'static>>, NoTls> {
    let chosen = std::env::var_os("SSL_CERT_FILE").map(PathBuf::from);
    if std::env::var_os("SSL_CERT_DIR").is_none()
        && let Some(path) = chosen.or_else(|| openssl_probe::probe().cert_file)
    {
        let bundle =
            std::fs::read(&path).map_err(|error| NoTls::Roots(format!("{}: {error}", path.display())))?;
        return Ok(bundle::certificates(&bundle));
    }
    let CertificateResult { certs, errors, .. } = load_native_certs();
    if certs.is_empty() {
        let errors: Vec<String> = errors.iter().map(ToString::to_string).collect();
        return Err(NoTls::Roots(errors.join("; ")));
    }
    Ok(certs)
}
