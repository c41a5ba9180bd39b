//! Builds an update of one item, and separates an unmet condition from other errors.

use std::collections::HashMap;
use std::error::Error;

use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::error::ConditionalCheckFailedException;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue, ReturnValuesOnConditionCheckFailure};

use super::item::{Item, s};
use super::keys::Key;
use super::name::{ORDER_NUMBER, PK, SENDER, SK};
use super::{Table, TableError};
use crate::message::Sender;
use crate::sender_scope::Limit;

/// The most values in one list of an `IN`. Source:
/// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.OperatorsAndFunctions.html>.
const MAX_IN_OPERANDS: usize = 100;

/// An update of one item. Each attribute gets a placeholder, because some names are reserved words, and others
/// contain a colon or a hyphen.
#[derive(Debug, Clone)]
pub(super) struct Update {
    request: UpdateItemFluentBuilder,
    names: HashMap<String, String>,
    values: HashMap<String, AttributeValue>,
    set: Vec<String>,
    removed: Vec<String>,
    added: Vec<String>,
    conditions: Vec<String>,
}

/// The result of a conditional write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Written<T> {
    /// It was written.
    Done,
    /// Lost the race: contains the current item, or `None` if it was deleted.
    Conflict(Option<T>),
}

/// The result of a conditional write, with the item.
#[derive(Debug)]
pub(super) enum Outcome {
    /// It was written; the former item, if requested.
    Done(Option<Item>),
    /// A condition was not met; the current item, if it exists and was requested.
    Refused(Option<Item>),
}

impl Outcome {
    /// For callers that do not need the current item.
    pub(super) fn written(self) -> Written<()> {
        match self {
            Self::Done(_) => Written::Done,
            Self::Refused(_) => Written::Conflict(None),
        }
    }
}

impl Update {
    pub(super) fn new(table: &Table, (pk, sk): Key) -> Self {
        Self {
            request: table.client.update_item().table_name(&table.name).key(PK, pk).key(SK, sk),
            names: HashMap::new(),
            values: HashMap::new(),
            set: Vec::new(),
            removed: Vec::new(),
            added: Vec::new(),
            conditions: Vec::new(),
        }
    }

    pub(super) fn set(mut self, name: &str, value: AttributeValue) -> Self {
        let placeholder = self.valued(name, "", value);
        self.set.push(format!("#{placeholder} = :{placeholder}"));
        self
    }

    /// Sets an attribute only if the item lacks it, so that such updates commute.
    pub(super) fn set_once(mut self, name: &str, value: AttributeValue) -> Self {
        let placeholder = self.valued(name, "", value);
        self.set.push(format!("#{placeholder} = if_not_exists(#{placeholder}, :{placeholder})"));
        self
    }

    /// Adds to a set or a number; `None` adds nothing.
    pub(super) fn add(mut self, name: &str, value: Option<AttributeValue>) -> Self {
        let Some(value) = value else { return self };
        let placeholder = self.valued(name, "", value);
        self.added.push(format!("#{placeholder} :{placeholder}"));
        self
    }

    pub(super) fn remove(mut self, names: &[&str]) -> Self {
        for name in names {
            let placeholder = self.named(name);
            self.removed.push(format!("#{placeholder}"));
        }
        self
    }

    /// Adds a condition: the attribute has this value or, for `None`, is missing.
    pub(super) fn if_known(self, name: &str, value: Option<AttributeValue>) -> Self {
        match value {
            Some(value) => self.when(name, value, |name, value| format!("{name} = {value}")),
            None => self.if_absent(name),
        }
    }

    /// Adds a condition built from the placeholders of the attribute's name and of the value.
    pub(super) fn when(
        mut self,
        name: &str,
        value: AttributeValue,
        comparison: impl FnOnce(&str, &str) -> String,
    ) -> Self {
        let placeholder = self.valued(name, "known_", value);
        self.conditions.push(comparison(&format!("#{placeholder}"), &format!(":known_{placeholder}")));
        self
    }

    /// Adds a condition: the item belongs to no order yet, or to an order of a sender within the limit.
    pub(super) fn if_within(mut self, limit: Option<&Limit<'_>>) -> Self {
        let Some(limit) = limit else { return self };
        let (order, sender) = (self.named(ORDER_NUMBER), self.named(SENDER));
        let is_of = match limit {
            Limit::Only(senders) => self.is_one_of(&sender, senders),
            Limit::AllBut(senders) => {
                format!("attribute_not_exists(#{sender}) OR NOT ({})", self.is_one_of(&sender, senders))
            }
            Limit::OnlyDefault => format!("attribute_not_exists(#{sender})"),
        };
        self.conditions.push(format!("(attribute_not_exists(#{order}) OR {is_of})"));
        self
    }

