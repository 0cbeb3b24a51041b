//! Answers as bytes.

mod json;
mod xml;

use std::fmt;

use uuid::Uuid;

use crate::{GatewayError, Refusal};

/// How an answer is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// JSON.
    Json,
    /// XML, which is what callers get who ask for nothing.
    #[default]
    Xml,
}

impl Format {
    /// The format of that name, in capital letters or not: old SDKs send `json`.
    pub fn named(name: &str) -> Option<Self> {
        match name {
            _ if name.eq_ignore_ascii_case("json") => Some(Format::Json),
            _ if name.eq_ignore_ascii_case("xml") => Some(Format::Xml),
            _ => None,
        }
    }

    /// What a caller seems to want who is refused before his request could be read: the value of `Format` in as much of a
    /// query or form as there is.
    pub fn sniff(bytes: &[u8]) -> Self {
        Self::sniffed(bytes).unwrap_or_default()
    }

    /// The same; none if it cannot be told.
    pub fn sniffed(bytes: &[u8]) -> Option<Self> {
        let finder = memchr::memmem::Finder::new(b"Format=");
        finder
            .find_iter(bytes)
            .filter(|&at| at == 0 || matches!(bytes[at - 1], b'?' | b'&' | b'\n'))
            .filter_map(|at| bytes.get(at + 7..)?.split(|b| !b.is_ascii_alphanumeric()).next())
            .find_map(|name| Self::named(std::str::from_utf8(name).ok()?))
    }

    fn content_type(self) -> &'static str {
        match self {
            Format::Json => "application/json;charset=utf-8",
            Format::Xml => "text/xml;charset=utf-8",
        }
    }
}

/// The id of a request, by which a caller and an operator speak of it: a random UUID in capital letters.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct RequestId(Uuid);

impl RequestId {
    /// A new one.
    pub fn random() -> Self {
        Self(Uuid::new_v4())
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:X}", self.0.hyphenated())
    }
}

impl fmt::Debug for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// An answer, ready for the socket but for the connection's own header fields.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// HTTP status.
    pub status: u16,
    /// `Content-Type`.
    pub content_type: &'static str,
    /// `Retry-After`, in seconds.
    pub retry_after: Option<u32>,
    /// `x-acs-request-id`.
    pub request_id: RequestId,
    /// The body.
    pub body: Vec<u8>,
}

impl Reply {
    /// An answer of the service: HTTP 200 with an integer code.
    pub fn service(format: Format, request_id: RequestId, code: u16, message: &str, data: Option<&str>) -> Self {
        let id = request_id.to_string();
        let body = match format {
            Format::Json => json::service(&id, code, message, data),
            Format::Xml => xml::service(&id, code, message, data),
        };
        Self { status: 200, content_type: format.content_type(), retry_after: None, request_id, body }
    }

    /// A gateway error. `host` is what the caller called the server.
    pub fn gateway(format: Format, request_id: RequestId, host: &str, error: &GatewayError) -> Self {
        let id = request_id.to_string();
        let body = match format {
            Format::Json => json::gateway(&id, host, error),
            Format::Xml => xml::gateway(&id, host, error),
        };
        let (status, retry_after) = (error.status(), error.retry_after());
        Self { status, content_type: format.content_type(), retry_after, request_id, body }
    }

    /// A refusal of either kind.
    pub fn refusal(format: Format, request_id: RequestId, host: &str, refusal: &Refusal) -> Self {
        match refusal {
            Refusal::Gateway(error) => Self::gateway(format, request_id, host, error),
            Refusal::Service(error) => Self::service(format, request_id, error.code(), &error.to_string(), None),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_upper_case_uuids() {
        let id = RequestId::random().to_string();
        assert!(id.len() == 36 && id == id.to_uppercase() && Uuid::parse_str(&id).is_ok(), "{id}");
    }

    #[test]
    fn formats_are_sniffed() {
        assert_eq!(Format::sniff(b"GET /?a=b&Format=JSON&c=d"), Format::Json);
        assert_eq!(Format::sniff(b"GET /?Format=json HTTP/1.1"), Format::Json);
        assert_eq!(Format::sniff(b"GET /?xFormat=JSON&Format=XML"), Format::Xml);
        assert_eq!(Format::sniff(b"GET /?Format="), Format::Xml);
        assert_eq!(Format::sniff(b""), Format::Xml);
    }

    #[test]
    fn both_formats_say_the_same() {
        let id = RequestId::random();
        let error = GatewayError::SignatureMismatch("GET&%2F&a\u{1}\"<b>".into());
        let json = Reply::gateway(Format::Json, id, "h:1", &error);
        let value: serde_json::Value = serde_json::from_slice(&json.body).unwrap();
        assert_eq!(value["Code"], "SignatureDoesNotMatch");
        assert_eq!((value["HostId"].as_str(), value["RequestId"].as_str()), (Some("h:1"), Some(&*id.to_string())));
        let xml = String::from_utf8(Reply::gateway(Format::Xml, id, "h:1", &error).body).unwrap();
        assert_eq!(
            xml,
            format!(
                "<?xml version='1.0' encoding='UTF-8'?><Error><RequestId>{id}</RequestId><HostId>h:1</HostId>\
                 <Code>SignatureDoesNotMatch</Code><Message>Specified signature is not matched with our calculation. \
                 server string to sign is:GET&amp;%2F&amp;a\u{FFFD}&quot;&lt;b&gt;</Message><Recommend>{}</Recommend></Error>",
                error.recommend()
            )
        );
    }

    #[test]
    fn a_service_answer() {
        let id = RequestId::random();
        let json = Reply::service(Format::Json, id, 200, "OK", Some("{\"passed\":\"true\"}"));
        let expected = format!(
            "{{\"Data\":\"{{\\\"passed\\\":\\\"true\\\"}}\",\"Message\":\"OK\",\"RequestId\":\"{id}\",\"Code\":200}}"
        );
        assert_eq!(String::from_utf8(json.body).unwrap(), expected);
        let xml = Reply::service(Format::Xml, id, 400, "a < b", None);
        assert_eq!(
            String::from_utf8(xml.body).unwrap(),
            format!(
                "<?xml version='1.0' encoding='UTF-8'?><ExecuteRequestResponse><Message>a &lt; b</Message>\
                 <RequestId>{id}</RequestId><Code>400</Code></ExecuteRequestResponse>"
            )
        );
    }
}
