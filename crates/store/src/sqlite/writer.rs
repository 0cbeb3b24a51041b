use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;

use rusqlite::{Connection, TransactionBehavior};

use crate::StoreError;

/// Most jobs of one transaction.
const MAX_GROUP: usize = 256;

/// Runs inside the transaction, or is told why there is none; what it returns runs after the commit, with its result.
type Job = Box<dyn FnOnce(Result<&Connection, StoreError>) -> Finish + Send>;
type Finish = Box<dyn FnOnce(Result<(), StoreError>) + Send>;

/// The one thread that writes. Jobs that wait while a commit runs share the next one: a commit waits for the disk, and the
/// disk takes as long for one row as for many.
pub(super) struct Writer {
    jobs: Option<Sender<Job>>,
    thread: Option<JoinHandle<()>>,
}

impl Writer {
    pub(super) fn start(connection: Connection) -> Self {
        let (jobs, queue) = channel();
        let thread = std::thread::spawn(move || run(connection, &queue));
        Self { jobs: Some(jobs), thread: Some(thread) }
    }

    /// Runs `work` in a transaction and returns its result once the transaction has been committed. A failure of one job does
    /// not undo the others of its group: each is one statement, which SQLite undoes by itself.
    pub(super) fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (answer, answers) = channel();
        let job: Job = Box::new(move |transaction| {
            let result = transaction.and_then(work);
            Box::new(move |committed| {
                // Nobody waits any more if the receiver is gone.
                let _ = answer.send(committed.and(result));
            })
        });
        let jobs = self.jobs.as_ref().ok_or(StoreError::Closed)?;
        jobs.send(job).map_err(|_| StoreError::Closed)?;
        answers.recv().map_err(|_| StoreError::Closed)?
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        drop(self.jobs.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn run(mut connection: Connection, queue: &Receiver<Job>) {
    while let Ok(first) = queue.recv() {
        let mut finishes: Vec<Finish> = Vec::new();
        let committed = commit_group(&mut connection, first, queue, &mut finishes);
        for finish in finishes {
            finish(committed.clone());
        }
    }
}

fn commit_group(
    connection: &mut Connection,
    first: Job,
    queue: &Receiver<Job>,
    finishes: &mut Vec<Finish>,
) -> Result<(), StoreError> {
    let transaction = match connection.transaction_with_behavior(TransactionBehavior::Immediate) {
        Ok(transaction) => transaction,
        Err(error) => {
            let error = StoreError::from(error);
            finishes.push(first(Err(error.clone())));
            return Err(error);
        }
    };
    finishes.push(first(Ok(&transaction)));
    while finishes.len() < MAX_GROUP
        && let Ok(job) = queue.try_recv()
    {
        finishes.push(job(Ok(&transaction)));
    }
    transaction.commit().map_err(StoreError::from)
}