    /// The placeholders are short, because an expression has at most 4 KB.
    fn is_one_of(&mut self, placeholder: &str, senders: &[&Sender]) -> String {
        for (index, sender) in senders.iter().enumerate() {
            self.values.insert(format!(":s{index}"), s(sender.as_str()));
        }
        let indexes: Vec<usize> = (0..senders.len()).collect();
        let lists = indexes.chunks(MAX_IN_OPERANDS).map(|part| {
            let part: Vec<String> = part.iter().map(|index| format!(":s{index}")).collect();
            format!("#{placeholder} IN ({})", part.join(","))
        });
        lists.collect::<Vec<_>>().join(" OR ")
    }

    /// Adds a condition: the item has the attribute.
    pub(super) fn if_present(mut self, name: &str) -> Self {
        let placeholder = self.named(name);
        self.conditions.push(format!("attribute_exists(#{placeholder})"));
        self
    }

    /// Adds a condition: the item lacks the attribute.
    pub(super) fn if_absent(mut self, name: &str) -> Self {
        let placeholder = self.named(name);
        self.conditions.push(format!("attribute_not_exists(#{placeholder})"));
        self
    }

    /// Requests the item before the update.
    pub(super) fn returning_former(mut self) -> Self {
        self.request = self.request.return_values(ReturnValue::AllOld);
        self
    }

    /// Requests the current item if a condition is not met.
    pub(super) fn returning_current(mut self) -> Self {
        let all = ReturnValuesOnConditionCheckFailure::AllOld;
        self.request = self.request.return_values_on_condition_check_failure(all);
        self
    }

    pub(super) async fn send(self, operation: &'static str) -> Result<Outcome, TableError> {
        let clauses = [("SET", self.set), ("REMOVE", self.removed), ("ADD", self.added)];
        let clauses = clauses.into_iter().filter(|(_, parts)| !parts.is_empty());
        let clauses: Vec<_> = clauses.map(|(word, parts)| format!("{word} {}", parts.join(", "))).collect();
        let condition = (!self.conditions.is_empty()).then(|| self.conditions.join(" AND "));
        let request = self.request.update_expression(clauses.join(" ")).set_condition_expression(condition);
        let values = (!self.values.is_empty()).then_some(self.values);
        let request =
            request.set_expression_attribute_names(Some(self.names)).set_expression_attribute_values(values);
        outcome(operation, request.send().await, |output| output.attributes)
    }

    /// The placeholder of an attribute's name, without its prefix.
    fn named(&mut self, name: &str) -> String {
        let placeholder = placeholder(name);
        self.names.insert(format!("#{placeholder}"), name.to_owned());
        placeholder
    }

    fn valued(&mut self, name: &str, prefix: &str, value: AttributeValue) -> String {
        let placeholder = self.named(name);
        self.values.insert(format!(":{prefix}{placeholder}"), value);
        placeholder
    }
}

/// The name with the characters that a placeholder may have: letters, digits and the underscore. Source:
/// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.ExpressionAttributeNames.html>.
fn placeholder(name: &str) -> String {
    name.replace(|c: char| !c.is_ascii_alphanumeric(), "_")
}

/// The result of a write; `former` extracts the former item from DynamoDB's reply.
pub(super) fn outcome<O, E, R>(
    operation: &'static str,
    sent: Result<O, SdkError<E, R>>,
    former: impl FnOnce(O) -> Option<Item>,
) -> Result<Outcome, TableError>
where
    E: ProvideErrorMetadata + Error + 'static,
{
    let error = match sent {
        Ok(output) => return Ok(Outcome::Done(former(output))),
        Err(error) => error,
    };
    let source = error.as_service_error().and_then(Error::source);
    match source.and_then(|source| source.downcast_ref::<ConditionalCheckFailedException>()) {
        Some(failed) => Ok(Outcome::Refused(failed.item.clone())),
        None => Err(TableError::new(operation, &error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::Provider;

    #[test]
    fn the_placeholder_of_every_providers_attribute_is_valid() {
        for provider in Provider::ALL {
            let placeholder = placeholder(&format!("answer:{}", provider.name()));
            assert!(placeholder.chars().all(|c| c.is_ascii_alphanumeric() || c == '_'), "{placeholder}");
        }
        assert_eq!(placeholder("answer:aws-sms"), "answer_aws_sms");
    }
}
