use rusqlite::params;
use time::OffsetDateTime;

use super::SqliteStore;
use crate::{NonceStore, StoreError};

/// Expired nonces that a new one sweeps away: more than the one that comes, so that the table shrinks back after a flood,
/// and few, so that nobody waits.
const SWEEP: i64 = 4;

impl NonceStore for SqliteStore {
    fn spend_nonce(
        &self,
        key_id: &str,
        nonce: &str,
        now: OffsetDateTime,
        expires: OffsetDateTime,
    ) -> Result<bool, StoreError> {
        let (key_id, nonce) = (key_id.to_owned(), nonce.to_owned());
        self.writer.write(move |transaction| {
            let mut sweep = transaction.prepare_cached(
                "DELETE FROM nonces WHERE (key_id, nonce) IN
                    (SELECT key_id, nonce FROM nonces WHERE expires < ? ORDER BY expires LIMIT ?)",
            )?;
            sweep.execute(params![now.unix_timestamp(), SWEEP])?;
            let mut spend = transaction.prepare_cached(
                "INSERT INTO nonces (key_id, nonce, expires) VALUES (?1, ?2, ?3)
                    ON CONFLICT DO UPDATE SET expires = excluded.expires WHERE expires < ?4",
            )?;
            let changed = spend.execute(params![key_id, nonce, expires.unix_timestamp(), now.unix_timestamp()])?;
            Ok(changed == 1)
        })
    }
}
