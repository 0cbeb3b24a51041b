use serde::Deserialize;

use crate::AssetError;

/// The pinned list, `assets.toml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Manifest {
    #[serde(rename = "archive")]
    pub(crate) archives: Vec<Archive>,
    #[serde(rename = "set")]
    pub(crate) sets: Vec<Set>,
}

/// One file of a package registry.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Archive {
    pub(crate) id: String,
    /// The processor architecture it is for; all if absent.
    pub(crate) platform: Option<String>,
    pub(crate) file: String,
    pub(crate) size: u64,
    pub(crate) sha256: String,
    pub(crate) client: Client,
}

/// The registry's client and what it is asked for.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "lowercase", untagged)]
pub(crate) enum Client {
    /// pip; a source distribution where `wheel` is absent.
    Pip { pip: String, wheel: Option<WheelTags> },
    /// npm.
    Npm { npm: String },
}

/// Which wheel of a package, so that every machine gets the same one whatever Python it has.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct WheelTags {
    pub(crate) platform: Option<String>,
    pub(crate) python: Option<String>,
    pub(crate) abi: Option<String>,
}

/// Files that belong together and lie in one folder.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Set {
    pub(crate) id: String,
    pub(crate) version: String,
    #[serde(rename = "file")]
    pub(crate) files: Vec<Entry>,
}

/// One file of a set.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Entry {
    pub(crate) archive: String,
    pub(crate) member: String,
    pub(crate) to: String,
    /// Digest of the file as it lies in the archive.
    pub(crate) sha256: String,
    #[serde(default)]
    pub(crate) recipe: Recipe,
    /// Digest of the prepared file, where a recipe changes it.
    pub(crate) prepared: Option<String>,
}

/// How a file of an archive becomes the file that is used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Recipe {
    /// As it is.
    #[default]
    Copy,
    /// An ONNX model whose constant `DequantizeLinear` nodes are folded.
    FoldDequantize,
    /// A PyTorch state dictionary of a MiniFASNet, made an ONNX model.
    ConvertMinifasnet,
}

impl Entry {
    /// The digest of the installed file.
    pub(crate) fn installed_sha256(&self) -> &str {
        self.prepared.as_deref().unwrap_or(&self.sha256)
    }
}

impl Set {
    /// Name of the set's folder.
    pub(crate) fn folder(&self) -> String {
        format!("{}-{}", self.id, self.version)
    }
}

impl Manifest {
    /// The built-in list, cut down to what this machine's architecture needs.
    pub(crate) fn built_in() -> Result<Self, AssetError> {
        Self::for_platform(std::env::consts::ARCH)
    }

    fn for_platform(architecture: &str) -> Result<Self, AssetError> {
        let mut manifest: Manifest =
            toml::from_str(include_str!("../assets.toml")).map_err(|e| AssetError::Manifest(e.to_string()))?;
        manifest.archives.retain(|archive| archive.platform.as_deref().is_none_or(|p| p == architecture));
        for set in &mut manifest.sets {
            set.files.retain(|entry| manifest.archives.iter().any(|archive| archive.id == entry.archive));
        }
        Ok(manifest)
    }

    /// The set of that id.
    pub(crate) fn set(&self, id: &str) -> Result<&Set, AssetError> {
        let found = self.sets.iter().find(|set| set.id == id);
        found.ok_or_else(|| AssetError::Manifest(format!("there is no set {id}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_platforms_have_every_file_once() {
        for architecture in ["x86_64", "aarch64"] {
            let manifest = Manifest::for_platform(architecture).unwrap();
            for (set, count) in [("openvino", 8), ("models", 5), ("samples", 7)] {
                let files = &manifest.set(set).unwrap().files;
                assert_eq!(files.len(), count, "{set} on {architecture}");
                for entry in files {
                    assert_eq!(files.iter().filter(|other| other.to == entry.to).count(), 1, "{}", entry.to);
                    assert_eq!(entry.installed_sha256().len(), 64, "{}", entry.to);
                    assert_eq!(entry.recipe != Recipe::Copy, entry.prepared.is_some(), "{}", entry.to);
                }
            }
        }
    }
}
