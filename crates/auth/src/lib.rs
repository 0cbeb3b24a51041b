//! From a call that claims to be somebody's to one that is: [`Unverified`] to [`Authenticated`].
//!
//! Keys and nonces come through the store's traits and the time through [`Clock`]; no HTTP and no SQL here.

use shiren_protocol::signature::{Excerpt, v1};
use shiren_protocol::{GatewayError, Unverified};
use shiren_store::{KeyStore, NonceStore, StoreError};
use time::{Duration, OffsetDateTime};

/// How far a timestamp may lie from the server's clock, either way.
pub const TIMESTAMP_WINDOW: Duration = Duration::minutes(15);

/// A stand-in for the secret of a key that does not exist, so that an unknown key costs what a wrong signature costs.
const NO_SECRET: &str = "000000000000000000000000000000";

/// Where the time comes from.
pub trait Clock: Send + Sync {
    /// Now, in UTC.
    fn now(&self) -> OffsetDateTime;
}

/// The machine's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> OffsetDateTime {
        OffsetDateTime::now_utc()
    }
}

/// A call whose caller is known and which is no replay. Only [`authenticate`] makes one.
#[derive(Debug)]
pub struct Authenticated {
    call: Unverified,
}

impl Authenticated {
    /// Id of the access key that signed.
    pub fn key_id(&self) -> &str {
        self.call.key_id()
    }

    /// The call.
    pub fn call(&self) -> &Unverified {
        &self.call
    }
}

/// Checks the timestamp, the key, the signature, and the nonce, in this order.
///
/// The nonce comes last: only a request whose signature was right may spend one, or anybody could spend other people's. It is
/// kept for as long as its timestamp could still be accepted.
pub fn authenticate(
    call: Unverified,
    store: &(impl KeyStore + NonceStore + ?Sized),
    clock: &dyn Clock,
) -> Result<Authenticated, GatewayError> {
    let now = clock.now();
    if (call.timestamp() - now).abs() > TIMESTAMP_WINDOW {
        return Err(GatewayError::TimestampExpired);
    }
    let key = store.key(call.key_id()).map_err(unavailable)?;
    let secret = key.as_ref().map_or(NO_SECRET, |key| key.secret.reveal());
    let signed = v1::verify(call.method(), call.params(), secret, call.signature());
    match key {
        None => return Err(GatewayError::UnknownKey),
        Some(key) if !key.enabled => return Err(GatewayError::InactiveKey),
        Some(_) if !signed => return Err(signature_mismatch(&call)),
        Some(_) => {}
    }
    let expires = call.timestamp() + TIMESTAMP_WINDOW;
    if !store.spend_nonce(call.key_id(), call.nonce(), now, expires).map_err(unavailable)? {
        return Err(GatewayError::NonceUsed);
    }
    Ok(Authenticated { call })
}

fn unavailable(error: StoreError) -> GatewayError {
    tracing::error!(%error, "the store cannot answer");
    GatewayError::Unavailable
}

fn signature_mismatch(call: &Unverified) -> GatewayError {
    let mut excerpt = Excerpt::default();
    v1::string_to_sign(call.method(), call.params(), |part| excerpt.push(part));
    GatewayError::SignatureMismatch(excerpt.finish())
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use shiren_protocol::head::Head;
    use shiren_protocol::{Params, format_timestamp, percent_encode};
    use shiren_store::{AccessKey, SqliteStore};

    use super::*;

    struct Fixed(OffsetDateTime);

    impl Clock for Fixed {
        fn now(&self) -> OffsetDateTime {
            self.0
        }
    }

    struct Setting {
        _folder: tempfile::TempDir,
        store: SqliteStore,
        key: AccessKey,
        now: OffsetDateTime,
    }

    impl Setting {
        fn new() -> Self {
            let folder = tempfile::tempdir().unwrap();
            let store = SqliteStore::open(&folder.path().join("s.db")).unwrap();
            let now = OffsetDateTime::from_unix_timestamp(1_800_000_000).unwrap();
            let key = store.create_key("test", now).unwrap();
            Self { _folder: folder, store, key, now }
        }

        fn call(&self, key_id: &str, secret: &str, nonce: &str, timestamp: OffsetDateTime) -> Unverified {
            let query = format!(
                "Action=ExecuteRequest&Version=2019-05-21&AccessKeyId={key_id}&SignatureMethod=HMAC-SHA1\
                 &SignatureVersion=1.0&SignatureNonce={nonce}&Timestamp={}",
                percent_encode(&format_timestamp(timestamp))
            );
            let params = Params::parse(&Bytes::from(query.clone()), &Bytes::new()).unwrap();
            let signature = percent_encode(&v1::sign("GET", &params, secret));
            let head = Bytes::from(format!("GET /?{query}&Signature={signature} HTTP/1.1\r\n\r\n"));
            Unverified::parse(&Head::parse(&head).unwrap(), &Bytes::new()).unwrap()
        }

        fn check(&self, call: Unverified) -> Result<Authenticated, GatewayError> {
            authenticate(call, &self.store, &Fixed(self.now))
        }

        fn right(&self, nonce: &str, timestamp: OffsetDateTime) -> Unverified {
            self.call(&self.key.id, self.key.secret.reveal(), nonce, timestamp)
        }
    }

    #[test]
    fn a_right_signature_passes_once() {
        let setting = Setting::new();
        let passed = setting.check(setting.right("n", setting.now)).unwrap();
        assert_eq!(passed.key_id(), setting.key.id);
        assert_eq!(setting.check(setting.right("n", setting.now)).unwrap_err(), GatewayError::NonceUsed);
        assert!(setting.check(setting.right("m", setting.now)).is_ok());
    }

    #[test]
    fn the_window_is_fifteen_minutes_either_way() {
        let setting = Setting::new();
        for (minutes, fits) in [(-15, true), (15, true)] {
            let at = setting.now + Duration::minutes(minutes);
            assert_eq!(setting.check(setting.right(&format!("n{minutes}"), at)).is_ok(), fits);
        }
        for seconds in [-901, 901, 3600] {
            let at = setting.now + Duration::seconds(seconds);
            assert_eq!(setting.check(setting.right("late", at)).unwrap_err(), GatewayError::TimestampExpired);
        }
    }

    #[test]
    fn a_replay_at_the_edge_of_the_window_is_still_refused() {
        let setting = Setting::new();
        let ahead = setting.now + TIMESTAMP_WINDOW;
        assert!(setting.check(setting.right("n", ahead)).is_ok());
        let much_later = Fixed(ahead + TIMESTAMP_WINDOW);
        let replay = authenticate(setting.right("n", ahead), &setting.store, &much_later);
        assert_eq!(replay.unwrap_err(), GatewayError::NonceUsed);
    }

    #[test]
    fn wrong_secret_unknown_and_disabled_key() {
        let setting = Setting::new();
        let wrong = setting.call(&setting.key.id, "wrong", "n", setting.now);
        let error = setting.check(wrong).unwrap_err();
        assert!(error.to_string().contains("is:GET&%2F&AccessKeyId%3D"), "{error}");
        // The wrong signature has not spent the nonce.
        assert!(setting.check(setting.right("n", setting.now)).is_ok());
        let unknown = setting.call("nobody", "wrong", "n", setting.now);
        assert_eq!(setting.check(unknown).unwrap_err(), GatewayError::UnknownKey);
        setting.store.set_key_enabled(&setting.key.id, false).unwrap();
        assert_eq!(setting.check(setting.right("m", setting.now)).unwrap_err(), GatewayError::InactiveKey);
    }
}
