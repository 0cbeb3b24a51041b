//! What `shiren verify` and `shiren serve` tell a person, in English and Chinese.

use std::fmt::Write;

use shiren_assets::Assets;
use shiren_decide::{Liveness, Policy};
use shiren_protocol::{Language, RetCode};
use shiren_store::AccessKey;
use shiren_verify::{Judge, Judgement, Located};

/// The report of one verification.
pub(crate) fn report(judgement: &Judgement, judge: &Judge, policy: &Policy, language: Language) -> String {
    let pick = |en: &'static str, zh: &'static str| if language == Language::En { en } else { zh };
    let verdict = &judgement.verdict;
    let message = RetCode::of(&verdict.outcome).message(&verdict.outcome, language);
    let headline = match verdict.outcome.is_judged() {
        true if verdict.passed() => pick("PASSED", "通过"),
        true => pick("NOT PASSED", "未通过"),
        false => pick("COULD NOT BE JUDGED", "无法判断"),
    };
    let mut out = format!("{headline}: {message}\n");
    let mut line = |name: &str, value: String| {
        // Writing into a string cannot fail.
        let _ = writeln!(out, "  {name}: {value}");
    };
    if let (Some(score), Some(cosine)) = (verdict.score, verdict.cosine) {
        let mark = policy.pass_mark;
        line(
            pick("score", "得分"),
            format!(
                "{score:.2} ({} {mark}, {} {cosine:.4})",
                pick("pass mark", "通过线"),
                pick("cosine", "余弦相似度")
            ),
        );
    }
    match &verdict.liveness {
        Some(Liveness::Live(p) | Liveness::Spoof(p)) => {
            let threshold = policy.live_threshold;
            line(pick("live probability", "活体概率"), format!("{p:.4} ({} {threshold})", pick("threshold", "阈值")));
        }
        Some(Liveness::NotAssessed(why)) => line(pick("liveness not assessed", "活体未判断"), why.clone()),
        None => {}
    }
    for (name, located) in [
        (pick("reference (refFaceContent)", "证件照 (refFaceContent)"), &judgement.reference),
        (pick("probe (authFaceContent)", "现场照 (authFaceContent)"), &judgement.probe),
    ] {
        if let Some(Located { photo, face, faces }) = located {
            let mut text = format!("{}x{}", photo.width(), photo.height());
            if let Some(faces) = faces {
                let _ = write!(text, ", {}: {faces}", pick("faces", "人脸数"));
            }
            if let Some(face) = face {
                let b = face.bounds;
                let _ = write!(text, ", {:.0}x{:.0} @ {:.0},{:.0}", b.width, b.height, b.x, b.y);
            }
            line(name, text);
        }
    }
    let t = judgement.timings;
    // A stage that did not run took no time, and is not shown as if it had.
    let stages = [
        (pick("decode", "解码"), t.decode),
        (pick("detect", "检测"), t.detect),
        (pick("embed", "特征"), t.embed),
        (pick("anti-spoof", "活体"), t.antispoof),
    ];
    let ran = stages.iter().filter(|(_, micros)| *micros > 0);
    let shown: Vec<String> = ran.map(|(name, micros)| format!("{name} {:.1}", *micros as f64 / 1000.0)).collect();
    line(pick("milliseconds", "耗时（毫秒）"), shown.join(", "));
    line(pick("models", "模型"), format!("{}, {}", judge.model_pack(), judge.calibration().version()));
    out
}

/// Whom the first start greets.
pub(crate) struct Welcome<'a> {
    /// `http://…` or `https://…`.
    pub(crate) url: &'a str,
    /// Host and port.
    pub(crate) endpoint: &'a str,
    /// Whether clients must speak HTTPS.
    pub(crate) tls: bool,
    /// The development CA to trust, if there is one.
    pub(crate) ca_file: Option<&'a str>,
    /// The access key that was made at this start.
    pub(crate) first_key: Option<&'a AccessKey>,
    /// A resource code that is served.
    pub(crate) resource_code: &'a str,
}

/// What `shiren serve` prints when it is ready: address, key, and a client call to paste.
pub(crate) fn welcome(welcome: &Welcome, assets: &Assets) -> String {
    let mut out = format!("shiren serves {}\n", welcome.url);
    if let Some(ca) = welcome.ca_file {
        let _ = writeln!(out, "  CA to trust      {ca}");
    }
    let (id, secret) = match welcome.first_key {
        Some(key) => {
            let _ = writeln!(out, "  AccessKeyId      {}\n  AccessKeySecret  {}", key.id, key.secret.reveal());
            let _ = writeln!(out, "  The secret is shown this once. More keys: shiren keys create");
            (key.id.as_str(), key.secret.reveal())
        }
        None => {
            let _ = writeln!(out, "  Keys: shiren keys list | create | rotate");
            ("<your-access-key-id>", "<your-access-key-secret>")
        }
    };
    let sample = |name| assets.sample(name).map_or_else(|_| name.to_owned(), |path| path.display().to_string());
    // Old SDKs speak HTTP unless told otherwise, new ones HTTPS.
    let protocol = if welcome.tls { "https" } else { "http" };
    let verify = welcome.ca_file.map_or_else(String::new, |ca| format!(", verify='{ca}'"));
    let _ = write!(
        out,
        "\nTry it:\n\npip install aliyun-python-sdk-core aliyun-python-sdk-saf==3.0.2\npython3 - <<'EOF'\n\
         import base64, json\n\
         from aliyunsdkcore.client import AcsClient\n\
         from aliyunsdksaf.request.v20190521.ExecuteRequestRequest import ExecuteRequestRequest\n\
         photo = lambda path: base64.b64encode(open(path, 'rb').read()).decode()\n\
         client = AcsClient('{id}', '{secret}', 'cn-shanghai'{verify})\n\
         request = ExecuteRequestRequest()\n\
         request.set_endpoint('{}')\n\
         request.set_protocol_type('{protocol}')\n\
         request.set_accept_format('json')\n\
         request.add_query_param('Service', 'intl_face_verify')\n\
         request.add_query_param('ServiceParameters', json.dumps({{\n    \
             'refFaceContent': photo('{}'),\n    \
             'authFaceContent': photo('{}'),\n    \
             'resourceCode': '{}'}}))\n\
         print(client.do_action_with_exception(request).decode())\n\
         EOF\n",
        welcome.endpoint,
        sample("person_a_1.jpg"),
        sample("person_a_2.jpg"),
        welcome.resource_code,
    );
    out
}
