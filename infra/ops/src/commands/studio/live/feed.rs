//! What the stream of the page sends to the browser.

use std::convert::Infallible;
use std::time::Duration;

use axum::response::sse::Event;
use futures_util::{Stream, stream};
use maud::html;
use tokio::sync::mpsc;
use tokio::time::{Interval, MissedTickBehavior, interval};

use super::line::Line;
use crate::failure::Failure;

/// What waits for the browser.
const BACKLOG: usize = 64;
/// The pause after a problem; each further one in a row doubles it.
const FIRST_PAUSE: Duration = Duration::from_secs(2);
const LONGEST_PAUSE: Duration = Duration::from_mins(1);

/// How often the status counts new lines.
const COUNT_EVERY: Duration = Duration::from_secs(10);

/// One server-sent event.
enum News {
    Line(Box<Line>),
    /// Something about the list, such as that lines are missing after the line of this id.
    Note {
        after: String,
        text: String,
    },
    /// Whether lines can come now, in words.
    Status(String),
}

/// The browser has left.
#[derive(Debug)]
pub(super) struct Gone;

/// The stream's beginning: lines go in here.
pub(super) struct Feed {
    sender: mpsc::Sender<News>,
    /// The id of the last line.
    last: String,
    works: bool,
    pause: Duration,
}

impl Feed {
    /// With the events for the browser, which has the lines up to the one of this id.
    pub(super) fn new(last: String) -> (Self, impl Stream<Item = Result<Event, Infallible>>) {
        let (sender, receiver) = mpsc::channel(BACKLOG);
        let events = stream::unfold(Sending::new(receiver), async |mut sending: Sending| {
            let news = sending.next().await?;
            Some((Ok(event(&news)), sending))
        });
        (Self { sender, last, works: false, pause: FIRST_PAUSE }, events)
    }

    pub(super) fn last(&self) -> &str {
        &self.last
    }

    pub(super) async fn line(&mut self, line: Line) -> Result<(), Gone> {
        self.last.clone_from(&line.id);
        self.send(News::Line(Box::new(line))).await
    }

    pub(super) async fn note(&self, text: &str) -> Result<(), Gone> {
        self.send(News::Note { after: self.last.clone(), text: text.to_owned() }).await
    }

    /// Lines can be read. The page hears it once, and once after each problem.
    pub(super) async fn works(&mut self) -> Result<(), Gone> {
        self.pause = FIRST_PAUSE;
        if !std::mem::replace(&mut self.works, true) {
            self.send(News::Status("New lines appear at the top.".to_owned())).await?;
        }
        Ok(())
    }

    /// Sends the problem, and waits before the next try: longer each time.
    pub(super) async fn problem(&mut self, failure: &Failure) -> Result<(), Gone> {
        self.works = false;
        self.send(News::Status(failure.problem().to_owned())).await?;
        let pause = self.pause;
        self.pause = (pause * 2).min(LONGEST_PAUSE);
        self.wait(pause).await
    }

    pub(super) async fn wait(&self, pause: Duration) -> Result<(), Gone> {
        tokio::select! {
            () = tokio::time::sleep(pause) => Ok(()),
            () = self.closed() => Err(Gone),
        }
    }

    pub(super) async fn closed(&self) {
        self.sender.closed().await;
    }

    async fn send(&self, news: News) -> Result<(), Gone> {
        self.sender.send(news).await.map_err(|_| Gone)
    }
}

/// The stream's end.
struct Sending {
    receiver: mpsc::Receiver<News>,
    /// The lines that no status has counted yet.
    new_lines: usize,
    count: Interval,
}

impl Sending {
    fn new(receiver: mpsc::Receiver<News>) -> Self {
        let mut count = interval(COUNT_EVERY);
        count.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Self { receiver, new_lines: 0, count }
    }

