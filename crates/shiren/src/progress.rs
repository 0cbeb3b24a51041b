//! The progress of obtaining assets, on standard error: a bar on a terminal, a line for each archive elsewhere.

use std::io::IsTerminal;
use std::sync::Mutex;

use indicatif::{HumanBytes, ProgressBar, ProgressStyle};
use shiren_assets::Progress;

/// Shows progress to a person.
#[derive(Default)]
pub(crate) struct Bars {
    current: Mutex<Option<ProgressBar>>,
}

impl Bars {
    fn with<T>(&self, work: impl FnOnce(&mut Option<ProgressBar>) -> T) -> T {
        work(&mut self.current.lock().unwrap_or_else(|poisoned| poisoned.into_inner()))
    }
}

impl Progress for Bars {
    fn note(&self, text: &str) {
        eprintln!("{text}");
    }

    fn begin(&self, what: &str, total: u64) {
        if !std::io::stderr().is_terminal() {
            eprintln!("fetching {what} ({})", HumanBytes(total));
            return;
        }
        let bar = ProgressBar::new(total);
        let template = "{msg} {wide_bar} {bytes}/{total_bytes} {eta}";
        bar.set_style(ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar()));
        bar.set_message(what.to_owned());
        self.with(|current| *current = Some(bar));
    }

    fn position(&self, done: u64) {
        self.with(|current| {
            if let Some(bar) = current {
                // The client may hold a file twice for a moment, in its scratch and in its place.
                bar.set_position(done.min(bar.length().unwrap_or(done)));
            }
        });
    }

    fn end(&self) {
        if let Some(bar) = self.with(Option::take) {
            bar.finish();
        }
    }
}
