use std::error::Error;

use shiren_store::{AccessKey, KeyStore, SqliteStore};
use time::OffsetDateTime;

use crate::cli::{KeyOption, Keys, StoreOption};
use crate::settings::Home;

#[expect(clippy::print_stdout, reason = "a command's answer")]
pub(crate) fn run(home: &Home, action: &Keys) -> Result<(), Box<dyn Error>> {
    let open = |option: &StoreOption| SqliteStore::open(&home.store(option.store.as_ref()));
    // Only making a key makes a store: elsewhere a store that is not there is a wrong path.
    let existing = |option: &StoreOption| {
        let path = home.store(option.store.as_ref());
        match path.is_file() {
            true => Ok(SqliteStore::open(&path)?),
            false => Err(Box::<dyn Error>::from(format!(
                "there is no store at {}: check --home, --store and SHIREN_HOME; `shiren serve` makes one",
                path.display()
            ))),
        }
    };
    match action {
        Keys::Create { label, store } => show(&open(store)?.create_key(label, OffsetDateTime::now_utc())?),
        Keys::List { store } => {
            for key in existing(store)?.keys()? {
                let state = if key.enabled { "enabled" } else { "disabled" };
                println!("{}  {state:<8}  {}  {}", key.id, key.created.date(), key.label);
            }
        }
        Keys::Disable(KeyOption { id, store }) => {
            existing(store)?.set_key_enabled(id, false)?;
            println!("{id} is disabled");
        }
        Keys::Enable(KeyOption { id, store }) => {
            existing(store)?.set_key_enabled(id, true)?;
            println!("{id} is enabled");
        }
        Keys::Rotate(KeyOption { id, store }) => {
            let key = existing(store)?.rotate_key(id)?;
            show(&key);
            if !key.enabled {
                println!("The key stays disabled; let it in with: shiren keys enable {id}");
            }
        }
    }
    Ok(())
}

#[expect(clippy::print_stdout, reason = "a command's answer")]
fn show(key: &AccessKey) {
    println!("AccessKeyId      {}", key.id);
    println!("AccessKeySecret  {}", key.secret.reveal());
}
