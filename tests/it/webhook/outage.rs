//! While the secrets can't be read again, the cached ones stay valid, and unauthenticated calls still cost little.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use local::aws::secrets_manager::SecretsManager;
use local::environment::WEBHOOK_SECRET;
use local::server::{Ports, Server};
use shared::provider::Provider;
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

use super::rotation::REREAD;
use super::{authentic, message, report};
use crate::support::{Opening, advance};

/// A connection to Secrets Manager that the test can cut.
struct Line {
    url: String,
    cut: watch::Sender<bool>,
    /// Calls while it is cut.
    failed_calls: Arc<AtomicUsize>,
}

impl Line {
    async fn to(server: &Server) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let target = server.url().trim_start_matches("http://").to_owned();
        let (cut, is_cut) = watch::channel(false);
        let failed_calls = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&failed_calls);
        tokio::spawn(async move {
            while let Ok((mut connection, _)) = listener.accept().await {
                if *is_cut.borrow() {
                    counted.fetch_add(1, Ordering::SeqCst);
                    continue;
                }
                let (target, mut is_cut) = (target.clone(), is_cut.clone());
                tokio::spawn(async move {
                    let mut server = TcpStream::connect(target).await.unwrap();
                    tokio::select! {
                        _ = copy_bidirectional(&mut connection, &mut server) => {}
                        _ = is_cut.changed() => {}
                    }
                });
            }
        });
        Self { url, cut, failed_calls }
    }

    fn failed_calls(&self) -> usize {
        self.failed_calls.load(Ordering::SeqCst)
    }
}

#[tokio::test]
async fn cached_secrets_stay_valid_and_unauthenticated_calls_cause_one_read() {
    let secrets = SecretsManager::default();
    let server =
        Server::start(Ports::Any.listen(0, "Secrets Manager").await.unwrap(), secrets.router()).unwrap();
    let line = Line::to(&server).await;
    let shop = Opening::default().setting("AWS_ENDPOINT_URL_SECRETS_MANAGER", &line.url).open().await;
    secrets.put(WEBHOOK_SECRET, shop.simulator().webhook_secrets_json());
    let call = |id: &str| authentic(&shop, Provider::Meta, &report(Provider::Meta, id));
    assert_eq!(call("before").over_http(&shop).await.status, 200);

    line.cut.send(true).unwrap();
    advance(REREAD).await;
    let stranger = call("forged").body("{}");
    assert_eq!(stranger.over_http(&shop).await.status, 401);
    let of_the_first = line.failed_calls();
    assert!(of_the_first > 0, "the first unauthenticated call causes a read");
    for _ in 0..20 {
        assert_eq!(stranger.over_http(&shop).await.status, 401);
    }
    assert_eq!(line.failed_calls(), of_the_first, "later ones cause no read");
    assert_eq!(call("after").over_http(&shop).await.status, 200);
    assert!(message(&shop, Provider::Meta, "after").await.is_some());
}
