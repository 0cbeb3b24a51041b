/// What a walk over a JPEG's markers finds (ITU-T T.81, annex B).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Layout {
    /// Whether the scans are closed by an end-of-image marker. Decoders fill what a truncated file lacks with grey and report
    /// success, so this is looked for before decoding.
    pub(crate) complete: bool,
    /// Number of scans: one, or about ten of a progressive picture.
    pub(crate) scans: usize,
}

/// Walks from segment to segment: a thumbnail inside a segment has an end marker of its own, which does not count.
pub(crate) fn layout(bytes: &[u8]) -> Layout {
    const END_OF_IMAGE: u8 = 0xD9;
    const START_OF_SCAN: u8 = 0xDA;
    let mut layout = Layout { complete: false, scans: 0 };
    let mut at = 2; // behind the start-of-image marker
    while let Some((marker, behind)) = next_marker(bytes, at) {
        if marker == END_OF_IMAGE {
            layout.complete = true;
            break;
        }
        let Some(length) = bytes.get(behind..behind + 2) else { break };
        at = behind + usize::from(u16::from_be_bytes([length[0], length[1]]));
        if marker == START_OF_SCAN {
            layout.scans += 1;
            at = scan_end(bytes, at);
        }
    }
    layout
}

/// The next marker's code at or behind `at`, and the place behind it. Stray bytes between segments are skipped.
fn next_marker(bytes: &[u8], at: usize) -> Option<(u8, usize)> {
    let mut at = at;
    loop {
        at += memchr::memchr(0xFF, bytes.get(at..)?)?;
        while *bytes.get(at)? == 0xFF {
            at += 1;
        }
        match bytes[at] {
            // Stuffed zero, restart and temporary markers have no segment.
            0x00 | 0x01 | 0xD0..=0xD8 => at += 1,
            code => return Some((code, at + 1)),
        }
    }
}

/// Where the entropy-coded data that starts at `at` ends: the place of the next marker that is not a restart marker.
fn scan_end(bytes: &[u8], at: usize) -> usize {
    let mut at = at;
    while let Some(found) = bytes.get(at..).and_then(|rest| memchr::memchr(0xFF, rest)) {
        at += found;
        match bytes.get(at + 1) {
            Some(0x00 | 0xD0..=0xD7) => at += 2,
            Some(0xFF) => at += 1,
            _ => return at,
        }
    }
    bytes.len()
}

#[cfg(test)]
mod tests {
    use super::{Layout, layout};

    #[test]
    fn a_thumbnails_end_is_not_the_pictures_end() {
        let app1 = [0xFF, 0xE1, 0x00, 0x06, 0xFF, 0xD8, 0xFF, 0xD9];
        let scan = [0xFF, 0xDA, 0x00, 0x02, 0x12, 0xFF, 0x00, 0xFF, 0xD0, 0x34];
        let mut jpeg = [&[0xFF, 0xD8][..], &app1, &scan].concat();
        assert_eq!(layout(&jpeg), Layout { complete: false, scans: 1 });
        jpeg.extend([0xFF, 0xD9]);
        assert_eq!(layout(&jpeg), Layout { complete: true, scans: 1 });
        for length in 0..jpeg.len() {
            assert!(!layout(&jpeg[..length]).complete, "cut to {length} bytes");
        }
    }
}
