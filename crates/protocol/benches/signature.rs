//! Checking a v1 signature over 4 MB of parameters, and the steps before and behind it.

#![allow(clippy::unwrap_used, missing_docs, reason = "a benchmark")]

use bytes::Bytes;
use divan::{Bencher, black_box};
use shiren_protocol::head::Head;
use shiren_protocol::signature::v1;
use shiren_protocol::{FaceVerify, Params, percent_encode};

const SECRET: &str = "secret";

fn main() {
    divan::main();
}

/// A query string whose photographs make 4 MB of base64.
fn query() -> Bytes {
    let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut state = 1u64;
    let photo: String = (0..2 << 20)
        .map(|_| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            char::from(alphabet[(state >> 58) as usize])
        })
        .collect();
    let json = format!(r#"{{"authFaceContent": "{photo}","resourceCode": "00840000","refFaceContent": "{photo}"}}"#);
    Bytes::from(format!("Action=ExecuteRequest&Service=intl_face_verify&ServiceParameters={}", percent_encode(&json)))
}

#[divan::bench]
fn read_head(bencher: Bencher) {
    let head = Bytes::from([b"GET /?", &query()[..], b" HTTP/1.1\r\nHost: h\r\n\r\n"].concat());
    bencher.bench(|| Head::parse(black_box(&head)).unwrap());
}

#[divan::bench]
fn decode_parameters(bencher: Bencher) {
    let query = query();
    bencher.bench(|| Params::parse(black_box(&query), &Bytes::new()).unwrap());
}

#[divan::bench]
fn check_signature(bencher: Bencher) {
    let params = Params::parse(&query(), &Bytes::new()).unwrap();
    let signature = v1::sign("POST", &params, SECRET);
    bencher.bench(|| assert!(v1::verify("POST", black_box(&params), SECRET, &signature)));
}

#[divan::bench]
fn read_service_parameters(bencher: Bencher) {
    let params = Params::parse(&query(), &Bytes::new()).unwrap();
    bencher.bench(|| FaceVerify::parse(black_box(&params)).unwrap());
}
