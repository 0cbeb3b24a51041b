use std::fs::File;
use std::io::Read;
use std::path::Path;

use sha2::{Digest, Sha256};

use crate::AssetError;

/// SHA-256 of bytes, in lower-case hexadecimal.
pub(crate) fn of_bytes(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

/// SHA-256 of a file, in lower-case hexadecimal.
pub(crate) fn of_file(path: &Path) -> Result<String, AssetError> {
    let mut file = File::open(path).map_err(AssetError::io("open", path))?;
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; 1 << 20];
    loop {
        let read = file.read(&mut buffer).map_err(AssetError::io("read", path))?;
        if read == 0 {
            return Ok(hex::encode(hasher.finalize()));
        }
        hasher.update(&buffer[..read]);
    }
}

/// Fails unless a digest is the pinned one.
pub(crate) fn require(what: &str, found: String, expected: &str) -> Result<(), AssetError> {
    if found == expected {
        return Ok(());
    }
    Err(AssetError::Digest { what: what.to_owned(), found, expected: expected.to_owned() })
}
