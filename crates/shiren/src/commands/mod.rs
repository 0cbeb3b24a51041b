//! One module a command. A command puts parts together and prints; what it prints for machines goes to standard output.

pub(crate) mod assets;
pub(crate) mod keys;
pub(crate) mod serve;
pub(crate) mod verify;

use std::error::Error;

use shiren_engine::{RuntimeOptions, check_cpu};
use shiren_photo::DecodeLimits;
use shiren_verify::{Judge, load_judge};

use crate::progress::Bars;
use crate::settings::Home;

/// A judge with the default model pack, obtaining the assets if they are missing.
fn judge(home: &Home, options: RuntimeOptions, limits: DecodeLimits) -> Result<Judge, Box<dyn Error>> {
    // Before anything is downloaded that could not run here.
    check_cpu()?;
    let assets = home.assets()?;
    assets.ensure_runtime(&Bars::default())?;
    Ok(load_judge(&assets, options, limits)?)
}
