//! Opens a connection before the first request.

use super::Table;
use super::item::s;
use super::name::PK;

/// A key that no item ever has.
const NO_ITEM: &str = "WARM_UP";

impl Table {
    /// Opens a connection with an update whose condition fails. It changes nothing, needs no additional permission, and
    /// costs one write request unit.
    pub async fn warm_up(&self) {
        let update = self.update((s(NO_ITEM), s(NO_ITEM))).if_present(PK).remove(&["nothing"]);
        // A failed condition is expected; any other error will occur again in the first invocation.
        let _refused = update.send("warm up").await;
    }
}
