//! The steps, in their order.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use local::account;
use local::records::Records;
use local::samples::{self, Sample};
use local::simulator::{Handshake, Provider, Simulator, SimulatorOptions};
use serde_json::Value;

use crate::aws::Aws;
use crate::bench::Bench;
use crate::bus::drain;
use crate::emulator::Emulator;
use crate::options::Options;
use crate::progress::Progress;
use crate::replay::Archive;
use crate::stack::Stack;
use crate::statuses::Statuses;
use crate::template::{Deployable, deployable};

/// The parameters of the first deployment: this machine's processor, a `SilentAfter` that is over within the test, the
/// sources of the suite's sample events, and no archive, because the emulator supports archives only through the API.
const PARAMETERS: [&str; 4] = [
    if cfg!(target_arch = "aarch64") { "Architecture=arm64" } else { "Architecture=x86_64" },
    "SilentAfter=1s",
    "EventSources=oms,returns,wms",
    "ArchiveRetentionDays=0",
];
/// A parameter that the update changes, and the variable that shows the change.
const CHANGE: (&str, &str, &str) = ("LogLevel=DEBUG", "RUST_LOG", "DEBUG");
/// Later steps publish these samples under new order numbers.
const LATER: [&str; 2] = ["order-cancelled", "stock-arrived"];

/// The test's state between its steps.
pub struct Suite {
    progress: Progress,
    template: Deployable,
    emulator: Emulator,
    bench: Bench,
}

impl Suite {
    /// Starts the provider simulator and the emulator, and deploys the stack.
    pub async fn deploy(options: &Options) -> anyhow::Result<Self> {
        let progress = Progress::start();
        let template = deployable(&absolute(&options.built)?)?;
        let _old = std::fs::remove_dir_all(&options.folder);
        std::fs::create_dir_all(&options.folder).context("the suite's folder can't be made")?;
        let folder = absolute(&options.folder)?;

        progress.step("starting the providers' simulator and the emulator");
        let simulator = Simulator::start(SimulatorOptions::new(account::shipped()?)).await?;
        let providers = [Provider::OneMsg, Provider::Kaleyra, Provider::Meta];
        let mut settings = Vec::from(providers.map(|provider| {
            (format!("{}_BASE_URL", provider.name().to_uppercase()), simulator.base_url(provider))
        }));
        // Replaces the shop's catalogue, which is built into the binaries.
        let catalogue = local::catalogue::shipped().display().to_string();
        settings.push(("CATALOGUE_PATH".to_owned(), catalogue));
        let emulator = Emulator::start(&absolute(&options.emulator)?, &folder, &settings).await?;
        let aws = Aws::new(&emulator, &absolute(&options.emulator)?, &absolute(&options.sam)?, &folder)?;
        match Self::fill(&progress, &template, &emulator, simulator, aws).await {
            Ok(bench) => Ok(Self { progress, template, emulator, bench }),
            Err(error) => Err(with_log(&error, &emulator)),
        }
    }

    async fn fill(
        progress: &Progress,
        template: &Deployable,
        emulator: &Emulator,
        simulator: Simulator,
        aws: Aws,
    ) -> anyhow::Result<Bench> {
        progress.step("sam deploy");
        let stack = Stack::deploy(&aws, &template.path, &PARAMETERS).await?;

        progress.step("filling in the secrets");
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
        let catalogue = local::catalogue::read(&local::catalogue::shipped())?;
        let key_secret = stack.key_secret(&aws).await?;
        Ok(Bench { simulator, aws, stack, records, catalogue, key_secret })
    }

    /// Runs all steps.
    pub async fn run(&mut self) -> anyhow::Result<()> {
        self.steps().await.map_err(|error| with_log(&error, &self.emulator))
    }

