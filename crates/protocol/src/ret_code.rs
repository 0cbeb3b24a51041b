use serde::Serialize;
use shiren_decide::{Base64Fault, Cause, Liveness, Obstacle, Outcome, Role, Verdict};

/// Language of `retMessage`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Language {
    /// Chinese, as in the vendor's document.
    #[default]
    Zh,
    /// English.
    En,
}

/// What an outcome is called on the wire: the one table of `retCode`, `retCodeSub`, and the service's `Code`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RetCode {
    /// `retCode`, the vendor's.
    pub code: &'static str,
    /// `retCodeSub`. `Z1140` and `Z1141` are the vendor's; those from `Z5001` on are shiren's own. For finding faults, not
    /// for branching.
    pub sub: &'static str,
    /// The `Code` of the whole answer.
    pub service_code: u16,
    /// The `Message` of the whole answer.
    pub service_message: &'static str,
}

impl RetCode {
    /// The table.
    pub fn of(outcome: &Outcome) -> Self {
        let (code, sub) = match outcome {
            Outcome::Passed => ("OK_SUCCESS", "Z1140"),
            Outcome::UnknownResourceCode => ("SYSTEM_ERROR", "Z1141"),
            Outcome::BelowPassMark => ("OK_SUCCESS", "Z5001"),
            Outcome::SpoofAttack => ("OK_SUCCESS", "Z5002"),
            Outcome::LivenessNotAssessed => ("OK_SUCCESS", "Z5003"),
            Outcome::ServerFault => ("SYSTEM_ERROR", "Z5900"),
            Outcome::Obstacle(Obstacle { role, cause }) => match (cause, role) {
                (Cause::NoFace, Role::Probe) => ("OK_SUCCESS", "Z5004"),
                (Cause::FaceTooSmall { .. }, Role::Probe) => ("OK_SUCCESS", "Z5005"),
                (Cause::NoFace, Role::Reference) => ("UNABLE_GET_IMAGE", "Z5101"),
                (Cause::FaceTooSmall { .. }, Role::Reference) => ("UNABLE_GET_IMAGE", "Z5102"),
                (Cause::NotBase64(_), _) => ("PROCESSING", "Z5201"),
                (Cause::NotJpeg(_), _) => ("PROCESSING", "Z5202"),
                (Cause::Truncated, _) => ("PROCESSING", "Z5203"),
                (Cause::Damaged(_), _) => ("PROCESSING", "Z5204"),
                (Cause::TooManyPixels { .. }, _) => ("PROCESSING", "Z5205"),
            },
        };
        let (service_code, service_message) = if code == "SYSTEM_ERROR" { (500, "system error") } else { (200, "OK") };
        Self { code, sub, service_code, service_message }
    }

    /// `retMessage`: for people.
    pub fn message(&self, outcome: &Outcome, language: Language) -> String {
        let text = match language {
            Language::Zh => outcome_zh(outcome),
            Language::En => outcome_en(outcome),
        };
        // The vendor's document prints this one without its sub-code.
        if *outcome == Outcome::UnknownResourceCode { text } else { format!("{text}({})", self.sub) }
    }
}

fn outcome_en(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Passed => "face verification passed".into(),
        Outcome::BelowPassMark => "the faces do not match: the score is below the pass mark".into(),
        Outcome::SpoofAttack => "authFaceContent: presentation attack suspected".into(),
        Outcome::LivenessNotAssessed => "authFaceContent: liveness could not be assessed".into(),
        Outcome::UnknownResourceCode => "resourceCode is not valid".into(),
        Outcome::ServerFault => "system error".into(),
        Outcome::Obstacle(obstacle) => obstacle.to_string(),
    }
}

fn outcome_zh(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Passed => "刷脸通过".into(),
        Outcome::BelowPassMark => "人脸比对不通过，得分低于阈值".into(),
        Outcome::SpoofAttack => "authFaceContent：疑似活体攻击（翻拍、打印或屏幕）".into(),
        Outcome::LivenessNotAssessed => "authFaceContent：无法判断是否为活体，请重新拍摄".into(),
        Outcome::UnknownResourceCode => "resourceCode值不合法".into(),
        Outcome::ServerFault => "系统错误".into(),
        Outcome::Obstacle(Obstacle { role, cause }) => format!("{role}：{}", cause_zh(cause)),
    }
}

