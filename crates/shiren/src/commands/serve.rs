use std::error::Error;
use std::io::Write;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use shiren_admit::Gate;
use shiren_auth::SystemClock;
use shiren_engine::{Precision, RuntimeOptions};
use shiren_server::{DevelopmentCertificate, Listener, Service, ServiceSettings, run as run_server, server_config};
use shiren_store::{AccessKey, KeyStore, SqliteStore};
use shiren_verify::{ResourceCodes, Verifier};
use time::OffsetDateTime;
use tokio::signal::unix::{SignalKind, signal};

use crate::cli::Serve;
use crate::progress::Bars;
use crate::settings::Home;
use crate::text::{Welcome, welcome};

/// What the process exits with when a second signal stops it.
const STOPPED: i32 = 130;

/// Calls that may wait for one worker. The wait is bounded in time first; this bounds the memory of those who wait.
const QUEUE_PER_WORKER: usize = 64;

pub(crate) fn run(home: &Home, options: &Serve) -> Result<(), Box<dyn Error>> {
    // Whatever is wrong with the options is said before anything is downloaded.
    options.check_transport()?;
    let policy = options.policy.policy()?;
    let limits = options.limits()?;
    let workers = options.workers()?;
    let tls = certificate(home, options)?;
    let socket = TcpListener::bind(options.listen).map_err(|e| format!("cannot listen on {}: {e}", options.listen))?;

    let engine = RuntimeOptions { parallel: workers, precision: Precision::F32 };
    let judge = super::judge(home, engine, options.policy.decode_limits())?;
    // The sample photographs are for trying it out only: a service does not fail for want of them.
    if let Err(error) = home.assets()?.ensure(&Bars::default()) {
        tracing::warn!(%error, "there are no sample photographs");
    }
    let store = Arc::new(SqliteStore::open(&home.store(options.store.as_ref()))?);
    let clock = Arc::new(SystemClock);
    let codes = ResourceCodes::under_one_policy(options.resource_codes.iter().cloned(), policy);
    let verifier = Verifier::new(judge, codes, clock.clone(), Arc::clone(&store));
    let gate = Gate::new(workers, workers * QUEUE_PER_WORKER, Duration::from_millis(options.max_wait_ms));
    let settings = ServiceSettings { language: options.language.into() };
    let service = Arc::new(Service::new(Arc::clone(&store), clock, gate, verifier, settings));

    let (config, ca_file) = match tls {
        Some(Certificate { config, ca_file }) => (Some(config), ca_file),
        None => (None, None),
    };
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(async {
        let listener = Listener::new(socket, config)?;
        let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
        // Last, when nothing can fail any more: its secret is shown this once.
        let first_key = first_key(&store)?;
        greet(home, options, &listener, ca_file.as_deref(), first_key.as_ref())?;
        let shutdown = async move {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
            let seconds = limits.drain.as_secs();
            tracing::info!("shutting down: finishing requests under way, {seconds} s at most; again to stop at once");
            tokio::spawn(async move {
                tokio::select! {
                    _ = terminate.recv() => {}
                    _ = interrupt.recv() => {}
                }
                tracing::warn!("stopped before all requests were finished");
                std::process::exit(STOPPED);
            });
        };
        run_server(listener, service, limits, shutdown).await;
        Ok(())
    })
}

/// TLS with where its CA lies, if it is a development certificate.
struct Certificate {
    config: Arc<rustls::ServerConfig>,
    ca_file: Option<String>,
}

fn certificate(home: &Home, options: &Serve) -> Result<Option<Certificate>, Box<dyn Error>> {
    if !options.tls {
        return Ok(None);
    }
    if let (Some(certificate), Some(key)) = (&options.tls_cert, &options.tls_key) {
        return Ok(Some(Certificate { config: server_config(certificate, key)?, ca_file: None }));
    }
    let mut names = options.tls_name.clone();
    names.push(options.listen.ip().to_string());
    let DevelopmentCertificate { config, ca_file } = DevelopmentCertificate::obtain(&home.tls_folder(), &names)?;
    Ok(Some(Certificate { config, ca_file: Some(ca_file.display().to_string()) }))
}

/// Makes an access key if the store has none.
fn first_key(store: &SqliteStore) -> Result<Option<AccessKey>, Box<dyn Error>> {
    if !store.keys()?.is_empty() {
        return Ok(None);
    }
    Ok(Some(store.create_key("first key", OffsetDateTime::now_utc())?))
}

fn greet(
    home: &Home,
    options: &Serve,
    listener: &Listener,
    ca_file: Option<&str>,
    first_key: Option<&AccessKey>,
) -> Result<(), Box<dyn Error>> {
    let address = listener.local_address()?;
    let endpoint = match address {
        // Nobody can call 0.0.0.0; this machine can call itself.
        _ if address.ip().is_unspecified() => format!("localhost:{}", address.port()),
        SocketAddr::V4(_) | SocketAddr::V6(_) => address.to_string(),
    };
    let scheme = if listener.is_tls() { "https" } else { "http" };
    let url = format!("{scheme}://{endpoint}/");
    let text = Welcome {
        url: &url,
        endpoint: &endpoint,
        tls: listener.is_tls(),
        ca_file,
        first_key,
        resource_code: options.resource_codes.first().map_or("", String::as_str),
    };
    let mut out = std::io::stdout().lock();
    out.write_all(welcome(&text, &home.assets()?).as_bytes())?;
    Ok(out.flush()?)
}
