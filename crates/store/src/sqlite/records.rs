use rusqlite::{OptionalExtension, Row, named_params};
use time::{Duration, OffsetDateTime};

use super::SqliteStore;
use crate::{Record, RecordStore, StoreError, Timings};

fn milliseconds(instant: OffsetDateTime) -> i64 {
    let since = instant - OffsetDateTime::UNIX_EPOCH;
    i64::try_from(since.whole_milliseconds()).unwrap_or(i64::MAX)
}

fn read(row: &Row) -> rusqlite::Result<Record> {
    Ok(Record {
        request_id: row.get("request_id")?,
        time: OffsetDateTime::UNIX_EPOCH + Duration::milliseconds(row.get("time")?),
        key_id: row.get("key_id")?,
        resource_code: row.get("resource_code")?,
        outcome: row.get("outcome")?,
        score: row.get("score")?,
        pass_mark: row.get("pass_mark")?,
        live_probability: row.get("live_probability")?,
        live_threshold: row.get("live_threshold")?,
        model_pack: row.get("model_pack")?,
        calibration: row.get("calibration")?,
        timings: Timings {
            queue: row.get("queue_us")?,
            decode: row.get("decode_us")?,
            detect: row.get("detect_us")?,
            embed: row.get("embed_us")?,
            antispoof: row.get("antispoof_us")?,
        },
    })
}

impl RecordStore for SqliteStore {
    fn append(&self, record: &Record) -> Result<(), StoreError> {
        let record = record.clone();
        self.writer.write(move |transaction| {
            let mut statement = transaction.prepare_cached(
                "INSERT INTO records (
                    request_id, time, key_id, resource_code, outcome, score, pass_mark, live_probability,
                    live_threshold, model_pack, calibration, queue_us, decode_us, detect_us, embed_us, antispoof_us
                ) VALUES (
                    :request_id, :time, :key_id, :resource_code, :outcome, :score, :pass_mark, :live_probability,
                    :live_threshold, :model_pack, :calibration, :queue, :decode, :detect, :embed, :antispoof
                )",
            )?;
            statement.execute(named_params! {
                ":request_id": record.request_id,
                ":time": milliseconds(record.time),
                ":key_id": record.key_id,
                ":resource_code": record.resource_code,
                ":outcome": record.outcome,
                ":score": record.score,
                ":pass_mark": record.pass_mark,
                ":live_probability": record.live_probability,
                ":live_threshold": record.live_threshold,
                ":model_pack": record.model_pack,
                ":calibration": record.calibration,
                ":queue": record.timings.queue,
                ":decode": record.timings.decode,
                ":detect": record.timings.detect,
                ":embed": record.timings.embed,
                ":antispoof": record.timings.antispoof,
            })?;
            Ok(())
        })
    }

    fn record(&self, request_id: &str) -> Result<Option<Record>, StoreError> {
        let reader = self.reader();
        let mut statement = reader.prepare_cached("SELECT * FROM records WHERE request_id = ?")?;
        Ok(statement.query_row([request_id], read).optional()?)
    }

    fn count_records(&self) -> Result<u64, StoreError> {
        let reader = self.reader();
        let mut statement = reader.prepare_cached("SELECT count(*) FROM records")?;
        Ok(statement.query_row([], |row| row.get::<_, i64>(0))?.unsigned_abs())
    }
}
