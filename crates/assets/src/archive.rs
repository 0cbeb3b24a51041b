use std::fs::File;
use std::io::Read;
use std::path::Path;

use flate2::read::GzDecoder;

use crate::AssetError;

/// The contents of the named files of a wheel (`.whl`, a zip) or a package (`.tgz`, `.tar.gz`), in the order of `members`.
///
/// Only named files are read, into memory, so a path in the archive can lead nowhere.
pub(crate) fn read_members(path: &Path, members: &[&str]) -> Result<Vec<Vec<u8>>, AssetError> {
    let name = path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    let file = File::open(path).map_err(AssetError::io("open", path))?;
    let found = if name.ends_with(".whl") { read_zip(file, members) } else { read_tar(file, members) };
    let failed =
        |member: &str, reason: String| AssetError::Archive { archive: name.clone(), member: member.to_owned(), reason };
    found
        .map_err(|reason| failed(&members.join(", "), reason))?
        .into_iter()
        .zip(members)
        .map(|(contents, member)| contents.ok_or_else(|| failed(member, "it is not there".into())))
        .collect()
}

fn read_zip(file: File, members: &[&str]) -> Result<Vec<Option<Vec<u8>>>, String> {
    let mut zip = zip::ZipArchive::new(file).map_err(|e| e.to_string())?;
    members
        .iter()
        .map(|member| match zip.by_name(member) {
            Ok(mut entry) => {
                let mut contents = Vec::new();
                entry.read_to_end(&mut contents).map_err(|e| e.to_string())?;
                Ok(Some(contents))
            }
            Err(zip::result::ZipError::FileNotFound) => Ok(None),
            Err(e) => Err(e.to_string()),
        })
        .collect()
}

fn read_tar(file: File, members: &[&str]) -> Result<Vec<Option<Vec<u8>>>, String> {
    let mut found = vec![None; members.len()];
    let mut tar = tar::Archive::new(GzDecoder::new(file));
    for entry in tar.entries().map_err(|e| e.to_string())? {
        let mut entry = entry.map_err(|e| e.to_string())?;
        let path = entry.path().map_err(|e| e.to_string())?.into_owned();
        let Some(index) = members.iter().position(|member| path == Path::new(member)) else { continue };
        let mut contents = Vec::new();
        entry.read_to_end(&mut contents).map_err(|e| e.to_string())?;
        found[index] = Some(contents);
    }
    Ok(found)
}
