use shiren_decide::{Base64Fault, Cause};

/// Decodes a photograph's base64 (RFC 4648, section 4; padding may be left out).
///
/// The document demands no prefix and no line breaks. They are told apart from other faults, since they are what callers get
/// wrong.
pub(crate) fn decode(text: &[u8]) -> Result<Vec<u8>, Cause> {
    let unpadded = text.strip_suffix(b"==").or_else(|| text.strip_suffix(b"=")).unwrap_or(text);
    base64_simd::STANDARD_NO_PAD.decode_to_vec(unpadded).map_err(|_| Cause::NotBase64(fault(text)))
}

fn fault(text: &[u8]) -> Base64Fault {
    if text.starts_with(b"data:") {
        return Base64Fault::DataPrefix;
    }
    match text.iter().position(|byte| matches!(byte, b'\r' | b'\n')) {
        Some(at) => Base64Fault::LineBreak { at },
        None => Base64Fault::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn padding_is_optional_and_faults_are_told_apart() {
        for text in ["aGk=", "aGk"] {
            assert_eq!(decode(text.as_bytes()).unwrap(), b"hi");
        }
        assert_eq!(decode(b"").unwrap(), b"");
        for (text, fault) in [
            ("data:image/jpeg;base64,aGk=", Base64Fault::DataPrefix),
            ("aG\nk=", Base64Fault::LineBreak { at: 2 }),
            ("aGk\r\n", Base64Fault::LineBreak { at: 3 }),
            ("a-_k", Base64Fault::Other),
            ("a", Base64Fault::Other),
            ("aGk===", Base64Fault::Other),
            ("aG k", Base64Fault::Other),
        ] {
            assert_eq!(decode(text.as_bytes()), Err(Cause::NotBase64(fault)), "{text:?}");
        }
    }
}
