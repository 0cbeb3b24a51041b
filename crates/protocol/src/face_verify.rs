use std::borrow::Cow;
use std::fmt;

use bytes::Bytes;
use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use thiserror::Error;

use crate::{GatewayError, Params, Refusal};

/// The one service that is served.
const SERVICE: &str = "intl_face_verify";
/// Longest resource code that is taken, in bytes; it goes into the record.
const MAX_RESOURCE_CODE: usize = 64;

/// What `ExecuteRequest` with `Service=intl_face_verify` asks for: to compare two photographs. The photographs are still
/// base64 and unopened.
#[derive(Clone, PartialEq, Eq)]
pub struct FaceVerify {
    /// `refFaceContent`, base64 of a JPEG.
    pub reference: Bytes,
    /// `authFaceContent`, base64 of a JPEG.
    pub probe: Bytes,
    /// `resourceCode`.
    pub resource_code: String,
}

impl fmt::Debug for FaceVerify {
    // Photographs do not belong into a log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (reference, probe) = (self.reference.len(), self.probe.len());
        write!(f, "FaceVerify(reference {reference} B, probe {probe} B, resourceCode {:?})", self.resource_code)
    }
}

/// Refusals of the service itself: HTTP 200, an integer `Code`, no `Data`.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ServiceError {
    /// Code 400: a field is missing, empty or null.
    #[error("refFaceContent or authFaceContent or resourceCode is null")]
    FieldMissing,
    /// Code 400: a field is there and is no string.
    #[error("{0} is not a string")]
    FieldNotString(&'static str),
    /// Code 400: a field is longer than any valid one.
    #[error("{0} is too long")]
    FieldTooLong(&'static str),
    /// Code 400: `ServiceParameters` is no JSON object. Holds what is wrong.
    #[error("ServiceParameters is not a JSON object: {0}")]
    NotAnObject(String),
    /// Code 404: another service.
    #[error("Service \"{0}\" is not served, only intl_face_verify is")]
    UnknownService(String),
}

impl ServiceError {
    /// The `Code` on the wire.
    pub fn code(&self) -> u16 {
        match self {
            ServiceError::UnknownService(_) => 404,
            _ => 400,
        }
    }
}

impl FaceVerify {
    /// Reads the operation from a call's parameters.
    pub fn parse(params: &Params) -> Result<Self, Refusal> {
        let service = params.get("Service").filter(|v| !v.is_empty()).ok_or(GatewayError::Missing("Service"))?;
        if **service != *SERVICE.as_bytes() {
            let name: String = String::from_utf8_lossy(service).chars().take(64).collect();
            return Err(ServiceError::UnknownService(name).into());
        }
        let json = params.get("ServiceParameters").ok_or(GatewayError::Missing("ServiceParameters"))?;
        // serde would take a list for a struct too.
        if json.trim_ascii_start().first() != Some(&b'{') {
            return Err(ServiceError::NotAnObject("it does not begin with {".into()).into());
        }
        let fields: Fields = serde_json::from_slice(json)
            .map_err(|e| ServiceError::NotAnObject(e.to_string().chars().take(200).collect()))?;
        let text = |field: Option<Field<'_>>, name| match field {
            Some(Field::Text(text)) if !text.is_empty() => Ok(match text {
                Cow::Borrowed(text) => json.slice_ref(text.as_bytes()),
                Cow::Owned(text) => Bytes::from(text),
            }),
            Some(Field::Other) => Err(ServiceError::FieldNotString(name)),
            _ => Err(ServiceError::FieldMissing),
        };
        let reference = text(fields.reference, "refFaceContent")?;
        let probe = text(fields.probe, "authFaceContent")?;
        let resource_code = text(fields.resource_code, "resourceCode")?;
        if resource_code.len() > MAX_RESOURCE_CODE {
            return Err(ServiceError::FieldTooLong("resourceCode").into());
        }
        let resource_code = String::from_utf8_lossy(&resource_code).into_owned();
        Ok(Self { reference, probe, resource_code })
    }
}

#[derive(Deserialize)]
struct Fields<'a> {
    #[serde(borrow, default, rename = "refFaceContent")]
    reference: Option<Field<'a>>,
    #[serde(borrow, default, rename = "authFaceContent")]
    probe: Option<Field<'a>>,
    #[serde(borrow, default, rename = "resourceCode")]
    resource_code: Option<Field<'a>>,
}

/// A JSON value of which only text matters; text without escapes is borrowed.
enum Field<'a> {
    Text(Cow<'a, str>),
    Other,
}

impl<'de: 'a, 'a> Deserialize<'de> for Field<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(FieldVisitor)
    }
}

struct FieldVisitor;

impl<'de> Visitor<'de> for FieldVisitor {
    type Value = Field<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Field::Text(Cow::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Field::Text(Cow::Owned(text.to_owned())))
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
        Ok(Field::Other)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Self::Value, E> {
        Ok(Field::Other)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Self::Value, E> {
        Ok(Field::Other)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> {
        Ok(Field::Other)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Field::Other)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Field::Other)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(service: &str, json: &str) -> Result<FaceVerify, Refusal> {
        let mut query = String::new();
        for (name, value) in [("Service", service), ("ServiceParameters", json)] {
            query.push_str(&format!("{name}={}&", crate::percent_encode(value)));
        }
        FaceVerify::parse(&Params::parse(&Bytes::from(query), &Bytes::new()).unwrap())
    }

    fn message(json: &str) -> String {
        match parse(SERVICE, json) {
            Err(Refusal::Service(error)) => format!("{} {error}", error.code()),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn reads_the_three_fields() {
        let json = r#"{"refFaceContent":"\/9j\/4","other":[1,{"a":null}],"authFaceContent":"/9j/5","resourceCode":"00840000"}"#;
        let call = parse(SERVICE, json).unwrap();
        assert_eq!((&*call.reference, &*call.probe), (&b"/9j/4"[..], &b"/9j/5"[..]));
        assert_eq!(call.resource_code, "00840000");
    }

    #[test]
    fn what_is_wrong_is_said() {
        let null = "400 refFaceContent or authFaceContent or resourceCode is null";
        assert_eq!(message("{}"), null);
        assert_eq!(message(r#"{"refFaceContent":"","authFaceContent":"a","resourceCode":"b"}"#), null);
        assert_eq!(message(r#"{"refFaceContent":null,"authFaceContent":"a","resourceCode":"b"}"#), null);
        for other in ["1", "1.5", "true", "[\"a\"]", "{\"a\":1}"] {
            let json = format!(r#"{{"refFaceContent":{other},"authFaceContent":"a","resourceCode":"b"}}"#);
            assert_eq!(message(&json), "400 refFaceContent is not a string", "{other}");
        }
        for json in ["", "[]", "null", "\"text\"", "{\"refFaceContent\":\"a\nb\"}", "{", "{}x"] {
            assert!(message(json).starts_with("400 ServiceParameters is not a JSON object: "), "{json}");
        }
        let long = format!(r#"{{"refFaceContent":"a","authFaceContent":"a","resourceCode":"{}"}}"#, "9".repeat(65));
        assert_eq!(message(&long), "400 resourceCode is too long");
    }

    #[test]
    fn only_one_service_is_served() {
        assert!(matches!(
            parse("other", "{}"),
            Err(Refusal::Service(error @ ServiceError::UnknownService(_))) if error.code() == 404
        ));
        assert_eq!(parse("", "{}"), Err(GatewayError::Missing("Service").into()));
    }
}
