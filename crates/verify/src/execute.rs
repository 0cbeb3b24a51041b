use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use shiren_admit::Admitted;
use shiren_auth::Clock;
use shiren_decide::{Outcome, Policy, Role, Verdict};
use shiren_protocol::{FaceVerify, Format, GatewayError, Language, Reply, RequestId, RetCode, data_json};
use shiren_store::{Record, RecordStore, Timings};

use crate::base64;
use crate::judge::{Judge, Trail};

/// The resource codes that are served, each with its policy.
#[derive(Clone, Debug)]
pub struct ResourceCodes {
    policies: HashMap<String, Policy>,
}

impl ResourceCodes {
    /// These codes, all under one policy.
    pub fn under_one_policy<S: Into<String>>(codes: impl IntoIterator<Item = S>, policy: Policy) -> Self {
        Self { policies: codes.into_iter().map(|code| (code.into(), policy)).collect() }
    }
}

/// Takes an admitted call to its record.
pub struct Verifier<S: ?Sized> {
    judge: Judge,
    resource_codes: ResourceCodes,
    clock: Arc<dyn Clock>,
    store: Arc<S>,
}

/// A verdict that has been recorded. Only [`Verifier::execute`] makes one, and only of one an answer is made.
#[derive(Debug)]
pub struct Recorded {
    verdict: Verdict,
    request_id: RequestId,
    format: Format,
}

impl Recorded {
    /// The answer.
    pub fn reply(&self, language: Language) -> Reply {
        let ret_code = RetCode::of(&self.verdict.outcome);
        let data = data_json(&self.verdict, language);
        let (code, message) = (ret_code.service_code, ret_code.service_message);
        Reply::service(self.format, self.request_id, code, message, Some(&data))
    }
}

impl<S: RecordStore + ?Sized> Verifier<S> {
    /// A verifier that records into `store`.
    pub fn new(judge: Judge, resource_codes: ResourceCodes, clock: Arc<dyn Clock>, store: Arc<S>) -> Self {
        Self { judge, resource_codes, clock, store }
    }

    /// Decode, detect, align, embed and anti-spoof, decide, record.
    ///
    /// A fault of the engine, even a panic, becomes a recorded `ServerFault`. Where the record cannot be kept there is no
    /// verdict at all: the caller gets [`GatewayError::Unavailable`].
    pub fn execute(
        &self,
        admitted: Admitted,
        request: &FaceVerify,
        request_id: RequestId,
    ) -> Result<Recorded, GatewayError> {
        let time = self.clock.now();
        let policy = self.resource_codes.policies.get(&request.resource_code);
        let (verdict, mut timings) = match policy {
            Some(policy) => self.judge_safely(request, policy, request_id),
            None => (Verdict::unmeasured(Outcome::UnknownResourceCode), Timings::default()),
        };
        timings.queue = i64::try_from(admitted.waited().as_micros()).unwrap_or(i64::MAX);
        let policy = policy.copied().unwrap_or_default();
        let record = Record {
            request_id: request_id.to_string(),
            time,
            key_id: admitted.authenticated().key_id().to_owned(),
            resource_code: request.resource_code.clone(),
            outcome: verdict.outcome.name().to_owned(),
            score: verdict.score.map(f64::from),
            pass_mark: policy.pass_mark.into(),
            live_probability: verdict.liveness.as_ref().and_then(|l| l.probability()).map(f64::from),
            live_threshold: policy.live_threshold.into(),
            model_pack: self.judge.model_pack().to_owned(),
            calibration: self.judge.calibration().version().to_owned(),
            timings,
        };
        self.store.append(&record).map_err(|error| {
            tracing::error!(%request_id, %error, "the record cannot be kept, so there is no answer");
            GatewayError::Unavailable
        })?;
        let score = record.score.map(|score| (score * 100.0).round() / 100.0);
        tracing::info!(%request_id, key_id = record.key_id, outcome = record.outcome, score, "verified");
        let format = admitted.authenticated().call().format();
        Ok(Recorded { verdict, request_id, format })
    }

    fn judge_safely(&self, request: &FaceVerify, policy: &Policy, request_id: RequestId) -> (Verdict, Timings) {
        let photo = |role| match role {
            Role::Reference => base64::decode(&request.reference),
            Role::Probe => base64::decode(&request.probe),
        };
        let mut trail = Trail::default();
        // What a panic leaves half-done is thrown away with its workbench; of the trail only the timings are used.
        let judged = catch_unwind(AssertUnwindSafe(|| self.judge.judge_with(photo, policy, &mut trail)));
        let verdict = match judged {
            Ok(Ok(verdict)) => verdict,
            Ok(Err(error)) => {
                tracing::error!(%request_id, %error, "a verification failed");
                Verdict::unmeasured(Outcome::ServerFault)
            }
            Err(_) => {
                tracing::error!(%request_id, "a verification panicked");
                Verdict::unmeasured(Outcome::ServerFault)
            }
        };
        (verdict, trail.timings)
    }
}
