//! What a run looks at: a bounded number of what is due, from every partition of the index and of either kind alike, so
//! that no backlog of one keeps a run from another. Of each, what has been due for longest comes first.

use futures_util::future::try_join_all;
use jiff::Timestamp;
use shared::table::{Due, Table, TableError, due_buckets};

/// Reads at most `limit` items that are due.
pub(crate) async fn read(table: &Table, now: Timestamp, limit: u16) -> Result<Vec<Due>, TableError> {
    let buckets: Vec<String> = due_buckets().collect();
    let due = try_join_all(buckets.iter().map(|bucket| table.due(bucket, now, limit))).await?;
    let lanes = due.into_iter().flat_map(|due| {
        let (notifications, messages) = due.into_iter().partition(|due| matches!(due, Due::Notification(_)));
        [notifications, messages]
    });
    Ok(in_turn(lanes.collect(), usize::from(limit)))
}

/// One of each lane in turn, until there are `limit`.
fn in_turn<T>(lanes: Vec<Vec<T>>, limit: usize) -> Vec<T> {
    let mut lanes: Vec<_> = lanes.into_iter().map(Vec::into_iter).collect();
    let mut chosen = Vec::new();
    while chosen.len() < limit && !lanes.is_empty() {
        lanes.retain_mut(|lane| {
            let next = lane.next();
            let goes_on = next.is_some();
            chosen.extend(next);
            goes_on
        });
    }
    chosen.truncate(limit);
    chosen
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lanes_take_turns_until_the_limit_and_a_short_lane_leaves_its_place_to_the_others() {
        let lanes = || vec![vec![1, 2, 3, 4], vec![], vec![10], vec![20, 21]];
        assert_eq!(in_turn(lanes(), 100), [1, 10, 20, 2, 21, 3, 4]);
        assert_eq!(in_turn(lanes(), 4), [1, 10, 20, 2]);
        assert_eq!(in_turn(Vec::<Vec<u8>>::new(), 4), [0; 0]);
    }
}
