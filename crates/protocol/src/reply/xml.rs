use crate::GatewayError;

const DECLARATION: &str = "<?xml version='1.0' encoding='UTF-8'?>";

pub(super) fn service(request_id: &str, code: u16, message: &str, data: Option<&str>) -> Vec<u8> {
    let mut out = format!("{DECLARATION}<ExecuteRequestResponse>");
    if let Some(data) = data {
        element(&mut out, "Data", data);
    }
    element(&mut out, "Message", message);
    element(&mut out, "RequestId", request_id);
    element(&mut out, "Code", &code.to_string());
    out.push_str("</ExecuteRequestResponse>");
    out.into_bytes()
}

pub(super) fn gateway(request_id: &str, host_id: &str, error: &GatewayError) -> Vec<u8> {
    let mut out = format!("{DECLARATION}<Error>");
    element(&mut out, "RequestId", request_id);
    element(&mut out, "HostId", host_id);
    element(&mut out, "Code", &error.code());
    element(&mut out, "Message", &error.to_string());
    element(&mut out, "Recommend", error.recommend());
    out.push_str("</Error>");
    out.into_bytes()
}

fn element(out: &mut String, name: &str, text: &str) {
    out.push_str(&format!("<{name}>"));
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            // XML 1.0, section 2.2: what is no Char cannot be written, not even as a reference.
            '\t' | '\n' | '\r' | ' '..='\u{D7FF}' | '\u{E000}'..='\u{FFFD}' | '\u{10000}'.. => out.push(character),
            _ => out.push('\u{FFFD}'),
        }
    }
    out.push_str(&format!("</{name}>"));
}
