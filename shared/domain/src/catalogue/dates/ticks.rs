//! Times of .NET and SAP.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

/// `/Date(1795767000000+0100)/`, the form of .NET and of version 2 of `OData`, as in SAP's services: milliseconds since 1970 in UTC, and
/// perhaps an offset, which doesn't change the time.
/// <https://learn.microsoft.com/en-us/dotnet/framework/wcf/feature-details/stand-alone-json-serialization>,
/// <https://www.odata.org/documentation/odata-version-2-0/json-format/>.
#[derive(Clone, Copy)]
pub(super) struct Ticks {
    pub(super) time: Timestamp,
    /// With its sign: in .NET hours and minutes, in `OData` minutes alone.
    offset: Option<i32>,
}

impl Ticks {
    const DAY: i64 = 86_400_000;

    pub(super) fn parse(text: &str) -> Option<Self> {
        let inside = text.strip_prefix("/Date(")?.strip_suffix(")/")?;
        let end = inside.rfind(['+', '-']).filter(|place| *place > 0).unwrap_or(inside.len());
        let (ticks, offset) = inside.split_at_checked(end)?;
        let is_offset = |digits: &str| {
            (1..=4).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit())
        };
        let offset = match offset {
            "" => None,
            _ => Some(offset.parse().ok().filter(|_| offset.get(1..).is_some_and(is_offset))?),
        };
        Some(Self { time: Timestamp::from_millisecond(ticks.parse().ok()?).ok()?, offset })
    }

    /// The day of the time in a zone. Without a zone, it is the one that both readings of the offset and UTC have in common. Midnight
    /// without an offset is a day of SAP's: its `Edm.DateTime` has no zone.
    pub(super) fn day(self, zone: Option<&TimeZone>) -> Option<Date> {
        let utc = self.time.to_zoned_datetime(TimeZone::UTC).date();
        match (self.offset, zone) {
            (None, _) if self.time.as_millisecond() % Self::DAY == 0 => Some(utc),
            (_, Some(zone)) => Some(self.time.to_zoned_datetime(zone.clone()).date()),
            (None, None) => Some(utc),
            (Some(offset), None) => {
                let in_hours = offset / 100 * 60 + offset % 100;
                let is_same = |minutes: i32| {
                    let moved = self.time.checked_add(SignedDuration::from_mins(minutes.into()));
                    moved.is_ok_and(|time| time.to_zoned_datetime(TimeZone::UTC).date() == utc)
                };
                [offset, in_hours].into_iter().all(is_same).then_some(utc)
            }
        }
    }
}
