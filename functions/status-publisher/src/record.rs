//! Parses a record of the DynamoDB stream, in the form in which Lambda passes it on.
//!
//! Source: <https://docs.aws.amazon.com/lambda/latest/dg/with-ddb.html>.

use jiff::{SignedDuration, Timestamp};
use serde_dynamo::Item;
use serde_json::Value;
use shared::table::{Image, UnreadableImage};

/// One write to the table.
#[derive(Debug)]
pub(crate) struct Change {
    /// The item before the write; `None` if there was none. It may be unreadable although the new item is
    /// not, if another version of this software wrote it.
    pub(crate) old: Result<Option<Image>, UnreadableRecord>,
    /// The item after the write; `None` if it was deleted.
    pub(crate) new: Option<Image>,
    /// The time of the write, to the second.
    pub(crate) written_at: Timestamp,
}

/// Why a record or its old image cannot be read. It quotes nothing from the record.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum UnreadableRecord {
    #[error("an image that is not an item")]
    NoItem,
    #[error("no time of the write")]
    NoTime,
    /// The item has a form that this software does not write.
    #[error(transparent)]
    Image(#[from] UnreadableImage),
}

/// Identifies a record within its shard.
pub(crate) fn sequence_number(record: &Value) -> Option<&str> {
    record.pointer("/dynamodb/SequenceNumber")?.as_str().filter(|number| !number.is_empty())
}

/// Parses a record. A deleted item publishes no status event. The old image is parsed separately, so that an unreadable
/// one does not block the new one.
pub(crate) fn parse(record: &Value) -> Result<Change, UnreadableRecord> {
    let written_at = record.pointer("/dynamodb/ApproximateCreationDateTime").and_then(time);
    let written_at = written_at.ok_or(UnreadableRecord::NoTime)?;
    let new = image(record, "/dynamodb/NewImage")?;
    let old = if new.is_some() { image(record, "/dynamodb/OldImage") } else { Ok(None) };
    Ok(Change { old, new, written_at })
}

/// Parses seconds since 1970, or a text as `aws dynamodbstreams get-records` prints it, so that the operator can pass a
/// skipped record to the function again.
fn time(value: &Value) -> Option<Timestamp> {
    match value {
        Value::String(text) => text.parse().ok(),
        _ => Timestamp::from_duration(SignedDuration::try_from_secs_f64(value.as_f64()?).ok()?).ok(),
    }
}

fn image(record: &Value, place: &str) -> Result<Option<Image>, UnreadableRecord> {
    let Some(image) = record.pointer(place).filter(|image| !image.is_null()) else { return Ok(None) };
    let item: Item = serde_json::from_value(image.clone()).map_err(|_| UnreadableRecord::NoItem)?;
    Ok(Some(Image::from_item(&item.into())?))
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
    fn a_record_has_its_time_and_its_images() {
        let change = parse(&record()).unwrap();
        assert_eq!((change.old, change.new), (Ok(None), Some(Image::Other)));
        assert_eq!(change.written_at.as_second(), 1_795_165_200);
        assert_eq!(sequence_number(&record()), Some("100000000000000000001"));

        let mut printed = record();
        printed["dynamodb"]["ApproximateCreationDateTime"] = json!("2026-11-20T09:00:00+00:00");
        assert_eq!(parse(&printed).unwrap().written_at, change.written_at);
    }

    #[test]
    fn a_removal_is_parsed_even_if_the_removed_item_is_unreadable() {
        let mut record = record();
        let dynamodb = record["dynamodb"].as_object_mut().unwrap();
        dynamodb.remove("NewImage");
        dynamodb.insert("OldImage".to_owned(), json!({"pk": {"S": "MESSAGE#sms#1"}, "sk": {"S": "MESSAGE"}}));
        assert!(parse(&record).unwrap().new.is_none());
    }

    #[test]
    fn an_unreadable_old_image_does_not_affect_the_new_one() {
        for broken in
            [json!({"pk": "ORDER#1"}), json!({"pk": {"S": "MESSAGE#sms#1"}, "sk": {"S": "MESSAGE"}})]
        {
            let mut record = record();
            record["dynamodb"]["OldImage"] = broken;
            let change = parse(&record).unwrap();
            assert!(change.old.is_err());
            assert_eq!(change.new, Some(Image::Other));
        }
    }

    #[test]
    fn an_invalid_record_is_an_error() {
        for (place, value) in [
            ("ApproximateCreationDateTime", json!("yesterday")),
            ("NewImage", json!({"pk": "ORDER#1"})),
            ("NewImage", json!({"pk": {"S": "MESSAGE#sms#1"}, "sk": {"S": "MESSAGE"}})),
        ] {
            let mut broken = record();
            broken["dynamodb"][place] = value;
            assert!(parse(&broken).is_err(), "{broken}");
        }
    }
}