    /// A screen reader reads the status aloud, so it has the number of lines from time to time, and not each line.
    async fn next(&mut self) -> Option<News> {
        tokio::select! {
            biased;
            _ = self.count.tick(), if self.new_lines > 0 => {
                let number = std::mem::take(&mut self.new_lines);
                Some(News::Status(format!("New lines: {number}.")))
            }
            news = self.receiver.recv() => {
                self.new_lines += usize::from(matches!(news, Some(News::Line(_))));
                news
            }
        }
    }
}

/// An event without a name has an item of the list, and a line's id is the place to continue at
/// (<https://html.spec.whatwg.org/multipage/server-sent-events.html>).
fn event(news: &News) -> Event {
    // A carriage return would end the field.
    let with = |text: &str| Event::default().data(text.replace('\r', " "));
    match news {
        News::Line(line) => with(&line.markup().into_string()).id(line.id.clone()),
        // The item's id lets the page leave out a note that is sent again. The event has one, too: without it the page would lose its
        // place.
        News::Note { after, text } => {
            with(&html! { li.note id={ "after-" (after) } { (text) } }.into_string()).id(after.clone())
        }
        News::Status(text) => with(text).event("status"),
    }
}

#[cfg(test)]
mod tests {
    use axum::response::{IntoResponse as _, Sse};
    use jiff::Timestamp;

    use super::super::line::Text;
    use super::*;
    use crate::outcome::Rating;

    #[tokio::test(start_paused = true)]
    async fn a_problem_is_followed_by_longer_and_longer_pauses() {
        let (mut feed, events) = Feed::new("0".to_owned());
        let begun = tokio::time::Instant::now();
        feed.works().await.unwrap();
        feed.works().await.unwrap();
        for _ in 0..2 {
            feed.problem(&Failure::unavailable("can't read\rthe logs")).await.unwrap();
        }
        assert_eq!(begun.elapsed().as_secs(), 2 + 4);
        feed.works().await.unwrap();
        feed.problem(&Failure::unavailable("gone")).await.unwrap();
        assert_eq!(begun.elapsed().as_secs(), 2 + 4 + 2);
        drop(feed);
        let body = Sse::new(events).into_response().into_body();
        let text = axum::body::to_bytes(body, usize::MAX).await.unwrap();
        let text = std::str::from_utf8(&text).unwrap();
        let said: Vec<_> = text.lines().filter_map(|line| line.strip_prefix("data: ")).collect();
        let (works, problem) = ("New lines appear at the top.", "can't read the logs");
        assert_eq!(said, [works, problem, problem, works, "gone"], "{text}");
        assert_eq!(text.matches("event: status\n").count(), said.len(), "{text}");
    }

    #[tokio::test(start_paused = true)]
    async fn new_lines_are_counted_from_time_to_time() {
        let (mut feed, events) = Feed::new("0".to_owned());
        let line = |id: &str| Line {
            id: id.to_owned(),
            at: Timestamp::UNIX_EPOCH,
            kind: "event in".to_owned(),
            order: None,
            party: None,
            summary: String::new(),
            rating: Rating::Good,
            text: Text::At("/live/lines/1".to_owned()),
        };
        let sent = async {
            feed.line(line("1")).await.unwrap();
            feed.wait(COUNT_EVERY / 2).await.unwrap();
            feed.line(line("2")).await.unwrap();
            feed.line(line("3")).await.unwrap();
            feed.wait(COUNT_EVERY * 3).await.unwrap();
            drop(feed);
        };
        let body = axum::body::to_bytes(Sse::new(events).into_response().into_body(), usize::MAX);
        let (body, ()) = tokio::join!(body, sent);
        let text = String::from_utf8(body.unwrap().to_vec()).unwrap();
        let said: Vec<_> = text.lines().filter_map(|line| line.strip_prefix("data: New lines: ")).collect();
        assert_eq!(said, ["1.", "2."], "{text}");
    }

    #[tokio::test]
    async fn a_browser_that_leaves_ends_the_wait() {
        let (feed, events) = Feed::new("0".to_owned());
        drop(events);
        feed.wait(Duration::from_hours(1)).await.unwrap_err();
    }
}
