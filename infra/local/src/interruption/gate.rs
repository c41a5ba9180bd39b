//! The gate between one invocation and all services that it calls.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use anyhow::Context as _;
use shared::settings::Environment;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};
use url::Url;

use super::exchange::{self, Request};
use super::{Io, Point, Side};

/// The settings with a service's endpoint, the service's name here, and its path at the gate. The simulated services of AWS
/// verify a signature that includes the path, so theirs is the same at the gate.
const SERVICES: [(&str, &str, &str); 10] = [
    ("AWS_ENDPOINT_URL_DYNAMODB", "dynamodb", "/dynamodb"),
    ("AWS_ENDPOINT_URL_SECRETS_MANAGER", "secrets-manager", "/secrets-manager"),
    ("AWS_ENDPOINT_URL_EVENTBRIDGE", "event-bridge", "/event-bridge"),
    ("AWS_ENDPOINT_URL_SQS", "sqs", "/sqs"),
    ("ONEMSG_BASE_URL", "onemsg", "/onemsg"),
    ("KALEYRA_BASE_URL", "kaleyra", "/kaleyra"),
    ("META_BASE_URL", "meta", "/meta"),
    ("AWS_ENDPOINT_URL_PINPOINT_SMS_VOICE_V2", "aws-sms", "/aws/sms"),
    ("AWS_ENDPOINT_URL_SESV2", "aws-email", "/aws/email"),
    ("AWS_ENDPOINT_URL_SOCIALMESSAGING", "aws-whatsapp", "/aws/whatsapp"),
];

/// A gate's interference with the requests; the default forwards all of them.
#[derive(Debug, Clone, Default)]
pub struct Plan {
    /// The point at which the invocation ends.
    pub point: Option<Point>,
    /// A write, with its occurrence, that is acknowledged but not executed, so that a test can see the effect of a
    /// fault in the functions.
    pub forged: Option<(Io, usize)>,
}

/// The gate. It closes when it is dropped.
#[derive(Debug)]
pub struct Gate {
    environment: Environment,
    book: Arc<Book>,
    server: JoinHandle<()>,
}

impl Drop for Gate {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl Gate {
    /// Opens a gate in front of all endpoints in these settings.
    pub async fn open(environment: &Environment, plan: Plan) -> anyhow::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.context("a gate can't listen")?;
        let own = format!("http://{}", listener.local_addr()?);
        let mut upstreams = Vec::new();
        let mut changed = environment.clone();
        for (variable, service, place) in SERVICES {
            let Some(url) = environment.get(variable) else { continue };
            let upstream = Upstream::parse(service, place, url);
            upstreams.push(upstream.with_context(|| format!("{variable} is no local URL"))?);
            let other = (variable.to_owned(), format!("{own}{place}"));
            let kept = changed.iter().filter(|(name, _)| *name != variable);
            changed = kept.map(|(name, value)| (name.to_owned(), value.to_owned())).chain([other]).collect();
        }
        let book = Arc::new(Book::new(plan));
        let server = tokio::spawn(serve(listener, Arc::new(upstreams), Arc::clone(&book)));
        Ok(Self { environment: changed, book, server })
    }

    /// The settings of an invocation behind this gate.
    pub const fn environment(&self) -> &Environment {
        &self.environment
    }

    /// The I/Os so far, in the order of their arrival.
    pub fn ios(&self) -> Vec<Io> {
        self.book.page().ios.clone()
    }

    /// Waits until the invocation has reached its point.
    pub async fn reached(&self) {
        // The sender lives as long as the gate, so the wait can't fail.
        let mut reached = self.book.reached.subscribe();
        let _reached = reached.wait_for(|reached| *reached).await;
    }

    /// Whether the invocation has reached its point.
    pub fn is_reached(&self) -> bool {
        *self.book.reached.borrow()
    }

    /// Waits until the invocation has no open connection.
    pub async fn deserted(&self) {
        let mut connections = self.book.connections.subscribe();
        let _deserted = connections.wait_for(|count| *count == 0).await;
    }
}

#[derive(Debug)]
struct Upstream {
    service: &'static str,
    /// Its path at the gate.
    place: &'static str,
    address: SocketAddr,
    path: String,
}

