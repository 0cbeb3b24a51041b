use thiserror::Error;

use crate::ServiceError;

/// Errors that come before the service: the caller, the signature, or the server as a whole is at fault.
///
/// The texts are the vendor's, since SDKs raise them as exceptions and people search for them. [`code`](Self::code) is what
/// programs branch on.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum GatewayError {
    /// A parameter is absent.
    #[error("The input parameter \"{0}\" that is mandatory for processing this request is not supplied.")]
    Missing(&'static str),
    /// A parameter, or a part of the HTTP request, has a value that is not taken.
    #[error("The specified parameter \"{0}\" is not valid.")]
    Invalid(&'static str),
    /// No such action, or no such path.
    #[error("Specified api is not found, please check your url and method.")]
    UnknownAction,
    /// No such version.
    #[error("Specified parameter Version is not valid.")]
    UnknownVersion,
    /// No such access key.
    #[error("Specified access key is not found.")]
    UnknownKey,
    /// The access key is disabled.
    #[error("Specified access key is disabled.")]
    InactiveKey,
    /// The signature is another than the server computes. Holds the string to sign as [`crate::signature::Excerpt`] shows it.
    #[error("Specified signature is not matched with our calculation. server string to sign is:{0}")]
    SignatureMismatch(String),
    /// The nonce was used before, with a timestamp that could still be accepted.
    #[error("Specified signature nonce was used already.")]
    NonceUsed,
    /// The timestamp is not `YYYY-MM-DDThh:mm:ssZ`.
    #[error("Specified time stamp or date value is not well formatted.")]
    TimestampFormat,
    /// The timestamp is more than 15 minutes from the server's clock.
    #[error("Specified time stamp or date value is expired.")]
    TimestampExpired,
    /// Neither GET nor POST.
    #[error("This http method is not supported.")]
    Method,
    /// Plain HTTP where only HTTPS is allowed.
    #[error("Your request is denied as lack of ssl protect.")]
    NeedSsl,
    /// More bytes than the limit.
    #[error("The request is larger than {0} bytes.")]
    TooLarge(u64),
    /// The worker queue is too long for this caller.
    #[error("Request was denied due to user flow control.")]
    Throttled,
    /// The server cannot answer now: it is full, or its store is away.
    #[error("The request has failed due to a temporary failure of the server.")]
    Unavailable,
    /// The server's own fault.
    #[error("The request processing has failed due to some unknown error.")]
    Internal,
}

/// Seconds after which a caller may come back, with [`GatewayError::Unavailable`].
const RETRY_AFTER_SECONDS: u32 = 1;

impl GatewayError {
    /// The `Code` on the wire.
    pub fn code(&self) -> String {
        match self {
            GatewayError::Missing(name) => return format!("Missing{name}"),
            GatewayError::Invalid(_) => "InvalidParameter",
            GatewayError::UnknownAction => "InvalidAction.NotFound",
            GatewayError::UnknownVersion => "InvalidVersion",
            GatewayError::UnknownKey => "InvalidAccessKeyId.NotFound",
            GatewayError::InactiveKey => "InvalidAccessKeyId.Inactive",
            GatewayError::SignatureMismatch(_) => "SignatureDoesNotMatch",
            GatewayError::NonceUsed => "SignatureNonceUsed",
            GatewayError::TimestampFormat => "InvalidTimeStamp.Format",
            GatewayError::TimestampExpired => "InvalidTimeStamp.Expired",
            GatewayError::Method => "UnsupportedHTTPMethod",
            GatewayError::NeedSsl => "InvalidProtocol.NeedSsl",
            GatewayError::TooLarge(_) => "RequestTooLarge",
            GatewayError::Throttled => "Throttling.User",
            GatewayError::Unavailable => "ServiceUnavailable",
            GatewayError::Internal => "InternalError",
        }
        .to_owned()
    }

    /// The HTTP status.
    pub fn status(&self) -> u16 {
        match self {
            GatewayError::UnknownAction | GatewayError::UnknownKey => 404,
            GatewayError::InactiveKey => 403,
            GatewayError::Method => 405,
            GatewayError::TooLarge(_) => 413,
            GatewayError::Throttled => 429,
            GatewayError::Unavailable => 503,
            GatewayError::Internal => 500,
            _ => 400,
        }
    }

    /// What the caller can do, in one sentence; the wire's `Recommend`.
    pub fn recommend(&self) -> &'static str {
        match self {
            GatewayError::Missing(_) => "Send the parameter, in the query string or in the form body.",
            GatewayError::Invalid(_) => "Correct the parameter's value.",
            GatewayError::UnknownAction => "Send GET or POST to the path / with Action=ExecuteRequest.",
            GatewayError::UnknownVersion => "Use the version 2019-05-21 or 2018-09-19.",
            GatewayError::UnknownKey => "Check the access key id; `shiren keys list` shows those that exist.",
            GatewayError::InactiveKey => "Enable the key with `shiren keys enable`, or use another.",
            GatewayError::SignatureMismatch(_) => {
                "Check the access key secret, and compare your string to sign with the server's."
            }
            GatewayError::NonceUsed => "Use a new SignatureNonce for every request, retries included.",
            GatewayError::TimestampFormat => "Use UTC in the form 2006-01-02T15:04:05Z.",
            GatewayError::TimestampExpired => "Set the client's clock; it may differ by 15 minutes.",
            GatewayError::Method => "Use GET or POST.",
            GatewayError::NeedSsl => "Use https.",
            GatewayError::TooLarge(_) => "Send smaller photographs.",
            GatewayError::Throttled | GatewayError::Unavailable => "Try again later, with a new SignatureNonce.",
            GatewayError::Internal => "Tell the operator the RequestId; the server's log has the cause.",
        }
    }

    /// Seconds for the `Retry-After` field, where there is one.
    pub fn retry_after(&self) -> Option<u32> {
        matches!(self, GatewayError::Unavailable).then_some(RETRY_AFTER_SECONDS)
    }
}

/// Any answer that is no verdict.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Refusal {
    /// Before the service.
    #[error(transparent)]
    Gateway(#[from] GatewayError),
    /// By the service.
    #[error(transparent)]
    Service(#[from] ServiceError),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_statuses_and_texts_are_the_tables() {
        for (error, code, status, text) in [
            (
                GatewayError::Missing("Timestamp"),
                "MissingTimestamp",
                400,
                "The input parameter \"Timestamp\" that is mandatory for processing this request is not supplied.",
            ),
            (
                GatewayError::Invalid("Format"),
                "InvalidParameter",
                400,
                "The specified parameter \"Format\" is not valid.",
            ),
            (GatewayError::UnknownKey, "InvalidAccessKeyId.NotFound", 404, "Specified access key is not found."),
            (GatewayError::InactiveKey, "InvalidAccessKeyId.Inactive", 403, "Specified access key is disabled."),
            (GatewayError::TooLarge(99), "RequestTooLarge", 413, "The request is larger than 99 bytes."),
            (
                GatewayError::SignatureMismatch("GET&%2F&".into()),
                "SignatureDoesNotMatch",
                400,
                "Specified signature is not matched with our calculation. server string to sign is:GET&%2F&",
            ),
        ] {
            assert_eq!((error.code().as_str(), error.status(), error.to_string().as_str()), (code, status, text));
        }
    }
}
