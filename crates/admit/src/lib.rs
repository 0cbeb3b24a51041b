//! From a known caller to one whose turn it is: [`Authenticated`] to [`Admitted`]. Never opens a photograph.
//!
//! There are as many places as workers, and a queue in front of them that is bounded in time and in length: whoever would wait
//! longer than the limit is told so at once or when the limit is over, instead of being answered when he has given up.

use std::sync::Arc;
use std::time::{Duration, Instant};

use shiren_auth::Authenticated;
use thiserror::Error;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Why a caller is not admitted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum AdmitError {
    /// The queue is full, or the wait took longer than the limit.
    #[error("all workers are busy")]
    Busy,
}

/// A call that may use a worker. It holds its place until it is dropped. Only [`Gate::admit`] makes one.
#[derive(Debug)]
pub struct Admitted {
    authenticated: Authenticated,
    waited: Duration,
    _place: OwnedSemaphorePermit,
}

impl Admitted {
    /// The call.
    pub fn authenticated(&self) -> &Authenticated {
        &self.authenticated
    }

    /// How long it waited for its place.
    pub fn waited(&self) -> Duration {
        self.waited
    }
}

/// The gate in front of the workers.
pub struct Gate {
    places: Arc<Semaphore>,
    queue: Arc<Semaphore>,
    max_wait: Duration,
}

impl Gate {
    /// A gate with `places` workers behind it (at least one), and a queue of at most `max_queue` calls (at least one), each
    /// waiting `max_wait` at most.
    pub fn new(places: usize, max_queue: usize, max_wait: Duration) -> Self {
        let (places, queue) = (Semaphore::new(places.max(1)), Semaphore::new(max_queue.max(1)));
        Self { places: Arc::new(places), queue: Arc::new(queue), max_wait }
    }

    /// Waits for a place, in the order of arrival.
    pub async fn admit(&self, authenticated: Authenticated) -> Result<Admitted, AdmitError> {
        let arrived = Instant::now();
        let in_queue = Arc::clone(&self.queue).try_acquire_owned().map_err(|_| AdmitError::Busy)?;
        let place = tokio::time::timeout(self.max_wait, Arc::clone(&self.places).acquire_owned()).await;
        drop(in_queue);
        // The semaphore is never closed, so the inner error cannot occur.
        let place = place.map_err(|_| AdmitError::Busy)?.map_err(|_| AdmitError::Busy)?;
        Ok(Admitted { authenticated, waited: arrived.elapsed(), _place: place })
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use shiren_auth::{SystemClock, authenticate};
    use shiren_protocol::head::Head;
    use shiren_protocol::signature::v1;
    use shiren_protocol::{Params, Unverified, format_timestamp, percent_encode};
    use shiren_store::{KeyStore, SqliteStore};

    use super::*;

    fn authenticated(nonce: &str) -> Authenticated {
        let folder = tempfile::tempdir().unwrap();
        let store = SqliteStore::open(&folder.path().join("s.db")).unwrap();
        let now = time::OffsetDateTime::now_utc();
        let key = store.create_key("test", now).unwrap();
        let query = format!(
            "Action=ExecuteRequest&Version=2019-05-21&AccessKeyId={}&SignatureMethod=HMAC-SHA1&SignatureVersion=1.0\
             &SignatureNonce={nonce}&Timestamp={}",
            key.id,
            format_timestamp(now)
        );
        let params = Params::parse(&Bytes::from(query.clone()), &Bytes::new()).unwrap();
        let signature = percent_encode(&v1::sign("GET", &params, key.secret.reveal()));
        let head = Bytes::from(format!("GET /?{query}&Signature={signature} HTTP/1.1\r\n\r\n"));
        let call = Unverified::parse(&Head::parse(&head).unwrap(), &Bytes::new()).unwrap();
        authenticate(call, &store, &SystemClock).unwrap()
    }

    #[tokio::test(start_paused = true)]
    async fn the_wait_ends_with_a_place_or_with_the_limit() {
        let gate = Arc::new(Gate::new(1, 8, Duration::from_secs(2)));
        let first = gate.admit(authenticated("a")).await.unwrap();
        assert_eq!(gate.admit(authenticated("b")).await.unwrap_err(), AdmitError::Busy);
        let waiting = {
            let gate = Arc::clone(&gate);
            let call = authenticated("c");
            tokio::spawn(async move { gate.admit(call).await.is_ok() })
        };
        tokio::task::yield_now().await;
        drop(first);
        assert!(waiting.await.unwrap());
    }

    #[tokio::test(start_paused = true)]
    async fn a_full_queue_refuses_at_once() {
        let gate = Arc::new(Gate::new(1, 1, Duration::from_secs(3600)));
        let _first = gate.admit(authenticated("a")).await.unwrap();
        let waiting = {
            let gate = Arc::clone(&gate);
            let call = authenticated("b");
            tokio::spawn(async move { gate.admit(call).await.is_ok() })
        };
        tokio::task::yield_now().await;
        let before = tokio::time::Instant::now();
        assert_eq!(gate.admit(authenticated("c")).await.unwrap_err(), AdmitError::Busy);
        assert_eq!(before.elapsed(), Duration::ZERO);
        waiting.abort();
    }
}
