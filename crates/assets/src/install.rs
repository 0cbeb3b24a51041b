use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

use crate::manifest::{Archive, Entry, Manifest, Set};
use crate::{AssetError, Progress, archive, digest, download, prepare};

/// The folder with the assets.
///
/// Layout: one folder a set (`openvino-2026.4.1`, `models-1`, `samples-1`), each with its files and a `SHA256SUMS`. A set
/// appears by one rename and is whole from then on. `downloads` holds archives that arrived before an interruption,
/// `staging` what is being made; both are emptied when all is installed. `lock` keeps two processes from doing it at once.
#[derive(Debug)]
pub struct Assets {
    root: PathBuf,
    manifest: Manifest,
}

/// Where archives come from.
enum Source<'a> {
    Registries(&'a dyn Progress),
    Folder(&'a Path, &'a dyn Progress),
}

impl Source<'_> {
    fn progress(&self) -> &dyn Progress {
        match self {
            Source::Registries(progress) | Source::Folder(_, progress) => *progress,
        }
    }
}

/// Which sets are obtained.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Missing {
    /// Those that lack a file.
    Absent,
    /// Those too of which a file is not as pinned; takes hashing all of them.
    AbsentOrAltered,
}

/// The sets that verifying needs.
const RUNTIME: [&str; 2] = ["openvino", "models"];
/// All sets.
const ALL: [&str; 3] = ["openvino", "models", "samples"];

impl Assets {
    /// The assets that lie, or will lie, in `root`.
    pub fn at(root: impl Into<PathBuf>) -> Result<Self, AssetError> {
        Ok(Self { root: root.into(), manifest: Manifest::built_in()? })
    }

    /// The per-user data folder of shiren: `home` if given (`SHIREN_HOME`), else by the XDG base directory specification.
    pub fn home(home: Option<PathBuf>) -> Result<PathBuf, AssetError> {
        use etcetera::BaseStrategy;
        match home {
            Some(home) => Ok(home),
            None => {
                let strategy = etcetera::base_strategy::Xdg::new().map_err(|_| AssetError::NoHome)?;
                Ok(strategy.data_dir().join("shiren"))
            }
        }
    }

    /// Obtains from the registries what is missing. Returns at once if nothing is.
    pub fn ensure(&self, progress: &dyn Progress) -> Result<(), AssetError> {
        self.install(&Source::Registries(progress), Missing::Absent, &ALL)
    }

    /// The same for what verifying needs, without the sample photographs.
    pub fn ensure_runtime(&self, progress: &dyn Progress) -> Result<(), AssetError> {
        self.install(&Source::Registries(progress), Missing::Absent, &RUNTIME)
    }

    /// Obtains from the registries what is missing or altered.
    pub fn repair(&self, progress: &dyn Progress) -> Result<(), AssetError> {
        self.install(&Source::Registries(progress), Missing::AbsentOrAltered, &ALL)
    }

    /// Takes what is missing or altered out of archives in `folder`, for machines that reach no registry.
    pub fn import(&self, folder: &Path, progress: &dyn Progress) -> Result<(), AssetError> {
        if !folder.is_dir() {
            return Err(AssetError::NotAFolder(folder.to_owned()));
        }
        self.install(&Source::Folder(folder, progress), Missing::AbsentOrAltered, &ALL)
    }

    /// Only fetches the archives, into `folder`, for [`import`](Self::import) on another machine of the same architecture.
    pub fn fetch_archives(&self, folder: &Path, progress: &dyn Progress) -> Result<(), AssetError> {
        download::check_clients(&self.manifest.archives)?;
        fs::create_dir_all(folder).map_err(AssetError::io("create", folder))?;
        let scratch_root = tempfile::Builder::new()
            .prefix(".shiren-")
            .tempdir_in(folder)
            .map_err(AssetError::io("create a folder in", folder))?;
        for archive in &self.manifest.archives {
            let lying = folder.join(&archive.file);
            if !(lying.is_file() && digest::of_file(&lying)? == archive.sha256) {
                let scratch = scratch_root.path().join(&archive.id);
                fs::create_dir_all(&scratch).map_err(AssetError::io("create", &scratch))?;
                download::fetch(archive, folder, &scratch, progress)?;
            }
        }
        Ok(())
    }

    /// Hashes every installed file and compares it with its pin. Returns how many were right.
    pub fn verify(&self) -> Result<usize, AssetError> {
        let mut count = 0;
        for set in &self.manifest.sets {
            count += self.verify_set(set)?;
        }
        Ok(count)
    }

