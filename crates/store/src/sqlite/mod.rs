//! SQLite, embedded: write-ahead log, one writer thread that commits in groups, one reading connection.

mod keys;
mod nonces;
mod records;
mod schema;
mod writer;

use std::fs;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

use rusqlite::Connection;

use crate::StoreError;
use writer::Writer;

/// How long a statement waits for another process that writes, such as `shiren keys` beside a running server.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// The embedded store. Any number of processes may open one file.
pub struct SqliteStore {
    reader: Mutex<Connection>,
    writer: Writer,
}

impl SqliteStore {
    /// Opens a database file, makes it and its folder if they are not there (readable by their owner only), and brings its
    /// tables up to date. A database of a newer shiren is refused.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        let failed = |reason: String| StoreError::Open { path: path.display().to_string(), reason };
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).map_err(|e| failed(e.to_string()))?;
        }
        // Two processes that make the tables of a fresh file at once would be in each other's way.
        let lock = fs::File::create(path.with_extension("lock")).map_err(|e| failed(e.to_string()))?;
        lock.lock().map_err(|e| failed(e.to_string()))?;
        // The file holds secrets: it is made with its permissions, not given them afterwards. SQLite gives its log and
        // shared-memory files those of the database. A file that is there is not opened here: closing it again would drop
        // the locks that another connection of this process holds (POSIX locks belong to the process).
        match fs::OpenOptions::new().create_new(true).write(true).mode(0o600).open(path) {
            Err(e) if e.kind() != std::io::ErrorKind::AlreadyExists => return Err(failed(e.to_string())),
            _ => {}
        }
        let mut connection = connect(path).map_err(|e| failed(e.to_string()))?;
        schema::migrate(&mut connection).map_err(failed)?;
        let reader = connect(path).map_err(|e| failed(e.to_string()))?;
        Ok(Self { reader: Mutex::new(reader), writer: Writer::start(connection) })
    }

    fn reader(&self) -> MutexGuard<'_, Connection> {
        // Reading changes nothing, so a reader that panicked left nothing half-done.
        self.reader.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