fn cause_zh(cause: &Cause) -> String {
    match cause {
        Cause::NotBase64(Base64Fault::DataPrefix) => "base64内容不能含有前缀（data:image/jpeg;base64,）".into(),
        Cause::NotBase64(Base64Fault::LineBreak { .. }) => "base64内容不能含有换行符".into(),
        Cause::NotBase64(Base64Fault::Other) => "不是合法的base64编码".into(),
        Cause::NotJpeg(_) => "不是JPEG图片".into(),
        Cause::Truncated => "JPEG图片不完整".into(),
        Cause::Damaged(_) => "JPEG图片已损坏".into(),
        Cause::TooManyPixels { width, height, limit } => {
            format!("图片尺寸{width}x{height}超过上限{limit}像素")
        }
        Cause::NoFace => "未检测到人脸".into(),
        Cause::FaceTooSmall { found, needed } => {
            format!("人脸过小（{found:.0}像素，至少需要{needed:.0}像素）")
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Data {
    passed: &'static str,
    ret_code: &'static str,
    ret_code_sub: &'static str,
    ret_message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    ext_info: Option<ExtInfo>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ExtInfo {
    result: &'static str,
    score: String,
    face_attack: &'static str,
}

/// The answer's `Data`: JSON in which every value is a string.
///
/// `extInfo` comes with `OK_SUCCESS` only, and always has its three fields, since clients read them unasked. `score` is empty
/// where no two faces were compared, and `faceAttack` where liveness was not assessed: a 0 or a `false` there would claim a
/// measurement that was never made.
pub fn data_json(verdict: &Verdict, language: Language) -> String {
    let ret_code = RetCode::of(&verdict.outcome);
    let truth = |value: bool| if value { "true" } else { "false" };
    let ext_info = (ret_code.code == "OK_SUCCESS").then(|| ExtInfo {
        result: truth(verdict.passed()),
        score: verdict.score.map(format_score).unwrap_or_default(),
        face_attack: match &verdict.liveness {
            Some(Liveness::Live(_)) => "false",
            Some(Liveness::Spoof(_)) => "true",
            Some(Liveness::NotAssessed(_)) | None => "",
        },
    });
    let data = Data {
        passed: truth(verdict.passed()),
        ret_code: ret_code.code,
        ret_code_sub: ret_code.sub,
        ret_message: ret_code.message(&verdict.outcome, language),
        ext_info,
    };
    // Only strings are written: there is nothing that could fail.
    serde_json::to_string(&data).unwrap_or_default()
}

/// A score as the wire has it: at most four decimals, at least one.
fn format_score(score: f32) -> String {
    format!("{:?}", (f64::from(score) * 1e4).round() / 1e4)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(outcome: Outcome, score: Option<f32>, liveness: Option<Liveness>) -> Verdict {
        Verdict { outcome, score, cosine: score.map(|_| 0.5), liveness }
    }

    #[test]
    fn the_documents_success() {
        let passed = verdict(Outcome::Passed, Some(100.0), Some(Liveness::Live(0.9)));
        assert_eq!(
            data_json(&passed, Language::Zh),
            "{\"passed\":\"true\",\"retCode\":\"OK_SUCCESS\",\"retCodeSub\":\"Z1140\",\"retMessage\":\"刷脸通过(Z1140)\",\
             \"extInfo\":{\"result\":\"true\",\"score\":\"100.0\",\"faceAttack\":\"false\"}}"
        );
    }

    #[test]
    fn the_documents_unknown_resource_code() {
        let unknown = Verdict::unmeasured(Outcome::UnknownResourceCode);
        assert_eq!(
            data_json(&unknown, Language::Zh),
            "{\"passed\":\"false\",\"retCode\":\"SYSTEM_ERROR\",\"retCodeSub\":\"Z1141\",\"retMessage\":\"resourceCode值不合法\"}"
        );
        assert_eq!(RetCode::of(&unknown.outcome).service_code, 500);
    }

    #[test]
    fn what_was_not_measured_is_empty() {
        let attack = verdict(Outcome::SpoofAttack, Some(87.654_32), Some(Liveness::Spoof(0.1)));
        let json = data_json(&attack, Language::En);
        assert!(json.ends_with(r#""extInfo":{"result":"false","score":"87.6543","faceAttack":"true"}}"#), "{json}");
        let unknown = verdict(Outcome::LivenessNotAssessed, Some(87.0), Some(Liveness::NotAssessed("cut".into())));
        let json = data_json(&unknown, Language::En);
        assert!(json.ends_with(r#""extInfo":{"result":"false","score":"87.0","faceAttack":""}}"#), "{json}");
        let faceless = Verdict::from(Obstacle { role: Role::Probe, cause: Cause::NoFace });
        let json = data_json(&faceless, Language::En);
        assert!(json.contains(r#""retMessage":"authFaceContent: no face found(Z5004)""#), "{json}");
        assert!(json.ends_with(r#""extInfo":{"result":"false","score":"","faceAttack":""}}"#), "{json}");
    }

    #[test]
    fn the_reference_and_the_unreadable_have_no_ext_info() {
        let no_reference = Verdict::from(Obstacle { role: Role::Reference, cause: Cause::NoFace });
        let json = data_json(&no_reference, Language::Zh);
        assert!(json.contains("UNABLE_GET_IMAGE") && json.contains("refFaceContent：未检测到人脸"), "{json}");
        assert!(!json.contains("extInfo"));
        let cut = Verdict::from(Obstacle { role: Role::Probe, cause: Cause::Truncated });
        let json = data_json(&cut, Language::Zh);
        assert!(json.contains("\"PROCESSING\"") && !json.contains("extInfo"), "{json}");
    }
}
