use std::path::PathBuf;
use std::sync::OnceLock;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use shiren_assets::{Assets, Quiet};

/// The folder with the assets, which are obtained if they are missing; the same that `shiren` uses by default.
pub fn assets_folder() -> PathBuf {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER
        .get_or_init(|| {
            let variable = |name| std::env::var_os(name).map(PathBuf::from);
            let folder = variable("SHIREN_ASSETS")
                .unwrap_or_else(|| Assets::home(variable("SHIREN_HOME")).unwrap().join("assets"));
            let assets = Assets::at(&folder).unwrap();
            if let Err(error) = assets.ensure(&Quiet) {
                panic!("the tests need the assets: {error}");
            }
            folder
        })
        .clone()
}

/// The path of a sample photograph, `person_a_1` for example.
pub fn sample(name: &str) -> PathBuf {
    Assets::at(assets_folder()).unwrap().sample(&format!("{name}.jpg")).unwrap()
}

/// A sample photograph in base64.
pub fn photo(name: &str) -> String {
    BASE64_STANDARD.encode(std::fs::read(sample(name)).unwrap())
}
