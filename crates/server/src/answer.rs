use shiren_protocol::Reply;
use time::OffsetDateTime;
use time::format_description::BorrowedFormatItem;
use time::macros::format_description;

/// RFC 9110, section 5.6.7: IMF-fixdate.
const DATE: &[BorrowedFormatItem] =
    format_description!("[weekday repr:short], [day] [month repr:short] [year] [hour]:[minute]:[second] GMT");

/// What lets a client that asked go on with the body.
pub(crate) const CONTINUE: &[u8] = b"HTTP/1.1 100 Continue\r\n\r\n";

/// How the answer ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Framing {
    /// Whether the connection stays open.
    pub(crate) keep_alive: bool,
    /// Whether the body is sent; an answer to HEAD has none, though its length is told.
    pub(crate) with_body: bool,
}

/// The bytes of an answer.
pub(crate) fn serialise(reply: &Reply, framing: Framing, now: OffsetDateTime) -> Vec<u8> {
    let retry_after = reply.retry_after.map_or_else(String::new, |seconds| format!("Retry-After: {seconds}\r\n"));
    let mut bytes = format!(
        "HTTP/1.1 {} {}\r\nServer: shiren\r\nDate: {}\r\nContent-Type: {}\r\nContent-Length: {}\r\n\
         x-acs-request-id: {}\r\n{retry_after}Connection: {}\r\n\r\n",
        reply.status,
        reason(reply.status),
        now.format(DATE).unwrap_or_default(),
        reply.content_type,
        reply.body.len(),
        reply.request_id,
        if framing.keep_alive { "keep-alive" } else { "close" },
    )
    .into_bytes();
    if framing.with_body {
        bytes.extend_from_slice(&reply.body);
    }
    bytes
}

/// The reason phrase of each status that the protocol uses.
fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        400 => "Bad Request",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        413 => "Content Too Large",
        429 => "Too Many Requests",
        503 => "Service Unavailable",
        _ => "Internal Server Error",
    }
}

#[cfg(test)]
mod tests {
    use shiren_protocol::{Format, GatewayError, RequestId};

    use super::*;

    #[test]
    fn an_answer_on_the_wire() {
        let id = RequestId::random();
        let reply = Reply::gateway(Format::Json, id, "h", &GatewayError::Unavailable);
        let framing = Framing { keep_alive: false, with_body: false };
        let now = OffsetDateTime::from_unix_timestamp(784_111_777).unwrap();
        let text = String::from_utf8(serialise(&reply, framing, now)).unwrap();
        assert_eq!(
            text,
            format!(
                "HTTP/1.1 503 Service Unavailable\r\nServer: shiren\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\n\
                 Content-Type: application/json;charset=utf-8\r\nContent-Length: {}\r\nx-acs-request-id: {id}\r\n\
                 Retry-After: 1\r\nConnection: close\r\n\r\n",
                reply.body.len()
            )
        );
    }
}
