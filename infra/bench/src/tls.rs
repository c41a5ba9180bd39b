//! TLS proxies for the local servers, with a certificate authority for the run.
//!
//! The functions read the root certificates from the file that `SSL_CERT_FILE` names. The run's own root is appended to
//! the machine's bundle, so a start reads as many roots as on Lambda.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use anyhow::Context as _;
use local::server::Ports;
use rcgen::{
    BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, PKCS_RSA_SHA256, RsaKeySize,
};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, split};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;

/// The paths of root bundles in Linux distributions. Amazon Linux 2023 has the first.
const BUNDLES: [&str; 3] =
    ["/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/certs/ca-certificates.crt", "/etc/ssl/cert.pem"];
/// The buffer size for forwarded data, in bytes.
const CHUNK: usize = 64 * 1024;

/// The run's certificate authority.
pub struct Authority {
    config: Arc<ServerConfig>,
    bundle: PathBuf,
    own: PathBuf,
    roots: usize,
}

impl Authority {
    /// Creates an authority, and writes its bundle of roots into this folder.
    pub fn new(folder: &Path) -> anyhow::Result<Self> {
        let mut parameters = CertificateParams::default();
        // A distinct name, because OpenSSL treats a certificate whose issuer equals its subject as self-signed.
        parameters.distinguished_name.push(DnType::CommonName, "benchmark authority");
        parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = rsa_key()?;
        let root = parameters.self_signed(&key)?;
        let issuer = Issuer::new(parameters, key);
        let server_key = rsa_key()?;
        let server = CertificateParams::new(["127.0.0.1".to_owned()])?.signed_by(&server_key, &issuer)?;
        let server_key = PrivateKeyDer::try_from(server_key.serialize_der());
        let server_key = server_key.map_err(|error| anyhow::anyhow!("the server's key: {error}"))?;
        let config = ServerConfig::builder()
            .with_no_client_auth()
            .with_single_cert(vec![server.der().clone()], server_key)
            .context("the server's certificate")?;

        let machine = BUNDLES.iter().find_map(|path| std::fs::read_to_string(path).ok()).unwrap_or_default();
        let roots = machine + "\n" + &root.pem();
        let (bundle, own) = (folder.join("roots.pem"), folder.join("one-root.pem"));
        for (path, text) in [(&bundle, &roots), (&own, &root.pem())] {
            std::fs::write(path, text).with_context(|| format!("{} can't be written", path.display()))?;
        }
        let roots = roots.matches("BEGIN CERTIFICATE").count();
        Ok(Self { config: Arc::new(config), bundle, own, roots })
    }

    /// The file with all roots.
    pub fn bundle(&self) -> &Path {
        &self.bundle
    }

    /// The file with the run's own root alone.
    pub fn own_root(&self) -> &Path {
        &self.own
    }

    /// The number of roots in the bundle.
    pub const fn roots(&self) -> usize {
        self.roots
    }
}

/// RSA 2048, like the certificates of AWS: <https://www.amazontrust.com/repository/>.
fn rsa_key() -> Result<KeyPair, rcgen::Error> {
    KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_2048)
}

/// A TLS proxy for one server. Dropping it closes the proxy.
pub struct TlsProxy {
    address: SocketAddr,
    delay_ms: Arc<AtomicU64>,
    accepting: JoinHandle<()>,
}

impl TlsProxy {
    /// Starts a proxy for the server at this `http://<address>`.
    pub async fn open(authority: &Authority, url: &str) -> anyhow::Result<Self> {
        let upstream: SocketAddr = url.strip_prefix("http://").context("no http://")?.parse()?;
        let listener = Ports::Any.listen(0, "TLS").await?;
        let address = listener.local_addr()?;
        let acceptor = TlsAcceptor::from(Arc::clone(&authority.config));
        let delay_ms = Arc::new(AtomicU64::new(0));
        let delay = Arc::clone(&delay_ms);
        let accepting = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (acceptor, delay_ms) = (acceptor.clone(), Arc::clone(&delay));
                // A broken connection affects only its client.
                tokio::spawn(async move { relay(acceptor, stream, upstream, &delay_ms).await.ok() });
            }
        });
        Ok(Self { address, delay_ms, accepting })
    }

    /// `https://127.0.0.1:<port>`.
    pub fn url(&self) -> String {
        format!("https://{}", self.address)
    }

    /// Delays every answer from now on.
    pub fn delay_answers(&self, delay: Duration) {
        self.delay_ms.store(u64::try_from(delay.as_millis()).unwrap_or(u64::MAX), Ordering::Relaxed);
    }
}

impl Drop for TlsProxy {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn relay(
    acceptor: TlsAcceptor,
    stream: TcpStream,
    upstream: SocketAddr,
    delay_ms: &AtomicU64,
) -> anyhow::Result<()> {
    stream.set_nodelay(true)?;
    let (mut from_client, mut to_client) = split(acceptor.accept(stream).await?);
    let server = TcpStream::connect(upstream).await?;
    server.set_nodelay(true)?;
    let (mut from_server, mut to_server) = server.into_split();
    // Whether the next data from the server begins an answer.
    let is_waiting = AtomicBool::new(false);
    let requests = async {
        let mut chunk = vec![0; CHUNK];
        loop {
            let length = from_client.read(&mut chunk).await?;
            let Some(read) = chunk.get(..length).filter(|read| !read.is_empty()) else { break };
            is_waiting.store(true, Ordering::Relaxed);
            to_server.write_all(read).await?;
        }
        to_server.shutdown().await
    };
    let answers = async {
        let mut chunk = vec![0; CHUNK];
        loop {
            let length = from_server.read(&mut chunk).await?;
            let Some(read) = chunk.get(..length).filter(|read| !read.is_empty()) else { break };
            if is_waiting.swap(false, Ordering::Relaxed) {
                tokio::time::sleep(Duration::from_millis(delay_ms.load(Ordering::Relaxed))).await;
            }
            to_client.write_all(read).await?;
            to_client.flush().await?;
        }
        to_client.shutdown().await
    };
    let (_requests, _answers) = tokio::join!(requests, answers);
    Ok(())
}

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::routing::get;
    use local::server::Server;

    use super::*;

    #[tokio::test]
    async fn a_client_that_trusts_the_bundle_reaches_the_server_with_the_set_delay() {
        let folder = std::env::temp_dir().join(format!("bench-tls-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let authority = Authority::new(&folder).unwrap();
        let router = Router::new().route("/", get(async || "hello"));
        let server = Server::start(Ports::Any.listen(0, "a server").await.unwrap(), router).unwrap();
        let proxy = TlsProxy::open(&authority, &server.url()).await.unwrap();
        let bundle =
            reqwest::Certificate::from_pem_bundle(&std::fs::read(authority.bundle()).unwrap()).unwrap();
        assert_eq!(bundle.len(), authority.roots());
        let client = || reqwest::Client::builder().no_proxy();
        let trusting = client().tls_certs_only(bundle).build().unwrap();
        proxy.delay_answers(Duration::from_millis(50));
        // The second request uses the same connection.
        for _ in 0..2 {
            let started = std::time::Instant::now();
            let answer = trusting.get(proxy.url()).send().await.unwrap();
            assert_eq!(answer.text().await.unwrap(), "hello");
            assert!(started.elapsed() >= Duration::from_millis(50));
        }
        assert!(client().tls_certs_only([]).build().unwrap().get(proxy.url()).send().await.is_err());
        std::fs::remove_dir_all(folder).unwrap();
    }
}
