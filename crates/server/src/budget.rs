use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Bytes of one unit of the budget.
const UNIT: usize = 1024;
/// Bytes that a connection may hold without asking: ordinary requests without photographs stay below.
const FREE: usize = 64 * 1024;
/// What a request costs of each byte that it sends: itself, and its decoded copy. Photographs behind a right signature cost
/// more, as pixels, which the number of workers bounds.
const COPIES: usize = 2;
/// Units that are taken at a time, so that a growing buffer does not ask at every read.
const STEP: usize = 256;

/// The memory that all requests together may hold while they are read and handled.
#[derive(Clone, Debug)]
pub(crate) struct Budget {
    units: Arc<Semaphore>,
}

/// One request's share of the budget; it goes back when dropped.
#[derive(Debug, Default)]
pub(crate) struct Share {
    permit: Option<OwnedSemaphorePermit>,
}

impl Budget {
    /// A budget of so many bytes, rounded up to whole steps.
    pub(crate) fn new(bytes: usize) -> Self {
        let units = bytes.div_ceil(UNIT).next_multiple_of(STEP).min(Semaphore::MAX_PERMITS);
        Self { units: Arc::new(Semaphore::new(units)) }
    }

    /// Lets `share` cover a request that has sent `bytes`. False if the budget is used up.
    #[must_use]
    pub(crate) fn cover(&self, share: &mut Share, bytes: usize) -> bool {
        let held = share.permit.as_ref().map_or(0, OwnedSemaphorePermit::num_permits);
        let needed = if bytes <= FREE { 0 } else { (bytes * COPIES).div_ceil(UNIT) };
        if needed <= held {
            return true;
        }
        let more = (needed - held).next_multiple_of(STEP);
        let Ok(more) = u32::try_from(more) else { return false };
        let Ok(permit) = Arc::clone(&self.units).try_acquire_many_owned(more) else { return false };
        match &mut share.permit {
            Some(held) => held.merge(permit),
            None => share.permit = Some(permit),
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_held_comes_back() {
        let budget = Budget::new(1 << 20);
        let (mut one, mut other) = (Share::default(), Share::default());
        assert!(budget.cover(&mut one, FREE) && one.permit.is_none());
        assert!(budget.cover(&mut one, 300 * 1024));
        assert!(budget.cover(&mut one, 350 * 1024));
        assert!(!budget.cover(&mut other, 150 * 1024));
        assert!(budget.cover(&mut other, 100 * 1024));
        drop(one);
        assert!(budget.cover(&mut other, 512 * 1024));
        assert!(!budget.cover(&mut other, 512 * 1024 + 1));
    }
}
