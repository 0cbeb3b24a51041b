use std::future::Future;
use std::io;

use bytes::{Bytes, BytesMut};
use shiren_protocol::body::{Chunks, Step};
use shiren_protocol::head::{End, Framing, Head, HeadError};
use shiren_protocol::{Format, GatewayError};
use thiserror::Error;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::time::{Instant, timeout, timeout_at};

use crate::answer::CONTINUE;
use crate::budget::{Budget, Share};
use crate::limits::Limits;

/// Room that is made in the buffer for each read, in bytes.
const READ: usize = 64 * 1024;

/// A whole request, with its share of the memory budget.
pub(crate) struct Request {
    pub(crate) head: Head,
    pub(crate) body: Bytes,
    pub(crate) share: Share,
}

/// Why there is no request.
#[derive(Debug, Error)]
pub(crate) enum ReadError {
    /// The client went away, cleanly or not, or broke off.
    #[error("the connection ended: {0}")]
    Gone(#[from] io::Error),
    /// The client was too slow.
    #[error("the client was too slow")]
    TooSlow,
    /// The client is to be told, in the format it seems to want; after that the connection ends.
    #[error("{1}")]
    Refused(Format, GatewayError),
}

/// Reads the requests of one connection, one after the other; what was sent ahead waits in the buffer.
pub(crate) struct Reader {
    buffer: BytesMut,
    limits: Limits,
    budget: Budget,
}

impl Reader {
    pub(crate) fn new(limits: Limits, budget: Budget) -> Self {
        Self { buffer: BytesMut::new(), limits, budget }
    }

    /// Waits for the first byte of a request. False if the client closes the connection, stays idle too long, or `stop`
    /// comes first.
    pub(crate) async fn wait<S: AsyncRead + Unpin>(&mut self, stream: &mut S, stop: impl Future<Output = ()>) -> bool {
        if !self.buffer.is_empty() {
            return true;
        }
        self.buffer.reserve(READ);
        tokio::select! {
            read = timeout(self.limits.idle, stream.read_buf(&mut self.buffer)) => {
                matches!(read, Ok(Ok(length)) if length > 0)
            }
            () = stop => false,
        }
    }

    /// Reads one request, whose first byte has arrived.
    pub(crate) async fn read<S: AsyncRead + AsyncWrite + Unpin>(
        &mut self,
        stream: &mut S,
    ) -> Result<Request, ReadError> {
        let deadline = Instant::now() + self.limits.request;
        match timeout_at(deadline, self.read_whole(stream)).await {
            Ok(result) => result,
            Err(_) => Err(ReadError::TooSlow),
        }
    }

    async fn read_whole<S: AsyncRead + AsyncWrite + Unpin>(&mut self, stream: &mut S) -> Result<Request, ReadError> {
        let mut share = Share::default();
        let head = self.read_head(stream, &mut share).await?;
        let body = match head.framing {
            Framing::Length(0) => Bytes::new(),
            Framing::Length(length) => self.read_length(stream, &mut share, &head, length).await?,
            Framing::Chunked => self.read_chunks(stream, &mut share, &head).await?,
        };
        // What was sent ahead moves to a buffer of its own: the old one belongs to the request, and goes with it.
        if head.length + body.len() > READ {
            self.buffer = BytesMut::from(&self.buffer[..]);
        }
        Ok(Request { head, body, share })
    }

