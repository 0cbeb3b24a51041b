use std::time::Duration;

use shiren_protocol::{Format, GatewayError, Reply, RequestId};
use shiren_store::Store;
use time::OffsetDateTime;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::sync::watch;
use tokio::time::{Instant, timeout, timeout_at};

use crate::answer::{Framing, serialise};
use crate::budget::Budget;
use crate::limits::Limits;
use crate::reader::{ReadError, Reader, Request};
use crate::service::Service;

/// Longest time for which what a refused client still sends is read and dropped.
const LINGER: Duration = Duration::from_secs(30);

/// One connection, from its first request to its last.
pub(crate) async fn serve<T, S>(
    mut stream: T,
    service: &Service<S>,
    limits: Limits,
    budget: Budget,
    mut shutdown: watch::Receiver<bool>,
) where
    T: AsyncRead + AsyncWrite + Unpin,
    S: Store + ?Sized + 'static,
{
    let mut reader = Reader::new(limits, budget);
    loop {
        let stop = async {
            // An error means that the server is gone, which is a stop too.
            let _ = shutdown.wait_for(|&stopping| stopping).await;
        };
        if !reader.wait(&mut stream, stop).await {
            return;
        }
        match reader.read(&mut stream).await {
            Ok(Request { head, body, share }) => {
                let (wants_more, with_body) = (head.keep_alive, head.method != "HEAD");
                let reply = service.answer(head, body).await;
                drop(share);
                let keep_alive = wants_more && !*shutdown.borrow();
                let framing = Framing { keep_alive, with_body };
                if !send(&mut stream, &reply, framing, limits.stall).await || !keep_alive {
                    let _ = timeout(limits.stall, stream.shutdown()).await;
                    return;
                }
            }
            Err(ReadError::Refused(format, error)) => {
                tracing::info!(code = error.code(), "refused before it was read");
                // Its buffer goes before the client is waited for.
                drop(reader);
                refuse(&mut stream, format, &error, limits.stall).await;
                return;
            }
            Err(error @ (ReadError::Gone(_) | ReadError::TooSlow)) => {
                tracing::debug!(%error, "dropped");
                return;
            }
        }
    }
}

/// Answers `InvalidProtocol.NeedSsl` in plain HTTP and ends the connection. A request of plain HTTP is read first, for the
/// format that it asks for.
pub(crate) async fn demand_tls<T: AsyncRead + AsyncWrite + Unpin>(
    mut stream: T,
    limits: Limits,
    budget: Budget,
    read_first: bool,
) {
    let mut format = Format::default();
    if read_first {
        let read = Reader::new(limits, budget).read(&mut stream).await;
        format = match read {
            Ok(request) => Format::sniffed(&request.head.query).unwrap_or_else(|| Format::sniff(&request.body)),
            Err(ReadError::Refused(format, _)) => format,
            Err(ReadError::Gone(_) | ReadError::TooSlow) => return,
        };
    }
    tracing::info!(code = GatewayError::NeedSsl.code(), "refused");
    refuse(&mut stream, format, &GatewayError::NeedSsl, limits.stall).await;
}

/// Answers a request that will not be read to its end, and ends the connection so that the client sees the answer.
async fn refuse<T: AsyncRead + AsyncWrite + Unpin>(
    stream: &mut T,
    format: Format,
    error: &GatewayError,
    stall: Duration,
) {
    let reply = Reply::gateway(format, RequestId::random(), "", error);
    let framing = Framing { keep_alive: false, with_body: true };
    if send(stream, &reply, framing, stall).await {
        linger(stream, stall).await;
    }
}

async fn send<T: AsyncWrite + Unpin>(stream: &mut T, reply: &Reply, framing: Framing, stall: Duration) -> bool {
    let bytes = serialise(reply, framing, OffsetDateTime::now_utc());
    let sent = async {
        stream.write_all(&bytes).await?;
        stream.flush().await
    };
    matches!(timeout(stall, sent).await, Ok(Ok(())))
}

/// Reads and drops what the client still sends: closing at once would make the system reset the connection, and many
/// clients would then report the reset instead of the answer (RFC 9112, section 9.6).
async fn linger<T: AsyncRead + AsyncWrite + Unpin>(stream: &mut T, stall: Duration) {
    let _ = timeout(stall, stream.shutdown()).await;
    let deadline = Instant::now() + LINGER;
    let mut dropped = vec![0; 64 * 1024];
    while let Ok(Ok(Ok(length))) = timeout_at(deadline, timeout(stall, stream.read(&mut dropped))).await {
        if length == 0 {
            return;
        }
    }
}