    async fn steps(&mut self) -> anyhow::Result<()> {
        let Self { progress, template, bench, .. } = self;
        let mut statuses = Statuses::listen(&bench.aws).await?;
        let all = samples::read(&[samples::shipped()])?;
        let mut archive = Archive::make(&bench.aws, &sources(&all)).await?;

        let alarms = Stack::alarms(&bench.aws).await?;
        anyhow::ensure!(alarms == template.alarms, "{alarms} alarms of {} are there", template.alarms);
        Progress::note(&format!("{alarms} alarms"));

        progress.step("Meta's handshake with the deployed webhook");
        let handshake = bench.simulator.verify_meta_webhook().await;
        anyhow::ensure!(handshake == Handshake::Verified, "the handshake ended as {handshake:?}");

        progress.step(&format!("{} order events on the bus", all.len()));
        let mut followed = bench.publish(all).await?;
        let truth = bench.truth(&followed).await?;
        let sends = bench.simulator.ledger().accepted.len();
        progress
            .step(&format!("every event is in its outcome; {sends} messages, as the providers' ledger says"));

        progress.step("the status events on the bus");
        let told = statuses.tell(&truth).await?;
        Progress::note(&format!("{told} outcomes and facts, one event each"));

        progress.step("order-notifier loses the table: dead letters, and their redrive");
        followed.extend(bench.redrive(orders(20_000)?).await?);
        let truth = bench.truth(&followed).await?;
        statuses.tell(&truth).await?;

        progress.step("a replay of the archive");
        let replayed = archive.replay(bench).await?;
        bench.truth(&followed).await.context("after the replay")?;
        statuses.tell(&truth).await.context("after the replay")?;
        Progress::note(&format!("{replayed} events again, nothing sent, nothing new told"));

        progress.step("the same events put once more by their producers");
        let again: Vec<Sample> = followed.iter().map(|it| it.sample.clone()).collect();
        followed.extend(bench.put_again(&again).await?);
        let truth = bench.truth(&followed).await.context("after the events were put again")?;
        statuses.tell(&truth).await?;

        progress.step("sam deploy, with another parameter");
        bench.stack =
            Stack::deploy(&bench.aws, &template.path, &[PARAMETERS.as_slice(), &[CHANGE.0]].concat()).await?;
        bench.stack.expect_variable(&bench.aws, CHANGE.1, CHANGE.2).await?;
        followed.extend(bench.publish(orders(30_000)?).await?);
        let truth = bench.truth(&followed).await?;
        statuses.tell(&truth).await?;

        for queue in
            ["OrderEventsDeadLetterQueueUrl", "UndeliveredEventsQueueUrl", "UnpublishedStatusesQueueUrl"]
        {
            let left = drain(&bench.aws.sqs(), bench.stack.output(queue)?).await?.len();
            anyhow::ensure!(left == 0, "{left} messages are in the queue of {queue}");
        }

        progress.step("what the emulator lacks, and only tests/it/template.rs looks at");
        for gap in bench.gaps(template).await? {
            Progress::note(&gap);
        }

        progress.step("the stack is deleted");
        Stack::delete(&bench.aws).await?;
        bench.stack.expect_deleted(&bench.aws).await?;
        progress.step("done");
        Ok(())
    }
}

/// The sources of these events.
fn sources(samples: &[Sample]) -> BTreeSet<&str> {
    samples.iter().filter_map(|sample| sample.event.get("source")?.as_str()).collect()
}

/// Samples with order numbers of their own.
fn orders(number: u32) -> anyhow::Result<Vec<Sample>> {
    let mut samples = samples::read(&[samples::shipped()])?;
    samples.retain(|sample| LATER.contains(&sample.name.as_str()));
    for (number, sample) in (number..).zip(&mut samples) {
        let place = sample.event.pointer_mut("/detail/order/number").context("a sample without an order")?;
        *place = Value::String(number.to_string());
    }
    Ok(samples)
}

fn absolute(path: &Path) -> anyhow::Result<PathBuf> {
    std::path::absolute(path).with_context(|| format!("{} is no path", path.display()))
}

/// The error comes last, where it is most visible.
fn with_log(error: &anyhow::Error, emulator: &Emulator) -> anyhow::Error {
    anyhow::anyhow!(
        "the emulator's log, with the functions' lines in it, ends:\n{}\n\n{error:#}",
        emulator.log_tail()
    )
}
