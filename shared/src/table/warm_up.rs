//! Opens a connection before the first request.

use aws_sdk_dynamodb::types::AttributeValue;

use super::Table;

/// A key that no item ever has.
const NOBODY: &str = "WARM_UP";

impl Table {
    /// Opens a connection with an update whose condition fails. It changes nothing, needs no permission that
    /// a function does not have, and costs one write request unit.
    pub async fn warm_up(&self) {
        let nobody = || AttributeValue::S(NOBODY.to_owned());
        let update = self.update(nobody(), nobody());
        let refused = update.update_expression("REMOVE nothing").condition_expression("attribute_exists(pk)");
        // A failed condition is the expected result; any other error will occur again in the first
        // invocation.
        let _refused = refused.send().await;
    }
}
