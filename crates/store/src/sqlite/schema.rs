use rusqlite::Connection;
use rusqlite_migration::{Error, M, MigrationDefinitionError, Migrations};

/// The steps that make the tables, in order. A step that has been released is never changed.
const STEPS: &[M] = &[M::up(
    "CREATE TABLE access_keys (
        id          TEXT PRIMARY KEY NOT NULL,
        secret      TEXT NOT NULL,
        label       TEXT NOT NULL,
        enabled     INTEGER NOT NULL,
        created     INTEGER NOT NULL -- seconds since 1970
    ) STRICT;

    CREATE TABLE nonces (
        key_id      TEXT NOT NULL,
        nonce       TEXT NOT NULL,
        expires     INTEGER NOT NULL, -- seconds since 1970
        PRIMARY KEY (key_id, nonce)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX nonces_by_expiry ON nonces (expires);

    CREATE TABLE records (
        number            INTEGER PRIMARY KEY, -- in the order of their commits
        request_id        TEXT NOT NULL UNIQUE,
        time              INTEGER NOT NULL, -- milliseconds since 1970
        key_id            TEXT NOT NULL,
        resource_code     TEXT NOT NULL,
        outcome           TEXT NOT NULL,
        score             REAL,
        pass_mark         REAL NOT NULL,
        live_probability  REAL,
        live_threshold    REAL NOT NULL,
        model_pack        TEXT NOT NULL,
        calibration       TEXT NOT NULL,
        queue_us          INTEGER NOT NULL,
        decode_us         INTEGER NOT NULL,
        detect_us         INTEGER NOT NULL,
        embed_us          INTEGER NOT NULL,
        antispoof_us      INTEGER NOT NULL
    ) STRICT;
    CREATE INDEX records_by_time ON records (time);
    CREATE INDEX records_by_key ON records (key_id, time);",
)];

/// Brings the tables up to date.
pub(super) fn migrate(connection: &mut Connection) -> Result<(), String> {
    Migrations::from_slice(STEPS).to_latest(connection).map_err(|error| match error {
        Error::MigrationDefinition(MigrationDefinitionError::DatabaseTooFarAhead) => {
            "it was made by a newer version of shiren; use that version, or another file".to_owned()
        }
        other => other.to_string(),
    })
}
