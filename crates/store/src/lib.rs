//! What must outlive a request: access keys, nonces, verification records.
//!
//! The traits say what is kept, the adapters how; [`SqliteStore`] is the one that needs no other server. This crate is the
//! only home of SQL, and decides nothing.

mod access_key;
mod record;
mod sqlite;

use thiserror::Error;
use time::OffsetDateTime;

pub use access_key::{AccessKey, KeySecret};
pub use record::{Record, Timings};
pub use sqlite::SqliteStore;

/// Why the store could not answer. None of these is the caller's fault.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum StoreError {
    /// The database file or its folder cannot be opened or created.
    #[error("cannot open the store {path}: {reason}")]
    Open {
        /// The file.
        path: String,
        /// What was said.
        reason: String,
    },
    /// The database failed while it ran: disk full, locked, damaged.
    #[error("the store failed: {0}")]
    Failed(String),
    /// The store has been closed.
    #[error("the store is closed")]
    Closed,
    /// A key of that name is not there.
    #[error("there is no access key {0}: `shiren keys list` shows those that exist")]
    UnknownKey(String),
}

/// Access keys.
pub trait KeyStore {
    /// A key by its id, disabled ones too.
    fn key(&self, id: &str) -> Result<Option<AccessKey>, StoreError>;
    /// All keys, oldest first.
    fn keys(&self) -> Result<Vec<AccessKey>, StoreError>;
    /// Makes a key with a random id and secret. `label` is for people.
    fn create_key(&self, label: &str, now: OffsetDateTime) -> Result<AccessKey, StoreError>;
    /// Lets a key in, or shuts it out.
    fn set_key_enabled(&self, id: &str, enabled: bool) -> Result<(), StoreError>;
    /// Gives a key a new secret; the old one is refused from now on.
    fn rotate_key(&self, id: &str) -> Result<AccessKey, StoreError>;
}

/// Nonces that were used.
pub trait NonceStore {
    /// Marks a nonce of a key as used until `expires`. False if it was used already and that use has not expired `now`.
    /// When this returns, the mark survives a crash.
    fn spend_nonce(
        &self,
        key_id: &str,
        nonce: &str,
        now: OffsetDateTime,
        expires: OffsetDateTime,
    ) -> Result<bool, StoreError>;
}

/// Records of verifications.
pub trait RecordStore {
    /// Keeps a record. When this returns, it survives a crash and a power cut.
    fn append(&self, record: &Record) -> Result<(), StoreError>;
    /// A record by its request id.
    fn record(&self, request_id: &str) -> Result<Option<Record>, StoreError>;
    /// How many records there are.
    fn count_records(&self) -> Result<u64, StoreError>;
}

/// Everything that a server needs to keep.
pub trait Store: KeyStore + NonceStore + RecordStore + Send + Sync {}

impl<S: KeyStore + NonceStore + RecordStore + Send + Sync> Store for S {}
