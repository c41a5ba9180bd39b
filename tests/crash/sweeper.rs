//! delivery-sweeper, killed before and after every I/O of every run that finishes a notification after a lost event
//! or lost callbacks. The next runs reach the same final state.

use std::collections::BTreeSet;
use std::fmt::{self, Write as _};
use std::io::Write as _;
use std::sync::Arc;
use std::time::Duration;

use delivery_sweeper::Sweeper;
use futures_util::future::join_all;
use local::interruption::{self, Ending, Gate, Io, Plan, Point};
use local::simulator::Endpoint;
use shared::provider::Provider::OneMsg;
use shared::settings::Environment;

use crate::functions;
use crate::harness::Harness;
use crate::kill::{Kill, Open, Run, Undisturbed};
use crate::notifier::undisturbed;
use crate::scenario::{Choice, Scenario, Sort};
use crate::support::{Item, simulated, with};

const MOST_RUNS: usize = 8;
/// Retries of a missed crash point: concurrent requests don't always interleave in the same way.
const RETRIES: usize = 5;
/// Scales the callbacks' delays: a message is read after 30 ms.
const TIMING: f64 = 0.02;
/// After this time, a polled provider knows the final status of every message.
const STATUSES_KNOWN: Duration = Duration::from_millis(100);
const ACCEPTED: Scenario = scenario(0);
const CALLBACKS_LOST: Scenario = scenario(6);
const THROTTLED: Scenario = scenario(11);

const fn scenario(number: u8) -> Scenario {
    Scenario { sort: Sort::Body, provider: OneMsg, number, choice: Choice::Hold }
}

/// The kind of work that is left for the sweeper.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Work {
    /// The sender was killed right after its claim.
    Claimed,
    /// The sender was killed right after the send.
    Asked,
    /// The sender was killed after it had stored the message, but not its acceptance.
    Unsettled,
    /// The send was throttled, and its event was lost.
    Waiting,
    /// The message was accepted, and its callbacks were lost.
    Silent,
    /// Like `Silent`, and the provider's last polled answer holds no status.
    Unanswered,
}

impl Work {
    const ALL: [Self; 6] =
        [Self::Claimed, Self::Asked, Self::Unsettled, Self::Waiting, Self::Silent, Self::Unanswered];

    const fn scenario(self) -> Scenario {
        match self {
            Self::Claimed => ACCEPTED,
            Self::Waiting => THROTTLED,
            Self::Asked | Self::Unsettled | Self::Silent | Self::Unanswered => CALLBACKS_LOST,
        }
    }

    /// Where the sender is killed.
    fn kill(self, undisturbed: &Undisturbed) -> Option<Kill> {
        let left_open = |open| move |kill: &Kill| kill.leaves_open(undisturbed) == open;
        let mut kills = Kill::all(undisturbed).into_iter();
        match self {
            Self::Claimed => kills.find(left_open(Open::Claimed)),
            Self::Asked => kills.find(left_open(Open::Asked)),
            Self::Unsettled => kills.rfind(left_open(Open::Asked)),
            Self::Waiting | Self::Silent | Self::Unanswered => None,
        }
    }

    /// The sweeper's settings: every item counts as stuck as soon as it is due.
    fn environment(self, harness: &Harness) -> Environment {
        let own = harness.environment(Choice::Hold);
        let nowhere = format!("{}/nowhere", own.get("ONEMSG_BASE_URL").unwrap());
        let mut chosen = vec![("STUCK_AFTER", "0s"), ("CONFIRMATION_WINDOW", "0s")];
        if self == Self::Unanswered {
            chosen.extend([("UNCONFIRMED_AFTER", "1ms"), ("ONEMSG_BASE_URL", &nowhere)]);
        }
        with(&own, &chosen)
    }
}

/// An order's final items in the table, with their attribute names and states.
#[derive(Debug, Clone, PartialEq, Eq)]
struct End(BTreeSet<String>);

impl End {
    async fn read(harness: &Harness, order: &str) -> Self {
        let pk = format!("ORDER#{order}");
        let is_of_the_order = |item: &Item| {
            let is = |name: &str, value: &str| {
                item.get(name).is_some_and(|it| it.as_s().is_ok_and(|it| it == value))
            };
            is("pk", &pk) || is("order_number", order)
        };
        let items = harness.shop.scan().await.into_iter().filter(is_of_the_order);
        Self(items.map(|item| described(&item)).collect())
    }
}

impl fmt::Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|item| write!(f, "\n    {item}"))
    }
}

fn described(item: &Item) -> String {
    let kind = item["sk"].as_s().unwrap().split('#').next().unwrap();
    let names: BTreeSet<&str> = item.keys().map(String::as_str).collect();
    let mut text = format!("{kind} {names:?}");
    let reason = item.get("reason").map(|reason| &reason.as_m().unwrap()["code"]);
    for value in item.get("state").into_iter().chain(reason) {
        write!(text, " {}", value.as_s().unwrap()).unwrap();
    }
    text
}

/// The results of the runs over one order.
struct Swept {
    end: End,
    ios: Vec<Vec<Io>>,
    was_killed: bool,
    polls: usize,
}

/// A shop in which the sweeper has one kind of work at a time.
struct Fixture {
    work: Work,
    harness: Harness,
    /// Where the sender is killed.
    sender_ends: Option<Point>,
    environment: Environment,
    /// Sweeps that are neither killed nor recorded.
    warm: Arc<Sweeper>,
}

