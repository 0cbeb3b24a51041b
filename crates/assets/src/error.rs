use std::path::{Path, PathBuf};

use thiserror::Error;

use crate::PrepareError;

/// Why assets could not be obtained, read or trusted. Whatever the error, nothing half-done is left behind.
#[derive(Debug, Error)]
pub enum AssetError {
    /// No folder for the user's data can be told.
    #[error("cannot tell where your data folder is: set HOME, or SHIREN_HOME to a folder of your choice")]
    NoHome,
    /// The pinned list itself is broken; a fault of this build.
    #[error("the built-in list of assets is broken: {0}")]
    Manifest(String),
    /// pip is needed and not there.
    #[error("pip is missing: install Python 3 with pip (Debian and Ubuntu: apt-get install python3-pip)")]
    PipMissing,
    /// npm is needed and not there.
    #[error("npm is missing: install Node.js with npm (Debian and Ubuntu: apt-get install npm)")]
    NpmMissing,
    /// Both are needed and not there.
    #[error(
        "pip and npm are missing: install Python 3 with pip, and Node.js with npm (Debian and Ubuntu: apt-get install \
         python3-pip npm)"
    )]
    PipAndNpmMissing,
    /// A registry's client failed.
    #[error("{client} could not fetch {file} (without a registry: shiren assets import DIR): {reason}")]
    Client {
        /// `pip` or `npm`.
        client: &'static str,
        /// The archive.
        file: String,
        /// The last of what the client said.
        reason: String,
    },
    /// An archive or a file is not the one that was pinned.
    #[error("{what} has the SHA-256 {found}, expected {expected}: it was altered or cut short; nothing of it was kept")]
    Digest {
        /// The archive, or the file in it.
        what: String,
        /// What was found.
        found: String,
        /// What is pinned.
        expected: String,
    },
    /// An installed file is not the one that was pinned.
    #[error("{path} has the SHA-256 {found}, expected {expected}: it was altered; `shiren assets fetch` replaces it")]
    Altered {
        /// The file.
        path: PathBuf,
        /// What was found.
        found: String,
        /// What is pinned.
        expected: String,
    },
    /// The archive lacks a file that it should hold, or cannot be read.
    #[error("cannot take {member} out of {archive}: {reason}")]
    Archive {
        /// The archive.
        archive: String,
        /// The file in it.
        member: String,
        /// What is wrong.
        reason: String,
    },
    /// A model could not be prepared for the engine.
    #[error("cannot prepare {file}: {source}")]
    Prepare {
        /// The model's file.
        file: String,
        /// What is wrong.
        source: PrepareError,
    },
    /// An import folder is not there.
    #[error("{0} is not a folder")]
    NotAFolder(PathBuf),
    /// An import folder lacks an archive.
    #[error("{folder} lacks {file}: fetch it elsewhere with `shiren assets fetch --archives DIR` and copy it there")]
    NotInFolder {
        /// The folder.
        folder: PathBuf,
        /// The archive.
        file: String,
    },
    /// An asset is not installed.
    #[error("{path} is missing: run `shiren assets fetch`")]
    Missing {
        /// The missing file.
        path: PathBuf,
    },
    /// The operating system refused.
    #[error("cannot {action} {path}: {source}")]
    Io {
        /// What was tried.
        action: &'static str,
        /// On what.
        path: PathBuf,
        /// The system's words.
        source: std::io::Error,
    },
}

impl AssetError {
    /// For `map_err`: an I/O error with what was tried on what.
    pub(crate) fn io(action: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        move |source| AssetError::Io { action, path: path.to_owned(), source }
    }
}
