use std::error::Error;
use std::fs;
use std::path::Path;
use std::process::ExitCode;

use shiren_decide::Role;
use shiren_engine::RuntimeOptions;
use shiren_protocol::{Language, data_json};

use crate::cli::Verify;
use crate::settings::Home;
use crate::{FAILED, annotate, text};

#[expect(clippy::print_stdout, reason = "a command's answer")]
pub(crate) fn run(home: &Home, options: &Verify) -> Result<ExitCode, Box<dyn Error>> {
    let policy = options.policy.policy()?;
    let read =
        |role: Role, path: &Path| fs::read(path).map_err(|e| format!("{role}: cannot read {}: {e}", path.display()));
    if let Some(out) = &options.annotate {
        for input in [&options.reference, &options.probe] {
            if same_file(input, out) {
                return Err(format!("--annotate {} would overwrite a photograph", out.display()).into());
            }
        }
    }
    let reference = read(Role::Reference, &options.reference)?;
    let probe = read(Role::Probe, &options.probe)?;
    let judge = super::judge(home, RuntimeOptions::single_thread(), options.policy.decode_limits())?;
    let judgement = judge.judge(&reference, &probe, &policy)?;
    if let Some(path) = &options.annotate {
        annotate::write(&judgement, path)?;
    }
    let language = options.language.map(Language::from);
    if options.json {
        println!("{}", data_json(&judgement.verdict, language.unwrap_or_default()));
    } else {
        print!("{}", text::report(&judgement, &judge, &policy, language.unwrap_or(Language::En)));
    }
    Ok(match &judgement.verdict.outcome {
        _ if judgement.verdict.passed() => ExitCode::SUCCESS,
        outcome if outcome.is_judged() => ExitCode::from(1),
        _ => ExitCode::from(FAILED),
    })
}

/// Whether two paths lead to one file that is there.
fn same_file(one: &Path, other: &Path) -> bool {
    matches!((one.canonicalize(), other.canonicalize()), (Ok(a), Ok(b)) if a == b)
}
