//! The gate in front of a small server.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::Router;
use axum::routing::post;

use super::*;
use crate::server::{Ports, Server};

/// A server that counts its requests, and settings with its URL.
async fn counter() -> (Server, Arc<AtomicUsize>, shared::settings::Environment) {
    let count = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&count);
    let done = move || {
        counted.fetch_add(1, Ordering::SeqCst);
        async { "done" }
    };
    let router = Router::new().route("/base/{id}/messages", post(done));
    let server = Server::start(Ports::Any.listen(0, "the counter").await.unwrap(), router).unwrap();
    let environment = [("META_BASE_URL", format!("{}/base", server.url()))].into_iter().collect();
    (server, count, environment)
}

/// Sends two requests, and returns the replies.
async fn ask_twice(environment: shared::settings::Environment) -> anyhow::Result<Vec<String>> {
    let url = format!("{}/secret-id/messages?x=1", environment.get("META_BASE_URL").unwrap());
    let client = reqwest::Client::builder().no_proxy().build()?;
    let mut replies = Vec::new();
    for _ in 0..2 {
        replies.push(client.post(&url).body("hello").send().await?.text().await?);
    }
    Ok(replies)
}

#[tokio::test]
async fn every_request_is_forwarded_and_named_without_secrets() {
    let (_server, count, environment) = counter().await;
    let gate = Gate::open(&environment, Plan::default()).await.unwrap();
    let Ending::Ended(replies) = run(&gate, ask_twice).await.unwrap() else { panic!("killed") };
    assert_eq!((replies, count.load(Ordering::SeqCst)), (vec!["done".to_owned(); 2], 2));
    let names: Vec<String> = gate.ios().iter().map(Io::to_string).collect();
    assert_eq!(names, ["meta POST messages"; 2]);
    assert!(!gate.is_reached());
    let points: Vec<String> = Point::all(&gate.ios()).iter().map(Point::to_string).collect();
    assert_eq!(
        points,
        [
            "before meta POST messages",
            "after meta POST messages",
            "before meta POST messages, number 2",
            "after meta POST messages, number 2",
        ]
    );
}

#[tokio::test]
async fn an_invocation_ends_exactly_at_each_point() {
    let (_server, count, environment) = counter().await;
    let gate = Gate::open(&environment, Plan::default()).await.unwrap();
    run(&gate, ask_twice).await.unwrap();
    for (point, done) in Point::all(&gate.ios()).into_iter().zip([0, 1, 1, 2]) {
        count.store(0, Ordering::SeqCst);
        let gate = Gate::open(&environment, Plan { point: Some(point), forged: None }).await.unwrap();
        assert!(matches!(run(&gate, ask_twice).await.unwrap(), Ending::Killed));
        assert!(gate.is_reached());
        assert_eq!(count.load(Ordering::SeqCst), done);
    }
}

#[tokio::test]
async fn spawned_tasks_end_too() {
    let (_server, count, environment) = counter().await;
    let gate = Gate::open(&environment, Plan::default()).await.unwrap();
    run(&gate, ask_twice).await.unwrap();
    count.store(0, Ordering::SeqCst);
    let point = Point::all(&gate.ios()).swap_remove(0);
    let gate = Gate::open(&environment, Plan { point: Some(point), forged: None }).await.unwrap();
    let ending = run(&gate, |environment| async {
        tokio::spawn(async {
            tokio::time::sleep(Duration::from_millis(50)).await;
            ask_twice(environment).await
        });
        std::future::pending::<anyhow::Result<()>>().await
    });
    assert!(matches!(ending.await.unwrap(), Ending::Killed));
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert_eq!(count.load(Ordering::SeqCst), 0);
}
