use std::ops::{Deref, DerefMut};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use shiren_engine::{EngineError, Network, RunError, Runtime, Session};
use thiserror::Error;

use crate::antispoof::SPECS;
use crate::{ALIGNED_SIDE, antispoof, embed, yunet};

/// The five model files of the default pack, prepared for the engine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelFiles {
    /// YuNet.
    pub detector: PathBuf,
    /// SFace.
    pub embedder: PathBuf,
    /// `fr_liveness`, MiniFASNetV2, MiniFASNetV1SE.
    pub antispoof: [PathBuf; 3],
}

/// What can go wrong while a face is measured. None of these is the photograph's fault: a picture without a face is an empty
/// list, not an error.
#[derive(Debug, Error)]
pub enum FaceError {
    /// The engine failed.
    #[error(transparent)]
    Run(#[from] RunError),
    /// A model is not the one that was expected.
    #[error("unfit model: {0}")]
    Model(String),
    /// The landmarks fall into one point.
    #[error("the face's landmarks are degenerate")]
    Landmarks,
    /// The face has no pixels around it.
    #[error("the face has no surroundings to look at")]
    NoSurroundings,
    /// A model gave NaN or infinity.
    #[error("the {0} is not a finite number")]
    NotFinite(&'static str),
}

/// The compiled models, shared by all workers, with a pool of [`Workbench`]es.
pub struct FaceModels {
    detector: Network,
    embedder: Network,
    antispoof: Vec<Network>,
    idle: Mutex<Vec<Workbench>>,
}

/// Why the models could not be loaded.
#[derive(Debug, Error)]
pub enum LoadError {
    /// The engine refused a model.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// The model is not the one that was expected.
    #[error(transparent)]
    Face(#[from] FaceError),
}

impl FaceModels {
    /// Compiles the five models.
    pub fn load(runtime: &Runtime, files: &ModelFiles) -> Result<Arc<Self>, LoadError> {
        let detector = runtime.compile(&files.detector, [1, 3, yunet::SIDE, yunet::SIDE], &yunet::OUTPUTS)?;
        let embedder = runtime.compile(&files.embedder, [1, 3, ALIGNED_SIDE, ALIGNED_SIDE], &[embed::OUTPUT])?;
        let antispoof = files
            .antispoof
            .iter()
            .zip(antispoof::SPECS)
            .map(|(file, spec)| runtime.compile(file, [1, 3, spec.side, spec.side], &[antispoof::OUTPUT]))
            .collect::<Result<Vec<_>, _>>()?;
        Ok(Arc::new(Self { detector, embedder, antispoof, idle: Mutex::new(Vec::new()) }))
    }

    /// Lends a workbench, an idle one or a new one; it returns by itself.
    pub fn workbench(self: &Arc<Self>) -> Result<WorkbenchLease, FaceError> {
        let idle = self.idle.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).pop();
        let bench = match idle {
            Some(bench) => bench,
            None => Workbench {
                detector: self.detector.session()?,
                embedder: self.embedder.session()?,
                antispoof: self.antispoof.iter().map(Network::session).collect::<Result<Vec<_>, _>>()?,
            },
        };
        debug_assert_eq!(bench.antispoof.len(), SPECS.len());
        Ok(WorkbenchLease { bench: Some(bench), home: Arc::clone(self) })
    }
}

/// One worker's infer requests and buffers: whoever holds it looks at one picture at a time.
pub struct Workbench {
    pub(crate) detector: Session,
    pub(crate) embedder: Session,
    pub(crate) antispoof: Vec<Session>,
}

/// A lent [`Workbench`], which goes back to its pool when dropped. One that saw a panic is thrown away instead.
pub struct WorkbenchLease {
    bench: Option<Workbench>,
    home: Arc<FaceModels>,
}

impl Deref for WorkbenchLease {
    type Target = Workbench;

    #[expect(clippy::expect_used, reason = "the workbench is taken out in drop only")]
    fn deref(&self) -> &Workbench {
        self.bench.as_ref().expect("lent until dropped")
    }
}

impl DerefMut for WorkbenchLease {
    #[expect(clippy::expect_used, reason = "the workbench is taken out in drop only")]
    fn deref_mut(&mut self) -> &mut Workbench {
        self.bench.as_mut().expect("lent until dropped")
    }
}

impl Drop for WorkbenchLease {
    fn drop(&mut self) {
        if let Some(bench) = self.bench.take()
            && !std::thread::panicking()
        {
            self.home.idle.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).push(bench);
        }
    }
}
