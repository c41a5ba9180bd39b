//! The steps of the deployment test, in order.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use local::account;
use local::records::Records;
use local::samples::{self, Sample};
use local::simulator::{Handshake, Provider, Simulator, SimulatorOptions};
use serde_json::Value;

use crate::aws::Aws;
use crate::bus::drain;
use crate::emulator::Emulator;
use crate::fallback;
use crate::harness::Harness;
use crate::operator;
use crate::options::Options;
use crate::progress::Progress;
use crate::replay::Archive;
use crate::stack::Stack;
use crate::status_events::StatusEvents;
use crate::template::{self, Deployable};

/// The parameters of the first deployment: this machine's processor, every recipient of the simulator, a `SilentAfter` that ends within the test, the
/// sources of the suite's sample events, and no archive, because the emulator supports archives only through the API.
const PARAMETERS: [&str; 7] = [
    if cfg!(target_arch = "aarch64") { "Architecture=arm64" } else { "Architecture=x86_64" },
    "Recipients=all",
    "SilentAfter=1s",
    "EventSources=oms,returns,wms",
    "ArchiveRetentionDays=0",
    "AwsSms=true",
    "AwsEmail=true",
];
/// A parameter that the update changes, and the variable and value that show the change.
const CHANGE: (&str, &str, &str) = ("LogLevel=DEBUG", "RUST_LOG", "DEBUG");
/// Later steps publish these samples under new order numbers.
const LATER_SAMPLES: [&str; 2] = ["order-cancelled", "stock-arrived"];

/// The test's state between its steps.
pub struct Suite {
    progress: Progress,
    template: Deployable,
    emulator: Emulator,
    harness: Harness,
}

impl Suite {
    /// Starts the provider simulator and the emulator, and deploys the stack.
    pub async fn deploy(options: &Options) -> anyhow::Result<Self> {
        let progress = Progress::start();
        let template = template::prepare(&absolute(&options.built)?)?;
        let _old = std::fs::remove_dir_all(&options.folder);
        std::fs::create_dir_all(&options.folder).context("the suite's folder can't be created")?;
        let folder = absolute(&options.folder)?;

        progress.step("starting the provider simulator and the emulator");
        let options_of_simulator =
            SimulatorOptions { aws: Some(fallback::account()), ..SimulatorOptions::new(account::shipped()?) };
        let simulator = Simulator::start(options_of_simulator).await?;
        let providers = [Provider::OneMsg, Provider::Kaleyra, Provider::Meta];
        let mut settings = Vec::from(providers.map(|provider| {
            (format!("{}_BASE_URL", provider.name().to_uppercase()), simulator.base_url(provider))
        }));
        // Replaces the shop's catalogue, which is built into the binaries.
        let catalogue = fallback::write_catalogue(&folder)?;
        settings.push(("CATALOGUE_PATH".to_owned(), catalogue.display().to_string()));
        settings.extend(fallback::settings(&simulator));
        let emulator = Emulator::start(&absolute(&options.emulator)?, &folder, &settings).await?;
        let aws = Aws::new(&emulator, &absolute(&options.emulator)?, &absolute(&options.sam)?, &folder)?;
        match Self::deploy_stack(&progress, &template, &emulator, simulator, aws, &catalogue).await {
            Ok(harness) => Ok(Self { progress, template, emulator, harness }),
            Err(error) => Err(with_log(&error, &emulator)),
        }
    }

    async fn deploy_stack(
        progress: &Progress,
        template: &Deployable,
        emulator: &Emulator,
        simulator: Simulator,
        aws: Aws,
        catalogue: &Path,
    ) -> anyhow::Result<Harness> {
        progress.step("sam deploy");
        let stack = Stack::deploy(&aws, &template.path, &PARAMETERS).await?;

        progress.step("writing the secrets");
        for (output, secret) in [
            ("CredentialsSecretArn", simulator.credentials_json()),
            ("WebhookSecretArn", simulator.webhook_secrets_json()),
        ] {
            let (id, file) = (stack.output(output)?, aws.file("secret.json", &secret)?);
            aws.call(&["secretsmanager", "put-secret-value", "--secret-id", id, "--secret-string", &file])
                .await?;
        }
        simulator.set_webhook_url(&emulator.api_url(stack.api()?));
        let records = Records::of_table(aws.dynamodb(), stack.output("TableName")?);
        let catalogue = local::catalogue::read(catalogue)?;
        let key_secret = stack.key_secret(&aws).await?;
        Ok(Harness { simulator, aws, stack, records, catalogue, key_secret })
    }

    pub async fn run(&mut self) -> anyhow::Result<()> {
        self.steps().await.map_err(|error| with_log(&error, &self.emulator))
    }

