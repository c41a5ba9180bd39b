//! An index that the engine lacks.
//!
//! dynoxide 3.2 keeps every record of a table's stream and finds the latest sequence number by reading all of them, at
//! each write and at each read of the stream. Without this index a table of 10,000 orders would be slow.

use rusqlite::Connection;

/// Creates the index over the stream records' sequence numbers, with the engine's own expression, if it doesn't exist.
pub(super) fn create(path: &str) -> rusqlite::Result<()> {
    Connection::open(path)?.execute_batch(
        "CREATE INDEX IF NOT EXISTS stream_records_by_number
         ON _stream_records (table_name, CAST(sequence_number AS INTEGER))",
    )
}

#[cfg(test)]
mod tests {
    use dynoxide::Database;

    use super::*;

    #[test]
    fn both_queries_of_the_engine_use_the_index() {
        let path = format!("file:/{}?vfs=memdb", crate::aws::uuid());
        let _engine = Database::new(&path).unwrap();
        let plans = || {
            // A connection that has only run EXPLAIN doesn't notice a new index, so each check opens its own.
            let connection = Connection::open(&path).unwrap();
            [
                "SELECT COALESCE(MAX(CAST(sequence_number AS INTEGER)), 0) + 1
                 FROM _stream_records WHERE table_name = 'orders'",
                "SELECT keys_json FROM _stream_records
                 WHERE table_name = 'orders' AND shard_id = 's' AND CAST(sequence_number AS INTEGER) > 7
                 ORDER BY CAST(sequence_number AS INTEGER) ASC LIMIT 10",
            ]
            .map(|question| {
                let sql = format!("EXPLAIN QUERY PLAN {question}");
                connection.query_row(&sql, [], |row| row.get::<_, String>("detail")).unwrap()
            })
        };
        let by_number = |plan: &String| plan.contains("INDEX stream_records_by_number");
        assert!(!plans().iter().any(by_number), "{:?}", plans());
        create(&path).unwrap();
        create(&path).unwrap();
        assert!(plans().iter().all(by_number), "{:?}", plans());
    }
}