fn connect(path: &Path) -> rusqlite::Result<Connection> {
    let connection = Connection::open(path)?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.pragma_update(None, "journal_mode", "wal")?;
    // With the write-ahead log, FULL is what makes a commit survive a power cut, and not only a crash.
    connection.pragma_update(None, "synchronous", "full")?;
    connection.pragma_update(None, "foreign_keys", "on")?;
    Ok(connection)
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        StoreError::Failed(error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use time::{Duration, OffsetDateTime};

    use super::*;
    use crate::{KeyStore, NonceStore, Record, RecordStore, Timings};

    fn store() -> (tempfile::TempDir, SqliteStore) {
        let folder = tempfile::tempdir().unwrap();
        let store = SqliteStore::open(&folder.path().join("deep/er/shiren.db")).unwrap();
        (folder, store)
    }

    fn now() -> OffsetDateTime {
        OffsetDateTime::from_unix_timestamp(1_800_000_000).unwrap()
    }

    fn record(id: &str) -> Record {
        Record {
            request_id: id.into(),
            time: now() + Duration::milliseconds(123),
            key_id: "k".into(),
            resource_code: "00840000".into(),
            outcome: "passed".into(),
            score: Some(91.5),
            pass_mark: 80.0,
            live_probability: None,
            live_threshold: 0.4,
            model_pack: "default-1@abc".into(),
            calibration: "c1".into(),
            timings: Timings { queue: 1, decode: 2, detect: 3, embed: 4, antispoof: 5 },
        }
    }

    #[test]
    fn keys_live_and_change() {
        let (_folder, store) = store();
        let key = store.create_key("bank", now()).unwrap();
        assert_eq!(store.key(&key.id).unwrap().as_ref(), Some(&key));
        store.set_key_enabled(&key.id, false).unwrap();
        assert!(!store.key(&key.id).unwrap().unwrap().enabled);
        let rotated = store.rotate_key(&key.id).unwrap();
        assert!(rotated.secret != key.secret && rotated.id == key.id && !rotated.enabled);
        assert_eq!(store.keys().unwrap(), [rotated]);
        assert_eq!(store.key("other").unwrap(), None);
        assert_eq!(store.rotate_key("other"), Err(StoreError::UnknownKey("other".into())));
        assert_eq!(store.set_key_enabled("other", true), Err(StoreError::UnknownKey("other".into())));
    }

    #[test]
    fn a_nonce_is_spent_once_until_it_expires() {
        let (_folder, store) = store();
        let later = now() + Duration::minutes(30);
        assert_eq!(store.spend_nonce("k", "n", now(), later), Ok(true));
        assert_eq!(store.spend_nonce("k", "n", now(), later), Ok(false));
        assert_eq!(store.spend_nonce("other", "n", now(), later), Ok(true));
        assert_eq!(store.spend_nonce("k", "n", later, later), Ok(false));
        let after = later + Duration::seconds(1);
        assert_eq!(store.spend_nonce("k", "n", after, after + Duration::minutes(30)), Ok(true));
    }

    #[test]
    fn many_may_open_a_fresh_file_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("fresh.db");
        std::thread::scope(|scope| {
            let threads: Vec<_> = (0..8).map(|_| scope.spawn(|| SqliteStore::open(&path).map(drop))).collect();
            for thread in threads {
                thread.join().unwrap().unwrap();
            }
        });
    }

    #[test]
    fn of_many_threads_one_spends_the_nonce() {
        let (_folder, store) = store();
        let later = now() + Duration::minutes(30);
        let wins = std::thread::scope(|scope| {
            let threads: Vec<_> =
                (0..16).map(|_| scope.spawn(|| store.spend_nonce("k", "n", now(), later).unwrap())).collect();
            threads.into_iter().map(|t| t.join().unwrap()).filter(|&won| won).count()
        });
        assert_eq!(wins, 1);
    }

    #[test]
    fn records_and_nonces_survive_reopening() {
        let (folder, store) = store();
        let path = folder.path().join("deep/er/shiren.db");
        store.append(&record("A")).unwrap();
        assert!(matches!(store.append(&record("A")), Err(StoreError::Failed(_))));
        store.append(&record("B")).unwrap();
        store.spend_nonce("k", "n", now(), now() + Duration::minutes(30)).unwrap();
        drop(store);
        let store = SqliteStore::open(&path).unwrap();
        assert_eq!(store.record("A").unwrap(), Some(record("A")));
        assert_eq!((store.count_records(), store.record("C")), (Ok(2), Ok(None)));
        assert_eq!(store.spend_nonce("k", "n", now(), now()), Ok(false));
    }

    #[test]
    fn only_the_owner_reads_the_file() {
        use std::os::unix::fs::PermissionsExt;
        let (folder, store) = store();
        store.create_key("x", now()).unwrap();
        for entry in fs::read_dir(folder.path().join("deep/er")).unwrap() {
            let entry = entry.unwrap();
            let (mode, name) = (entry.metadata().unwrap().permissions().mode(), entry.file_name());
            assert!(mode & 0o077 == 0 || name == "shiren.lock", "{name:?} has the mode {mode:o}");
        }
    }

    #[test]
    fn refuses_what_is_no_database_or_a_newer_one() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.db");
        fs::write(&path, "this is not a database, it is a text of some length").unwrap();
        assert!(matches!(SqliteStore::open(&path), Err(StoreError::Open { .. })));
        assert!(fs::read_to_string(&path).unwrap().starts_with("this is not"));
        let newer = folder.path().join("newer.db");
        Connection::open(&newer).unwrap().pragma_update(None, "user_version", 99).unwrap();
        let error = SqliteStore::open(&newer).err().unwrap().to_string();
        assert!(error.contains("newer version of shiren"), "{error}");
    }
}
