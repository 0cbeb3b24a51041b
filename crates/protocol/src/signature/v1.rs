//! Signature version 1.0, `HMAC-SHA1`.
//!
//! Each decoded name and value is percent-encoded, the pairs are sorted by name and joined as `k=v` with `&`; the string to
//! sign is `METHOD & %2F &` and that, percent-encoded once more; the signature is the base64 of its HMAC-SHA1 under the
//! secret with a `&` behind it. The parameter `Signature` is left out. (Alibaba Cloud, "RPC API: request signatures".)

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;

use crate::{Params, percent};

/// Name of the parameter that holds the signature, and is not signed itself.
const SIGNATURE: &[u8] = b"Signature";

/// Feeds the string to sign to `sink`, part by part; it is nowhere built as a whole.
pub fn string_to_sign(method: &str, params: &Params, mut sink: impl FnMut(&[u8])) {
    sink(method.as_bytes());
    sink(b"&%2F&");
    let mut first = true;
    for (name, value) in params.iter().filter(|(name, _)| *name != SIGNATURE) {
        if !first {
            sink(b"%26");
        }
        first = false;
        percent::encode_twice(name, &mut sink);
        sink(b"%3D");
        percent::encode_twice(value, &mut sink);
    }
}

fn mac(method: &str, params: &Params, secret: &str) -> Hmac<Sha1> {
    let key = [secret.as_bytes(), b"&"].concat();
    #[expect(clippy::expect_used, reason = "HMAC takes keys of every length (RFC 2104, section 3)")]
    let mut mac = Hmac::<Sha1>::new_from_slice(&key).expect("HMAC takes keys of every length");
    string_to_sign(method, params, |part| mac.update(part));
    mac
}

/// The signature of a request, base64.
pub fn sign(method: &str, params: &Params, secret: &str) -> String {
    BASE64_STANDARD.encode(mac(method, params, secret).finalize().into_bytes())
}

/// Whether `signature` is the request's, compared in constant time.
pub fn verify(method: &str, params: &Params, secret: &str, signature: &str) -> bool {
    // Computed first, so that a signature that is no base64 takes as long as a wrong one.
    let mac = mac(method, params, secret);
    BASE64_STANDARD.decode(signature).is_ok_and(|given| mac.verify_slice(&given).is_ok())
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    /// The example of the vendor's own document on RPC signatures (`DescribeRegions`, secret `testsecret`).
    const QUERY: &[u8] = b"Timestamp=2016-02-23T12%3A46%3A24Z&Format=XML&AccessKeyId=testid&Action=DescribeRegions\
        &SignatureMethod=HMAC-SHA1&SignatureNonce=3ee8c1b8-83d3-44af-a94f-4e0ad82fd6cf&Version=2014-05-26\
        &SignatureVersion=1.0";

    fn example() -> Params {
        Params::parse(&Bytes::from_static(QUERY), &Bytes::new()).unwrap()
    }

    #[test]
    fn the_documents_example() {
        let mut text = Vec::new();
        string_to_sign("GET", &example(), |part| text.extend_from_slice(part));
        assert_eq!(
            String::from_utf8(text).unwrap(),
            "GET&%2F&AccessKeyId%3Dtestid%26Action%3DDescribeRegions%26Format%3DXML%26SignatureMethod%3DHMAC-SHA1\
             %26SignatureNonce%3D3ee8c1b8-83d3-44af-a94f-4e0ad82fd6cf%26SignatureVersion%3D1.0\
             %26Timestamp%3D2016-02-23T12%253A46%253A24Z%26Version%3D2014-05-26"
        );
        assert_eq!(sign("GET", &example(), "testsecret"), "OLeaidS1JvxuMvnyHOwuJ+uX5qY=");
    }

    #[test]
    fn one_bit_off_is_wrong() {
        let right = "OLeaidS1JvxuMvnyHOwuJ+uX5qY=";
        assert!(verify("GET", &example(), "testsecret", right));
        assert!(!verify("POST", &example(), "testsecret", right));
        assert!(!verify("GET", &example(), "testsecreT", right));
        for wrong in ["", "OLeaidS1JvxuMvnyHOwuJ+uX5qY", "OLeaidS1JvxuMvnyHOwuJ+uX5qU=", "not base64!"] {
            assert!(!verify("GET", &example(), "testsecret", wrong), "{wrong}");
        }
    }

    #[test]
    fn the_signature_itself_is_not_signed() {
        let signed = [QUERY, b"&Signature=anything"].concat();
        let params = Params::parse(&Bytes::from(signed), &Bytes::new()).unwrap();
        assert_eq!(sign("GET", &params, "testsecret"), sign("GET", &example(), "testsecret"));
    }
}
