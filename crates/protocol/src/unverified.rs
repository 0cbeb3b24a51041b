use std::fmt;

use bytes::Bytes;
use time::format_description::BorrowedFormatItem;
use time::macros::format_description;
use time::{OffsetDateTime, PrimitiveDateTime};

use crate::head::Head;
use crate::{Format, GatewayError, Params};

/// The one action that is served.
const ACTION: &str = "ExecuteRequest";
/// Versions of the API: one operation under two names.
const VERSIONS: [&str; 2] = ["2019-05-21", "2018-09-19"];
/// Longest nonce that is taken, in bytes; the SDKs send UUIDs of 36. It is stored, so it must have an end.
const MAX_NONCE: usize = 256;
/// Longest access key id that is taken, in bytes.
const MAX_KEY_ID: usize = 128;

const TIMESTAMP: &[BorrowedFormatItem] = format_description!("[year]-[month]-[day]T[hour]:[minute]:[second]Z");

/// Reads a timestamp of the form `YYYY-MM-DDThh:mm:ssZ`.
pub fn parse_timestamp(text: &str) -> Option<OffsetDateTime> {
    PrimitiveDateTime::parse(text, TIMESTAMP).ok().map(PrimitiveDateTime::assume_utc)
}

/// Writes a timestamp of the form `YYYY-MM-DDThh:mm:ssZ`, in UTC.
pub fn format_timestamp(instant: OffsetDateTime) -> String {
    // The format has no component that could fail for an instant.
    instant.to_offset(time::UtcOffset::UTC).format(TIMESTAMP).unwrap_or_default()
}

/// A well-formed call whose signature is still to be checked. Nothing in it may be believed yet.
#[derive(Clone)]
pub struct Unverified {
    method: String,
    params: Params,
    format: Format,
    key_id: String,
    signature: String,
    nonce: String,
    timestamp: OffsetDateTime,
}

impl Unverified {
    /// Reads a call from a request head and, where it is a form, its body. On failure the format in which the caller wants
    /// the error, as far as it could be told, comes with it.
    pub fn parse(head: &Head, body: &Bytes) -> Result<Self, (Format, GatewayError)> {
        let form = if head.has_form { body.clone() } else { Bytes::new() };
        let params = Params::parse(&head.query, &form)
            .map_err(|_| (Format::sniff(&head.query), GatewayError::Invalid("number of parameters")))?;
        let format = match text(&params, "Format") {
            Ok(None) => Ok(Format::default()),
            Ok(Some(name)) => Format::named(name).ok_or(GatewayError::Invalid("Format")),
            Err(error) => Err(error),
        };
        let format = format.map_err(|error| (Format::default(), error))?;
        Self::checked(head, params, format).map_err(|error| (format, error))
    }

    fn checked(head: &Head, params: Params, format: Format) -> Result<Self, GatewayError> {
        if head.path != "/" {
            return Err(GatewayError::UnknownAction);
        }
        if !matches!(head.method.as_str(), "GET" | "POST") {
            return Err(GatewayError::Method);
        }
        if required(&params, "Action")? != ACTION {
            return Err(GatewayError::UnknownAction);
        }
        if !VERSIONS.contains(&required(&params, "Version")?) {
            return Err(GatewayError::UnknownVersion);
        }
        let key_id = required(&params, "AccessKeyId")?;
        let signature = required(&params, "Signature")?;
        fixed(required(&params, "SignatureMethod")?, "HMAC-SHA1", "SignatureMethod")?;
        fixed(required(&params, "SignatureVersion")?, "1.0", "SignatureVersion")?;
        fixed(text(&params, "SignatureType")?.unwrap_or_default(), "", "SignatureType")?;
        let nonce = required(&params, "SignatureNonce")?;
        let timestamp = required(&params, "Timestamp")?;
        if key_id.len() > MAX_KEY_ID {
            return Err(GatewayError::UnknownKey);
        }
        if nonce.len() > MAX_NONCE {
            return Err(GatewayError::Invalid("SignatureNonce"));
        }
        let timestamp = parse_timestamp(timestamp).ok_or(GatewayError::TimestampFormat)?;
        let (key_id, signature, nonce) = (key_id.to_owned(), signature.to_owned(), nonce.to_owned());
        Ok(Self { method: head.method.clone(), params, format, key_id, signature, nonce, timestamp })
    }

    /// `GET` or `POST`.
    pub fn method(&self) -> &str {
        &self.method
    }

    /// All parameters, the signature among them.
    pub fn params(&self) -> &Params {
        &self.params
    }

