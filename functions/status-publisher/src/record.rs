//! A record of the stream, as Lambda hands it on.
//!
//! Source: <https://docs.aws.amazon.com/lambda/latest/dg/with-ddb.html>.

use jiff::{SignedDuration, Timestamp};
use serde_dynamo::Item;
use serde_json::Value;
use shared::table::{Image, UnreadableImage};

/// One write to the table.
#[derive(Debug)]
pub(crate) struct Change {
    /// The item before it; none where there was none. It may be unreadable although the item after it isn't: another
    /// version wrote it.
    pub(crate) old: Result<Option<Image>, UnreadableRecord>,
    /// The item after it; none where it was removed.
    pub(crate) new: Option<Image>,
    /// When it was written, to the second.
    pub(crate) written_at: Timestamp,
}

/// Why a record, or the image before it, can't be read. It quotes nothing of it.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum UnreadableRecord {
    /// An image isn't what DynamoDB writes.
    #[error("an image that is no item")]
    NoItem,
    /// There is no time.
    #[error("no time of the write")]
    NoTime,
    /// The item is none of ours.
    #[error(transparent)]
    Image(#[from] UnreadableImage),
}

/// What identifies a record within its shard.
pub(crate) fn sequence_number(record: &Value) -> Option<&str> {
    record.pointer("/dynamodb/SequenceNumber")?.as_str().filter(|number| !number.is_empty())
}

/// Reads a record. An item that was removed makes no status event, whatever it was; the image before the write is read
/// on its own, so that it can't keep the one after it from being published.
pub(crate) fn read(record: &Value) -> Result<Change, UnreadableRecord> {
    let written_at = record.pointer("/dynamodb/ApproximateCreationDateTime").and_then(time);
    let written_at = written_at.ok_or(UnreadableRecord::NoTime)?;
    let new = image(record, "/dynamodb/NewImage")?;
    let old = if new.is_some() { image(record, "/dynamodb/OldImage") } else { Ok(None) };
    Ok(Change { old, new, written_at })
}

/// Seconds since 1970; or a text, as `aws dynamodbstreams get-records` prints it, so that what was given up can be handed
/// to the function again.
fn time(value: &Value) -> Option<Timestamp> {
    match value {
        Value::String(text) => text.parse().ok(),
        _ => Timestamp::from_duration(SignedDuration::try_from_secs_f64(value.as_f64()?).ok()?).ok(),
    }
}

fn image(record: &Value, place: &str) -> Result<Option<Image>, UnreadableRecord> {
    let Some(image) = record.pointer(place).filter(|image| !image.is_null()) else { return Ok(None) };
    let item: Item = serde_json::from_value(image.clone()).map_err(|_| UnreadableRecord::NoItem)?;
    Ok(Some(Image::read(&item)?))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn record() -> Value {
        json!({
            "eventName": "MODIFY",
            "dynamodb": {
                "SequenceNumber": "100000000000000000001",
                "ApproximateCreationDateTime": 1_795_165_200.0,
                "NewImage": {"pk": {"S": "ORDER#1"}, "sk": {"S": "PROGRESS"}},
            },
        })
    }

    #[test]
    fn a_record_is_read_with_its_time_and_its_images() {
        let change = read(&record()).unwrap();
        assert_eq!((change.old, change.new), (Ok(None), Some(Image::Other)));
        assert_eq!(change.written_at.as_second(), 1_795_165_200);
        assert_eq!(sequence_number(&record()), Some("100000000000000000001"));

        let mut printed = record();
        printed["dynamodb"]["ApproximateCreationDateTime"] = json!("2026-11-20T09:00:00+00:00");
        assert_eq!(read(&printed).unwrap().written_at, change.written_at);
    }

    #[test]
    fn a_removal_is_read_whatever_was_removed() {
        let mut record = record();
        let dynamodb = record["dynamodb"].as_object_mut().unwrap();
        dynamodb.remove("NewImage");
        dynamodb.insert("OldImage".to_owned(), json!({"pk": {"S": "MESSAGE#sms#1"}, "sk": {"S": "MESSAGE"}}));
        assert!(read(&record).unwrap().new.is_none());
    }

    #[test]
    fn an_unreadable_image_before_the_write_leaves_the_one_after_it_readable() {
        for broken in
            [json!({"pk": "ORDER#1"}), json!({"pk": {"S": "MESSAGE#sms#1"}, "sk": {"S": "MESSAGE"}})]
        {
            let mut record = record();
            record["dynamodb"]["OldImage"] = broken;
            let change = read(&record).unwrap();
            assert!(change.old.is_err());
            assert_eq!(change.new, Some(Image::Other));
        }
    }

    #[test]
    fn what_is_no_record_is_told() {
        for (place, value) in [
            ("ApproximateCreationDateTime", json!("yesterday")),
            ("NewImage", json!({"pk": "ORDER#1"})),
            ("NewImage", json!({"pk": {"S": "MESSAGE#sms#1"}, "sk": {"S": "MESSAGE"}})),
        ] {
            let mut broken = record();
            broken["dynamodb"][place] = value;
            assert!(read(&broken).is_err(), "{broken}");
        }
    }
}
