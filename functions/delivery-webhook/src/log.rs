//! The log: one line per call, without personal data.

use shared::delivery::FactKind;
use shared::provider::Provider;
use shared::providers::{Purpose, Refused};
use shared::telemetry::milliseconds;

use crate::report::{End, Report};

/// `tracing` fixes the level at the call site, hence three calls.
macro_rules! call {
    ($level:ident, $report:ident, $end:literal, $code:expr, $text:expr, $message:expr) => {
        tracing::$level!(
            wide = "call",
            end = $end,
            status = $report.status().as_u16(),
            provider = $report.provider().map(Provider::name),
            route = $report.purpose().map(Purpose::name),
            sender = $report.sender,
            code = $code,
            text = $text,
            body_bytes = $report.body_bytes,
            reported = $report.reported,
            messages = $report.stored().map_or(0, |stored| stored.messages),
            sent = $report.new_facts(FactKind::Sent),
            delivered = $report.new_facts(FactKind::Delivered),
            read = $report.new_facts(FactKind::Read),
            failed = $report.new_facts(FactKind::Failed),
            unmatched = $report.unmatched(),
            lost = $report.stored().map_or(0, |stored| stored.lost),
            unusable = $report.unusable,
            ignored = $report.ignored,
            check_ms = milliseconds($report.check_took),
            store_ms = milliseconds($report.store_took),
            duration_ms = milliseconds($report.took),
            "{}",
            $message
        )
    };
}

pub(crate) fn called(report: &Report<'_>) {
    let name = report.provider().map_or("none", Provider::name);
    match &report.end {
        End::NoRoute => call!(info, report, "no_route", None::<&str>, None::<&str>, "there is no such route"),
        End::Answered(_) => {
            call!(
                info,
                report,
                "answered",
                None::<&str>,
                None::<&str>,
                format_args!("{name} verified the webhook")
            );
        }
        End::Refused(refused) => {
            let (code, text) = (code(*refused), refused.to_string());
            call!(
                warn,
                report,
                "refused",
                code,
                text,
                format_args!("a call to {name}'s webhook was refused")
            );
        }
        End::Unchecked(error) => {
            let text = error.to_string();
            let message = format_args!("a call to {name}'s webhook could not be checked");
            call!(error, report, "unchecked", "secret", text, message);
        }
        End::Unreadable(unparsable) => {
            let text = unparsable.to_string();
            let message = format_args!("a callback of {name} can't be read");
            call!(warn, report, "unreadable", None::<&str>, text, message);
        }
        End::Taken(stored) if stored.lost > 0 => {
            let message = format_args!("some facts that {name} reported could not be stored");
            call!(error, report, "lost", "table", None::<&str>, message);
        }
        End::Taken(_) => {
            let message = format_args!("{name} reported {} facts", report.reported);
            call!(info, report, "stored", None::<&str>, None::<&str>, message);
        }
    }
}

const fn code(refused: Refused) -> &'static str {
    match refused {
        Refused::NotConfigured => "not_configured",
        Refused::Missing => "missing",
        Refused::Malformed => "malformed",
        Refused::Wrong => "wrong",
    }
}