    /// How the answer is to be written.
    pub fn format(&self) -> Format {
        self.format
    }

    /// Whom the caller claims to be.
    pub fn key_id(&self) -> &str {
        &self.key_id
    }

    /// The signature, base64.
    pub fn signature(&self) -> &str {
        &self.signature
    }

    /// The nonce, at most 256 bytes.
    pub fn nonce(&self) -> &str {
        &self.nonce
    }

    /// When the caller says to have signed.
    pub fn timestamp(&self) -> OffsetDateTime {
        self.timestamp
    }
}

impl fmt::Debug for Unverified {
    // The signature stays out of logs; `Params` keeps the photographs out.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Unverified({} by {:?}, {:?})", self.method, self.key_id, self.params)
    }
}

/// A parameter's text; none if it was not sent.
fn text<'a>(params: &'a Params, name: &'static str) -> Result<Option<&'a str>, GatewayError> {
    match params.get(name) {
        None => Ok(None),
        Some(value) => std::str::from_utf8(value).map(Some).map_err(|_| GatewayError::Invalid(name)),
    }
}

/// A parameter that must be there and not be empty.
fn required<'a>(params: &'a Params, name: &'static str) -> Result<&'a str, GatewayError> {
    text(params, name)?.filter(|value| !value.is_empty()).ok_or(GatewayError::Missing(name))
}

fn fixed(found: &str, expected: &str, name: &'static str) -> Result<(), GatewayError> {
    if found == expected { Ok(()) } else { Err(GatewayError::Invalid(name)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "Action=ExecuteRequest&Version=2018-09-19&AccessKeyId=id&Signature=c2ln&SignatureMethod=HMAC-SHA1\
        &SignatureVersion=1.0&SignatureType=&SignatureNonce=n&Timestamp=2026-01-02T03:04:05Z";

    fn parse(method: &str, query: &str, form: &str) -> Result<Unverified, (Format, GatewayError)> {
        let head = format!("{method} /?{query} HTTP/1.1\r\nContent-Type: application/x-www-form-urlencoded\r\n\r\n");
        let head = Head::parse(&Bytes::from(head)).unwrap();
        Unverified::parse(&head, &Bytes::copy_from_slice(form.as_bytes()))
    }

    fn error(query: &str) -> String {
        parse("GET", query, "").unwrap_err().1.code()
    }

    #[test]
    fn a_good_call_in_query_or_form() {
        let call = parse("GET", GOOD, "").unwrap();
        assert_eq!((call.key_id(), call.nonce(), call.format()), ("id", "n", Format::Xml));
        assert_eq!(format_timestamp(call.timestamp()), "2026-01-02T03:04:05Z");
        assert_eq!(parse("POST", "Format=json", GOOD).unwrap().format(), Format::Json);
    }

    #[test]
    fn each_missing_parameter_is_named() {
        for name in [
            "Action",
            "Version",
            "AccessKeyId",
            "Signature",
            "SignatureMethod",
            "SignatureVersion",
            "SignatureNonce",
            "Timestamp",
        ] {
            let rest: Vec<&str> = GOOD.split('&').filter(|p| !p.starts_with(&format!("{name}="))).collect();
            assert_eq!(error(&rest.join("&")), format!("Missing{name}"));
            assert_eq!(error(&format!("{name}=&{}", rest.join("&"))), format!("Missing{name}"), "{name} empty");
        }
    }

    #[test]
    fn wrong_values() {
        for (from, to, code) in [
            ("=ExecuteRequest", "=Other", "InvalidAction.NotFound"),
            ("2018-09-19", "2020-01-01", "InvalidVersion"),
            ("HMAC-SHA1", "HMAC-SHA256", "InvalidParameter"),
            ("SignatureVersion=1.0", "SignatureVersion=2.0", "InvalidParameter"),
            ("SignatureType=", "SignatureType=BEARERTOKEN", "InvalidParameter"),
            ("03:04:05Z", "03:04:05", "InvalidTimeStamp.Format"),
            ("2026-01-02", "2026-13-02", "InvalidTimeStamp.Format"),
            ("AccessKeyId=id", "AccessKeyId=%FF", "InvalidParameter"),
        ] {
            assert_eq!(error(&GOOD.replace(from, to)), code, "{to}");
        }
        assert_eq!(parse("GET", &format!("{GOOD}&Format=yaml"), "").unwrap_err().1.code(), "InvalidParameter");
        assert_eq!(parse("PUT", &format!("{GOOD}&Format=JSON"), "").unwrap_err(), (Format::Json, GatewayError::Method));
    }
}
