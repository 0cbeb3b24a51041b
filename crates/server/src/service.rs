use std::sync::Arc;

use bytes::Bytes;
use shiren_admit::Gate;
use shiren_auth::{Authenticated, Clock, authenticate};
use shiren_protocol::head::Head;
use shiren_protocol::{FaceVerify, Format, GatewayError, Language, Refusal, Reply, RequestId, Unverified};
use shiren_store::Store;
use shiren_verify::Verifier;
use tracing::Span;

/// What answers depend on besides the request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ServiceSettings {
    /// Language of `retMessage`.
    pub language: Language,
}

/// The way of one request: authenticate, admit, verify, answer.
pub struct Service<S: ?Sized> {
    store: Arc<S>,
    clock: Arc<dyn Clock>,
    gate: Gate,
    verifier: Arc<Verifier<S>>,
    settings: ServiceSettings,
}

impl<S: Store + ?Sized + 'static> Service<S> {
    /// Puts a service together.
    pub fn new(
        store: Arc<S>,
        clock: Arc<dyn Clock>,
        gate: Gate,
        verifier: Verifier<S>,
        settings: ServiceSettings,
    ) -> Self {
        Self { store, clock, gate, verifier: Arc::new(verifier), settings }
    }

    /// Answers a request. Whatever happens there is an answer, and every answer has an id.
    pub(crate) async fn answer(&self, head: Head, body: Bytes) -> Reply {
        let request_id = RequestId::random();
        let host = head.host.clone();
        match self.process(head, body, request_id).await {
            Ok(reply) => reply,
            Err((format, refusal)) => {
                tracing::info!(%request_id, refusal = code_of(&refusal), "refused");
                Reply::refusal(format, request_id, &host, &refusal)
            }
        }
    }

    async fn process(&self, head: Head, body: Bytes, request_id: RequestId) -> Result<Reply, (Format, Refusal)> {
        let (store, clock) = (Arc::clone(&self.store), Arc::clone(&self.clock));
        let wanted = Format::sniff(&head.query);
        let identified = off_the_sockets(wanted, move || identify(&head, &body, &*store, &*clock));
        let (authenticated, request) = identified.await?;

        let format = authenticated.call().format();
        let failed = |error: GatewayError| (format, Refusal::from(error));
        let admitted = self.gate.admit(authenticated).await.map_err(|_| failed(GatewayError::Unavailable))?;

        let verifier = Arc::clone(&self.verifier);
        let recorded = off_the_sockets(format, move || {
            verifier.execute(admitted, &request, request_id).map_err(|error| (format, Refusal::from(error)))
        });
        Ok(recorded.await?.reply(self.settings.language))
    }
}

/// Protocol and authentication: who calls, and what for.
fn identify<S: Store + ?Sized>(
    head: &Head,
    body: &Bytes,
    store: &S,
    clock: &dyn Clock,
) -> Result<(Authenticated, FaceVerify), (Format, Refusal)> {
    let call = Unverified::parse(head, body).map_err(|(format, error)| (format, error.into()))?;
    let format = call.format();
    let key_id = call.key_id().to_owned();
    let authenticated = authenticate(call, store, clock).map_err(|error| {
        tracing::info!(?key_id, code = error.code(), "not authenticated");
        (format, error.into())
    })?;
    let request = FaceVerify::parse(authenticated.call().params()).map_err(|refusal| (format, refusal))?;
    Ok((authenticated, request))
}

/// Runs work that computes or waits for the disk on a thread where no socket waits for it. A panic becomes `InternalError`.
async fn off_the_sockets<T: Send + 'static>(
    format: Format,
    work: impl FnOnce() -> Result<T, (Format, Refusal)> + Send + 'static,
) -> Result<T, (Format, Refusal)> {
    let span = Span::current();
    match tokio::task::spawn_blocking(move || span.in_scope(work)).await {
        Ok(result) => result,
        Err(error) => {
            tracing::error!(%error, "a request panicked");
            Err((format, GatewayError::Internal.into()))
        }
    }
}

/// The `Code` of a refusal, for logs: the message may repeat what the caller sent.
fn code_of(refusal: &Refusal) -> String {
    match refusal {
        Refusal::Gateway(error) => error.code(),
        Refusal::Service(error) => error.code().to_string(),
    }
}