impl Fixture {
    async fn open(work: Work) -> Self {
        let harness = Harness::open_with(OneMsg, TIMING).await;
        let sender = undisturbed(&harness, &[work.scenario()]).await.remove(&work.scenario()).unwrap();
        let environment = work.environment(&harness);
        let warm = Sweeper::from_environment(&environment).unwrap().with_clock(harness.clock().clone());
        let warm = Arc::new(warm);
        let fixture =
            Self { work, sender_ends: work.kill(&sender).map(|kill| kill.point), harness, environment, warm };
        // Finish what the sender's undisturbed run left due.
        while fixture.run_warm().await > 0 {
            fixture.harness.end_all_waits();
        }
        fixture
    }

    fn polls(&self) -> usize {
        self.harness.shop.ledger().requests_to(simulated(OneMsg), Endpoint::HookInfo)
    }

    /// Creates the sweeper's work, and runs the sweeper until nothing is due. Records each run, or the one that is
    /// killed.
    async fn sweep(&self, order: &str, kill: Option<&(usize, Point)>) -> Swept {
        let run = Run::new(self.work.scenario(), order.to_owned(), None);
        let plan = Plan { point: self.sender_ends.clone(), forged: None };
        let (_gate, ending) = self.harness.invoke(&run, 0, plan).await;
        assert_eq!(matches!(ending.unwrap(), Ending::Killed), self.sender_ends.is_some(), "{:?}", self.work);
        tokio::time::sleep(STATUSES_KNOWN).await;
        let (asked, sent) = (self.polls(), self.harness.shop.sends_about(order).len());
        let mut swept = Swept { end: End(BTreeSet::new()), ios: Vec::new(), was_killed: false, polls: 0 };
        for number in 0..MOST_RUNS {
            self.harness.end_all_waits();
            let due = match kill {
                Some((killed, _)) if *killed != number => self.run_warm().await,
                _ => self.run_cold(kill.map(|(_, point)| point.clone()), &mut swept).await,
            };
            if due == 0 {
                break;
            }
        }
        assert_eq!(
            self.harness.shop.sends_about(order).len(),
            sent,
            "{:?}: the sweeper must not send",
            self.work
        );
        swept.end = End::read(&self.harness, order).await;
        swept.polls = self.polls() - asked;
        swept
    }

    async fn run_warm(&self) -> u64 {
        functions::sweep(Arc::clone(&self.warm), self.harness.clock()).await.unwrap()
    }

    async fn run_cold(&self, point: Option<Point>, swept: &mut Swept) -> u64 {
        let gate = Gate::open(&self.environment, Plan { point, forged: None }).await.unwrap();
        let clock = self.harness.clock().clone();
        let ending = interruption::run(&gate, |environment| functions::delivery_sweeper(environment, clock));
        let due = match ending.await.unwrap() {
            Ending::Ended(due) => due,
            Ending::Killed => {
                swept.was_killed = true;
                // A killed or failed run may have left its item due.
                1
            }
        };
        if due > 0 {
            swept.ios.push(gate.ios());
        }
        due
    }

    /// The difference from the undisturbed final state.
    async fn violation(&self, order: &str, kill: &(usize, Point), whole: &Swept) -> Option<String> {
        for again in 0..RETRIES {
            let swept = self.sweep(&format!("{order}-{again}"), Some(kill)).await;
            if !swept.was_killed {
                continue;
            }
            if swept.end != whole.end {
                return Some(format!("it ends with{}\n  but without a kill with{}", swept.end, whole.end));
            }
            // A polling request may be lost with its reply; the next run repeats it.
            let asked = swept.polls;
            return (asked > whole.polls + 1).then(|| format!("{asked} polling requests were sent"));
        }
        Some("its point was not reached".to_owned())
    }
}

/// Every crash point of a run, but only the first and the last of the index's initial queries: a run that ends between
/// two of them has only read.
pub fn points(ios: &[Io]) -> Vec<Point> {
    let mut points = Point::all(ios);
    let is_query = |point: &Point| point.io.operation == "Query";
    let queries = ios.iter().filter(|io| io.operation == "Query").count();
    points.retain(|point| !is_query(point) || point.occurrence == 1 || point.occurrence == queries);
    points
}

/// The number of crash points, and the violations found.
async fn every_point(work: Work) -> (usize, Vec<String>) {
    let fixture = Fixture::open(work).await;
    let whole = fixture.sweep("whole", None).await;
    assert!(!whole.ios.is_empty() && !whole.end.0.is_empty(), "{work:?}{}", whole.end);
    // Held notifications keep `due_at`, because they wait for an operator.
    let at_its_end = |item: &String| item.contains("due_at") == item.contains(" held");
    assert!(whole.end.0.iter().all(at_its_end), "{work:?}{}", whole.end);
    let (mut count, mut violations) = (0, Vec::new());
    for (number, ios) in whole.ios.iter().enumerate() {
        for point in points(ios) {
            count += 1;
            let what = format!("{work:?}, run {} killed {point}", number + 1);
            let found = Box::pin(fixture.violation(&format!("S{count}"), &(number, point), &whole)).await;
            violations.extend(found.map(|it| format!("{what}: {it}")));
        }
    }
    (count, violations)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_any_kill_of_delivery_sweeper_later_runs_reach_the_same_final_state() {
    let results = join_all(Work::ALL.map(every_point)).await;
    let (mut points, mut violations) = (0, Vec::new());
    for (of_room, found) in results {
        points += of_room;
        violations.extend(found);
    }
    writeln!(
        std::io::stderr(),
        "delivery-sweeper: {} kinds of work, killed at {points} points, {} violations",
        Work::ALL.len(),
        violations.len()
    )
    .unwrap();
    assert!(violations.is_empty(), "{}", violations.join("\n"));
}
