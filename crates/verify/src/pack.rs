use serde::Deserialize;
use shiren_assets::{AssetError, Assets};
use shiren_decide::Calibration;
use shiren_engine::{CpuError, EngineError, Runtime, RuntimeOptions, check_cpu};
use shiren_face::{FaceModels, LoadError, ModelFiles};
use shiren_photo::DecodeLimits;
use thiserror::Error;

use crate::Judge;

/// What the default model pack says of itself besides its files; the files are pinned in the assets.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Manifest {
    calibration: Calibration,
}

/// Why the models could not be made ready.
#[derive(Debug, Error)]
pub enum PackError {
    /// The machine cannot run them.
    #[error(transparent)]
    Cpu(#[from] CpuError),
    /// They are not there, or not the right ones.
    #[error(transparent)]
    Assets(#[from] AssetError),
    /// The built-in manifest is broken; a fault of this build.
    #[error("the model pack's manifest is broken: {0}")]
    Manifest(String),
    /// The engine cannot be loaded.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// The engine refuses the models.
    #[error(transparent)]
    Load(#[from] LoadError),
}

/// Checks the digests of the runtime and the models, loads them, and makes a judge of them.
pub fn load_judge(assets: &Assets, options: RuntimeOptions, limits: DecodeLimits) -> Result<Judge, PackError> {
    check_cpu()?;
    assets.verify_runtime()?;
    let manifest: Manifest =
        toml::from_str(include_str!("../default-pack.toml")).map_err(|e| PackError::Manifest(e.to_string()))?;
    let runtime = Runtime::load(&assets.openvino_library()?, options)?;
    let files = ModelFiles {
        detector: assets.model("yunet.onnx")?,
        embedder: assets.model("sface.onnx")?,
        antispoof: [
            assets.model("fr_liveness.onnx")?,
            assets.model("minifasnet_v2.onnx")?,
            assets.model("minifasnet_v1se.onnx")?,
        ],
    };
    let models = FaceModels::load(&runtime, &files)?;
    let model_pack = format!("{}/{}", assets.model_pack()?, options.precision.name());
    Ok(Judge::new(models, manifest.calibration, limits, model_pack))
}