impl Upstream {
    fn parse(service: &'static str, place: &'static str, url: &str) -> Option<Self> {
        let url = Url::parse(url).ok()?;
        let address = url.socket_addrs(|| None).ok()?.into_iter().next()?;
        Some(Self { service, place, address, path: url.path().trim_end_matches('/').to_owned() })
    }

    /// The upstream path of a request, if the request is for this service.
    fn path_of(&self, path: &str) -> Option<String> {
        let rest = path.strip_prefix(self.place)?;
        let rest = if rest.is_empty() && self.path.is_empty() { "/" } else { rest };
        (rest.is_empty() || rest.starts_with('/')).then(|| format!("{}{rest}", self.path))
    }
}

/// What happens to a request.
enum Passage {
    /// It is forwarded, and so is the reply.
    Through,
    /// It is forwarded, and the invocation ends before the reply arrives.
    NoWayBack,
    /// The invocation ends here, or has already ended.
    Closed,
    /// It is not forwarded, and the reply says that it succeeded.
    Forged,
}

#[derive(Debug)]
struct Book {
    plan: Plan,
    page: Mutex<Page>,
    reached: watch::Sender<bool>,
    connections: watch::Sender<usize>,
}

#[derive(Debug, Default)]
struct Page {
    ios: Vec<Io>,
}

impl Book {
    fn new(plan: Plan) -> Self {
        Self {
            plan,
            page: Mutex::default(),
            reached: watch::Sender::new(false),
            connections: watch::Sender::new(0),
        }
    }

    fn page(&self) -> MutexGuard<'_, Page> {
        self.page.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Records a request, and decides what happens to it.
    fn enter(&self, io: &Io) -> Passage {
        let mut page = self.page();
        if *self.reached.borrow() {
            return Passage::Closed;
        }
        page.ios.push(io.clone());
        let occurrence = page.ios.iter().filter(|other| *other == io).count();
        if self.plan.forged.as_ref() == Some(&(io.clone(), occurrence)) {
            return Passage::Forged;
        }
        match &self.plan.point {
            Some(point) if (&point.io, point.occurrence) == (io, occurrence) => match point.side {
                Side::Before => {
                    self.reached.send_replace(true);
                    Passage::Closed
                }
                Side::After => Passage::NoWayBack,
            },
            _ => Passage::Through,
        }
    }
}

/// Counts a connection for as long as it lives.
struct Counted(Arc<Book>);

impl Counted {
    fn new(book: &Arc<Book>) -> Self {
        book.connections.send_modify(|count| *count += 1);
        Self(Arc::clone(book))
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.connections.send_modify(|count| *count = count.saturating_sub(1));
    }
}

async fn serve(listener: TcpListener, upstreams: Arc<Vec<Upstream>>, book: Arc<Book>) {
    // Dropped with this task, and every connection with it.
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        let (upstreams, counted) = (Arc::clone(&upstreams), Counted::new(&book));
        connections.spawn(async move {
            if let Err(error) = serve_one(stream, &upstreams, &counted.0).await {
                tracing::debug!(%error, "an exchange through a gate was interrupted");
            }
        });
        while connections.try_join_next().is_some() {}
    }
}

async fn serve_one(mut stream: TcpStream, upstreams: &[Upstream], book: &Book) -> io::Result<()> {
    let Some(request) = Request::read(&mut stream).await? else { return Ok(()) };
    let asked = upstreams.iter().find_map(|it| Some((it, it.path_of(&request.path)?)));
    let Some((upstream, path)) = asked else { return Err(io::ErrorKind::NotFound.into()) };
    let target = request.header("x-amz-target");
    let io = Io::from_request(upstream.service, &request.method, &path, target, &request.body);
    match book.enter(&io) {
        Passage::Through => {
            let reply = request.send(upstream.address, &path).await?;
            exchange::pass_on(reply, stream).await
        }
        Passage::NoWayBack => {
            exchange::swallow(request.send(upstream.address, &path).await?).await;
            book.reached.send_replace(true);
            exchange::until_gone(stream).await;
            Ok(())
        }
        Passage::Closed => {
            exchange::until_gone(stream).await;
            Ok(())
        }
        Passage::Forged => exchange::forge(&mut stream).await,
    }
}