    async fn steps(&mut self) -> anyhow::Result<()> {
        let Self { progress, template, harness, .. } = self;
        let mut statuses = StatusEvents::listen(&harness.aws).await?;
        let all = samples::read(&[samples::shipped()])?;
        let mut archive = Archive::create(&harness.aws, &sources(&all)).await?;

        let alarms = Stack::alarms(&harness.aws).await?;
        anyhow::ensure!(alarms == template.alarms, "{alarms} of {} alarms were deployed", template.alarms);
        Progress::note(&format!("{alarms} alarms"));

        progress.step("Meta's handshake with the deployed webhook");
        let handshake = harness.simulator.verify_meta_webhook().await;
        anyhow::ensure!(handshake == Handshake::Verified, "the handshake's result is {handshake:?}");

        progress.step(&format!("{} order events on the bus", all.len()));
        let mut published = harness.publish(all).await?;
        let outcomes = harness.check_outcomes(&published).await?;
        let sends = harness.simulator.ledger().accepted.len();
        progress
            .step(&format!("every event has its expected outcome; the providers accepted {sends} messages"));

        progress.step("the status events on the bus");
        let count = statuses.wait_for(&outcomes).await?;
        Progress::note(&format!("{count} outcomes and facts, one status event for each"));

        progress.step("a message fails on WhatsApp, and a text message follows");
        fallback::forward_events(harness, &harness.aws)?;
        published.extend(harness.publish(vec![fallback::sample()?]).await?);
        let outcomes = harness.check_outcomes(&published).await?;
        statuses.wait_for(&outcomes).await?;

        progress.step("the operator looks at this order with `ops status` and in the Studio");
        operator::look_at(harness, fallback::ORDER).await?;

        progress.step("order-notifier loses access to the table: dead letters and their redrive");
        published.extend(harness.redrive(later_samples(20_000)?).await?);
        let outcomes = harness.check_outcomes(&published).await?;
        statuses.wait_for(&outcomes).await?;

        progress.step("a replay of the archive");
        let replayed = archive.replay(harness).await?;
        harness.check_outcomes(&published).await.context("after the replay")?;
        statuses.wait_for(&outcomes).await.context("after the replay")?;
        Progress::note(&format!("{replayed} events replayed; no message sent, no new status event"));

        progress.step("the producers put the same events on the bus again");
        let again: Vec<Sample> = published.iter().map(|it| it.sample.clone()).collect();
        published.extend(harness.put_again(&again).await?);
        let outcomes =
            harness.check_outcomes(&published).await.context("after the events were put on the bus again")?;
        statuses.wait_for(&outcomes).await?;

        progress.step("sam deploy with a changed parameter");
        harness.stack =
            Stack::deploy(&harness.aws, &template.path, &[PARAMETERS.as_slice(), &[CHANGE.0]].concat())
                .await?;
        harness.stack.expect_variable(&harness.aws, CHANGE.1, CHANGE.2).await?;
        published.extend(harness.publish(later_samples(30_000)?).await?);
        let outcomes = harness.check_outcomes(&published).await?;
        statuses.wait_for(&outcomes).await?;

        for queue in [
            "OrderEventsDeadLetterQueueUrl",
            "UndeliveredEventsQueueUrl",
            "UnpublishedStatusesQueueUrl",
            "DeliveryEventsDeadLetterQueueUrl",
        ] {
            let left = drain(&harness.aws.sqs(), harness.stack.output(queue)?).await?.len();
            anyhow::ensure!(left == 0, "{left} messages are left in the queue of the output {queue}");
        }

        progress.step("features that the emulator lacks; only tests/it/template.rs checks them");
        for gap in harness.gaps(template).await? {
            Progress::note(&gap);
        }

        progress.step("deleting the stack");
        Stack::delete(&harness.aws).await?;
        harness.stack.expect_deleted(&harness.aws).await?;
        progress.step("done");
        Ok(())
    }
}

/// The distinct sources of these events.
fn sources(samples: &[Sample]) -> BTreeSet<&str> {
    samples.iter().filter_map(|sample| sample.event.get("source")?.as_str()).collect()
}

/// The later samples, with order numbers from `number` on.
fn later_samples(number: u32) -> anyhow::Result<Vec<Sample>> {
    let mut samples = samples::read(&[samples::shipped()])?;
    samples.retain(|sample| LATER_SAMPLES.contains(&sample.name.as_str()));
    for (number, sample) in (number..).zip(&mut samples) {
        let place = sample.event.pointer_mut("/detail/order/number").context("a sample without an order")?;
        *place = Value::String(number.to_string());
    }
    Ok(samples)
}

fn absolute(path: &Path) -> anyhow::Result<PathBuf> {
    std::path::absolute(path).with_context(|| format!("{} can't be made an absolute path", path.display()))
}

/// Adds the end of the emulator's log before the error, which stays most visible as the last line.
fn with_log(error: &anyhow::Error, emulator: &Emulator) -> anyhow::Error {
    anyhow::anyhow!(
        "the end of the emulator's log, with the functions' lines:\n{}\n\n{error:#}",
        emulator.log_tail()
    )
}