    /// Hashes what is loaded into the process: the runtime and the models.
    pub fn verify_runtime(&self) -> Result<usize, AssetError> {
        let mut count = 0;
        for id in RUNTIME {
            count += self.verify_set(self.manifest.set(id)?)?;
        }
        Ok(count)
    }

    fn verify_set(&self, set: &Set) -> Result<usize, AssetError> {
        for entry in &set.files {
            let path = self.root.join(set.folder()).join(&entry.to);
            if !path.is_file() {
                return Err(AssetError::Missing { path });
            }
            let (found, expected) = (digest::of_file(&path)?, entry.installed_sha256());
            if found != expected {
                return Err(AssetError::Altered { path, found, expected: expected.to_owned() });
            }
        }
        Ok(set.files.len())
    }

    /// The shared library that the engine loads.
    pub fn openvino_library(&self) -> Result<PathBuf, AssetError> {
        let set = self.manifest.set("openvino")?;
        let entry = set.files.iter().find(|entry| entry.to.starts_with("libopenvino_c.so"));
        let entry = entry.ok_or_else(|| AssetError::Manifest("openvino lacks its C library".into()))?;
        Ok(self.root.join(set.folder()).join(&entry.to))
    }

    /// A prepared model's file by name, `yunet.onnx` for example.
    pub fn model(&self, file: &str) -> Result<PathBuf, AssetError> {
        self.file_of("models", file)
    }

    /// A sample photograph's file by name, `person_a_1.jpg` for example.
    pub fn sample(&self, file: &str) -> Result<PathBuf, AssetError> {
        self.file_of("samples", file)
    }

    fn file_of(&self, set: &str, file: &str) -> Result<PathBuf, AssetError> {
        let set = self.manifest.set(set)?;
        let path = self.root.join(set.folder()).join(file);
        if path.is_file() { Ok(path) } else { Err(AssetError::Missing { path }) }
    }

    /// Name, version and digest of the model pack, for records: `default-1@` and the first 12 digits of the SHA-256 over the
    /// digests of its prepared files, in the order of the list.
    pub fn model_pack(&self) -> Result<String, AssetError> {
        let set = self.manifest.set("models")?;
        let digests: Vec<&str> = set.files.iter().map(Entry::installed_sha256).collect();
        Ok(format!("default-{}@{}", set.version, &digest::of_bytes(digests.join("\n").as_bytes())[..12]))
    }

    fn lacking(&self, missing: Missing, ids: &[&str]) -> Result<Vec<&Set>, AssetError> {
        let mut lacking = Vec::new();
        for id in ids {
            let set = self.manifest.set(id)?;
            let present = match missing {
                Missing::Absent => set.files.iter().all(|entry| self.root.join(set.folder()).join(&entry.to).is_file()),
                Missing::AbsentOrAltered => match self.verify_set(set) {
                    Err(AssetError::Missing { .. } | AssetError::Altered { .. }) => false,
                    other => other.map(|_| true)?,
                },
            };
            if !present {
                lacking.push(set);
            }
        }
        Ok(lacking)
    }

    fn install(&self, source: &Source, missing: Missing, ids: &[&str]) -> Result<(), AssetError> {
        if missing == Missing::Absent && self.lacking(missing, ids)?.is_empty() {
            return Ok(());
        }
        fs::create_dir_all(&self.root).map_err(AssetError::io("create", &self.root))?;
        let lock_path = self.root.join("lock");
        let lock = File::create(&lock_path).map_err(AssetError::io("create", &lock_path))?;
        if lock.try_lock().is_err() {
            source.progress().note("another shiren is obtaining the assets: waiting for it");
            lock.lock().map_err(AssetError::io("lock", &lock_path))?;
        }
        // Whoever held the lock before may have died or may have done the work: sweep, then look again.
        let staging = self.root.join("staging");
        remove_folder(&staging)?;
        let lacking = self.lacking(missing, ids)?;
        if lacking.is_empty() {
            return Ok(());
        }
        let downloads = self.root.join("downloads");
        for folder in [&staging, &downloads] {
            fs::create_dir_all(folder).map_err(AssetError::io("create", folder))?;
        }
        let result = self.install_sets(&lacking, source, &staging, &downloads);
        remove_folder(&staging)?;
        result?;
        remove_folder(&downloads)
    }

