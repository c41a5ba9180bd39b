//! A request that does nothing.

use aws_sdk_dynamodb::types::AttributeValue;

use super::Table;

/// No item has this key, nor ever will.
const NOBODY: &str = "WARM_UP";

impl Table {
    /// Opens a connection by an update whose condition fails: it changes nothing, needs no permission that a function
    /// hasn't got, and costs one write request unit.
    pub async fn warm_up(&self) {
        let nobody = || AttributeValue::S(NOBODY.to_owned());
        let update = self.update(nobody(), nobody());
        let refused = update.update_expression("REMOVE nothing").condition_expression("attribute_exists(pk)");
        // A refusal is the expected answer; any other failure shows again in the first invocation.
        let _refused = refused.send().await;
    }
}
