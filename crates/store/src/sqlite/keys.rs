use rusqlite::{OptionalExtension, Row, params};
use time::OffsetDateTime;

use super::SqliteStore;
use crate::{AccessKey, KeySecret, KeyStore, StoreError};

const COLUMNS: &str = "id, secret, label, enabled, created";

fn read(row: &Row) -> rusqlite::Result<AccessKey> {
    Ok(AccessKey {
        id: row.get(0)?,
        secret: KeySecret::new(row.get::<_, String>(1)?),
        label: row.get(2)?,
        enabled: row.get(3)?,
        created: OffsetDateTime::from_unix_timestamp(row.get(4)?).unwrap_or(OffsetDateTime::UNIX_EPOCH),
    })
}

impl KeyStore for SqliteStore {
    fn key(&self, id: &str) -> Result<Option<AccessKey>, StoreError> {
        let reader = self.reader();
        let mut statement = reader.prepare_cached(&format!("SELECT {COLUMNS} FROM access_keys WHERE id = ?"))?;
        Ok(statement.query_row([id], read).optional()?)
    }

    fn keys(&self) -> Result<Vec<AccessKey>, StoreError> {
        let reader = self.reader();
        let mut statement =
            reader.prepare_cached(&format!("SELECT {COLUMNS} FROM access_keys ORDER BY created, id"))?;
        let keys = statement.query_map([], read)?.collect::<rusqlite::Result<_>>()?;
        Ok(keys)
    }

    fn create_key(&self, label: &str, now: OffsetDateTime) -> Result<AccessKey, StoreError> {
        // The store keeps whole seconds.
        let now = now.replace_nanosecond(0).unwrap_or(now);
        let key = AccessKey::random(label, now);
        let row = key.clone();
        self.writer.write(move |transaction| {
            transaction.execute(
                "INSERT INTO access_keys (id, secret, label, enabled, created) VALUES (?, ?, ?, ?, ?)",
                params![row.id, row.secret.reveal(), row.label, row.enabled, row.created.unix_timestamp()],
            )?;
            Ok(())
        })?;
        Ok(key)
    }

    fn set_key_enabled(&self, id: &str, enabled: bool) -> Result<(), StoreError> {
        let id = id.to_owned();
        self.writer.write(move |transaction| {
            let changed =
                transaction.execute("UPDATE access_keys SET enabled = ? WHERE id = ?", params![enabled, id])?;
            if changed == 0 { Err(StoreError::UnknownKey(id)) } else { Ok(()) }
        })
    }

    fn rotate_key(&self, id: &str) -> Result<AccessKey, StoreError> {
        let id = id.to_owned();
        let secret = KeySecret::random();
        self.writer.write(move |transaction| {
            let mut statement = transaction
                .prepare_cached(&format!("UPDATE access_keys SET secret = ? WHERE id = ? RETURNING {COLUMNS}"))?;
            let rotated = statement.query_row(params![secret.reveal(), id], read).optional()?;
            rotated.ok_or(StoreError::UnknownKey(id))
        })
    }
}
