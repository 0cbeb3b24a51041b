//! Raw options to validated settings; the only place that knows where files lie by default.

use std::path::{Path, PathBuf};
use std::time::Duration;

use shiren_assets::{AssetError, Assets};
use shiren_decide::Policy;
use shiren_photo::DecodeLimits;
use shiren_protocol::Language;
use shiren_server::Limits;
use thiserror::Error;

use crate::cli::{LanguageName, PolicyOptions, Serve};

/// An option whose value cannot be used.
#[derive(Debug, Error)]
pub(crate) enum SettingsError {
    /// A threshold is out of its range.
    #[error(transparent)]
    Policy(#[from] shiren_decide::PolicyError),
    /// Plain HTTP would leave the machine.
    #[error(
        "{0} is not a loopback address: add --tls to speak HTTPS there, or --allow-plain-http if something in front of \
         shiren does"
    )]
    PlainHttp(std::net::SocketAddr),
    /// A number is too small to work with.
    #[error("{name} is {value}, it must be at least {least}")]
    TooSmall {
        /// The option.
        name: &'static str,
        /// Its value.
        value: u64,
        /// The least that works.
        least: u64,
    },
}

/// Where things lie.
#[derive(Debug)]
pub(crate) struct Home {
    folder: PathBuf,
    assets: PathBuf,
}

impl Home {
    pub(crate) fn resolve(home: Option<PathBuf>, assets: Option<PathBuf>) -> Result<Self, AssetError> {
        let folder = Assets::home(home)?;
        let assets = assets.unwrap_or_else(|| folder.join("assets"));
        Ok(Self { folder, assets })
    }

    pub(crate) fn assets(&self) -> Result<Assets, AssetError> {
        Assets::at(&self.assets)
    }

    pub(crate) fn assets_folder(&self) -> &Path {
        &self.assets
    }

    pub(crate) fn store(&self, chosen: Option<&PathBuf>) -> PathBuf {
        chosen.cloned().unwrap_or_else(|| self.folder.join("shiren.db"))
    }

    pub(crate) fn tls_folder(&self) -> PathBuf {
        self.folder.join("tls")
    }
}

impl From<LanguageName> for Language {
    fn from(name: LanguageName) -> Self {
        match name {
            LanguageName::Zh => Language::Zh,
            LanguageName::En => Language::En,
        }
    }
}

impl PolicyOptions {
    pub(crate) fn policy(&self) -> Result<Policy, SettingsError> {
        let policy = Policy { pass_mark: self.pass_mark, live_threshold: self.live_threshold, ..Policy::default() };
        policy.validate()?;
        Ok(policy)
    }

    pub(crate) fn decode_limits(&self) -> DecodeLimits {
        DecodeLimits { max_pixels: self.max_pixels }
    }
}

impl Serve {
    pub(crate) fn limits(&self) -> Result<Limits, SettingsError> {
        let least = |name, value: usize, least: usize| match value >= least {
            true => Ok(value),
            false => Err(SettingsError::TooSmall { name, value: value as u64, least: least as u64 }),
        };
        let max_request = least("--max-request-bytes", self.max_request_bytes, 64 * 1024)?;
        Ok(Limits {
            max_request,
            max_buffered: least("--max-buffered-bytes", self.max_buffered_bytes, max_request.saturating_mul(2))?,
            max_connections: least("--max-connections", self.max_connections, 1)?,
            stall: Duration::from_secs(least("--stall-seconds", self.stall_seconds as usize, 1)? as u64),
            request: Duration::from_secs(least("--request-seconds", self.request_seconds as usize, 1)? as u64),
            ..Limits::default()
        })
    }

    /// Refuses to send photographs readable over a network unless that was asked for.
    pub(crate) fn check_transport(&self) -> Result<(), SettingsError> {
        if self.tls || self.allow_plain_http || self.listen.ip().is_loopback() {
            return Ok(());
        }
        Err(SettingsError::PlainHttp(self.listen))
    }

    pub(crate) fn workers(&self) -> Result<usize, SettingsError> {
        match self.workers {
            Some(0) => Err(SettingsError::TooSmall { name: "--workers", value: 0, least: 1 }),
            Some(workers) => Ok(workers),
            None => Ok(std::thread::available_parallelism().map_or(1, usize::from)),
        }
    }
}
