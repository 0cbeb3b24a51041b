use std::error::Error;

use shiren_store::{AccessKey, KeyStore, SqliteStore};
use time::OffsetDateTime;

use crate::cli::{KeyOption, Keys, StoreOption};
use crate::settings::Home;

#[expect(clippy::print_stdout, reason = "a command's answer")]
pub(crate) fn run(home: &Home, action: &Keys) -> Result<(), Box<dyn Error>> {
    let open = |option: &StoreOption| SqliteStore::open(&home.store(option.store.as_ref()));
    match action {
        Keys::Create { label, store } => show(&open(store)?.create_key(label, OffsetDateTime::now_utc())?),
        Keys::List { store } => {
            for key in open(store)?.keys()? {
                let state = if key.enabled { "enabled" } else { "disabled" };
                println!("{}  {state:<8}  {}  {}", key.id, key.created.date(), key.label);
            }
        }
        Keys::Disable(KeyOption { id, store }) => {
            open(store)?.set_key_enabled(id, false)?;
            println!("{id} is disabled");
        }
        Keys::Enable(KeyOption { id, store }) => {
            open(store)?.set_key_enabled(id, true)?;
            println!("{id} is enabled");
        }
        Keys::Rotate(KeyOption { id, store }) => show(&open(store)?.rotate_key(id)?),
    }
    Ok(())
}

#[expect(clippy::print_stdout, reason = "a command's answer")]
fn show(key: &AccessKey) {
    println!("AccessKeyId      {}", key.id);
    println!("AccessKeySecret  {}", key.secret.reveal());
}
