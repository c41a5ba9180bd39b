//! The sweeper as steps, after `delivery-sweeper/src/notifications.rs`: it reads a record, and writes what `sweep` says.

use crate::scenario::Scenario;
use crate::world::World;

impl World {
    /// Reads a notification.
    pub(crate) fn look_at(&mut self, scenario: &Scenario, index: u8) {
        self.sweeper.looked_at |= 1 << index;
        let known = self.notifications[usize::from(index)].record;
        let next = known.and_then(|known| Some((index, known, scenario.sweep(known, self.now)?)));
        self.sweeper.write = next;
    }

    /// Writes. Whoever was overtaken looks again in its next run.
    pub(crate) fn sweep(&mut self, scenario: &Scenario) {
        if let Some((index, known, next)) = self.sweeper.write.take() {
            self.move_notification(scenario, index, Some(known), next);
        }
    }
}
