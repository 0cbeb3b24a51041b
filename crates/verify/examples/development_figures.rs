//! The figures of `docs/models.md`: cosine at each false match rate, and the anti-spoof error rates, on folders of pictures.
//!
//! `cargo run --release -p shiren-verify --example development_figures -- people DIR` where DIR has a folder a person;
//! `… -- attack LIVE_DIR… --spoof SPOOF_DIR…` where each folder is one source.

use std::collections::BTreeMap;
use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};

use shiren_assets::Assets;
use shiren_engine::RuntimeOptions;
use shiren_face::{Embedding, WorkbenchLease, largest};
use shiren_photo::{DecodeLimits, Photo, decode};
use shiren_testkit::assets_folder;
use shiren_verify::load_judge;

type Failure = Box<dyn Error>;

#[expect(clippy::print_stdout, reason = "printing figures is what this program is for")]
fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let assets = Assets::at(assets_folder())?;
    let judge = load_judge(&assets, RuntimeOptions::single_thread(), DecodeLimits::default())?;
    let mut bench = judge.models().workbench()?;
    println!("model pack {}", judge.model_pack());
    match arguments.split_first() {
        Some((mode, folders)) if mode == "people" => {
            for folder in folders {
                people(Path::new(folder), &mut bench)?;
            }
            Ok(())
        }
        Some((mode, folders)) if mode == "attack" => {
            let split = folders.iter().position(|f| f == "--spoof").unwrap_or(folders.len());
            for (kind, folders) in [("live", &folders[..split]), ("spoof", folders.get(split + 1..).unwrap_or(&[]))] {
                for folder in folders {
                    attack(kind, Path::new(folder), &mut bench)?;
                }
            }
            Ok(())
        }
        _ => Err("usage: people DIR… | attack LIVE_DIR… --spoof SPOOF_DIR…".into()),
    }
}

fn pictures(folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let mut found: Vec<PathBuf> = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            found.extend(pictures(&path)?);
        } else if path.extension().is_some_and(|e| e.eq_ignore_ascii_case("jpg")) {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

fn read(path: &Path) -> Result<Photo, Failure> {
    Ok(decode(&fs::read(path)?, DecodeLimits::default())?)
}

#[expect(clippy::print_stdout, reason = "printing figures is what this program is for")]
fn people(folder: &Path, bench: &mut WorkbenchLease) -> Result<(), Failure> {
    let mut people: BTreeMap<PathBuf, Vec<Embedding>> = BTreeMap::new();
    let (mut total, mut failed) = (0, 0);
    for path in pictures(folder)? {
        total += 1;
        let photo = read(&path)?;
        match largest(&bench.detect(&photo)?).copied() {
            Some(face) => {
                let person = path.parent().unwrap_or(folder).to_owned();
                people.entry(person).or_default().push(bench.embed(&photo, &face)?);
            }
            None => failed += 1,
        }
    }
    let people: Vec<Vec<Embedding>> = people.into_values().collect();
    let mut impostor = Vec::new();
    for (index, one) in people.iter().enumerate() {
        for other in &people[index + 1..] {
            impostor.extend(one.iter().flat_map(|a| other.iter().map(|b| a.cosine(b))));
        }
    }
    impostor.sort_by(|a, b| b.total_cmp(a));
    let genuine: Vec<Vec<f32>> = people
        .iter()
        .map(|pictures| {
            let pairs = pictures.iter().enumerate();
            pairs.flat_map(|(i, a)| pictures[i + 1..].iter().map(|b| a.cosine(b))).collect()
        })
        .filter(|pairs: &Vec<f32>| !pairs.is_empty())
        .collect();
    let pairs: usize = genuine.iter().map(Vec::len).sum();
    let mean = impostor.iter().map(|&c| f64::from(c)).sum::<f64>() / impostor.len() as f64;
    println!(
        "{}: {total} pictures, failure to acquire {failed}, {} people, {} impostor and {pairs} genuine pairs, impostor mean {mean:.4}",
        folder.display(),
        people.len(),
        impostor.len()
    );
    println!("FMR      pairs above  cosine   FNMR by pairs  FNMR by people");
    for rate in [1e-2, 1e-3, 1e-4, 1e-5] {
        let above = (impostor.len() as f64 * rate).round() as usize;
        let Some(&threshold) = impostor.get(above) else { continue };
        let misses = |pairs: &Vec<f32>| pairs.iter().filter(|&&c| c <= threshold).count();
        let by_pairs = genuine.iter().map(misses).sum::<usize>() as f64 / pairs as f64;
        let by_people = genuine.iter().map(|p| misses(p) as f64 / p.len() as f64).sum::<f64>() / genuine.len() as f64;
        println!("{rate:<8.0e} {above:<12} {threshold:<8.4} {:<14.4} {:.4}", by_pairs, by_people);
    }
    Ok(())
}

#[expect(clippy::print_stdout, reason = "printing figures is what this program is for")]
fn attack(kind: &str, folder: &Path, bench: &mut WorkbenchLease) -> Result<(), Failure> {
    let (mut means, mut faceless, mut cut) = (Vec::new(), 0, 0);
    for path in pictures(folder)? {
        let photo = read(&path)?;
        match largest(&bench.detect(&photo)?).copied() {
            Some(face) => {
                cut += usize::from(face.part_inside(photo.width(), photo.height()) < 0.7);
                means.push(bench.live_probabilities(&photo, &face)?.mean());
            }
            None => faceless += 1,
        }
    }
    let below = |threshold: f32| means.iter().filter(|&&p| p < threshold).count();
    println!(
        "{kind} {}: {} faces, {faceless} without, {cut} cut by the frame; called spoof at 0.35 / 0.40 / 0.50: {} / {} / {}",
        folder.display(),
        means.len(),
        below(0.35),
        below(0.40),
        below(0.50)
    );
    Ok(())
}
