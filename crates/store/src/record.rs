use time::OffsetDateTime;

/// What is kept of one verification: enough to answer for it, and neither a picture nor an embedding.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    /// The `RequestId` of the answer.
    pub request_id: String,
    /// When the request was admitted, to the millisecond.
    pub time: OffsetDateTime,
    /// Id of the access key.
    pub key_id: String,
    /// The caller's resource code.
    pub resource_code: String,
    /// Name of the outcome, `passed` or why not.
    pub outcome: String,
    /// Score, 0 to 100, where two faces were compared.
    pub score: Option<f64>,
    /// The pass mark that the score was held against.
    pub pass_mark: f64,
    /// Live probability, 0 to 1, where it was measured.
    pub live_probability: Option<f64>,
    /// The threshold that it was held against.
    pub live_threshold: f64,
    /// Name, version and digest of the models.
    pub model_pack: String,
    /// Version of the map from cosine to score.
    pub calibration: String,
    /// How long each stage took.
    pub timings: Timings,
}

/// How long each stage of a verification took, in microseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Timings {
    /// Waiting for a worker.
    pub queue: i64,
    /// Base64 and JPEG, both photographs.
    pub decode: i64,
    /// Finding faces, both photographs.
    pub detect: i64,
    /// Aligning and embedding, both faces.
    pub embed: i64,
    /// Anti-spoofing of the probe.
    pub antispoof: i64,
}