    fn install_sets(&self, sets: &[&Set], source: &Source, staging: &Path, downloads: &Path) -> Result<(), AssetError> {
        let needed = |archive: &&Archive| sets.iter().flat_map(|set| &set.files).any(|e| e.archive == archive.id);
        if let Source::Registries(_) = source {
            let absent = |archive: &&Archive| !downloads.join(&archive.file).is_file();
            download::check_clients(self.manifest.archives.iter().filter(needed).filter(absent))?;
        }
        for set in sets {
            let folder = staging.join(set.folder());
            fs::create_dir_all(&folder).map_err(AssetError::io("create", &folder))?;
            let mut sums = String::new();
            for archive in &self.manifest.archives {
                let entries: Vec<&Entry> = set.files.iter().filter(|entry| entry.archive == archive.id).collect();
                if !entries.is_empty() {
                    let path = self.obtain(archive, source, staging, downloads)?;
                    take(archive, &path, &entries, &folder, &mut sums)?;
                }
            }
            write_synced(&folder.join("SHA256SUMS"), sums.as_bytes())?;
            // Only now, when its replacement is whole, does an altered set go.
            let home = self.root.join(set.folder());
            remove_folder(&home)?;
            fs::rename(&folder, &home).map_err(AssetError::io("move to", &home))?;
        }
        Ok(())
    }

    fn obtain(
        &self,
        archive: &Archive,
        source: &Source,
        staging: &Path,
        downloads: &Path,
    ) -> Result<PathBuf, AssetError> {
        match source {
            Source::Folder(folder, _) => {
                let path = folder.join(&archive.file);
                if !path.is_file() {
                    let folder = folder.to_path_buf();
                    return Err(AssetError::NotInFolder { folder, file: archive.file.clone() });
                }
                digest::require(&archive.file, digest::of_file(&path)?, &archive.sha256)?;
                Ok(path)
            }
            Source::Registries(progress) => {
                let kept = downloads.join(&archive.file);
                if kept.is_file() && digest::of_file(&kept)? == archive.sha256 {
                    return Ok(kept);
                }
                let scratch = staging.join(format!("{}-scratch", archive.id));
                fs::create_dir_all(&scratch).map_err(AssetError::io("create", &scratch))?;
                let path = download::fetch(archive, downloads, &scratch, *progress)?;
                remove_folder(&scratch)?;
                Ok(path)
            }
        }
    }
}

/// Takes entries out of an archive into `folder`: digest of the file as it came, recipe, digest of what is written.
fn take(from: &Archive, path: &Path, entries: &[&Entry], folder: &Path, sums: &mut String) -> Result<(), AssetError> {
    let members: Vec<&str> = entries.iter().map(|entry| entry.member.as_str()).collect();
    for (entry, contents) in entries.iter().zip(archive::read_members(path, &members)?) {
        let what = format!("{} in {}", entry.member, from.file);
        digest::require(&what, digest::of_bytes(&contents), &entry.sha256)?;
        let prepared = prepare::prepare(entry.recipe, contents)
            .map_err(|source| AssetError::Prepare { file: entry.to.clone(), source })?;
        digest::require(&format!("{} as prepared", entry.to), digest::of_bytes(&prepared), entry.installed_sha256())?;
        write_synced(&folder.join(&entry.to), &prepared)?;
        sums.push_str(&format!("{}  {}\n", entry.installed_sha256(), entry.to));
    }
    Ok(())
}

/// Writes a file through to the disk, so that a set that is there after a power cut is whole.
fn write_synced(path: &Path, contents: &[u8]) -> Result<(), AssetError> {
    let mut file = File::create(path).map_err(AssetError::io("create", path))?;
    file.write_all(contents).map_err(AssetError::io("write", path))?;
    file.sync_all().map_err(AssetError::io("write", path))
}

fn remove_folder(path: &Path) -> Result<(), AssetError> {
    match fs::remove_dir_all(path) {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => Err(AssetError::io("remove", path)(e)),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Quiet;

    #[test]
    fn an_import_of_an_altered_archive_leaves_nothing() {
        let root = tempfile::tempdir().unwrap();
        let offered = tempfile::tempdir().unwrap();
        let assets = Assets::at(root.path().join("assets")).unwrap();
        for archive in &assets.manifest.archives {
            fs::write(offered.path().join(&archive.file), b"not it").unwrap();
        }
        let error = assets.import(offered.path(), &Quiet).unwrap_err();
        assert!(matches!(error, AssetError::Digest { .. }), "{error}");
        let left: Vec<_> = fs::read_dir(root.path().join("assets")).unwrap().map(|e| e.unwrap().file_name()).collect();
        assert!(left.iter().all(|name| name == "lock" || name == "downloads"), "{left:?}");
        assert!(matches!(assets.verify(), Err(AssetError::Missing { .. })));
    }

    #[test]
    fn an_import_names_the_archive_that_is_not_there() {
        let root = tempfile::tempdir().unwrap();
        let assets = Assets::at(root.path()).unwrap();
        let error = assets.import(root.path(), &Quiet).unwrap_err();
        assert!(error.to_string().contains("openvino-2026.4.1"), "{error}");
    }
}
