use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use rustls::ServerConfig;
use shiren_store::Store;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;
use tracing::Instrument;

use crate::budget::Budget;
use crate::connection;
use crate::limits::Limits;
use crate::service::Service;

/// First byte of a TLS record that holds a handshake (RFC 8446, section 5.1). No HTTP request begins with it.
const TLS_HANDSHAKE: u8 = 0x16;

/// How long accepting pauses after it failed, for want of file descriptors for example.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// A bound socket, with TLS or without.
pub struct Listener {
    socket: TcpListener,
    tls: Option<TlsAcceptor>,
}

impl Listener {
    /// Takes a bound socket over; to be called within a runtime. With `tls` only HTTPS is spoken.
    pub fn new(socket: std::net::TcpListener, tls: Option<Arc<ServerConfig>>) -> io::Result<Self> {
        socket.set_nonblocking(true)?;
        Ok(Self { socket: TcpListener::from_std(socket)?, tls: tls.map(TlsAcceptor::from) })
    }

    /// The address that was bound, with the port that was taken.
    pub fn local_address(&self) -> io::Result<SocketAddr> {
        self.socket.local_addr()
    }

    /// Whether HTTPS is spoken.
    pub fn is_tls(&self) -> bool {
        self.tls.is_some()
    }
}

/// Serves until `shutdown` is done; then accepts no more, lets requests under way end within `limits.drain`, and returns.
pub async fn run<S: Store + ?Sized + 'static>(
    listener: Listener,
    service: Arc<Service<S>>,
    limits: Limits,
    shutdown: impl Future<Output = ()>,
) {
    let (stop, stopping) = watch::channel(false);
    let places = Arc::new(Semaphore::new(limits.max_connections.clamp(1, Semaphore::MAX_PERMITS)));
    let budget = Budget::new(limits.max_buffered);
    let mut connections = JoinSet::new();
    tokio::pin!(shutdown);
    loop {
        let place = tokio::select! {
            place = Arc::clone(&places).acquire_owned() => place,
            () = &mut shutdown => break,
        };
        let accepted = tokio::select! {
            accepted = listener.socket.accept() => accepted,
            () = &mut shutdown => break,
        };
        while connections.try_join_next().is_some() {}
        let (stream, peer) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                tracing::warn!(%error, "cannot accept a connection");
                sleep(ACCEPT_PAUSE).await;
                continue;
            }
        };
        let (service, budget) = (Arc::clone(&service), budget.clone());
        let (tls, stopping) = (listener.tls.clone(), stopping.clone());
        let conversation = async move {
            let _place = place;
            converse(stream, tls, &service, limits, budget, stopping).await;
        };
        connections.spawn(conversation.instrument(tracing::info_span!("connection", %peer)));
    }
    drop(listener);
    let _ = stop.send(true);
    let drained = async { while connections.join_next().await.is_some() {} };
    if timeout(limits.drain, drained).await.is_err() {
        tracing::warn!("requests were still under way when the time to drain was over");
    }
}

/// Speaks TLS first where it is asked for. A client that speaks the wrong one of HTTP and HTTPS is told so at once.
async fn converse<S: Store + ?Sized + 'static>(
    stream: TcpStream,
    tls: Option<TlsAcceptor>,
    service: &Service<S>,
    limits: Limits,
    budget: Budget,
    mut stopping: watch::Receiver<bool>,
) {
    // Answers are written whole; waiting to fill a packet would only delay them. Failing to set this is no reason to fail.
    let _ = stream.set_nodelay(true);
    let mut first = [0];
    let peeked = tokio::select! {
        peeked = timeout(limits.idle, stream.peek(&mut first)) => peeked,
        _ = stopping.wait_for(|&stopping| stopping) => return,
    };
    let Ok(Ok(1)) = peeked else { return };
    let speaks_tls = first[0] == TLS_HANDSHAKE;
    let tls = match tls {
        Some(tls) if speaks_tls => tls,
        None if !speaks_tls => return connection::serve(stream, service, limits, budget, stopping).await,
        // Either way the answer is plain HTTP. To a client that speaks TLS it is no TLS record, which ends its handshake at
        // once with an error that people know, instead of a time-out.
        mismatch => {
            if mismatch.is_none() {
                tracing::warn!("a client speaks HTTPS to the plain HTTP port: start with --tls, or set it to http");
            }
            let read_first = !speaks_tls;
            return connection::demand_tls(stream, limits, budget, read_first).await;
        }
    };
    match timeout(limits.stall, tls.accept(stream)).await {
        Ok(Ok(stream)) => connection::serve(stream, service, limits, budget, stopping).await,
        Ok(Err(error)) => tracing::debug!(%error, "the TLS handshake failed"),
        Err(_) => tracing::debug!("the TLS handshake took too long"),
    }
}
