use bytes::Bytes;
use serde_json::json;
use shiren_protocol::signature::v1;
use shiren_protocol::{Params, format_timestamp, percent_encode};
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

/// Where parameters ride.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// All in the query string.
    Query,
    /// All in the form body.
    Form,
    /// `Service` and `ServiceParameters` in the form, the rest in the query.
    Both,
}

/// A call of `ExecuteRequest`, signed when it is made into bytes.
#[derive(Clone, Debug)]
pub struct Call {
    method: String,
    place: Place,
    secret: String,
    params: Vec<(String, String)>,
    headers: String,
}

impl Call {
    /// A call of the newer version that wants JSON, without photographs, by GET in the query.
    pub fn new(key_id: &str, secret: &str) -> Self {
        let params = [
            ("Format", "JSON"),
            ("Version", "2019-05-21"),
            ("AccessKeyId", key_id),
            ("SignatureMethod", "HMAC-SHA1"),
            ("SignatureVersion", "1.0"),
            ("Action", "ExecuteRequest"),
            ("RegionId", "cn-shanghai"),
            ("Service", "intl_face_verify"),
        ];
        let params = params.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        let call = Self {
            method: "GET".into(),
            place: Place::Query,
            secret: secret.to_owned(),
            params,
            headers: String::new(),
        };
        call.with("SignatureNonce", &Uuid::new_v4().to_string()).at(Duration::ZERO)
    }

    /// Sets a parameter.
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self = self.without(name);
        self.params.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Leaves a parameter out.
    pub fn without(mut self, name: &str) -> Self {
        self.params.retain(|(other, _)| other != name);
        self
    }

    /// Signs at a time that is so far from now.
    pub fn at(self, offset: Duration) -> Self {
        let timestamp = format_timestamp(OffsetDateTime::now_utc() + offset);
        self.with("Timestamp", &timestamp)
    }

    /// Compares two photographs in base64.
    pub fn comparing(self, reference: &str, probe: &str) -> Self {
        let parameters = json!({ "refFaceContent": reference, "authFaceContent": probe, "resourceCode": "00840000" });
        self.with("ServiceParameters", &parameters.to_string())
    }

    /// By which method.
    pub fn by(mut self, method: &str) -> Self {
        method.clone_into(&mut self.method);
        self
    }

    /// Where the parameters ride.
    pub fn in_place(mut self, place: Place) -> Self {
        self.place = place;
        self
    }

    /// Adds a header line, without its line end.
    pub fn header(mut self, line: &str) -> Self {
        self.headers.push_str(line);
        self.headers.push_str("\r\n");
        self
    }

    fn encode<'a>(params: impl Iterator<Item = &'a (String, String)>) -> String {
        let pairs: Vec<String> = params.map(|(name, value)| format!("{name}={}", percent_encode(value))).collect();
        pairs.join("&")
    }

    /// The query string and the form, signed.
    pub fn parts(&self) -> (String, String) {
        let all = Self::encode(self.params.iter());
        let params = Params::parse(&Bytes::from(all), &Bytes::new()).unwrap();
        let mut signed = self.params.clone();
        if !signed.iter().any(|(name, _)| name == "Signature") {
            signed.push(("Signature".to_owned(), v1::sign(&self.method, &params, &self.secret)));
        }
        let in_form = |(name, _): &&(String, String)| match self.place {
            Place::Query => false,
            Place::Form => true,
            Place::Both => name.starts_with("Service"),
        };
        let query = Self::encode(signed.iter().filter(|pair| !in_form(pair)));
        (query, Self::encode(signed.iter().filter(in_form)))
    }

    /// The request's bytes.
    pub fn bytes(&self) -> Vec<u8> {
        let (query, form) = self.parts();
        let mut out = format!("{} /?{query} HTTP/1.1\r\nHost: test\r\n{}", self.method, self.headers);
        if self.place != Place::Query {
            out.push_str("Content-Type: application/x-www-form-urlencoded\r\n");
        }
        out.push_str(&format!("Content-Length: {}\r\n\r\n{form}", form.len()));
        out.into_bytes()
    }
}
