//! An index over the streams of the tables. Their database looks through a whole stream for its end at every write,
//! and for its place at every read; with the index neither grows with the history.

use std::path::Path;

use rusqlite::Connection;

/// The places of a stream as the database compares them.
const INDEX: &str = "
    CREATE INDEX IF NOT EXISTS causeway_stream_end
        ON _stream_records (table_name, CAST(sequence_number AS INTEGER));
    CREATE INDEX IF NOT EXISTS causeway_stream_place
        ON _stream_records (table_name, shard_id, CAST(sequence_number AS INTEGER));";

/// Makes the index in the file of an open database, if it is not there.
pub(super) fn make(file: &Path) -> Result<(), rusqlite::Error> {
    Connection::open(file)?.execute_batch(INDEX)
}
