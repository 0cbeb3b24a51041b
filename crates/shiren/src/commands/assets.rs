use std::error::Error;

use crate::cli::AssetsAction;
use crate::progress::Bars;
use crate::settings::Home;

#[expect(clippy::print_stdout, reason = "a command's answer")]
pub(crate) fn run(home: &Home, action: &AssetsAction) -> Result<(), Box<dyn Error>> {
    let assets = home.assets()?;
    match action {
        AssetsAction::Fetch { archives: Some(folder) } => {
            assets.fetch_archives(folder, &Bars::default())?;
            println!("all archives are in {}", folder.display());
            return Ok(());
        }
        AssetsAction::Fetch { archives: None } => {
            assets.repair(&Bars::default())?;
        }
        AssetsAction::Import { dir } => {
            assets.import(dir, &Bars::default())?;
        }
        AssetsAction::Verify => {}
    }
    println!("{} files in {} are as pinned", assets.verify()?, home.assets_folder().display());
    Ok(())
}
