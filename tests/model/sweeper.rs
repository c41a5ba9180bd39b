//! The sweeper as steps: it reads a record that is due, and writes what `decide` moves it to. It never claims.

use crate::scenario::Scenario;
use crate::table::Written;
use crate::world::World;

impl World {
    /// Reads a notification.
    pub(crate) fn look_at(&mut self, scenario: &Scenario, index: u8) {
        self.sweeper.looked_at |= 1 << index;
        let known = self.notifications[usize::from(index)].record;
        let next = known.and_then(|known| Some((index, known, scenario.sweep(known, self.now)?)));
        self.sweeper.write = next;
    }

    /// Writes, and decides anew.
    pub(crate) fn sweep(&mut self, scenario: &Scenario) {
        let Some((index, known, next)) = self.sweeper.write.take() else { return };
        let found = match self.move_notification(scenario, index, Some(known), next) {
            Written::Done => Some(next),
            Written::Overtaken(found) => found,
        };
        self.sweeper.write = found.and_then(|known| Some((index, known, scenario.sweep(known, self.now)?)));
    }
}