    async fn read_head<S: AsyncRead + Unpin>(&mut self, stream: &mut S, share: &mut Share) -> Result<Head, ReadError> {
        // Empty lines before a request are skipped (RFC 9112, section 2.2).
        let mut end = End::default();
        loop {
            if end.is_at_start() {
                let blank = self.buffer.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
                let _ = self.buffer.split_to(blank);
            }
            if let Some(length) = end.find(&self.buffer) {
                let bytes = self.buffer.split_to(length).freeze();
                return Head::parse(&bytes).map_err(|error| {
                    let what = match error {
                        HeadError::Malformed(_) => "request head",
                        HeadError::Framing(_) => "Content-Length",
                    };
                    ReadError::Refused(Format::sniff(&bytes), GatewayError::Invalid(what))
                });
            }
            let format = || Format::sniff(&self.buffer);
            if self.buffer.len() >= self.limits.max_request {
                return Err(ReadError::Refused(format(), self.too_large()));
            }
            if !self.budget.cover(share, self.buffer.len()) {
                return Err(ReadError::Refused(format(), GatewayError::Unavailable));
            }
            self.fill(stream).await?;
        }
    }

    async fn read_length<S: AsyncRead + AsyncWrite + Unpin>(
        &mut self,
        stream: &mut S,
        share: &mut Share,
        head: &Head,
        length: u64,
    ) -> Result<Bytes, ReadError> {
        let room = self.limits.max_request.saturating_sub(head.length);
        let length = usize::try_from(length).ok().filter(|&length| length <= room);
        let length = length.ok_or_else(|| self.refused(head, self.too_large()))?;
        self.invite(stream, head).await?;
        while self.buffer.len() < length {
            // What has arrived counts, not what was announced: an announcement costs its sender nothing.
            if !self.budget.cover(share, head.length + self.buffer.len()) {
                return Err(self.refused(head, GatewayError::Unavailable));
            }
            self.fill(stream).await?;
        }
        Ok(self.buffer.split_to(length).freeze())
    }

    async fn read_chunks<S: AsyncRead + AsyncWrite + Unpin>(
        &mut self,
        stream: &mut S,
        share: &mut Share,
        head: &Head,
    ) -> Result<Bytes, ReadError> {
        self.invite(stream, head).await?;
        let mut chunks = Chunks::default();
        let mut body = BytesMut::new();
        loop {
            match chunks
                .step(&self.buffer)
                .map_err(|_| self.refused(head, GatewayError::Invalid("Transfer-Encoding")))?
            {
                Step::NeedMore => self.fill(stream).await?,
                Step::Data { skip, data } => {
                    let _ = self.buffer.split_to(skip);
                    body.extend_from_slice(&self.buffer.split_to(data));
                    let total = head.length + body.len();
                    if total > self.limits.max_request {
                        return Err(self.refused(head, self.too_large()));
                    }
                    if !self.budget.cover(share, total) {
                        return Err(self.refused(head, GatewayError::Unavailable));
                    }
                }
                Step::End { skip } => {
                    let _ = self.buffer.split_to(skip);
                    return Ok(body.freeze());
                }
            }
        }
    }

    /// Tells a client that waits for it to send the body.
    async fn invite<S: AsyncWrite + Unpin>(&self, stream: &mut S, head: &Head) -> Result<(), ReadError> {
        if head.expects_continue && self.buffer.is_empty() {
            let sent = async {
                stream.write_all(CONTINUE).await?;
                stream.flush().await
            };
            timeout(self.limits.stall, sent).await.map_err(|_| ReadError::TooSlow)??;
        }
        Ok(())
    }

    async fn fill<S: AsyncRead + Unpin>(&mut self, stream: &mut S) -> Result<(), ReadError> {
        self.buffer.reserve(READ);
        let read = timeout(self.limits.stall, stream.read_buf(&mut self.buffer)).await;
        match read.map_err(|_| ReadError::TooSlow)?? {
            0 => Err(ReadError::Gone(io::ErrorKind::UnexpectedEof.into())),
            _ => Ok(()),
        }
    }

    /// A refusal in the format that the query names, or what of the body there is.
    fn refused(&self, head: &Head, error: GatewayError) -> ReadError {
        let format = Format::sniffed(&head.query).or_else(|| Format::sniffed(&self.buffer));
        ReadError::Refused(format.unwrap_or_default(), error)
    }

    fn too_large(&self) -> GatewayError {
        GatewayError::TooLarge(self.limits.max_request as u64)
    }
}
