/// What bytes that are no JPEG look like, in words for the one who sent them.
pub(crate) fn describe(bytes: &[u8]) -> String {
    let signatures: [(&[u8], &str); 8] = [
        (b"\x89PNG\r\n\x1a\n", "it is a PNG"),
        (b"GIF8", "it is a GIF"),
        (b"BM", "it is a BMP"),
        (b"%PDF", "it is a PDF"),
        (b"II*\0", "it is a TIFF"),
        (b"MM\0*", "it is a TIFF"),
        (b"\0\0\0\x0cJXL ", "it is a JPEG XL"),
        (b"\0\0\0\x0cjP  ", "it is a JPEG 2000"),
    ];
    if bytes.is_empty() {
        return "it is empty".into();
    }
    if bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WEBP") {
        return "it is a WebP".into();
    }
    if bytes.get(4..8) == Some(b"ftyp") {
        return "it is a HEIC, AVIF or another file of the MP4 family".into();
    }
    match signatures.iter().find(|(signature, _)| bytes.starts_with(signature)) {
        Some((_, words)) => (*words).into(),
        None => {
            let head: Vec<String> = bytes.iter().take(4).map(|byte| format!("{byte:02x}")).collect();
            format!("it begins with the bytes {}, a JPEG with ff d8 ff", head.join(" "))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::describe;

    #[test]
    fn names_what_people_send_by_mistake() {
        assert_eq!(describe(b""), "it is empty");
        assert_eq!(describe(b"\x89PNG\r\n\x1a\nrest"), "it is a PNG");
        assert_eq!(describe(b"RIFF\0\0\0\0WEBPVP8 "), "it is a WebP");
        assert_eq!(describe(b"\0\0\0\x18ftypheic"), "it is a HEIC, AVIF or another file of the MP4 family");
        assert_eq!(describe(b"hi"), "it begins with the bytes 68 69, a JPEG with ff d8 ff");
    }
}
